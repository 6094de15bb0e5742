# SPDX-License-Identifier: Apache-2.0
"""What callers see: a tenant never a host, rack, zone or capacity of the cloud by name."""

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from records import NAMES, PLACES, MemberStatus, Status, ensemble, member

from ensemble_api import views
from ensemble_api.planning import result
from ensemble_api.planning.message import Message, legacy_text
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.topology import FailureDomain, Topology, reference
from ensemble_api.results.dry_run import DryRun
from ensemble_api.views.domain_labels import labels, letters

LEVELS = ("host", "rack", "zone")
ZONE = "secretzone"  # which Nova tells every tenant
SECRETS = (*(name for name in NAMES if name != ZONE), "4242", "31337", "provider")
OLD = reference("shop-project", FailureDomain("zone", "secretzone", ("secretzone",)))
MEMBERS = (
    member(0, status=MemberStatus.ACTIVE, server_id="s0"),
    member(1, status=MemberStatus.BUILDING),
    member(2),
)


def as_text(view: Any) -> str:
    return json.dumps(views.translated(view))


def dry_run() -> DryRun:
    topology = Topology.build(
        ("host", "rack", "zone"),
        {name: (path[1], path[0]) for name, path in PLACES.items()},
        "zone",
    )
    wanted = Ensemble((Tier("web", 3, {"VCPU": 4242, "MEMORY_MB": 31337}),))
    assignment = {Member("web", index): name for index, name in enumerate(PLACES)}
    objectives = (result.Objective("loss by one host", 1, 1),)
    domain = topology.domain_of("secrethost1", "host")
    violation = result.Violation(0, "host", (domain,), ("web",), 1, legacy_text("Too many."))
    return DryRun(result.Plan(wanted, assignment, objectives, (violation,)), topology)


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(
            lambda: views.ensemble(ensemble(*MEMBERS), zone_level="zone", names=False, detail=True),
            id="show",
        ),
        pytest.param(
            lambda: views.ensemble(
                ensemble(*MEMBERS), zone_level="zone", names=False, detail=False
            ),
            id="list",
        ),
        pytest.param(lambda: views.plan(dry_run(), "shop-project", names=False), id="plan"),
    ],
)
def test_a_tenant_sees_no_name_and_no_capacity(view: Any) -> None:
    shown = as_text(view())
    for secret in SECRETS:
        assert secret not in shown


@pytest.mark.parametrize("detail", [True, False], ids=["show", "list"])
def test_nova_s_words_about_a_failure_tell_a_tenant_no_host(detail: bool) -> None:
    words = "Nova refused web-0: Compute host secrethost1 (in secretrack1) could not be found."
    message = legacy_text(words)
    record = ensemble(
        *MEMBERS,
        status=Status.ERROR,
        fault=message,
        events=({"at": "2026-11-22T10:00:00Z", "type": "ROLLING_BACK", "message": message},),
    )
    shown = as_text(views.ensemble(record, zone_level="zone", names=False, detail=detail))
    for secret in SECRETS:
        assert secret not in shown
    assert "Nova refused web-0: Compute host" in shown
    assert words in as_text(views.ensemble(record, zone_level="zone", names=True, detail=detail))


LOCKED = "The server of web-0 is locked. Unlock it, and the removal goes on."


@pytest.mark.parametrize(
    ("status", "fault", "blocked", "shown"),
    [
        (Status.DELETING, None, None, None),
        (Status.DELETING, None, LOCKED, LOCKED),
        (Status.DELETING, "No disk.", None, None),
        (Status.DELETING, "No disk.", LOCKED, LOCKED),
        (Status.ROLLING_BACK, "No disk.", None, "No disk."),
        (Status.ROLLING_BACK, "No disk.", LOCKED, f"No disk. {LOCKED}"),
        (Status.ERROR, "No disk.", None, "No disk."),
    ],
)
def test_a_fault_says_what_went_wrong_and_what_the_removal_waits_for(
    status: Status, fault: str | None, blocked: str | None, shown: str | None
) -> None:
    record = ensemble(
        *MEMBERS,
        status=status,
        fault=legacy_text(fault) if fault else None,
        blocked=legacy_text(blocked) if blocked else None,
    )
    view = views.ensemble(record, zone_level="zone", names=False, detail=True)["fault"]
    assert (view and str(view["message"])) == shown


def test_a_host_that_is_named_like_a_tier_leaves_member_names_alone() -> None:
    odd = member(0, domains={"host": ("z", "r", "web"), "rack": ("z", "r"), "zone": ("z",)})
    record = ensemble(odd, fault=legacy_text("Nova refused web-0: no web"))
    shown = views.ensemble(record, zone_level="zone", names=False, detail=False)["fault"]
    assert str(shown["message"]).startswith("Nova refused web-0: no ")


def test_an_operator_sees_names() -> None:
    view = views.ensemble(ensemble(*MEMBERS), zone_level="zone", names=True, detail=True)
    assert [each["host"] for each in view["members"]] == list(PLACES)
    assert {each["name"] for each in view["domains"]} == set(NAMES)
    assert {each["name"] for each in views.plan(dry_run(), "p", names=True)["domains"]} == set(
        NAMES
    )


def test_references_differ_between_projects_levels_and_paths() -> None:
    domains = [
        FailureDomain("host", "x", ("z", "r", "x")),
        FailureDomain("rack", "x", ("z", "x")),
        FailureDomain("zone", "x", ("x",)),
        FailureDomain("host", "x", ("z", "q", "x")),
    ]
    refs = [reference(project, each) for project in ("p1", "p2") for each in domains]
    assert len(set(refs)) == 8
    assert all(re.fullmatch("[0-9a-f]{56}", ref) for ref in refs)
    assert refs[0] == reference("p1", domains[0])


def test_every_reference_in_a_view_is_of_a_domain_in_it() -> None:
    view = views.ensemble(ensemble(*MEMBERS), zone_level="zone", names=False, detail=True)
    refs = {each["ref"] for each in view["domains"]}
    assert len(refs) == len(view["domains"]) == 6
    used = {ref for each in view["members"] for ref in each["domains"].values()}
    used |= {each["parent"] for each in view["domains"] if each["parent"]}
    used |= {loss["domain"] for level in view["survivability"] for loss in level["losses"]}
    assert used == refs


def test_labels_count_by_letters_from_the_largest_level_down() -> None:
    view = views.translated(views.plan(dry_run(), "p", names=False))
    assert [each["label"] for each in view["domains"]] == [
        ZONE,
        "rack A",
        "rack B",
        "host A",
        "host B",
        "host C",
    ]


def test_labels_are_the_same_whatever_is_planned_into_the_domains() -> None:
    every = (each for level in LEVELS for each in dry_run().topology.domains(level))
    known = labels("p", every, zone_level="zone")
    found = replace(dry_run(), labels=known)
    one = replace(found, result=replace(found.result, assignment={Member("web", 0): "secrethost3"}))
    one = replace(
        one, result=replace(one.result, ensemble=Ensemble((Tier("web", 1, {"VCPU": 1}),)))
    )
    view = views.translated(views.plan(one, "p", names=False))
    shown = {each["ref"]: each["label"] for each in view["domains"]}
    assert len(shown) == 3
    assert shown.items() <= known.items()


def test_known_labels_stay_and_new_ones_are_free_letters() -> None:
    racks = dry_run().topology.domains("rack")
    refs = sorted(reference("p", each) for each in racks)

    def labelled(known: dict[str, str]) -> Any:
        return labels("p", racks, known, zone_level="zone")

    assert labelled({}) == dict(zip(refs, ("rack A", "rack B"), strict=True))
    assert labelled({refs[1]: "rack A"}) == {refs[1]: "rack A", refs[0]: "rack B"}
    assert labelled({refs[1]: "rack B"}) == {refs[1]: "rack B", refs[0]: "rack A"}


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(
            lambda: views.ensemble(
                ensemble(*MEMBERS, plan={**ensemble().plan, "labels": {OLD: "zone A"}}),
                zone_level="zone",
                names=False,
                detail=True,
            ),
            id="an ensemble from before",
        ),
        pytest.param(lambda: views.plan(dry_run(), "shop-project", names=False), id="a plan"),
    ],
)
def test_a_tenant_sees_a_zone_by_the_name_that_nova_shows_it(view: Any) -> None:
    shown = {each["level"]: each for each in view()["domains"]}
    assert (shown["zone"]["label"], shown["zone"]["name"]) == (ZONE, ZONE)
    assert "name" not in shown["rack"] and "name" not in shown["host"]


@pytest.mark.parametrize(
    ("number", "text"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ")]
)
def test_letters_go_on_after_z(number: int, text: str) -> None:
    assert letters(number) == text


@pytest.mark.parametrize("status", [Status.DELETING, Status.ROLLING_BACK])
def test_nothing_is_said_to_survive_of_what_is_being_removed(status: Status) -> None:
    record = replace(ensemble(*MEMBERS), status=status)
    view = views.ensemble(record, zone_level="zone", names=False, detail=False)
    assert view["survives"] == []
    shown = views.translated(views.ensemble(record, zone_level="zone", names=False, detail=True))
    assert (shown["survivability"], shown["promises"]) == ([], [])
    assert shown["survivability_message"] == "Nothing is promised while the ensemble is removed."


def test_what_survives_and_how_far_the_build_is() -> None:
    view = views.translated(
        views.ensemble(ensemble(*MEMBERS), zone_level="zone", names=False, detail=True)
    )
    assert view["progress"] == {
        "active": 1, "removed": 0, "done": 1, "total": 3, "message": "1 of 3 members are active.",
    }  # fmt: skip
    assert view["survives"] == [
        {
            "level": "host", "level_label": "host",
            "state": "works", "label": "works", "ends": [], "short": [],
            "message": "The ensemble works after the loss of any one host.",
        },
        {
            "level": "rack", "level_label": "rack",
            "state": "works", "label": "works", "ends": [], "short": [],
            "message": "The ensemble works after the loss of any one rack.",
        },
        {
            "level": "zone", "level_label": "zone",
            "state": "down", "label": "down", "ends": ["web"], "short": [],
            "message": "The ensemble is down after the loss of any one zone: nothing of web is "
            "left.",
        },
    ]  # fmt: skip
    rack = view["survivability"][1]
    assert (rack["domains_used"], rack["worst"]) == (2, [{"tier": "web", "left": 1, "count": 3}])
    assert sorted(loss["lost"]["web"] for loss in rack["losses"]) == [1, 2]


def test_deleted_members_are_nowhere() -> None:
    gone = tuple(member(index, status=MemberStatus.DELETED) for index in range(3))
    view = views.ensemble(
        ensemble(*gone, status=Status.ERROR), zone_level="zone", names=False, detail=True
    )
    assert (view["domains"], view["survives"], view["survivability"]) == ([], [], [])
    assert [each["domains"] for each in view["members"]] == [{}, {}, {}]


def test_a_list_entry_leaves_the_long_parts_out() -> None:
    record = ensemble(*MEMBERS)
    record.body["tiers"][0]["server"]["user_data"] = "QUJD"
    short = views.ensemble(record, zone_level="zone", names=False, detail=False)
    assert {"members", "policies", "survivability", "events", "domains"}.isdisjoint(short)
    assert "user_data" not in as_text(short)


def test_user_data_is_shown_to_who_may_see_it_and_said_to_be_there_to_all_others() -> None:
    record = ensemble(*MEMBERS)
    record.body["tiers"][0]["server"]["user_data"] = "QUJD"
    shown = views.ensemble(record, zone_level="zone", names=False, detail=True, user_data=True)[
        "tiers"
    ][0]
    hidden = views.ensemble(record, zone_level="zone", names=True, detail=True)["tiers"][0]
    assert (shown["server"]["user_data"], "hidden" in shown) == ("QUJD", False)
    assert ("user_data" in hidden["server"], hidden["hidden"]) == (False, ["user_data"])


def test_a_refused_plan_has_the_shape_of_a_plan() -> None:
    change = result.Change(legacy_text("Fewer."), (result.Edit("tiers[0].count", 2),))
    reason = result.Reason(
        "too-few-domains",
        legacy_text("Only 2 racks."),
        0,
        "rack",
        ("web",),
        3,
        2,
        legacy_text("Fewer."),
        (change,),
    )
    topology = Topology.build(("host",), {})
    infeasible = DryRun(result.Infeasible((reason,), True), topology)
    refused = views.plan(infeasible, "p", names=False, capacity=True)
    assert refused.keys() - {"reasons", "proved"} <= views.plan(dry_run(), "p", names=False).keys()
    assert (refused["feasible"], refused["proved"]) == (False, True)
    assert views.translated(refused["reasons"]) == [
        {
            "code": "too-few-domains",
            "message": "Only 2 racks.",
            "policy": 0,
            "level": "rack",
            "tiers": ["web"],
            "demand": 3,
            "supply": 2,
            "suggestion": "Fewer.",
            "changes": [
                {"message": "Fewer.", "edits": [{"field": "ensemble.tiers[0].count", "value": 2}]}
            ],
        }
    ]


def test_views_hold_no_numpy_numbers() -> None:
    assert "int64" not in as_text(views.plan(dry_run(), "p", names=False))
    with pytest.raises(TypeError):
        as_text(np.int64(1))  # which json would not take


REFUSED = Message("event.refused", (("answer", "No valid host."), ("member", "web-1")))
LATE = Message(
    "list.following",
    (
        ("first", Message("event.overdue", (("count", 1), ("seconds", 600)))),
        ("next", Message("event.last-answer", (("answer", "Busy."), ("member", "web-2")))),
    ),
)


@pytest.mark.parametrize(
    ("fault", "member"),
    [
        pytest.param(REFUSED, "web-1", id="one refused"),
        pytest.param(LATE, "web-2", id="one that a sentence within it is about"),
        pytest.param(Message("event.interrupted"), None, id="none"),
        pytest.param(legacy_text("Nova refused web-1: full"), None, id="only text of before"),
    ],
)
def test_a_fault_names_its_member(fault: Message, member: str | None) -> None:
    record = ensemble(*MEMBERS, status=Status.ROLLING_BACK, fault=fault)
    view = views.ensemble(record, zone_level="zone", names=False, detail=True)
    assert view["fault"]["member"] == member
