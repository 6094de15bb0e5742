# SPDX-License-Identifier: Apache-2.0
"""Tiers that are bound to hosts by the metadata of aggregates that the operator lists."""

from typing import Any

import pytest
from small_cloud import HOSTS, SmallCloud, body, caller
from test_capabilities import ask, capabilities

KEYS = ("disk", "room")
SELECTOR = {"type": "selector", "level": "host", "tiers": ["web"], "key": "disk"}
NVME = {**SELECTOR, "values": ["nvme"]}
ONE, TWO, THREE, FOUR = HOSTS


@pytest.fixture
def selected(cloud: SmallCloud) -> SmallCloud:
    cloud.nova.aggregates_beside += [
        {
            "name": "secretfast",
            "metadata": {"disk": "nvme", "owner": "secret"},
            "hosts": [ONE, TWO],
        },
        {"name": "secretslow", "metadata": {"disk": "hdd"}, "hosts": [THREE]},
        {"name": "secretnone", "metadata": {"disk": ""}, "hosts": [FOUR]},
    ]
    return cloud


def built(cloud: SmallCloud, *policies: Any, count: int = 2) -> str:
    answer = cloud.post(body(("web", count), policies=list(policies)), selectors=KEYS)
    assert answer.status_code == 202, answer.json
    ensemble_id = str(answer.json["ensemble"]["id"])
    cloud.run(ensemble_id, selectors=KEYS)
    cloud.observe(selectors=KEYS)
    return ensemble_id


def hosts(cloud: SmallCloud, ensemble_id: str) -> set[str]:
    return {str(each.location) for each in cloud.store.get(ensemble_id).members}


def test_tenants_learn_keys_and_values_and_nothing_else_of_aggregates(
    selected: SmallCloud,
) -> None:
    found = capabilities(selected, selectors=KEYS)
    assert found["selectors"] == [
        {"key": "disk", "values": ["hdd", "nvme"]},
        {"key": "room", "values": []},
    ]
    assert "secret" not in str(found)
    assert capabilities(selected)["selectors"] == []


@pytest.mark.parametrize(
    ("policy", "field", "words"),
    [
        pytest.param({**NVME, "key": "owner"}, "key", "one of disk, room", id="a key not listed"),
        pytest.param({**NVME, "values": ["nvme", "x"]}, "values[1]", "hdd, nvme", id="no value"),
        pytest.param({**NVME, "key": "room"}, "values[0]", "is no value", id="a key without any"),
        pytest.param({**NVME, "values": []}, "values", "at least 1", id="none"),
        pytest.param({**NVME, "values": "nvme"}, "values", "list", id="no list"),
        pytest.param({**NVME, "values": ["\n"]}, "values[0]", "", id="a line feed"),
        pytest.param({**NVME, "values": ["a" * 256]}, "values[0]", "255", id="a long one"),
        pytest.param({**NVME, "values": list(map(str, range(17)))}, "values", "16", id="many"),
        pytest.param({**NVME, "values": [["nvme"]]}, "values[0]", "text", id="a list in it"),
        pytest.param({**NVME, "rule": "never"}, "rule", "only, not", id="another rule"),
        pytest.param({**NVME, "max_skew": 1}, "max_skew", "not known", id="another kind's field"),
        pytest.param(SELECTOR, "values", "", id="no values"),
        pytest.param({**NVME, "key": None}, "key", "text", id="no key"),
    ],
)
def test_what_cannot_be_selected_is_refused_with_its_field(
    selected: SmallCloud, policy: Any, field: str, words: str
) -> None:
    wanted = {"ensemble": body(("web", 1), policies=[policy])}
    for path in ("/os-ensembles/plans", "/os-ensembles"):
        answer = ask(selected, "POST", path, wanted, selectors=KEYS)
        fault = answer.json["badRequest"]
        assert answer.status_int == 400
        assert fault["details"]["field"] == f"ensemble.policies[0].{field}"
        assert words in fault["message"]
        assert "secret" not in answer.text


def test_a_cloud_without_selectors_says_so(selected: SmallCloud) -> None:
    wanted = {"ensemble": body(("web", 1), policies=[NVME])}
    answer = ask(selected, "POST", "/os-ensembles/plans", wanted)
    assert answer.status_int == 400
    assert "this cloud lets no policies go by" in answer.json["badRequest"]["message"]


def test_members_are_built_where_the_selector_wants_them(selected: SmallCloud) -> None:
    only = built(selected, NVME)
    assert hosts(selected, only) == {ONE, TWO}
    away = built(selected, {**NVME, "rule": "not", "values": ["nvme", "hdd"]}, count=1)
    assert hosts(selected, away) == {FOUR}


def test_the_plan_and_its_words_name_no_aggregate(selected: SmallCloud) -> None:
    wanted = {"ensemble": body(("web", 2), policies=[{**NVME, "enforcement": "soft"}])}
    answer = ask(selected, "POST", "/os-ensembles/plans", wanted, selectors=KEYS)
    (policy,) = answer.json["plan"]["policies"]
    assert policy["message"] == "The members of web should be on hosts with disk “nvme”."
    assert "secret" not in answer.text


def test_what_the_operator_changes_later_degrades_and_is_mended_by_a_change_back(
    selected: SmallCloud,
) -> None:
    ensemble_id = built(selected, NVME)
    assert selected.store.get(ensemble_id).status.value == "ACTIVE"
    fast = selected.nova.aggregates_beside[0]
    fast["hosts"] = [ONE]
    selected.observe(selectors=KEYS)
    found = selected.store.get(ensemble_id)
    assert found.status.value == "DEGRADED"
    (reason,) = found.reasons
    assert str(reason) == (
        "The members of web must be on hosts with disk “nvme”. "
        "Now: 1 member is where none should be."
    )
    fast["hosts"] = [ONE, TWO]
    selected.observe(selectors=KEYS)
    assert selected.store.get(ensemble_id).status.value == "ACTIVE"


def test_of_a_key_that_the_operator_lists_no_more_nothing_is_said(selected: SmallCloud) -> None:
    ensemble_id = built(selected, NVME)
    selected.nova.aggregates_beside.clear()
    selected.observe()
    assert selected.store.get(ensemble_id).status.value == "ACTIVE"


def test_what_an_ensemble_asks_for_already_is_not_refused_in_a_change(
    selected: SmallCloud,
) -> None:
    away = {**NVME, "rule": "not", "values": ["hdd"]}
    ensemble_id = built(selected, away, count=1)
    selected.nova.aggregates_beside.pop(1)
    selected.observe(selectors=KEYS)
    tiers = [{"name": "web", "count": 2}]
    answer = selected.patch(ensemble_id, {"tiers": tiers}, service={"selectors": KEYS})
    assert answer.status_code == 202, answer.json
    selected.run(ensemble_id, selectors=KEYS)
    other = [{**NVME, "values": ["ssd"]}]
    answer = selected.patch(ensemble_id, {"policies": other}, service={"selectors": KEYS})
    assert answer.status_code == 400
    assert answer.json["badRequest"]["details"]["field"] == "ensemble.policies[0].values[0]"


def test_a_member_that_is_added_goes_where_the_selector_wants_it(selected: SmallCloud) -> None:
    ensemble_id = built(selected, NVME, count=1)
    tiers = [{"name": "web", "count": 2}]
    answer = selected.patch(ensemble_id, {"tiers": tiers}, service={"selectors": KEYS})
    assert answer.status_code == 202, answer.json
    selected.run(ensemble_id, selectors=KEYS)
    assert hosts(selected, ensemble_id) <= {ONE, TWO}


def test_a_dry_run_of_a_drain_moves_members_to_selected_hosts_alone(selected: SmallCloud) -> None:
    ensemble_id = built(selected, NVME, count=1)
    (host,) = hosts(selected, ensemble_id)
    _, attempts = selected.service(selectors=KEYS).host(
        caller("operators", "admin"), host, drain=True
    )
    assert attempts is not None
    (attempt,) = attempts
    assert attempt.fits
    assert {each.target for each in attempt.moves} == {ONE, TWO} - {host}
