# SPDX-License-Identifier: Apache-2.0
"""What to do next, as a table: recorded state, observed servers, and the actions that follow."""

from dataclasses import dataclass, replace

import pytest
from decisions import FIRST, SECOND, THIRD, built, in_english, server
from records import MemberStatus, Status, ensemble, member

from ensemble_api.execution.actions import (
    Action,
    AskLater,
    CreateServer,
    DeleteServer,
    Fail,
    FindHosts,
    Finish,
    RecordServer,
    Server,
)
from ensemble_api.execution.build import pause_after
from ensemble_api.execution.decide import decide
from ensemble_api.planning.message import legacy_text
from ensemble_api.records import MemberRecord

RESERVED, BUILDING = MemberStatus.RESERVED, MemberStatus.BUILDING
ACTIVE, DELETED = MemberStatus.ACTIVE, MemberStatus.DELETED
NO_HOST = "No valid host was found. There are not enough hosts available."


GIVEN_UP = "The host of web-0 does not report to Nova any more."
BUILDING_FIRST = replace(FIRST, status=BUILDING)
REPLACED = replace(FIRST, failed_hosts=("lost",), discarded_servers=("old-0",))
ON_FIRST_S_HOST = replace(SECOND, host=FIRST.host)


@dataclass(frozen=True)
class Case:
    name: str
    members: tuple[MemberRecord, ...]
    servers: tuple[Server, ...]
    actions: tuple[Action, ...]
    status: Status = Status.BUILDING
    idle: float = 0.0
    concurrency: int = 8
    down: frozenset[str] = frozenset()


def searches(text: str, *members: MemberRecord, wait: bool = False) -> tuple[Action, ...]:
    return (FindHosts(members, legacy_text(text), wait),)


def fails(text: str) -> tuple[Action, ...]:
    return (Fail(legacy_text(text)),)


BUILD = [
    Case(
        "all members reserved: servers are asked for",
        (FIRST, SECOND),
        (),
        (CreateServer(FIRST), CreateServer(SECOND)),
    ),
    Case(
        "more members than may be built at once: the first few are asked for",
        (FIRST, SECOND, THIRD),
        (),
        (CreateServer(FIRST), CreateServer(SECOND)),
        concurrency=2,
    ),
    Case(
        "a host is down: its members wait, and the others are asked for",
        (FIRST, SECOND, THIRD),
        (),
        (AskLater(FIRST), CreateServer(SECOND)),
        concurrency=1,
        down=frozenset({FIRST.host}),
    ),
    Case(
        "a host is down and its member waits for it already",
        (member(0, pause=2.0),),
        (),
        (),
        down=frozenset({FIRST.host}),
    ),
    Case(
        "Nova found no host while the planned one was down: the server goes and is asked for later",
        (built(0, BUILDING), built(1, BUILDING)),
        (server(FIRST, "ERROR", fault=NO_HOST), server(SECOND, "BUILD")),
        (AskLater(built(0, BUILDING), "s-0"),),
        down=frozenset({FIRST.host}),
    ),
    Case(
        "Nova found no host though the planned one is up: another one is looked for",
        (built(0, BUILDING), built(1, BUILDING)),
        (server(FIRST, "ERROR", fault=NO_HOST), server(SECOND, "BUILD")),
        searches(f"Nova could not build web-0: {NO_HOST}", built(0, BUILDING)),
        down=frozenset({SECOND.host}),
    ),
    Case(
        "a build broke on a host which is down by now: another one is looked for at once",
        (built(0, BUILDING),),
        (server(FIRST, "ERROR", fault="Build of instance aborted"),),
        searches("Nova could not build web-0: Build of instance aborted", built(0, BUILDING)),
        down=frozenset({FIRST.host}),
    ),
    Case(
        "a host that does not come up is not waited for beyond the build's time",
        (FIRST,),
        (),
        fails("1 server was not built within 300 seconds."),
        idle=301.0,
        down=frozenset({FIRST.host}),
    ),
    Case(
        "a host is down for long and a server is awaited there: another one is looked for",
        (built(0, BUILDING), built(1)),
        (server(FIRST, "BUILD", host=FIRST.host), server(SECOND)),
        searches(GIVEN_UP, built(0, BUILDING), wait=True),
        idle=31.0,
        down=frozenset({FIRST.host}),
    ),
    Case(
        "what was built on such a host is looked for a host with it",
        (built(0), ON_FIRST_S_HOST, built(2)),
        (server(FIRST), server(THIRD)),
        searches(
            "The host of web-1 does not report to Nova any more.",
            built(0),
            ON_FIRST_S_HOST,
            wait=True,
        ),
        idle=31.0,
        down=frozenset({FIRST.host}),
    ),
    Case(
        "there was no other host a moment ago: wait",
        (replace(FIRST, pause=9.0),),
        (),
        (),
        idle=31.0,
        down=frozenset({FIRST.host}),
    ),
    Case(
        "what Nova could not build, found by its tag alone, is replaced by its id",
        (BUILDING_FIRST,),
        (server(FIRST, "ERROR", fault=NO_HOST),),
        searches(f"Nova could not build web-0: {NO_HOST}", built(0, BUILDING)),
    ),
    Case(
        "a server that was replaced goes, and its successor is asked for meanwhile",
        (REPLACED,),
        (server(FIRST, "ERROR", name="old", discarded=True),),
        (DeleteServer("old-0"), CreateServer(REPLACED)),
    ),
    Case(
        "the end of a build waits for servers that were replaced",
        (built(0),),
        (server(FIRST), server(FIRST, task="deleting", name="old", discarded=True)),
        (),
    ),
    Case(
        "they are asked to go again when it takes them long",
        (built(0),),
        (server(FIRST), server(FIRST, task="deleting", name="old", discarded=True)),
        (DeleteServer("old-0"),),
        idle=31.0,
    ),
    Case(
        "but not for ever: all members are there",
        (built(0),),
        (server(FIRST), server(FIRST, task="deleting", name="old", discarded=True)),
        (Finish(Status.ACTIVE),),
        idle=301.0,
    ),
    Case(
        "a server that came late on a host that was given up goes",
        (replace(BUILDING_FIRST, failed_hosts=("lost",)),),
        (server(FIRST, "BUILD", name="late", host="lost"),),
        (DeleteServer("late-0"), CreateServer(replace(BUILDING_FIRST, failed_hosts=("lost",)))),
    ),
    Case(
        "servers that build count against the concurrency",
        (built(0, BUILDING), SECOND, THIRD),
        (server(FIRST, "BUILD"),),
        (CreateServer(SECOND),),
        concurrency=2,
    ),
    Case(
        "as many servers build as may: wait",
        (built(0, BUILDING), built(1, BUILDING), THIRD),
        (server(FIRST, "BUILD"), server(SECOND, "BUILD")),
        (),
        concurrency=2,
    ),
    Case(
        "active servers do not count against the concurrency",
        (built(0), SECOND),
        (server(FIRST),),
        (CreateServer(SECOND),),
        concurrency=1,
    ),
    Case(
        "a server became active: that is recorded",
        (built(0, BUILDING), built(1, BUILDING)),
        (server(FIRST), server(SECOND, "BUILD")),
        (RecordServer(built(0, BUILDING), ACTIVE, "s-0"),),
    ),
    Case(
        "all active but not yet recorded: record first, settle later",
        (built(0, BUILDING),),
        (server(FIRST),),
        (RecordServer(built(0, BUILDING), ACTIVE, "s-0"),),
    ),
    Case(
        "all active and recorded: done",
        (built(0), built(1)),
        (server(FIRST), server(SECOND)),
        (Finish(Status.ACTIVE),),
    ),
    Case(
        "an active server on its planned host is fine",
        (built(0),),
        (server(FIRST, host=FIRST.host),),
        (Finish(Status.ACTIVE),),
    ),
]

CRASHES = [
    Case(
        "crashed after the intent, before the request: asked again",
        (member(0, status=BUILDING),),
        (),
        (CreateServer(member(0, status=BUILDING)),),
    ),
    Case(
        "crashed after the request, before its result: the server is found by its tag",
        (member(0, status=BUILDING),),
        (server(FIRST, "BUILD"),),
        (RecordServer(member(0, status=BUILDING), BUILDING, "s-0"),),
    ),
    Case(
        "the request took effect while its worker was away: the server is active",
        (member(0, status=BUILDING),),
        (server(FIRST),),
        (RecordServer(member(0, status=BUILDING), ACTIVE, "s-0"),),
    ),
    Case(
        "a member has two servers: the second goes",
        (built(0),),
        (server(FIRST), server(FIRST, name="t")),
        (DeleteServer("t-0"),),
    ),
    Case(
        "a member has two servers: the active one stays, whatever the ids",
        (member(0, status=BUILDING),),
        (server(FIRST, "BUILD", name="a"), server(FIRST)),
        (DeleteServer("a-0"),),
    ),
    Case(
        "no server is recorded while a double is there, which only its tag shows",
        (member(0, status=BUILDING), built(1, BUILDING)),
        (server(FIRST), server(FIRST, "BUILD", name="t", task="deleting"), server(SECOND)),
        (RecordServer(built(1, BUILDING), ACTIVE, "s-1"),),
    ),
    Case(
        "a double that broke is no reason to fail",
        (built(0),),
        (server(FIRST), server(FIRST, "ERROR", name="a")),
        (DeleteServer("a-0"),),
    ),
    Case(
        "a double is being deleted: wait for its end",
        (built(0),),
        (server(FIRST), server(FIRST, name="t", task="deleting")),
        (),
    ),
    Case(
        "a double that is being deleted never takes the place of the one that stays",
        (built(0, BUILDING),),
        (server(FIRST, "BUILD"), server(FIRST, name="a", task="deleting")),
        (),
    ),
    Case(
        "the service died while it reserved: everything goes",
        (FIRST, SECOND),
        (),
        fails("The service was interrupted while it reserved the capacity."),
        status=Status.RESERVING,
    ),
]

FAILURES = [
    Case(
        "a server in error on the last host that is tried fails the build in Nova's words",
        (replace(built(0, BUILDING), failed_hosts=("a", "b", "c", "d")), SECOND),
        (server(FIRST, "ERROR", fault="No valid host was found."),),
        fails("Nova could not build web-0: No valid host was found."),
    ),
    Case(
        "a server in error that is locked is not replaced: the build fails",
        (built(0, BUILDING), SECOND),
        (server(FIRST, "ERROR", fault="No valid host was found.", locked=True),),
        fails("Nova could not build web-0: No valid host was found."),
    ),
    Case(
        "a server that was there and is in error now fails the build",
        (built(0), SECOND),
        (server(FIRST, "ERROR", fault="Its disk is gone."),),
        fails("Nova could not build web-0: Its disk is gone."),
    ),
    Case(
        "a server in error without a fault",
        (built(0, BUILDING),),
        (server(FIRST, "ERROR"),),
        (AskLater(built(0, BUILDING), "s-0", interrupted=True),),
    ),
    Case(
        "such a server that is going: wait",
        (built(0, BUILDING),),
        (server(FIRST, "ERROR", task="deleting"),),
        (),
    ),
    Case(
        "a server that is on no host for too long",
        (built(0, BUILDING),),
        (server(FIRST, "BUILD", age=91.0),),
        (AskLater(built(0, BUILDING), "s-0", interrupted=True),),
    ),
    Case(
        "one that is on no host yet: wait",
        (built(0, BUILDING),),
        (server(FIRST, "BUILD", age=90.0),),
        (),
    ),
    Case(
        "one that a host has taken may take its time",
        (built(0, BUILDING),),
        (server(FIRST, "BUILD", host="h0", age=250.0),),
        (),
    ),
    Case(
        "one that is on no host and going: wait",
        (built(0, BUILDING),),
        (server(FIRST, "BUILD", task="deleting", age=95.0),),
        (),
    ),
    Case(
        "one that Nova shows as deleted for a moment more: wait",
        (built(0, BUILDING), built(1, BUILDING)),
        (server(FIRST, "DELETED"), server(SECOND, "BUILD")),
        (),
    ),
    Case(
        "one that was active before and is deleted",
        (built(0), SECOND),
        (server(FIRST, "DELETED"),),
        fails("The server of web-0 was changed during the build."),
    ),
    Case(
        "such a server for the sixth time",
        (member(0, status=BUILDING, server_id="s-0", tries=5),),
        (server(FIRST, "ERROR"),),
        fails("Nova could not build web-0: it gave no reason, as after an interruption"),
    ),
    Case(
        "one that was active before",
        (built(0), SECOND),
        (server(FIRST, "ERROR"),),
        fails("Nova could not build web-0: it gave no reason, as after an interruption"),
    ),
    Case(
        "an active server on another host than planned",
        (built(0),),
        (server(FIRST, host="elsewhere"),),
        fails("Nova built web-0 elsewhere than planned."),
    ),
    Case(
        "an active member's server is gone",
        (built(0), SECOND),
        (),
        fails("The server of web-0 disappeared during the build."),
    ),
    Case(
        "somebody stops a server in the middle of the build",
        (built(0), SECOND),
        (server(FIRST, "SHUTOFF"),),
        fails("The server of web-0 was changed during the build."),
    ),
    Case(
        "a cell that is down is no failure: wait",
        (built(0, BUILDING),),
        (server(FIRST, "UNKNOWN"),),
        (),
    ),
    Case(
        "no progress for too long",
        (built(0), built(1, BUILDING), THIRD),
        (server(FIRST), server(SECOND, "BUILD")),
        fails("2 servers were not built within 300 seconds."),
        idle=300.5,
    ),
    Case(
        "just within the timeout: go on",
        (built(0, BUILDING),),
        (server(FIRST, "BUILD"),),
        (),
        idle=300.0,
    ),
]

RETRIES = [
    Case(
        "Nova did not take a server just now: it is not asked again yet",
        (member(0, pause=3.5, tries=1, refusal="busy"), SECOND),
        (),
        (CreateServer(SECOND),),
    ),
    Case(
        "its pause is over: Nova is asked again",
        (member(0, tries=1, refusal="busy"),),
        (),
        (CreateServer(member(0, tries=1, refusal="busy")),),
    ),
    Case(
        "it took too long: what Nova said at last is told",
        (built(0), member(1, tries=9, refusal="Neutron is away")),
        (server(FIRST),),
        fails(
            "1 server was not built within 300 seconds. Of web-1 Nova said at last: Neutron is away"
        ),
        idle=300.5,
    ),
    Case(
        "a double that is locked is somebody else's",
        (built(0),),
        (server(FIRST), server(FIRST, name="t", locked=True)),
        (Finish(Status.ACTIVE),),
    ),
]


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name) for case in (*BUILD, *CRASHES, *FAILURES, *RETRIES)]
)
def test_building(case: Case) -> None:
    record = ensemble(*case.members, status=case.status, idle=case.idle)
    found = in_english(
        decide(record, case.servers, concurrency=case.concurrency, timeout=300.0, down=case.down)
    )
    assert found == case.actions


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.ERROR])
def test_a_settled_ensemble_is_left_alone(status: Status) -> None:
    record = ensemble(built(0), status=status, idle=10_000.0)
    assert decide(record, (server(FIRST, "ERROR"),), concurrency=1, timeout=300.0) == ()


@pytest.mark.parametrize(
    ("status", "tries", "pause"),
    [
        (500, 0, 1),
        (503, 3, 8),
        (502, 50, 30),
        (429, 1, 2),
        (408, 0, 1),
        (409, 4, 16),
        (409, 5, None),
        (501, 0, None),
        (400, 0, None),
        (403, 0, None),
        (404, 0, None),
    ],
)
def test_how_long_to_wait_after_a_refusal(status: int, tries: int, pause: float | None) -> None:
    assert pause_after(status, tries) == pause


@pytest.mark.parametrize(
    ("servers", "actions"),
    [
        pytest.param(
            (server(FIRST), server(SECOND)),
            (CreateServer(THIRD), DeleteServer("s-1")),
            id="one comes and one goes, side by side",
        ),
        pytest.param(
            (server(SECOND),),
            (CreateServer(THIRD), DeleteServer("s-1")),
            id="what became of a member without a goal is no part of it",
        ),
    ],
)
def test_members_without_a_goal_are_left_alone(
    servers: tuple[Server, ...], actions: tuple[Action, ...]
) -> None:
    record = ensemble(built(0), built(1), THIRD)
    assert record.operation is not None
    goals = (replace(SECOND.goal, host=None), THIRD.goal)
    scaling = replace(record, operation=replace(record.operation, goals=goals))
    assert decide(scaling, servers, concurrency=8, timeout=300.0) == actions


def test_an_operation_ends_when_all_of_its_goals_are_reached() -> None:
    record = ensemble(built(0), member(1, status=DELETED), built(2))
    assert record.operation is not None
    goals = (replace(SECOND.goal, host=None), THIRD.goal)
    scaling = replace(record, operation=replace(record.operation, goals=goals))
    there = (server(FIRST), server(THIRD))
    assert decide(scaling, there, concurrency=8, timeout=300.0) == (Finish(Status.ACTIVE),)
