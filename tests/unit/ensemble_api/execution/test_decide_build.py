# SPDX-License-Identifier: Apache-2.0
"""What to do next for members that are to be there: a table of what was recorded and seen."""

import pytest
from decisions import ACTIVE, BUILDING, FIRST, NO_HOST, SECOND, THIRD, Case, built, fails, server
from records import Status, member

from ensemble_api.execution.actions import (
    AskLater,
    CreateInstead,
    CreateServer,
    DeleteServer,
    Finish,
    RecordServer,
)

BUILD = [
    Case(
        "all members reserved: servers are asked for",
        (FIRST, SECOND),
        (),
        (CreateServer(FIRST), CreateServer(SECOND)),
    ),
    Case(
        "more members than may be built at once: the first few, or others in their places",
        (FIRST, SECOND, THIRD),
        (),
        (CreateServer(FIRST), CreateServer(SECOND), CreateInstead(THIRD)),
        concurrency=2,
    ),
    Case(
        "a host is down: its members wait, and the others are asked for",
        (FIRST, SECOND, THIRD),
        (),
        (AskLater(FIRST), CreateServer(SECOND), CreateInstead(THIRD)),
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
        "a server that was asked for and not recorded is not seen, its cell being silent: wait",
        (member(0, status=BUILDING, asked_at="2026-11-28T06:00:00Z"), SECOND),
        (),
        (CreateServer(SECOND),),
        silent=frozenset({FIRST.host, SECOND.host}),
    ),
    Case(
        "Nova found no host while the planned one was down: the server goes and is asked for later",
        (built(0, BUILDING), built(1, BUILDING)),
        (server(FIRST, "ERROR", fault=NO_HOST), server(SECOND, "BUILD")),
        (AskLater(built(0, BUILDING), "s-0"),),
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
        "servers that build count against the concurrency",
        (built(0, BUILDING), SECOND, THIRD),
        (server(FIRST, "BUILD"),),
        (CreateServer(SECOND), CreateInstead(THIRD)),
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
    "case", [pytest.param(case, id=case.name) for case in (*BUILD, *CRASHES, *RETRIES)]
)
def test_building(case: Case) -> None:
    assert case.decided() == case.actions
