# SPDX-License-Identifier: Apache-2.0
"""The host impact: what is counted, what is found, in which order, page by page."""

import json
from dataclasses import replace
from typing import Any

import pytest
from records import MemberStatus, Status, ensemble, stable_id, tier

from ensemble_api import exception, views
from ensemble_api.observed import ObservedHost
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.host_impact import HostImpacts
from ensemble_api.store.occupancy import Occupant
from ensemble_api.usecases.host_impact import Search, host_impacts

LEVELS = ("host", "rack", "zone")
HOSTS = [
    ObservedHost("h1", ("r1", "az1"), up=True),
    ObservedHost("h2", ("r1", "az1"), up=True),
    ObservedHost("h3", ("r2", "az1"), up=False),
    ObservedHost("h4", ("r1", "az2"), up=True, disabled=True),
    ObservedHost("h5", (None, "az2"), up=True),
]


def owner(name: str, *policies: dict[str, Any], **changes: Any) -> EnsembleRecord:
    facts: dict[str, Any] = {
        "status": Status.ACTIVE,
        "id": stable_id(name),
        "name": name,
        "body": {"tiers": [tier("web", 3), tier("db", 1)], "policies": list(policies)},
    }
    return ensemble(**facts | changes)


def survive(needed: int, enforcement: str = "hard") -> dict[str, Any]:
    return {
        "type": "survive", "level": "rack", "tiers": ["web"], "failures": 1,
        "min_available": needed, "enforcement": enforcement,
    }  # fmt: skip


SHOP = owner("shop", survive(2), {"type": "exclusive", "level": "host", "tiers": ["web"]})
BANK = owner("bank", project_id="bank-project")
GONE = owner("gone", status=Status.DELETING)
OWNERS = {each.id: each for each in (SHOP, BANK, GONE)}


def on(host: str, record: EnsembleRecord, name: str, **changes: Any) -> Occupant:
    part, index = name.split("-")
    state = MemberStatus.ACTIVE
    return replace(
        Occupant(record.id, part, int(index), host, state, f"server-of-{name}"), **changes
    )


OCCUPANTS = [
    on("h1", SHOP, "web-0"),
    on("h2", SHOP, "web-1"),
    on("h4", SHOP, "web-2"),
    on("h2", BANK, "web-0"),
    on("h4", BANK, "web-1"),
    on("h1", BANK, "db-0"),
    on("h1", GONE, "db-0"),
    on("nowhere", SHOP, "db-0"),
]


def look(**search: Any) -> HostImpacts:
    return host_impacts(HOSTS, LEVELS, OWNERS, OCCUPANTS, Search(**search))


def names(found: HostImpacts) -> list[str]:
    return [each.host.name for each in found.page]


def test_hosts_are_judged_by_what_their_failure_breaks() -> None:
    found = {each.host.name: each for each in look().page}
    said = {
        name: [(record.name, broken.effect.value) for record, broken in each.breaks]
        for name, each in found.items()
    }
    # h1 and h2 share a rack, so shop's promise never held: each of them alone leaves two of three.
    assert said == {"h1": [("bank", "unprotected")], "h2": [], "h3": [], "h4": [], "h5": []}
    assert (found["h1"].ensembles, len(found["h1"].occupants)) == (3, 3)
    assert found["h1"].worst == "unprotected" and found["h2"].worst is None


def test_a_tier_that_a_policy_protects_is_told_apart_from_one_that_nobody_protects() -> None:
    db = {**survive(1), "tiers": ["db"]}
    kept = owner("kept", db)
    occupants = [on("h1", BANK, "db-0"), on("h2", kept, "db-0"), on("h5", BANK, "web-0")]
    occupants.append(on("h5", GONE, "db-0"))
    found = host_impacts(HOSTS, LEVELS, {**OWNERS, kept.id: kept}, occupants, Search())
    assert names(found)[:3] == ["h2", "h5", "h1"], "what was promised comes first"
    [first, second, third] = views.host_impacts(found, LEVELS)["hosts"][:3]
    assert [each["impact"] for each in (first, third)] == [
        {"ended": 1, "broken": 0, "exposed": 0, "unprotected": 0},
        {"ended": 0, "broken": 0, "exposed": 0, "unprotected": 1},
    ]
    assert [(each["name"], each["state"]) for each in second["ensembles"]] == [
        ("bank", "down"), ("gone", None),
    ]  # fmt: skip


def test_what_does_not_hold_now_is_told_of_those_who_count() -> None:
    occupants = [on("h1", SHOP, "web-0"), on("h3", SHOP, "web-1"), on("h5", SHOP, "web-2")]
    occupants += [on("h1", SHOP, "db-0"), on("h3", BANK, "db-0"), on("h3", GONE, "db-0")]
    occupants += [on(f"h{n + 1}", BANK, f"web-{n}") for n in range(2)]

    def told(**search: Any) -> list[tuple[str, str, Any]]:
        found = host_impacts(HOSTS, LEVELS, OWNERS, occupants, Search(**search))
        view = views.host_impacts(found, LEVELS)
        return [(one["ensemble_name"], one["effect"], one["policy"]) for one in view["broken"]]

    assert told() == [("shop", "exposed", 0), ("bank", "unprotected", None)]
    assert told(ensemble_id=SHOP.id) == [("shop", "exposed", 0)]


def test_a_member_in_error_serves_nobody() -> None:
    occupants = [on("h2", BANK, "web-0"), on("h4", BANK, "web-1", status=MemberStatus.ERROR)]
    found = host_impacts(HOSTS, LEVELS, OWNERS, occupants, Search())
    assert [(each.host.name, each.worst) for each in found.page[:2]] == [
        ("h2", "unprotected"),
        ("h4", None),
    ]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        pytest.param({}, ["h1", "h2", "h4", "h3", "h5"], id="the worst first, then by members"),
        pytest.param(
            {"descending": False}, ["h5", "h3", "h4", "h2", "h1"], id="the worst last, in reverse"
        ),
        pytest.param(
            {"sort_key": "members"}, ["h1", "h2", "h4", "h3", "h5"], id="the fullest first"
        ),
        pytest.param(
            {"sort_key": "host", "descending": False}, ["h1", "h2", "h3", "h4", "h5"], id="by name"
        ),
        pytest.param(
            {"sort_key": "host"}, ["h5", "h4", "h3", "h2", "h1"], id="by name, the last first"
        ),
        pytest.param({"project_id": "bank-project"}, ["h1", "h2", "h4"], id="a project's"),
        pytest.param({"ensemble_id": SHOP.id}, ["h1", "h2", "h4"], id="an ensemble's"),
        pytest.param({"ensemble_id": "none"}, [], id="an ensemble that is not there"),
        pytest.param({"domains": {"rack": "r1"}}, ["h1", "h2", "h4"], id="a rack name of two"),
        pytest.param({"domains": {"rack": "r1", "zone": "az2"}}, ["h4"], id="one rack"),
        pytest.param({"domains": {"rack": ""}}, ["h5"], id="no rack"),
        pytest.param({"domains": {"zone": "AZ1"}}, [], id="a zone by its exact name"),
        pytest.param({"text": " H3 "}, ["h3"], id="text in a host"),
        pytest.param({"text": "BANK-pro"}, ["h1", "h2", "h4"], id="text in a project"),
        pytest.param({"text": "of-web-1"}, ["h2", "h4"], id="text in a server's id"),
        pytest.param({"text": "\x00\ud800"}, [], id="text that nobody has"),
        pytest.param({"text": "web-1", "project_id": "bank-project"}, ["h4"], id="both"),
    ],
)
def test_the_search_finds(search: dict[str, Any], expected: list[str]) -> None:
    found = look(**search)
    assert names(found) == expected
    assert [each.host.name for each in found.hosts] == ["h1", "h2", "h3", "h4", "h5"]
    assert {each.host.name for each in found.hosts if each.found} == set(expected)
    assert (found.found, found.first, found.more) == (len(expected), 1, False)


@pytest.mark.parametrize("sort_key", ["impact", "members", "host"])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_give_every_host_once(sort_key: str, descending: bool, limit: int) -> None:
    order: list[str] = []
    more = True
    while more:
        found = look(
            limit=limit,
            marker=order[-1] if order else None,
            sort_key=sort_key,
            descending=descending,
        )
        assert found.first == len(order) + 1 and found.found == 5
        order += names(found)
        more = found.more
    assert order == names(look(sort_key=sort_key, descending=descending))


def test_a_marker_may_be_a_host_that_is_not_found_any_more() -> None:
    found = look(marker="h3", sort_key="host", descending=False, text="h")
    assert names(found) == ["h4", "h5"]
    assert names(look(marker="h3", sort_key="host", descending=False, text="h5")) == ["h5"]
    with pytest.raises(exception.Invalid) as refused:
        look(marker="h9")
    assert refused.value.facts["field"] == "marker"


def test_a_cloud_without_hosts_or_ensembles() -> None:
    nothing = host_impacts([], LEVELS, {}, [], Search())
    assert (nothing.page, nothing.found, nothing.more) == ((), 0, False)
    empty = host_impacts(HOSTS, LEVELS, {}, [], Search())
    assert names(empty) == ["h1", "h2", "h3", "h4", "h5"]


def test_a_host_is_shown_with_its_members_and_what_breaks() -> None:
    quorum = owner("quorum", survive(3, "soft"))
    occupants = [on("h1", quorum, "web-0"), on("h2", quorum, "web-1"), on("h4", quorum, "web-2")]
    occupants.append(on("h5", quorum, "db-0"))
    found = host_impacts(HOSTS, LEVELS, {quorum.id: quorum}, occupants, Search(limit=1))
    [shown] = views.translated(views.host_impacts(found, LEVELS))["hosts"]
    assert shown == {
        "host": "h1", "state": "up", "rack": "r1", "zone": "az1",
        "impact": {"ended": 0, "broken": 1, "exposed": 0, "unprotected": 0}, "worst": "broken",
        "impact_message": "Its failure breaks 1 promise.",
        "ensembles": [{
            "id": quorum.id, "name": "quorum", "project_id": "shop-project", "state": "degraded",
            "label": "degraded",
        }],
        "members": [{
            "ensemble_id": quorum.id, "ensemble_name": "quorum", "project_id": "shop-project",
            "tier": "web", "name": "web-0", "status": "ACTIVE", "server_id": "server-of-web-0",
        }],
        "drain": {"breaks": [{
            "ensemble_id": quorum.id, "ensemble_name": "quorum", "project_id": "shop-project",
            "effect": "broken", "effect_label": "breaks a promise",
            "policy": 0, "enforcement": "soft", "level": "rack", "failures": 1,
            "tiers": [{"tier": "web", "left": 2, "worst": 1, "needed": 3}],
            "message": "At least 3 of web should be left after the loss of any one rack. "
            "Only 2 of web would be left.",
        }]},
    }  # fmt: skip


def test_tiers_that_would_end_have_no_policy() -> None:
    [shown] = views.host_impacts(look(limit=1), LEVELS)["hosts"]
    [only] = shown["drain"]["breaks"]
    assert (only["effect"], str(only["message"])) == (
        "unprotected",
        "db would have no member left; no survive policy asks for any.",
    )
    nothing = dict.fromkeys(("policy", "enforcement", "level", "failures"))
    assert {key: only[key] for key in nothing} == nothing


def test_the_summary_tells_all_hosts_in_a_few_bytes_each() -> None:
    found = look(limit=1, project_id="bank-project")
    view = views.translated(views.host_impacts(found, LEVELS, summary=True))
    summary = view["summary"]
    assert [(each["zone"], each["rack"], len(each["hosts"])) for each in summary["groups"]] == [
        ("az1", "r1", 2), ("az1", "r2", 1), ("az2", "r1", 1), ("az2", None, 1),
    ]  # fmt: skip
    assert summary["groups"][0]["hosts"][0] == {
        "host": "h1", "state": "up", "members": 1, "ensembles": 1, "found": True,
        "worst": "unprotected",
        "impact": {"ended": 0, "broken": 0, "exposed": 0, "unprotected": 1},
        "impact_message": "Its failure ends 1 tier of which nothing was asked.",
    }  # fmt: skip
    assert summary["groups"][-1]["hosts"][0]["impact_message"] is None, "nobody is there"
    # What there is to choose does not depend on what is chosen.
    choices = [(p["project_id"], [e["name"] for e in p["ensembles"]]) for p in summary["projects"]]
    assert choices == [
        ("bank-project", ["bank"]), ("shop-project", ["gone", "shop"]),
    ]  # fmt: skip
    assert summary["totals"] == {
        "hosts": 5, "down": 1, "disabled": 1, "unknown": 0, "used": 3, "breaking": 0,
        "unprotected": 1, "members": 3, "ensembles": 1,
    }  # fmt: skip
    assert (view["found"], view["first"]) == (3, 1)


def test_a_large_cloud_has_a_small_summary() -> None:
    hosts = [
        ObservedHost(
            f"compute-{n:04}.cloud.example", (f"rack-{n // 20:02}", f"az{n // 400}"), up=True
        )
        for n in range(1000)
    ]
    owners = {each.id: each for each in (owner(f"ensemble {n}") for n in range(500))}
    occupants = [
        on(hosts[(n * 7 + at) % 1000].name, each, f"web-{at}")
        for n, each in enumerate(owners.values())
        for at in range(20)
    ]
    found = host_impacts(hosts, LEVELS, owners, occupants, Search(limit=20))
    view = views.translated(views.host_impacts(found, LEVELS, summary=True))
    assert len(json.dumps(view["summary"])) < 300_000
