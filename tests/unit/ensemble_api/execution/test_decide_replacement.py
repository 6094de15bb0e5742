# SPDX-License-Identifier: Apache-2.0
"""Which members need another host, and what becomes of the servers that they had: a table."""

from dataclasses import replace

import pytest
from decisions import (
    BUILDING,
    FIRST,
    NO_HOST,
    SECOND,
    THIRD,
    Case,
    built,
    fails,
    searches,
    server,
)
from records import Status

from ensemble_api.execution.actions import CreateServer, DeleteServer, Finish
from ensemble_api.records import LostHost, MemberRecord

GIVEN_UP = "The host of web-0 does not report to Nova any more."
NOT_BUILT = f"Nova could not build web-0: {NO_HOST}"
BUILDING_FIRST = replace(FIRST, status=BUILDING)
REPLACED = replace(FIRST, failed_hosts=("lost",), discarded_servers=("old-0",))
ON_FIRST_S_HOST = replace(SECOND, host=FIRST.host)


def failed(of: MemberRecord) -> MemberRecord:
    """The member with its host left out for good."""
    return replace(of, failed_hosts=(of.host,))


def lost(of: MemberRecord, times: int, pause: float) -> MemberRecord:
    """The member with its host left out for a while, and what Nova said."""
    return replace(of, lost_hosts=(LostHost(of.host, times, pause),), refusal=NO_HOST)


REPLACEMENT = [
    Case(
        "Nova found no host though the planned one is up: another one is looked for",
        (built(0, BUILDING), built(1, BUILDING)),
        (server(FIRST, "ERROR", fault=NO_HOST), server(SECOND, "BUILD")),
        searches(NOT_BUILT, lost(built(0, BUILDING), 1, 1.0), wait=True),
        down=frozenset({SECOND.host}),
    ),
    Case(
        "a build broke on a host which is down by now: another one is looked for at once",
        (built(0, BUILDING),),
        (server(FIRST, "ERROR", fault="Build of instance aborted"),),
        searches(
            "Nova could not build web-0: Build of instance aborted", failed(built(0, BUILDING))
        ),
        down=frozenset({FIRST.host}),
    ),
    Case(
        "a host is down for long and a server is awaited there: another one is looked for",
        (built(0, BUILDING), built(1)),
        (server(FIRST, "BUILD", host=FIRST.host), server(SECOND)),
        searches(GIVEN_UP, failed(built(0, BUILDING)), wait=True),
        idle=31.0,
        down=frozenset({FIRST.host}),
    ),
    Case(
        "what was built on such a host is looked for a host with it",
        (built(0), ON_FIRST_S_HOST, built(2)),
        (server(FIRST), server(THIRD)),
        searches(
            "The host of web-1 does not report to Nova any more.",
            failed(built(0)),
            failed(ON_FIRST_S_HOST),
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
        searches(NOT_BUILT, lost(built(0, BUILDING), 1, 1.0), wait=True),
    ),
    Case(
        "a host that was full again is left out for twice as long",
        (lost(built(0, BUILDING), 3, 0.0),),
        (server(FIRST, "ERROR", fault=NO_HOST),),
        searches(NOT_BUILT, lost(built(0, BUILDING), 4, 8.0), wait=True),
    ),
    Case(
        "but never for longer than half a minute",
        (lost(built(0, BUILDING), 6, 0.0),),
        (server(FIRST, "ERROR", fault=NO_HOST),),
        searches(NOT_BUILT, lost(built(0, BUILDING), 7, 30.0), wait=True),
    ),
    Case(
        "no host was free for a member, and its pause is not over: the others are built",
        (replace(lost(BUILDING_FIRST, 2, 0.0), pause=1.5), SECOND),
        (),
        (CreateServer(SECOND),),
        concurrency=1,
    ),
    Case(
        "its pause is over: a host is looked for again, its own too",
        (lost(BUILDING_FIRST, 2, 0.0), built(1)),
        (server(SECOND),),
        searches(NOT_BUILT, lost(BUILDING_FIRST, 3, 0.0), wait=True),
    ),
    Case(
        "its own host is left out for a while still: so it stays",
        (replace(lost(BUILDING_FIRST, 2, 1.5), pause=1.5), built(1, BUILDING)),
        (server(SECOND, "ERROR", fault="Build of instance aborted"),),
        searches(
            "Nova could not build web-1: Build of instance aborted",
            replace(lost(BUILDING_FIRST, 2, 1.5), pause=1.5),
            failed(built(1, BUILDING)),
            wait=True,
        ),
    ),
    Case(
        "the capacity of the host that it came back to is held: its server is asked for",
        (lost(FIRST, 2, 0.0),),
        (),
        (CreateServer(lost(FIRST, 2, 0.0)),),
    ),
    Case(
        "its server was asked for there, and no answer came: it is asked for again",
        (replace(lost(BUILDING_FIRST, 2, 0.0), asked_at="2026-11-28T06:00:00Z"),),
        (),
        (CreateServer(replace(lost(BUILDING_FIRST, 2, 0.0), asked_at="2026-11-28T06:00:00Z")),),
    ),
    Case(
        "no host was free often enough: Nova is asked at last",
        (lost(BUILDING_FIRST, 8, 0.0),),
        (),
        (CreateServer(lost(BUILDING_FIRST, 8, 0.0)),),
    ),
    Case(
        "and what it says then fails the build",
        (lost(built(0, BUILDING), 8, 0.0),),
        (server(FIRST, "ERROR", fault=NO_HOST),),
        fails(NOT_BUILT),
    ),
    Case(
        "a build breaks on a host that was full before: it is left out for good",
        (lost(built(0, BUILDING), 2, 0.0),),
        (server(FIRST, "ERROR", fault="Build of instance aborted"),),
        searches(
            "Nova could not build web-0: Build of instance aborted",
            failed(lost(built(0, BUILDING), 2, 0.0)),
        ),
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
]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in REPLACEMENT])
def test_replacement(case: Case) -> None:
    assert case.decided() == case.actions
