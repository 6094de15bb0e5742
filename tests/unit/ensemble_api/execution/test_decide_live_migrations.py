# SPDX-License-Identifier: Apache-2.0
"""What to do next for members that are to move by live migration."""

from dataclasses import dataclass, replace

import pytest
from decisions import built, server
from repair_decisions import (
    ASKED,
    FAILED,
    GIVEN_UP,
    OTHER,
    RUNNING,
    TARGET,
    UNDOING,
    decided,
    goal,
    lost,
    repair,
    there,
)

from ensemble_api.execution.actions import (
    AbortMove,
    Action,
    Fail,
    MoveServer,
    RecordMove,
    Server,
    StopMove,
)
from ensemble_api.operations import (
    Goal,
    MoveKind,
    OperationStatus,
    OperationType,
)

LIVE = {"kind": MoveKind.LIVE_MIGRATION}
SILENT = Server("s-0", built(0).id, "UNKNOWN")


@dataclass(frozen=True)
class Live:
    """One member that is to be migrated live, in an operation of a type, and what follows."""

    name: str
    goal: Goal
    server: Server
    then: Action | str | None
    idle: float = 0.0
    down: tuple[str, ...] = ()
    status: OperationStatus = RUNNING


ON_SOURCE = server(built(0), host=FAILED)
UNDER_WAY = server(built(0), "MIGRATING", host=FAILED, task="migrating")
STUCK = server(built(0), "MIGRATING", host=FAILED, task="migrating", stuck=True)
BOTH = [
    Live("nobody migrates it", goal(0, ASKED, **LIVE), STUCK, "request was lost", idle=1.0),
    Live(
        "nobody migrates it, and it is cancelled",
        goal(0, ASKED, **LIVE),
        STUCK,
        "request was lost",
        idle=31.0,
        status=UNDOING,
    ),
    Live("its cell does not answer", goal(0, ASKED, **LIVE), SILENT, None, idle=400.0),
    Live("its cell does not answer before", goal(0, **LIVE), SILENT, None, idle=400.0),
    Live(
        "nor does it in the end", goal(0, ASKED, **LIVE), SILENT, None, idle=400.0, status=UNDOING
    ),
    Live("it takes long", goal(0, ASKED, **LIVE), UNDER_WAY, None, idle=900.0),
    Live(
        "its host is down, which is not believed at once",
        goal(0, ASKED, **LIVE),
        UNDER_WAY,
        None,
        down=(FAILED,),
    ),
    Live(
        "its host has failed in the middle",
        goal(0, ASKED, **LIVE),
        UNDER_WAY,
        "has failed",
        idle=31.0,
        down=(FAILED,),
    ),
    Live(
        "its host has failed, and all ends",
        goal(0, ASKED, **LIVE),
        UNDER_WAY,
        "",
        idle=31.0,
        down=(FAILED,),
        status=UNDOING,
    ),
    Live(
        "it is cancelled, and waited for a little",
        goal(0, ASKED, **LIVE),
        UNDER_WAY,
        None,
        idle=29.0,
        status=UNDOING,
    ),
    Live(
        "it is cancelled, and does not end",
        goal(0, ASKED, **LIVE),
        UNDER_WAY,
        AbortMove(built(0)),
        idle=31.0,
        status=UNDOING,
    ),
    Live(
        "it is cancelled while another task is under way",
        goal(0, ASKED, **LIVE),
        server(built(0), host=FAILED, task="image_snapshot"),
        None,
        idle=31.0,
        status=UNDOING,
    ),
    Live(
        "it is there, whatever has failed",
        goal(0, ASKED, **LIVE),
        server(built(0), host=TARGET),
        RecordMove(there(0)),
        idle=31.0,
        down=(FAILED,),
    ),
]


@pytest.mark.parametrize("kind", [OperationType.MOVE, OperationType.CHANGE])
@pytest.mark.parametrize("case", BOTH, ids=[each.name for each in BOTH])
def test_one_member_that_is_migrated_live(case: Live, kind: OperationType) -> None:
    record = repair(case.goal, kind=kind, status=case.status, idle=case.idle)
    others = (server(built(1), host=OTHER), server(built(2), host=OTHER))
    found = decided(record, case.server, *others, down=case.down)
    if not isinstance(case.then, str):
        assert found == ([] if case.then is None else [case.then])
        return
    (end,) = found
    if isinstance(end, Fail):  # a change is undone as a whole
        assert (kind, case.then in str(end.message)) == (OperationType.CHANGE, True)
    else:
        assert isinstance(end, StopMove)
        assert case.then in str(end.reason)


def test_live_migrations_go_one_at_a_time_and_none_after_one_that_cannot() -> None:
    """The order is safe as a whole: without one of them, the others may break what holds."""
    record = repair(goal(0, **LIVE), goal(1, **LIVE), kind=OperationType.MOVE)
    assert decided(record, lost(0), lost(1), down=()) == [MoveServer(there(0))]
    (stop,) = decided(record, lost(0, locked=True), lost(1), down=())
    assert isinstance(stop, StopMove)
    assert "cannot be moved" in str(stop.reason)
    next_one = repair(goal(0, GIVEN_UP, **LIVE), goal(1, **LIVE), kind=OperationType.MOVE)
    (stop,) = decided(next_one, lost(0, locked=True), lost(1), down=())
    assert isinstance(stop, StopMove)
    assert stop.member.id == next_one.members[1].id


def test_members_that_are_lost_end_a_move_of_others_so_that_they_can_be_repaired() -> None:
    goals = (goal(0, ASKED, **LIVE), goal(1, **LIVE))
    servers = (UNDER_WAY, server(built(1), host=FAILED), server(built(2), host=OTHER))
    first = repair(*goals, kind=OperationType.MOVE)
    assert decided(first, *servers, down=(OTHER,)) == []
    late = repair(*goals, kind=OperationType.MOVE, idle=31.0)
    abort, stop = decided(late, *servers, down=(OTHER,))
    assert isinstance(stop, StopMove)
    assert (stop.member.name, "another member has failed" in str(stop.reason)) == ("web-1", True)
    # What Nova is doing may take for ever, and is ended; what comes of that is waited for.
    assert abort == AbortMove(built(0))
    rest = (goal(0, ASKED, **LIVE), goal(1, GIVEN_UP, **LIVE))
    ending = repair(*rest, kind=OperationType.MOVE, idle=31.0)
    assert decided(replace(ending, idle=1.0), *servers, down=(OTHER,)) == []
    assert decided(ending, *servers, down=(OTHER,)) == [abort]
    (stop,) = decided(ending, STUCK, *servers[1:], down=(OTHER,))
    assert isinstance(stop, StopMove)
    assert "request was lost" in str(stop.reason)
    there_now = (server(built(0), host=TARGET), *servers[1:])
    assert decided(ending, *there_now, down=(OTHER,)) == [RecordMove(there(0))]
    (stop,) = decided(ending, server(built(0), host=FAILED), *servers[1:], down=(OTHER,))
    assert isinstance(stop, StopMove)
