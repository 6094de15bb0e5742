# SPDX-License-Identifier: Apache-2.0
"""What to do next when servers go, as a table: what is recorded and seen, and what follows."""

import pytest
from decisions import FIRST, SECOND, THIRD, built, in_english, server
from records import MemberStatus, Status, ensemble, member

from ensemble_api.execution.actions import (
    Action,
    Block,
    DeleteServer,
    Finish,
    ReleaseHold,
    Server,
)
from ensemble_api.execution.decide import decide
from ensemble_api.execution.removal import REMINDER
from ensemble_api.planning.message import legacy_text
from ensemble_api.records import MemberRecord

BUILDING, DELETED = MemberStatus.BUILDING, MemberStatus.DELETED
REMOVALS = [
    pytest.param(status, end, id=str(status))
    for status, end in (
        (Status.ROLLING_BACK, Status.ERROR),
        (Status.DELETING, None),
    )
]


@pytest.mark.parametrize(("status", "end"), REMOVALS)
@pytest.mark.parametrize(
    ("members", "servers", "actions"),
    [
        pytest.param(
            (built(0), SECOND),
            (server(FIRST),),
            (DeleteServer("s-0"), ReleaseHold(SECOND)),
            id="servers are deleted, holds without a server released",
        ),
        pytest.param(
            (built(0),),
            (server(FIRST, task="deleting"),),
            (),
            id="a server is being deleted: wait, and keep its member's records",
        ),
        pytest.param(
            (built(0),),
            (server(FIRST, "DELETED"),),
            (),
            id="a server is deleted and shown for a moment more: wait too",
        ),
        pytest.param(
            (built(0), member(1, status=DELETED)),
            (),
            (ReleaseHold(built(0)),),
            id="a server is gone: what may be left of its member is released",
        ),
        pytest.param(
            (member(0, status=BUILDING),),
            (server(FIRST, "BUILD"), server(FIRST, "ERROR", name="t")),
            (DeleteServer("s-0"), DeleteServer("t-0")),
            id="doubles go too",
        ),
        pytest.param(
            (member(0, status=DELETED),),
            (server(FIRST),),
            (DeleteServer("s-0"),),
            id="a server that turns up late is deleted even so",
        ),
        pytest.param(
            (built(0), built(1), member(2)),
            (server(FIRST), server(SECOND, locked=True)),
            (
                Block(
                    legacy_text(
                        "The server of web-1 is locked. Unlock it, and the removal goes on."
                    )
                ),
                ReleaseHold(member(2)),
            ),
            id="a locked server stops it all, but for what is held without a server",
        ),
        pytest.param(
            tuple(built(number) for number in range(7)),
            tuple(server(member(number), locked=True) for number in range(7)),
            (
                Block(
                    legacy_text(
                        "The servers of web-0, web-1, web-2, web-3, web-4 and 2 more are locked. "
                        "Unlock them, and the removal goes on."
                    )
                ),
            ),
            id="of many locked servers some are named",
        ),
        pytest.param(
            (built(0), built(1)),
            (server(FIRST), server(SECOND, locked=True, task="deleting")),
            (DeleteServer("s-0"),),
            id="a lock on a server that goes already stops nothing",
        ),
    ],
)
def test_removing(
    status: Status,
    end: Status | None,
    members: tuple[MemberRecord, ...],
    servers: tuple[Server, ...],
    actions: tuple[Action, ...],
) -> None:
    record = ensemble(*members, status=status, idle=REMINDER)
    assert in_english(decide(record, servers, concurrency=1, timeout=300.0)) == actions


@pytest.mark.parametrize(("status", "end"), REMOVALS)
def test_what_was_asked_of_a_host_that_died_is_asked_again_after_a_while(
    status: Status, end: Status | None
) -> None:
    record = ensemble(built(0), built(1), THIRD, status=status, idle=REMINDER + 1)
    going = (server(FIRST, task="deleting"), server(SECOND))
    said = "Nova has not removed the servers of web-0, web-1 yet, and is asked again."
    assert in_english(decide(record, going, concurrency=1, timeout=300.0)) == (
        Block(legacy_text(said)),
        DeleteServer("s-0"),
        DeleteServer("s-1"),
        ReleaseHold(THIRD),
    )
    alone = ensemble(built(0), status=status, idle=REMINDER + 1)
    assert decide(alone, (), concurrency=1, timeout=300.0) == (ReleaseHold(built(0)),)


@pytest.mark.parametrize(("status", "end"), REMOVALS)
def test_removing_is_over_when_nothing_is_left(status: Status, end: Status | None) -> None:
    record = ensemble(member(0, status=DELETED), member(1, status=DELETED), status=status)
    assert decide(record, (), concurrency=1, timeout=300.0) == (Finish(end),)


@pytest.mark.parametrize(("status", "end"), REMOVALS)
def test_a_server_that_may_be_there_unseen_is_waited_for(
    status: Status, end: Status | None
) -> None:
    """It was asked for and not recorded, and its cell does not answer."""
    asked = member(0, status=BUILDING, asked_at="2026-11-28T06:00:00Z")
    record, silent = ensemble(asked, SECOND, status=status), {asked.host, SECOND.host}
    decided = decide(record, (), concurrency=8, timeout=300.0, silent=silent)
    assert decided == (ReleaseHold(SECOND),)
    alone = ensemble(asked, status=status)
    assert decide(alone, (), concurrency=8, timeout=300.0, silent=silent) == ()
    late = ensemble(asked, status=status, idle=REMINDER + 1)
    (told,) = decide(late, (), concurrency=8, timeout=300.0, silent=silent)
    assert isinstance(told, Block)
    assert decide(alone, (), concurrency=8, timeout=300.0) == (ReleaseHold(asked),)
