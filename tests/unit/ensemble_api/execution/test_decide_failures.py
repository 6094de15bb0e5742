# SPDX-License-Identifier: Apache-2.0
"""What makes a build fail, and what does not yet: a table of what was recorded and seen."""

import pytest
from decisions import BUILDING, FIRST, SECOND, THIRD, Case, built, fails, server
from records import member

from ensemble_api.execution.actions import AskLater

FAILURES = [
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


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in FAILURES])
def test_a_failure(case: Case) -> None:
    assert case.decided() == case.actions
