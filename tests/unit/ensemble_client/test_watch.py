# SPDX-License-Identifier: Apache-2.0
"""Waiting: what it says, how often it asks, what it bears."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from keystoneauth1 import exceptions as keystone
from novaclient import exceptions as nova

from ensemble_client.v2.errors import said
from ensemble_client.watch import LONGEST_PAUSE, PATIENCE, Watch

SETTLED = ("ACTIVE", "ERROR")


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def shop(status: str, active: int = 0, key: str = "1", fault: Any = None) -> Any:
    progress = {"active": active, "total": 6, "message": f"{status}, {active} of 6 are active."}
    return SimpleNamespace(id=key, name=f"shop{key}", status=status, progress=progress, fault=fault)


def answers(*script: Any) -> Callable[[str], Any]:
    """Answer each question with the next of the script; exceptions are raised."""
    rest: Iterator[Any] = iter(script)

    def fetch(key: str) -> Any:
        answer = next(rest)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return fetch


def watch(clock: Clock, *script: Any) -> tuple[Watch, io.StringIO]:
    out = io.StringIO()
    return Watch(answers(*script), said, out, sleep=clock.sleep, clock=lambda: clock.now), out


def test_what_a_removal_waits_for_is_told() -> None:
    locked = {"message": "The server of web-1 is locked.", "reasons": []}
    watching, out = watch(
        Clock(), shop("DELETING", fault=locked), shop("DELETING"), nova.NotFound(404)
    )
    watching.until_gone([shop("DELETING")])
    said = "shop1: DELETING, 0 of 6 are active. The server of web-1 is locked. (2 s)"
    assert out.getvalue().splitlines()[0] == said


def test_each_change_is_told_once_with_the_time() -> None:
    clock = Clock()
    watching, out = watch(
        clock, shop("BUILDING"), shop("BUILDING", 3), shop("BUILDING", 3), shop("ACTIVE", 6)
    )
    assert watching.until_settled(shop("RESERVING"), SETTLED).status == "ACTIVE"
    assert out.getvalue().splitlines() == [
        "shop1: RESERVING, 0 of 6 are active. (0 s)",
        "shop1: BUILDING, 0 of 6 are active. (2 s)",
        "shop1: BUILDING, 3 of 6 are active. (4 s)",
        "shop1: ACTIVE, 6 of 6 are active. (12 s)",
    ]


def test_pauses_begin_at_two_seconds_and_grow_to_a_limit() -> None:
    clock = Clock()
    watching, _out = watch(clock, *[shop("BUILDING")] * 15, shop("ERROR"))
    watching.until_settled(shop("BUILDING"), SETTLED)
    assert clock.slept[0] == 2.0
    assert clock.slept == sorted(clock.slept)
    assert clock.slept[-1] == LONGEST_PAUSE


def test_an_ensemble_already_settled_is_not_asked_for_again() -> None:
    clock = Clock()
    watching, _out = watch(clock)
    assert watching.until_settled(shop("ACTIVE", 6), SETTLED).status == "ACTIVE"
    assert clock.slept == []


@pytest.mark.parametrize(
    "silence",
    [
        keystone.ConnectFailure("refused"),
        keystone.ConnectTimeout("slow"),
        nova.ClientException(503, "restarting"),
        nova.ClientException(500, "oops"),
    ],
    ids=["connection refused", "connection timed out", "unavailable", "internal error"],
)
def test_a_cloud_that_is_silent_for_a_while_is_asked_again(silence: Exception) -> None:
    clock = Clock()
    watching, out = watch(clock, silence, silence, shop("ACTIVE", 6))
    assert watching.until_settled(shop("BUILDING"), SETTLED).status == "ACTIVE"
    assert out.getvalue().count("the cloud does not answer; asking again") == 1


def test_a_cloud_that_stays_silent_ends_the_wait() -> None:
    clock = Clock()
    watching, _out = watch(clock, *[keystone.ConnectFailure("refused")] * 1000)
    with pytest.raises(keystone.ConnectFailure):
        watching.until_settled(shop("BUILDING"), SETTLED)
    assert PATIENCE < clock.now - 100 < PATIENCE + 2 * LONGEST_PAUSE


def test_an_ensemble_deleted_meanwhile_ends_the_wait() -> None:
    watching, _out = watch(Clock(), nova.NotFound(404, "gone"))
    with pytest.raises(nova.NotFound):
        watching.until_settled(shop("BUILDING"), SETTLED)


def test_deletion_ends_when_all_are_gone_or_failed() -> None:
    clock = Clock()
    gone = nova.NotFound(404, "gone")
    watching, out = watch(
        clock,
        shop("DELETING", key="1"),
        gone,
        shop("DELETING", key="3"),
        gone,
        shop("ERROR", key="3"),
    )
    failed = watching.until_gone([shop("ACTIVE", key=key) for key in "123"])
    assert [each.id for each in failed] == ["3"]
    assert out.getvalue().splitlines() == [
        "shop1: DELETING, 0 of 6 are active. (2 s)",
        "shop2: gone (2 s)",
        "shop3: DELETING, 0 of 6 are active. (2 s)",
        "shop1: gone (4 s)",
        "shop3: ERROR, 0 of 6 are active. (4 s)",
    ]
