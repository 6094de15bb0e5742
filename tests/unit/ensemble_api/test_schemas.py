# SPDX-License-Identifier: Apache-2.0
"""Bodies: what is malformed is refused with the field's name; what is well formed gets defaults."""

import copy
import json
import re
from typing import Any

import pytest
from nova.api.validation import parameter_types
from records import IMAGE

from ensemble_api import exception
from ensemble_api.handlers.call import Call
from ensemble_api.schema_errors import METADATA_KEYS
from ensemble_api.schemas import check_change, check_ensemble

GOOD: dict[str, Any] = {
    "ensemble": {
        "name": "shop",
        "tiers": [{"name": "web", "count": 2, "server": {"flavor": "1", "image": IMAGE}}],
        "policies": [{"type": "anti-affinity", "level": "host", "tiers": ["web"]}],
    }
}
MISSING = object()
TIER, SERVER, POLICY = "tiers[0]", "tiers[0].server", "policies[0]"


def changed(path: str, value: Any) -> Any:
    """A good body with ``value`` at ``path``, such as ``tiers[0].count``."""
    body = copy.deepcopy(GOOD)
    at: Any = body["ensemble"]
    *steps, last = [
        int(step) if step.isdecimal() else step
        for step in path.replace("]", "").replace("[", ".").split(".")
    ]
    for step in steps:
        at = at[step]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return body


def refuse(body: Any) -> exception.Invalid:
    with pytest.raises(exception.Invalid) as caught:
        check_ensemble(body)
    error = caught.value
    assert str(error).startswith(f"{error.facts['field']}: ")
    assert len(str(error)) < 600
    return error


TWO_LINES = "two\nlines"
BAD: list[tuple[str, Any, str]] = [
    # name
    ("name", MISSING, "name"),
    ("name", "", "name"),
    ("name", "   ", "name"),
    ("name", "x" * 256, "name"),
    ("name", "x" * 300, "name"),
    ("name", 7, "name"),
    ("name", None, "name"),
    ("name", TWO_LINES, "name"),
    ("name", "tab\there", "name"),
    ("name", "nul\0", "name"),
    ("name", "lone \ud800 surrogate", "name"),
    ("name", "line\u2028separator", "name"),
    ("name", "right to left \u202e", "name"),
    ("name", "isolated \u2066", "name"),
    ("name", "\u200d", "name"),
    ("name", "no character \uffff", "name"),
    ("description", "x" * 1025, "description"),
    ("description", ["a"], "description"),
    ("recovery", "auto", "recovery"),
    ("recovery", {"mode": "never"}, "recovery.mode"),
    ("recovery", {"delay": -1}, "recovery.delay"),
    ("recovery", {"delay": 86_401}, "recovery.delay"),
    ("recovery", {"delay": True}, "recovery.delay"),
    ("recovery", {"at_once": 0}, "recovery.at_once"),
    ("recovery", {"at_once": 101}, "recovery.at_once"),
    ("recovery", {"locked": "move"}, "recovery.locked"),
    ("recovery", {"rebalance": None}, "recovery.rebalance"),
    ("recovery", {"reserve": {}}, "recovery.reserve.level"),
    ("recovery", {"reserve": {"level": "A rack"}}, "recovery.reserve.level"),
    ("recovery", {"reserve": {"level": "rack", "failures": 0}}, "recovery.reserve.failures"),
    ("recovery", {"reserve": {"level": "rack", "hosts": 1}}, "recovery.reserve.hosts"),
    ("tiers[0].recovery", {"rebuild": "yes"}, "tiers[0].recovery.rebuild"),
    ("tiers[0].recovery", {"mode": "auto"}, "tiers[0].recovery.mode"),
    ("tiers[0].after", "db", "tiers[0].after"),
    ("tiers[0].after", ["web"], "tiers[0].after[0]"),
    ("tiers[0].after", ["cache"], "tiers[0].after[0]"),
    ("tiers[0].after", ["Not a name"], "tiers[0].after[0]"),
    ("tiers[0].after", ["db", "db"], "tiers[0].after"),
    ("tiers[0].gate", {"wait_for": "ages"}, "tiers[0].gate.wait_for"),
    ("tiers[0].gate", {"timeout": 60}, "tiers[0].gate.timeout"),
    ("tiers[0].gate", {"wait_for": "active", "then": "fail"}, "tiers[0].gate.then"),
    ("tiers[0].gate", {"wait_for": "signal", "timeout": 59}, "tiers[0].gate.timeout"),
    ("tiers[0].gate", {"wait_for": "signal", "timeout": 86_401}, "tiers[0].gate.timeout"),
    ("tiers[0].gate", {"wait_for": "signal", "timeout": True}, "tiers[0].gate.timeout"),
    ("tiers[0].gate", {"wait_for": "signal", "then": "wait"}, "tiers[0].gate.then"),
    ("tiers[0].gate", {"wait_for": "signal", "url": "http://c"}, "tiers[0].gate.url"),
    ("metadata", ["a"], "metadata"),
    ("metadata", {"a": 1}, "metadata.a"),
    ("metadata", {"a": "x" * 256}, "metadata.a"),
    ("metadata", {"a": "nul\0"}, "metadata.a"),
    ("metadata", {"": "x"}, "metadata"),
    ("metadata", {"k" * 256: "x"}, "metadata"),
    ("metadata", {"slash/": "x"}, "metadata"),
    ("metadata", {str(number): "" for number in range(65)}, "metadata"),
    # tiers
    ("tiers", MISSING, "tiers"),
    ("tiers", [], "tiers"),
    ("tiers", {}, "tiers"),
    ("tiers", None, "tiers"),
    ("tiers", [{}] * 21, "tiers"),
    ("tiers", ["web"], "tiers[0]"),
    (f"{TIER}.name", MISSING, f"{TIER}.name"),
    (f"{TIER}.name", "Web", f"{TIER}.name"),
    (f"{TIER}.name", "-web", f"{TIER}.name"),
    (f"{TIER}.name", "web\n", f"{TIER}.name"),
    (f"{TIER}.name", "w" * 33, f"{TIER}.name"),
    (f"{TIER}.name", "<b>web</b>", f"{TIER}.name"),
    (f"{TIER}.count", MISSING, f"{TIER}.count"),
    (f"{TIER}.count", 0, f"{TIER}.count"),
    (f"{TIER}.count", -1, f"{TIER}.count"),
    (f"{TIER}.count", 201, f"{TIER}.count"),
    (f"{TIER}.count", 10_000, f"{TIER}.count"),
    (f"{TIER}.count", 10**4000, f"{TIER}.count"),
    (f"{TIER}.count", 1.5, f"{TIER}.count"),
    (f"{TIER}.count", float("nan"), f"{TIER}.count"),
    (f"{TIER}.count", float("inf"), f"{TIER}.count"),
    (f"{TIER}.count", "3", f"{TIER}.count"),
    (f"{TIER}.count", True, f"{TIER}.count"),
    (f"{TIER}.count", None, f"{TIER}.count"),
    (f"{TIER}.size", 3, f"{TIER}.size"),
    # server
    (f"{TIER}.server", MISSING, SERVER),
    (f"{TIER}.server", "small", SERVER),
    (f"{SERVER}.flavor", MISSING, f"{SERVER}.flavor"),
    (f"{SERVER}.flavor", "", f"{SERVER}.flavor"),
    (f"{SERVER}.flavor", 1, f"{SERVER}.flavor"),
    (f"{SERVER}.image", MISSING, f"{SERVER}.image"),
    (f"{SERVER}.image", "debian", f"{SERVER}.image"),
    (f"{SERVER}.image", f"{IMAGE}\n", f"{SERVER}.image"),
    (f"{SERVER}.networks", "all", f"{SERVER}.networks"),
    (f"{SERVER}.networks", [], f"{SERVER}.networks"),
    (f"{SERVER}.networks", None, f"{SERVER}.networks"),
    (f"{SERVER}.networks", ["private"], f"{SERVER}.networks[0]"),
    (f"{SERVER}.networks", [IMAGE, 3], f"{SERVER}.networks[1]"),
    (f"{SERVER}.networks", [IMAGE] * 17, f"{SERVER}.networks"),
    (f"{SERVER}.ports", [], f"{SERVER}.ports"),
    (f"{SERVER}.ports", ["eth0"], f"{SERVER}.ports[0]"),
    (f"{SERVER}.ports", [IMAGE, IMAGE], f"{SERVER}.ports"),
    (f"{SERVER}.config_drive", "yes", f"{SERVER}.config_drive"),
    (f"{SERVER}.disk_config", "auto", f"{SERVER}.disk_config"),
    (f"{SERVER}.description", "d" * 256, f"{SERVER}.description"),
    (f"{SERVER}.tags", ["a,b"], f"{SERVER}.tags[0]"),
    (f"{SERVER}.tags", ["a", "a"], f"{SERVER}.tags"),
    (f"{SERVER}.tags", ["t" * 61], f"{SERVER}.tags[0]"),
    (f"{SERVER}.trusted_image_certificates", [], f"{SERVER}.trusted_image_certificates"),
    (f"{SERVER}.trusted_image_certificates", [" "], f"{SERVER}.trusted_image_certificates[0]"),
    (f"{SERVER}.volumes", [IMAGE], SERVER),
    (f"{SERVER}.delete_on_termination", True, f"{SERVER}.delete_on_termination"),
    (f"{SERVER}.key_name", "", f"{SERVER}.key_name"),
    (f"{SERVER}.key_name", "k" * 256, f"{SERVER}.key_name"),
    (f"{SERVER}.security_groups", "default", f"{SERVER}.security_groups"),
    (f"{SERVER}.security_groups", ["a", "a"], f"{SERVER}.security_groups"),
    (f"{SERVER}.user_data", "not base64!", f"{SERVER}.user_data"),
    (f"{SERVER}.user_data", "QUJD" * 20_000, f"{SERVER}.user_data"),
    (f"{SERVER}.metadata", {"k": 1}, f"{SERVER}.metadata.k"),
    (f"{SERVER}.metadata", {"k": "v" * 256}, f"{SERVER}.metadata.k"),
    (f"{SERVER}.metadata", {"ké": "v"}, f"{SERVER}.metadata"),
    (f"{SERVER}.metadata", {"k\n": "v"}, f"{SERVER}.metadata"),
    (f"{SERVER}.metadata", {"": "v"}, f"{SERVER}.metadata"),
    (f"{SERVER}.metadata", {str(n): "v" for n in range(65)}, f"{SERVER}.metadata"),
    (f"{SERVER}.availability_zone", "", f"{SERVER}.availability_zone"),
    (f"{SERVER}.host", "h1", f"{SERVER}.host"),
    (f"{SERVER}.{'x' * 5000}", "h1", f"{SERVER}.{'x' * 64}"),
    # policies
    ("policies", {}, "policies"),
    ("policies", [GOOD["ensemble"]["policies"][0]] * 51, "policies"),
    (f"{POLICY}.type", MISSING, f"{POLICY}.type"),
    (f"{POLICY}.type", "repulsion", f"{POLICY}.type"),
    (f"{POLICY}.level", MISSING, f"{POLICY}.level"),
    (f"{POLICY}.level", "Rack 1", f"{POLICY}.level"),
    (f"{POLICY}.tiers", MISSING, f"{POLICY}.tiers"),
    (f"{POLICY}.tiers", [], f"{POLICY}.tiers"),
    (f"{POLICY}.tiers", ["web", "web"], f"{POLICY}.tiers"),
    (f"{POLICY}.tiers", ["WEB"], f"{POLICY}.tiers[0]"),
    (f"{POLICY}.enforcement", "maybe", f"{POLICY}.enforcement"),
    (f"{POLICY}.enforcement", True, f"{POLICY}.enforcement"),
    (f"{POLICY}.max_per_domain", 0, f"{POLICY}.max_per_domain"),
    (f"{POLICY}.max_per_domain", True, f"{POLICY}.max_per_domain"),
    (f"{POLICY}.max_per_host", 1, f"{POLICY}.max_per_host"),
    ("owner", "me", "owner"),
]


def _id(value: Any) -> str:
    text = "missing" if value is MISSING else ascii(value)
    return text if len(text) < 30 else f"{text[:12]}...({len(text)})"


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [pytest.param(*each, id=f"{each[0][:40]} is {_id(each[1])}") for each in BAD],
)
def test_a_malformed_body_is_refused_with_the_name_of_the_field(
    path: str, value: Any, field: str
) -> None:
    error = refuse(changed(path, value))
    assert error.facts["field"] == f"ensemble.{field}"
    assert error.code == "ensemble.invalid"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"description": "nul\0"}, "description: holds U+0000, which Nova does not take here"),
        ({"description": "two\nlines"}, "description: holds U+000A, which Nova does not take here"),
        (
            {"description": "turned\u202e"},
            "description: holds U+202E, which Nova does not take here",
        ),
        (
            {"description": "\U0001f600"},
            "description: holds U+1F600, which Nova does not take here",
        ),
        ({"metadata": {"": "v"}}, f"metadata: {METADATA_KEYS.text}"),
        ({"metadata": {"k" * 256: "v"}}, f"metadata: {METADATA_KEYS.text}"),
    ],
    ids=ascii,
)
def test_what_nova_refuses_of_a_server_is_told_in_one_line(value: Any, said: str) -> None:
    server = {**GOOD["ensemble"]["tiers"][0]["server"], **value}
    assert str(refuse(changed(SERVER, server))) == f"ensemble.{SERVER}.{said}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "caf\u00e9 \u3042",
        "a b",
        "\0",
        "\n",
        "a\n",
        "\n\n",
        "\u202e",
        "\u200d",
        "\u2028",
        "\U0001f600",
    ],
    ids=ascii,
)
def test_a_description_is_taken_as_nova_itself_takes_it(text: str) -> None:
    body = changed(f"{SERVER}.description", text)
    if re.search(parameter_types.valid_description_regex, text):
        assert check_ensemble(body)["tiers"][0]["server"]["description"] == text
    else:
        assert refuse(body).facts["field"] == f"ensemble.{SERVER}.description"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "ensemble", id="no ensemble"),
        pytest.param([], "body", id="a list"),
        pytest.param(None, "body", id="null"),
        pytest.param("ensemble", "body", id="a text"),
        pytest.param({"ensemble": None}, "ensemble", id="a null ensemble"),
        pytest.param({**GOOD, "more": 1}, "more", id="something beside the ensemble"),
        pytest.param({"server": {}}, "ensemble", id="another resource"),
    ],
)
def test_a_body_of_another_shape_is_refused(body: Any, field: str) -> None:
    assert refuse(body).facts["field"] == field


def test_max_per_domain_belongs_to_anti_affinity_alone() -> None:
    policy = {"type": "affinity", "level": "host", "tiers": ["web"], "max_per_domain": 2}
    assert refuse(changed("policies[0]", policy)).facts["field"] == (
        "ensemble.policies[0].max_per_domain"
    )


def test_volumes_stand_in_the_place_of_an_image() -> None:
    body = changed(f"{SERVER}.image", MISSING)
    server = body["ensemble"]["tiers"][0]["server"]
    server["volumes"] = [IMAGE]
    assert check_ensemble(body)["tiers"][0]["server"] == {**server, "networks": "auto"}
    server["volumes"] = [IMAGE, IMAGE]
    assert refuse(body).facts["field"] == f"ensemble.{SERVER}.volumes"


@pytest.mark.parametrize("depth", [50, 500, 900, 20_000, 200_000])
@pytest.mark.parametrize("shape", [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
def test_deep_nesting_is_refused_without_an_overflow(depth: int, shape: tuple[str, str]) -> None:
    opening, closing = shape
    nested = opening * depth + "1" + closing * depth
    for raw in (nested, f'{{"ensemble": {nested}}}', f'{{"ensemble": {{"policies": [{nested}]}}}}'):
        with pytest.raises(exception.Invalid):
            check_ensemble(_call(raw.encode()).json)


def _call(raw: bytes) -> Call:
    return Call(context=None, service=None, query={}, raw=raw, url="")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half of it"),
        pytest.param(b"\xff\xfe\xfd", id="no UTF-8"),
        pytest.param(b'{"a": 1' + b"0" * 5000 + b"}", id="a number of 5000 digits"),
        pytest.param(b'{"ensemble": {"description": "\\ud800"}}', id="a lone surrogate"),
        pytest.param(b'{"\\udfff": 1}', id="a lone surrogate as a key"),
    ],
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    with pytest.raises(exception.Invalid) as caught:
        _call(raw).json  # noqa: B018
    assert caught.value.facts["field"] == "body"


def test_a_number_of_thousands_of_digits_is_refused_in_our_own_words() -> None:
    with pytest.raises(exception.Invalid) as caught:
        _call(b'{"a": 1' + b"0" * 5000 + b"}").json  # noqa: B018
    assert str(caught.value) == "body: has a number of more than 100 digits"


def test_defaults_are_filled_in_and_the_rest_is_kept() -> None:
    checked = check_ensemble(changed("name", "  shop  "))
    assert checked == {
        "name": "shop",
        "description": "",
        "tiers": [
            {
                "name": "web",
                "count": 2,
                "server": {"flavor": "1", "image": IMAGE, "networks": "auto"},
            }
        ],
        "policies": [
            {"type": "anti-affinity", "level": "host", "tiers": ["web"], "enforcement": "hard"}
        ],
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "<script>alert(1)</script>"),
        ("name", "x" * 255),
        ("name", "Geschäft № 1 ☃"),
        ("name", "\U0001f600" * 255),
        ("name", "family \U0001f469\u200d\U0001f469\u200d\U0001f467"),
        ("name", "חנות متجر"),
        ("name", "می\u200cخواهم"),
        ("name", "{$ x $} {{ y }}"),
        ("description", "two\nlines"),
        ("metadata", {str(number): "\U0001f600" * 255 for number in range(64)}),
        (f"{TIER}.name", "w" * 32),
        (f"{TIER}.count", 200),
        (f"{SERVER}.networks", [IMAGE]),
        (f"{SERVER}.networks", "none"),
        (f"{SERVER}.security_groups", []),
        (f"{SERVER}.user_data", "ZWNobyBoaQo="),
        (f"{SERVER}.user_data", "ZWNo\nbyBoaQo=\n"),
        (f"{SERVER}.metadata", {"role": "<b>", "a_b-c:d.e f": ""}),
        ("policies", []),
        (f"{POLICY}.max_per_domain", 3),
        (f"{POLICY}.enforcement", "soft"),
    ],
    ids=str,
)
def test_what_is_well_formed_is_kept_as_it_is(path: str, value: Any) -> None:
    body = changed(path, value)
    first = path.split("[")[0].split(".")[0]
    checked = check_ensemble(json.loads(json.dumps(body)))
    assert json.dumps(value) in json.dumps(checked[first])


def test_the_order_of_tiers_stays_where_a_change_leaves_it_out() -> None:
    before = copy.deepcopy(GOOD)["ensemble"]
    web = before["tiers"][0]
    db = {**web, "name": "db"}
    described = check_ensemble({"ensemble": {**before, "tiers": [{**web, "after": ["db"]}, db]}})

    def changed(*tiers: dict[str, Any]) -> Any:
        body = {"ensemble": {"generation": 1, "tiers": [*tiers], "policies": []}}
        return check_change(body, described)["body"]["tiers"][0].get("after")

    counts = {"name": "web", "count": 3}, {"name": "db", "count": 2}
    assert changed(*counts) == ["db"]
    assert changed(counts[0]) is None, "nobody waits for a tier that is removed"
    assert changed({**counts[0], "after": []}, counts[1]) is None
    with pytest.raises(exception.Invalid) as caught:
        changed({**counts[0], "after": ["db"]})
    assert caught.value.facts["field"] == "ensemble.tiers[0].after[0]"
