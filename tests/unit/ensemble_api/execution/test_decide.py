# SPDX-License-Identifier: Apache-2.0
"""What to do next, whatever is under way: goals, ends, and how long to wait."""

from dataclasses import replace

import pytest
from decisions import DELETED, FIRST, SECOND, THIRD, built, server
from records import Status, ensemble, member

from ensemble_api.execution.actions import Action, CreateServer, DeleteServer, Finish, Server
from ensemble_api.execution.build import pause_after
from ensemble_api.execution.decide import decide


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
