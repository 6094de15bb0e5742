# SPDX-License-Identifier: Apache-2.0
"""What to do next where tiers come one after another: whose turn it is, and who keeps waiting."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from decisions import ACTIVE, BUILDING, DELETED, fails, in_english
from records import Status, ensemble, member, tier
from repair_decisions import ASKED, DONE, FAILED, GIVEN_UP, TARGET, WAITING

from ensemble_api.execution.actions import (
    Action,
    Block,
    CreateServer,
    DeleteServer,
    Finish,
    MoveServer,
    RecordServer,
    ReleaseHold,
    Server,
)
from ensemble_api.execution.decide import decide
from ensemble_api.execution.removal import REMINDER
from ensemble_api.operations import (
    Goal,
    Move,
    MoveKind,
    MoveStatus,
    Operation,
    OperationStatus,
    OperationType,
    Requester,
)
from ensemble_api.planning.message import legacy_text
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, moved
from ensemble_api.views.progress import progress

# web waits for app, and app for db.
AFTER = {"db": (), "app": ("db",), "web": ("app",)}


def one(of: str, status: MemberStatus = MemberStatus.RESERVED, **facts: Any) -> MemberRecord:
    """The first member of a tier."""
    server_id = f"s-{of}" if status in (BUILDING, ACTIVE) else None
    return member(0, of, status=status, **({"server_id": server_id} | facts))


def server(of: str, status: str = "ACTIVE", **facts: Any) -> Server:
    return Server(f"s-{of}", one(of).id, status, **facts)


def body(names: Sequence[str] = ("db", "app", "web")) -> Mapping[str, Any]:
    tiers = [{**tier(name, 1), "after": [*AFTER[name]]} for name in names]
    return {"name": "shop", "description": "", "tiers": tiers, "policies": []}


def ordered(*members: MemberRecord, **facts: Any) -> EnsembleRecord:
    return ensemble(*members, **({"body": body()} | facts))


def decided(record: EnsembleRecord, *servers: Server, **more: Any) -> tuple[Action, ...]:
    return in_english(decide(record, servers, concurrency=8, timeout=300.0, **more))


@pytest.mark.parametrize(
    ("members", "servers", "actions"),
    [
        pytest.param(
            (one("db"), one("app"), one("web")),
            (),
            (CreateServer(one("db")),),
            id="the tier that waits for none begins",
        ),
        pytest.param(
            (one("db", BUILDING), one("app"), one("web")),
            (server("db", "BUILD"),),
            (),
            id="while it builds the others wait, with what is held for them",
        ),
        pytest.param(
            (one("db", BUILDING), one("app"), one("web")),
            (server("db"),),
            (RecordServer(one("db", BUILDING), ACTIVE, "s-db"),),
            id="that a server is active is recorded before anybody goes by it",
        ),
        pytest.param(
            (one("db", ACTIVE), one("app"), one("web")),
            (server("db"),),
            (CreateServer(one("app")),),
            id="the next tier begins, and not the one after that",
        ),
        pytest.param(
            (one("db"), one("app", ACTIVE), one("web")),
            (server("app"),),
            (CreateServer(one("db")),),
            id="a tier waits for what its own waits for too",
        ),
        pytest.param(
            (
                one("db", DELETED, asked_at=""),
                one("app", BUILDING, asked_at="2026-11-28T06:00:00Z", server_id=None),
            ),
            (),
            (
                CreateServer(one("db", DELETED)),
                CreateServer(one("app", BUILDING, asked_at="2026-11-28T06:00:00Z", server_id=None)),
            ),
            id="one that Nova was asked for already is not called back",
        ),
    ],
)
def test_a_build_goes_tier_by_tier(
    members: tuple[MemberRecord, ...], servers: tuple[Server, ...], actions: tuple[Action, ...]
) -> None:
    assert decided(ordered(*members), *servers) == actions


def test_whose_turn_has_not_come_is_not_late() -> None:
    waiting = ordered(one("db", BUILDING), one("app"), one("web"), idle=301.0)
    assert decided(waiting, server("db", "BUILD")) == fails(
        "1 server was not built within 300 seconds."
    )


def test_a_tier_waits_for_what_the_same_change_adds_and_not_for_what_it_leaves_alone() -> None:
    there, web = one("db", BUILDING), one("web")
    change = Operation(
        "op", OperationType.CHANGE, OperationStatus.RUNNING, Requester("ada"), (web.goal,)
    )
    record = ordered(there, web, body=body(("db", "web")), status=Status.ACTIVE, operation=change)
    record = replace(
        record,
        body={
            **record.body,
            "tiers": [record.body["tiers"][0], {**tier("web", 1), "after": ["db"]}],
        },
    )
    assert decided(record, server("db")) == (CreateServer(web),)
    both = replace(record, operation=replace(change, goals=(web.goal, one("db").goal)))
    assert decided(both, server("db")) == (RecordServer(there, ACTIVE, "s-db"),)


LEAVING = [
    pytest.param(
        (server("db"), server("app"), server("web")),
        (DeleteServer("s-web"),),
        id="the tier that comes last goes first",
    ),
    pytest.param(
        (server("db"), server("app"), server("web", task="deleting")),
        (),
        id="while it goes the others stay",
    ),
    pytest.param(
        (server("db"), server("app")),
        (DeleteServer("s-app"), ReleaseHold(one("web", ACTIVE))),
        id="then the one before it goes, and what is held without a server at once",
    ),
    pytest.param(
        (server("db", locked=True), server("app"), server("web")),
        (Block(legacy_text("The server of db-0 is locked. Unlock it, and the removal goes on.")),),
        id="a server that is locked keeps all, whichever tier it is of",
    ),
]


@pytest.mark.parametrize("status", [Status.DELETING, Status.ROLLING_BACK], ids=str)
@pytest.mark.parametrize(("servers", "actions"), LEAVING)
def test_a_removal_goes_the_other_way(
    servers: tuple[Server, ...], actions: tuple[Action, ...], status: Status
) -> None:
    members = (one("db", ACTIVE), one("app", ACTIVE), one("web", ACTIVE))
    assert decided(ordered(*members, status=status), *servers) == actions


def test_a_removal_asks_those_again_whose_turn_it_is_and_waits_for_none_for_ever() -> None:
    members = (one("db", ACTIVE), one("app", ACTIVE))
    record = ordered(*members, status=Status.DELETING, idle=REMINDER + 1)
    stuck = (server("db"), server("app", task="deleting"))
    said = "Nova has not removed the server of %s yet, and is asked again."
    assert decided(record, *stuck) == (Block(legacy_text(said % "app-0")), DeleteServer("s-app"))
    late = "Nova has not removed the servers of db-0, app-0 yet, and is asked again."
    assert decided(replace(record, idle=301.0), *stuck) == (
        Block(legacy_text(late)),
        DeleteServer("s-db"),
        DeleteServer("s-app"),
    )


def test_tiers_that_a_change_removes_go_in_the_order_that_they_had() -> None:
    members = (one("db", ACTIVE), one("app", ACTIVE))
    goals = tuple(Goal(each.id, each.name, None) for each in members)
    change = Operation(
        "op",
        OperationType.CHANGE,
        OperationStatus.REMOVING,
        Requester("ada"),
        goals,
        before={"body": body()},
    )
    record = ordered(*members, body=body(("db",)), status=Status.ACTIVE, operation=change)
    record = replace(record, body={**record.body, "tiers": [tier("other", 1)]})
    assert decided(record, server("db"), server("app")) == (DeleteServer("s-app"),)


def lost(of: str, status: MoveStatus = WAITING) -> Goal:
    move = Move(
        FAILED, "provider", {"VCPU": 1}, {"host": (TARGET,)}, status, kind=MoveKind.EVACUATION
    )
    return Goal(one(of).id, f"{of}-0", TARGET, move=move)


def repair(*goals: Goal, idle: float = 0.0, at_once: int = 10) -> EnsembleRecord:
    members = tuple(
        one(goal.name.split("-")[0], ACTIVE if goal.move else MemberStatus.RESERVED)
        for goal in goals
    )
    operation = Operation(
        "op", OperationType.REPAIR, OperationStatus.RUNNING, Requester("ada"), goals
    )
    wish = {**body(), "recovery": {"at_once": at_once}}
    return ordered(*members, body=wish, status=Status.DEGRADED, operation=operation, idle=idle)


def evacuated(of: str) -> Action:
    return MoveServer(moved(one(of, ACTIVE), lost(of)), MoveKind.EVACUATION)


@pytest.mark.parametrize(
    ("record", "actions"),
    [
        pytest.param(
            repair(lost("web"), lost("app"), lost("db")),
            (evacuated("db"),),
            id="what comes first is brought back first, whatever the order of the moves",
        ),
        pytest.param(
            repair(lost("web"), lost("db"), at_once=1),
            (evacuated("db"),),
            id="who waits takes no turn from whom it waits for",
        ),
        pytest.param(
            repair(lost("web"), lost("db", DONE)), (evacuated("web"),), id="then comes the next"
        ),
        pytest.param(
            repair(lost("web"), lost("db", GIVEN_UP)),
            (evacuated("web"),),
            id="what cannot be brought back keeps no other from its turn",
        ),
        pytest.param(
            repair(lost("web"), lost("db", ASKED), idle=29.0),
            (),
            id="one that Nova brings back is waited for",
        ),
        pytest.param(
            repair(one("app").goal, lost("web")),
            (CreateServer(one("app")),),
            id="one that is built anew is waited for too",
        ),
        pytest.param(
            repair(one("web").goal, lost("db")),
            (evacuated("db"),),
            id="one that is built anew waits",
        ),
    ],
)
def test_a_repair_goes_tier_by_tier(record: EnsembleRecord, actions: tuple[Action, ...]) -> None:
    there = [
        server(each.tier, host=FAILED, vm_state="active")
        for each in record.members
        if each.server_id
    ]
    assert decided(record, *there, down=(FAILED,)) == actions


def test_what_cannot_be_built_anew_keeps_no_member_from_being_brought_back() -> None:
    record = repair(one("app").goal, lost("web"))
    failed = server("app", "ERROR", fault="broken", locked=True)
    there = server("web", host=FAILED, vm_state="active")
    assert decided(record, failed, there, down=(FAILED,)) == (evacuated("web"),)


def test_what_takes_long_to_be_brought_back_keeps_no_other_for_ever() -> None:
    record = repair(lost("web"), lost("db", ASKED), idle=301.0)
    there = (
        server(
            "db", host=FAILED, task="rebuilding", vm_state="active", targets=frozenset({TARGET})
        ),
        server("web", host=FAILED, vm_state="active"),
    )
    assert evacuated("web") in decided(record, *there, down=(FAILED,))


def test_progress_says_who_waits_for_which_tier() -> None:
    record = ordered(one("db", BUILDING), one("app"), one("web"))
    assert str(progress(record)["message"]) == ("0 of 3 members are active. 2 members wait for db.")
    next_one = ordered(one("db", ACTIVE), one("app", BUILDING), one("web"))
    assert str(progress(next_one)["message"]) == (
        "1 of 3 members are active. 1 member waits for app."
    )
    removed = ordered(one("db", ACTIVE), one("app"), status=Status.DELETING)
    assert str(progress(removed)["message"]) == "0 of 2 members are removed."


def test_all_there_is_done() -> None:
    members = tuple(one(name, ACTIVE) for name in AFTER)
    record = ordered(*members)
    assert decided(record, *(server(name) for name in AFTER)) == (Finish(Status.ACTIVE),)
