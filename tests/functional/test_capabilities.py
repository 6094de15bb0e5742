# SPDX-License-Identifier: Apache-2.0
"""What a cloud says it can do is what it does: each limit is tried from both sides."""

import base64
import io
import json
from typing import Any

import pytest
import webob
from oslo_middleware.sizelimit import LimitingReader
from small_cloud import FLAVOR, IMAGE, SmallCloud, caller

from ensemble_api import exception, routes
from ensemble_api.planning.policies import KINDS
from ensemble_api.recovery_hold import Amount, RecoveryLimits


def ask(cloud: SmallCloud, method: str, path: str, body: Any = None, **parts: Any) -> Any:
    request = webob.Request.blank(path, method=method, base_url="http://nova/v2.1")
    request.environ["nova.context"] = parts.pop("who", caller())
    if body is not None:
        request.body = json.dumps(body).encode()
    return routes.dispatch(request, cloud.service(**parts), request.environ["PATH_INFO"])


def capabilities(cloud: SmallCloud, **parts: Any) -> dict[str, Any]:
    answer = ask(cloud, "GET", "/os-ensembles/capabilities", **parts)
    assert answer.status_int == 200, answer.text
    return dict(answer.json["capabilities"])


def drawn(**changes: Any) -> dict[str, Any]:
    server = {"flavor": FLAVOR, "image": IMAGE, **changes.pop("server", {})}
    tier = {"name": "web", "count": 1, "server": server}
    return {"ensemble": {"name": "shop", "tiers": [tier], **changes}}


def tiers(number: int, count: int = 1) -> list[dict[str, Any]]:
    server = {"flavor": FLAVOR, "image": IMAGE}
    return [{"name": f"t{n}", "count": count, "server": server} for n in range(number)]


def rest(count: int) -> list[dict[str, Any]]:
    return [{**each, "name": "rest"} for each in tiers(1, count)] if count else []


def rule(**more: Any) -> dict[str, Any]:
    return {"type": "anti-affinity", "level": "host", "tiers": ["web"], **more}


def user_data(characters: int) -> dict[str, Any]:
    text = base64.b64encode(b"x" * (characters // 4 * 3)).decode()
    return {"server": {"user_data": text + "\n" * (characters - len(text))}}


LIMITS = [
    ("max_members", lambda n: drawn(tiers=[*tiers(n // 100, 100), *rest(n % 100)])),
    ("max_tiers", lambda n: drawn(tiers=tiers(n))),
    ("max_members_per_tier", lambda n: drawn(tiers=tiers(1, n))),
    (
        "max_policies",
        lambda n: drawn(policies=[rule(max_per_domain=m + 1) for m in range(n)]),
    ),
    ("max_name_length", lambda n: drawn(name="n" * n)),
    ("max_description_length", lambda n: drawn(description="n" * n)),
    ("max_user_data_characters", lambda n: drawn(**user_data(n))),
    ("max_metadata_items", lambda n: drawn(server={"metadata": {f"k{m}": "v" for m in range(n)}})),
    ("max_metadata_length", lambda n: drawn(server={"metadata": {"k": "v" * n}})),
    ("max_body_bytes", lambda n: n),
]


@pytest.mark.parametrize(("name", "make"), LIMITS, ids=[name for name, _ in LIMITS])
def test_a_limit_is_where_it_is_said_to_be(cloud: SmallCloud, name: str, make: Any) -> None:
    most = capabilities(cloud)["limits"][name]

    def answered(number: int) -> int:
        body = make(number)
        if isinstance(body, int):  # blanks make a body as large as is wanted
            text = json.dumps(drawn()).encode()
            request = webob.Request.blank("/os-ensembles/plans", method="POST")
            request.environ["nova.context"] = caller()
            request.body = text + b" " * (body - len(text))
            return int(routes.dispatch(request, cloud.service(), "/os-ensembles/plans").status_int)
        return int(ask(cloud, "POST", "/os-ensembles/plans", body).status_int)

    assert (answered(most), answered(most + 1)) == (200, 413 if name == "max_body_bytes" else 400)


def test_a_body_of_undeclared_length_that_oslo_middleware_cuts_off_is_too_large(
    cloud: SmallCloud,
) -> None:
    request = webob.Request.blank("/os-ensembles/plans", method="POST")
    request.environ["nova.context"] = caller()
    text = json.dumps(drawn()).encode() + b" " * 200_000
    request.environ["wsgi.input"] = LimitingReader(io.BytesIO(text), 114_688)
    request.environ["wsgi.input_terminated"] = True
    answer = routes.dispatch(request, cloud.service(max_body=200_000), "/os-ensembles/plans")
    assert answer.status_int == 413, answer.text
    assert answer.json["overLimit"]["details"]["code"] == "ensemble.too_large"


def test_every_limit_is_tried_or_not_of_a_request_body(cloud: SmallCloud) -> None:
    others = {
        "max_ports_or_volumes",
        "max_networks",
        "max_security_groups",
        "max_page_size",
        "max_failed_domains",
        "max_recovery_delay",
        "max_recovery_at_once",
        "max_reserve_failures",
        "max_key_length",
        "max_instances",
        "plan_lifetime",
    }
    assert {*capabilities(cloud)["limits"]} == {name for name, _ in LIMITS} | others


def test_an_operator_s_settings_are_what_is_told(cloud: SmallCloud) -> None:
    found = capabilities(cloud, max_members=7, max_body=5000, plan_lifetime=60)["limits"]
    assert (found["max_members"], found["max_body_bytes"], found["plan_lifetime"]) == (7, 5000, 60)


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        (
            ["rack:rack", "zone:availability_zone"],
            [("host", "host", False), ("rack", "rack", False), ("zone", "zone", True)],
        ),
        (["az:availability_zone"], [("host", "host", False), ("az", "zone", True)]),
        (["row:row"], [("host", "host", False), ("row", "row", False)]),
    ],
)
def test_levels_are_told_smallest_first_and_which_is_the_zone(
    cloud: SmallCloud, levels: list[str], told: list[Any]
) -> None:
    found = capabilities(cloud, levels=levels)
    assert [(each["name"], each["label"], each["zone"]) for each in found["levels"]] == told
    assert ("availability-zones" in found["features"]) == any(zone for _, _, zone in told)


def test_each_sort_key_and_status_is_taken(cloud: SmallCloud) -> None:
    found = capabilities(cloud)
    for key in found["sort_keys"]["ensembles"]:
        assert ask(cloud, "GET", f"/os-ensembles?sort_key={key}").status_int == 200
    for key in found["sort_keys"]["hosts"]:
        who = caller("operators", "admin")
        path = f"/os-ensembles/hosts?sort_key={key}"
        assert ask(cloud, "GET", path, who=who).status_int == 200
    for status in found["statuses"]:
        assert ask(cloud, "GET", f"/os-ensembles?status={status['name']}").status_int == 200
    settled = [each["name"] for each in found["statuses"] if each["settled"]]
    assert settled == ["ACTIVE", "DEGRADED", "ERROR"]


def test_each_kind_of_policy_has_the_fields_that_are_told(cloud: SmallCloud) -> None:
    kinds = {each["type"]: each["fields"] for each in capabilities(cloud)["policies"]}
    assert {*kinds} == KINDS.keys()
    most = kinds["anti-affinity"]["max_per_domain"]["maximum"]
    for number, status in ((most, 200), (most + 1, 400)):
        body = drawn(policies=[rule(max_per_domain=number)])
        assert ask(cloud, "POST", "/os-ensembles/plans", body).status_int == status


def test_an_installation_that_cannot_build_says_so(cloud: SmallCloud) -> None:
    def refuse() -> None:
        raise exception.Unavailable("Nova's policy does not let us name a host.")

    assert "create" in capabilities(cloud)["features"]
    assert "create" not in capabilities(cloud, check_rights=refuse)["features"]


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (RecoveryLimits(Amount(-1, 1024), guarded=True), True),
        (RecoveryLimits(Amount(-1, 1024), guarded=False), False),
        (RecoveryLimits(Amount(0, 1024), guarded=True), False),
        (RecoveryLimits(Amount(8, 0), guarded=True), False),
    ],
    ids=["it may", "nothing guards it", "no cores may be held", "no memory may be held"],
)
def test_it_is_told_whether_capacity_may_be_held_for_recovery(
    cloud: SmallCloud, limits: RecoveryLimits, told: bool
) -> None:
    assert ("reserve" in capabilities(cloud, recovery_limits=limits)["features"]) is told


@pytest.mark.parametrize(
    ("who", "status"),
    [
        pytest.param(caller("shop-project", "reader"), 200, id="a reader"),
        pytest.param(caller("shop-project", "painter"), 403, id="another role"),
    ],
)
def test_whoever_may_read_may_ask(cloud: SmallCloud, who: Any, status: int) -> None:
    answer = ask(cloud, "GET", "/os-ensembles/capabilities", who=who)
    assert answer.status_int == status


def test_a_parameter_is_refused(cloud: SmallCloud) -> None:
    assert ask(cloud, "GET", "/os-ensembles/capabilities?all=1").status_int == 400
