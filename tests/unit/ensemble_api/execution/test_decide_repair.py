# SPDX-License-Identifier: Apache-2.0
"""What to do next for members whose hosts have failed."""

from dataclasses import dataclass, replace

import pytest
from decisions import ACTIVE, RESERVED, built, server
from records import member
from repair_decisions import (
    ASKED,
    DONE,
    FAILED,
    GIVEN_UP,
    OTHER,
    TARGET,
    UNDOING,
    decided,
    evacuate,
    goal,
    lost,
    repair,
    there,
)

from ensemble_api.execution.actions import (
    Action,
    Advance,
    Block,
    CreateServer,
    MoveServer,
    RecordMove,
    Server,
    StartServer,
    StopMove,
    StopServer,
)
from ensemble_api.operations import (
    Goal,
    MoveKind,
)


@dataclass(frozen=True)
class Case:
    """One member with a move, its server, and what follows; a text is why it is given up."""

    name: str
    goal: Goal
    server: Server | None
    then: Action | type[Block] | str | None
    idle: float = 0.0
    down: tuple[str, ...] = (FAILED,)


REBUILDING = {"task": "rebuilding"}


def rebuilding(*targets: str) -> Server:
    """A lost server that Nova is building again on these hosts; none where it was not asked."""
    known = frozenset(targets) if targets else None
    return lost(0, "REBUILD", targets=known, **REBUILDING)


CASES = [
    Case("it is asked for on a host that is down", goal(0), lost(0), evacuate(0)),
    Case("a stopped one comes back too", goal(0), lost(0, "SHUTOFF"), evacuate(0)),
    Case("so does one that failed with its host", goal(0), lost(0, "ERROR"), evacuate(0)),
    Case("a lock keeps nobody on a host that is down", goal(0), lost(0, locked=True), evacuate(0)),
    Case("a task died with the host", goal(0), lost(0, "REBOOT", task="rebooting"), evacuate(0)),
    Case("its host is up again", goal(0), lost(0), "is back", down=()),
    Case("its host came back after it was asked", goal(0, ASKED), lost(0), "is back", down=()),
    Case("a paused one cannot be", goal(0), lost(0, "PAUSED"), "in status PAUSED"),
    Case("nor one in a resize", goal(0), lost(0, "VERIFY_RESIZE"), "in status VERIFY_RESIZE"),
    Case(
        "a migration that was under way may have ended", goal(0), lost(0, "MIGRATING"), "MIGRATING"
    ),
    Case("it was deleted", goal(0), None, "was deleted"),
    Case(
        "its cell does not answer while Nova is at it",
        goal(0, ASKED),
        Server("s-0", built(0).id, "UNKNOWN"),
        None,
        idle=400.0,
    ),
    Case("it is being deleted", goal(0), lost(0, task="deleting"), "was deleted"),
    Case("it is under way", goal(0, ASKED), lost(0, "REBUILD", **REBUILDING), None),
    Case("somebody else has it under way", goal(0), lost(0, "REBUILD", **REBUILDING), None),
    Case(
        "what others began is waited for as long as it takes",
        goal(0),
        rebuilding(OTHER),
        Block,
        idle=9000.0,
    ),
    Case("also where no host is chosen yet", goal(0), rebuilding(""), Block, idle=301.0),
    Case("also where Nova was not asked for them", goal(0), rebuilding(), None, idle=31.0),
    Case(
        "what others began is taken up when its host has failed too",
        goal(0),
        rebuilding(OTHER),
        evacuate(0),
        idle=31.0,
        down=(FAILED, OTHER),
    ),
    Case(
        "not while another host is at it",
        goal(0),
        rebuilding(OTHER, "third"),
        None,
        idle=31.0,
        down=(FAILED, OTHER),
    ),
    Case(
        "a rebuild died with the host, which nobody takes on",
        goal(0),
        lost(0, "REBUILD", targets=frozenset(), **REBUILDING),
        evacuate(0),
        idle=31.0,
    ),
    Case("it takes long", goal(0, ASKED), rebuilding(TARGET), Block, idle=9000.0),
    Case(
        "its state was reset since nobody builds it, though Nova's record of that stays",
        goal(0, ASKED, tries=1),
        lost(0, "ERROR", targets=frozenset({TARGET})),
        evacuate(0),
        idle=9000.0,
    ),
    Case(
        "it takes long, and its host is back",
        goal(0, ASKED),
        rebuilding(TARGET),
        "takes too long",
        idle=301.0,
        down=(),
    ),
    Case(
        "its new host fails too, which is not believed at once",
        goal(0, ASKED),
        rebuilding(TARGET),
        None,
        down=(FAILED, TARGET),
    ),
    Case(
        "its new host fails too",
        goal(0, ASKED),
        rebuilding(TARGET),
        "has failed too",
        idle=31.0,
        down=(FAILED, TARGET),
    ),
    Case(
        "its new host fails before it is asked for",
        goal(0),
        lost(0),
        "has failed too",
        down=(FAILED, TARGET),
    ),
    Case("Nova's task ends before its host is told", goal(0, ASKED, tries=1), lost(0), None),
    Case("it came to nothing", goal(0, ASKED, tries=1), lost(0), evacuate(0), idle=31.0),
    Case(
        "it lands slowly, as Nova's record of it says",
        goal(0, ASKED, tries=1),
        lost(0, targets=frozenset((TARGET,))),
        None,
        idle=45.0,
    ),
    Case(
        "it is stopped where it lands, as it was before",
        goal(0, ASKED, tries=1),
        lost(0, "SHUTOFF", task="powering-off", targets=frozenset((TARGET,))),
        None,
        idle=45.0,
    ),
    Case(
        "it lands for very long",
        goal(0, ASKED, tries=1),
        lost(0, targets=frozenset((TARGET,))),
        Block,
        idle=301.0,
    ),
    Case(
        "somebody else has evacuated it, and it lands",
        goal(0),
        lost(0, targets=frozenset((OTHER,))),
        None,
    ),
    Case(
        "the host fails on which it was to land",
        goal(0),
        lost(0, targets=frozenset((OTHER,))),
        evacuate(0),
        idle=31.0,
        down=(FAILED, OTHER),
    ),
    Case("nobody evacuates it", goal(0), lost(0, targets=frozenset()), evacuate(0)),
    Case("it came to an error", goal(0, ASKED, tries=1), lost(0, "ERROR"), evacuate(0)),
    Case(
        "it came to an error, whatever Nova has left in its records",
        goal(0, ASKED, tries=1),
        lost(0, "ERROR", targets=frozenset((TARGET,))),
        evacuate(0),
    ),
    Case(
        "it came to nothing often",
        goal(0, ASKED, tries=5),
        lost(0, "ERROR", fault=f"No valid host; {TARGET} is full"),
        "No valid host; [host] is full",
    ),
    Case(
        "Nova does not take it", goal(0, tries=5, refusal="It is not for you."), lost(0), "for you"
    ),
    Case("somebody has moved it", goal(0, ASKED), server(built(0), host=OTHER), "another host"),
    Case("it is there", goal(0, ASKED), server(built(0), host=TARGET), RecordMove(there(0))),
    Case("it is there, and starts", goal(0, ASKED), server(built(0), host=TARGET, task="x"), None),
    Case(
        "it is there and stopped",
        goal(0, ASKED),
        server(built(0), "SHUTOFF", host=TARGET),
        StartServer(built(0)),
    ),
    Case(
        "it was stopped before",
        goal(0, ASKED, ran=False),
        server(built(0), "SHUTOFF", host=TARGET),
        RecordMove(there(0)),
    ),
    Case(
        "it is started once, since its tenant may stop it",
        goal(0, ASKED, started=True),
        server(built(0), "SHUTOFF", host=TARGET),
        RecordMove(there(0)),
    ),
    Case(
        "what it is shows when it is first asked for",
        goal(0),
        lost(0, "SHUTOFF", vm_state="stopped"),
        MoveServer(there(0), MoveKind.EVACUATION, ran=False),
    ),
    Case(
        "also when it was started meanwhile",
        goal(0, ran=False),
        lost(0, vm_state="active"),
        MoveServer(there(0), MoveKind.EVACUATION, ran=True),
    ),
    Case(
        "an error tells nothing of what it was",
        goal(0, ran=False),
        lost(0, "ERROR", vm_state="error"),
        MoveServer(there(0), MoveKind.EVACUATION, ran=False),
    ),
    Case(
        "it is not looked at again when it is asked for again",
        goal(0, ASKED, ran=False, tries=1),
        lost(0, "ERROR", vm_state="active"),
        MoveServer(there(0), MoveKind.EVACUATION, ran=False),
    ),
    Case(
        "it runs and was stopped before",
        goal(0, ASKED, ran=False),
        server(built(0), host=TARGET),
        StopServer(built(0)),
    ),
    Case(
        "it is stopped once, since its tenant may start it",
        goal(0, ASKED, ran=False, stopped=True),
        server(built(0), host=TARGET),
        RecordMove(there(0)),
    ),
    Case(
        "it is there, and failed",
        goal(0, ASKED),
        server(built(0), "ERROR", host=TARGET, fault="No disk."),
        "No disk.",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[each.name for each in CASES])
def test_one_member_of_a_repair(case: Case) -> None:
    servers = (case.server,) if case.server else ()
    found = decided(repair(case.goal, idle=case.idle), *servers, down=case.down)
    if isinstance(case.then, str):
        (stop,) = found
        assert isinstance(stop, StopMove)
        assert case.then in str(stop.reason)
    elif case.then is Block:
        (wait,) = found
        assert isinstance(wait, Block)
        assert "takes long" in str(wait.message)
        assert case.server is not None
        assert str(wait.message).endswith(f"openstack server set --state error {case.server.id}")
    else:
        assert found == ([] if case.then is None else [case.then])


def test_so_many_as_the_ensemble_wants_are_brought_back_at_once() -> None:
    goals = [goal(number) for number in range(3)]
    servers = [lost(number) for number in range(3)]
    assert decided(repair(*goals), *servers) == [evacuate(0), evacuate(1), evacuate(2)]
    assert decided(repair(*goals, at_once=2), *servers) == [evacuate(0), evacuate(1)]
    under_way = [goal(0), goal(1, ASKED), goal(2, ASKED)]
    assert decided(repair(*under_way, at_once=2), *servers) == []


def test_what_takes_long_keeps_no_other_from_its_turn() -> None:
    goals = (goal(0, ASKED), goal(1), goal(2))
    servers = (rebuilding(TARGET), lost(1), lost(2))
    assert decided(repair(*goals, at_once=1, idle=31.0), *servers) == []
    wait, go = decided(repair(*goals, at_once=1, idle=301.0), *servers)
    assert (isinstance(wait, Block), go) == (True, evacuate(1))


def test_what_takes_long_keeps_no_member_from_its_repair_that_is_lost_meanwhile() -> None:
    record = repair(goal(0, ASKED), idle=301.0)
    (stop,) = decided(
        record, rebuilding(TARGET), server(built(1), host=OTHER), down=(FAILED, OTHER)
    )
    assert isinstance(stop, StopMove)
    assert "takes too long" in str(stop.reason)


def test_what_cannot_be_had_keeps_no_other_member_from_its_place() -> None:
    goals = (goal(0), goal(1))
    stop, go = decided(repair(*goals), lost(0, "PAUSED"), lost(1))
    assert isinstance(stop, StopMove)
    assert (stop.member.name, go) == ("web-0", evacuate(1))


def test_one_that_its_tenant_locks_before_it_is_asked_for_stays_where_that_is_wished() -> None:
    wish = {"recovery": {"locked": "leave"}}
    waiting = repair(goal(0))
    waiting = replace(waiting, body={**waiting.body, **wish})
    (stop,) = decided(waiting, lost(0, locked=True))
    assert isinstance(stop, StopMove)
    assert "is locked by now" in str(stop.reason)
    assert decided(waiting, lost(0)) == [evacuate(0)]
    # What Nova was asked for goes on.
    asked = repair(goal(0, ASKED, tries=1))
    asked = replace(asked, body={**asked.body, **wish})
    assert decided(asked, lost(0, "ERROR", locked=True)) == [evacuate(0)]


def test_a_repair_ends_when_each_move_has() -> None:
    goals = (goal(0, DONE), goal(1, GIVEN_UP))
    assert decided(repair(*goals), lost(1)) == [Advance()]


def test_a_cancel_begins_nothing_and_waits_for_what_nova_was_asked_for() -> None:
    goals = (goal(0), goal(1, ASKED), goal(2, ASKED))
    servers = (lost(0), lost(1, "REBUILD", **REBUILDING), server(built(2), host=TARGET))
    found = decided(repair(*goals, status=UNDOING), *servers)
    assert found == [StopMove(built(0)), RecordMove(there(2))]
    # Nova may have ended, and not have told the host yet.
    assert decided(repair(goal(1, ASKED), status=UNDOING), lost(1)) == []
    assert decided(repair(goal(1, ASKED), status=UNDOING, idle=31.0), lost(1)) == [
        StopMove(built(1))
    ]
    landing = lost(1, targets=frozenset((TARGET,)))
    assert decided(repair(goal(1, ASKED), status=UNDOING, idle=31.0), landing) == []
    assert decided(repair(goal(0, GIVEN_UP), status=UNDOING), lost(0)) == [Advance()]


def test_what_is_built_anew_and_what_comes_back_go_side_by_side() -> None:
    new = member(3, status=RESERVED)
    record = repair(goal(0), new.goal, members=(built(0), built(1), built(2), new))
    found = decided(record, lost(0))
    assert found == [evacuate(0), CreateServer(new)]
    assert built(0).status is ACTIVE
