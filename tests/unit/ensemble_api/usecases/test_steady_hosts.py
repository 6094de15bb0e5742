# SPDX-License-Identifier: Apache-2.0
"""Which hosts are steady, by a clock that goes when it is told to."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from ensemble_api.usecases.steady_hosts import GAP, LONGEST, SteadyHosts

START = datetime(2026, 1, 1, tzinfo=UTC)
LOOK = 30  # seconds between two looks
DELAY = 300
NEVER = 10**9


def first_steady(ups: Iterable[bool], delay: float = DELAY) -> float:
    """After how many seconds a host is steady that is up at these looks, beside one that is."""
    hosts = SteadyHosts(timedelta(seconds=delay))
    for number, up in enumerate(ups):
        now = START + timedelta(seconds=number * LOOK)
        unsteady = hosts.unsteady({"flaps", "stays"} if up else {"stays"}, now)
        if up and "flaps" not in unsteady:
            return number * LOOK
    return NEVER


def minutes(*spans: float) -> list[bool]:
    """Whether it is up at each look: spans in turn, of which the first one is up."""
    return [
        number % 2 == 0 for number, span in enumerate(spans) for _ in range(round(span * 60 / LOOK))
    ]


@pytest.mark.parametrize(
    ("name", "ups", "seconds"),
    [
        ("what is known for the first time is as if it had come just now", minutes(20), 300),
        ("it is back", minutes(1, 1, 20), 120 + 300),
        ("it is back for the second time", minutes(1, 1, 1, 1, 30), 240 + 600),
        ("it is back for the third time", minutes(1, 1, 1, 1, 1, 1, 60), 360 + 1200),
        ("it comes and goes", minutes(*[4, 1] * 40), NEVER),
        ("no pause is longer than the longest", minutes(*[1, 1] * 30, 300), 3600 + 3600),
    ],
)
def test_a_host_is_waited_for(name: str, ups: list[bool], seconds: float) -> None:
    assert first_steady(ups) == seconds, name


def test_without_a_delay_each_host_is_steady() -> None:
    assert first_steady(minutes(1), delay=0) == 0
    assert first_steady([False, True], delay=0) == LOOK


def test_one_that_was_up_for_long_is_as_new() -> None:
    hosts, now = SteadyHosts(timedelta(seconds=DELAY)), START

    def goes(seconds: float, *up: str) -> frozenset[str]:
        nonlocal now
        end = now + timedelta(seconds=seconds)
        while now < end:
            now += timedelta(seconds=LOOK)
            found = hosts.unsteady(up, now)
        return found

    for _ in range(3):
        goes(60, "h1")
        goes(60)
    assert goes(LONGEST.total_seconds() + 3 * DELAY, "h1") == frozenset()
    goes(60)
    assert goes(DELAY, "h1") == {"h1"}
    assert goes(LOOK, "h1") == frozenset()


def test_who_did_not_look_for_long_knows_nothing() -> None:
    """The process that observes may be another one, and be this one again later."""
    hosts = SteadyHosts(timedelta(seconds=DELAY))
    hosts.unsteady({"h1"}, START)
    later = START + GAP
    assert hosts.unsteady({"h1"}, later) == frozenset()
    assert hosts.unsteady({"h1"}, later + 2 * GAP) == {"h1"}


@pytest.mark.parametrize("up", [60, 240, 900, 2000])
def test_a_host_that_comes_and_goes_is_moved_to_ever_more_seldom(up: int) -> None:
    """Within a day; without the doubling it would be each time that it is up for long enough."""
    hosts, taken, times = SteadyHosts(timedelta(seconds=DELAY)), set(), set()
    for second in range(0, 24 * 3600, LOOK):
        time, at = divmod(second, up + 60)
        times.add(time)
        unsteady = hosts.unsteady({"h1"} if at < up else set(), START + timedelta(seconds=second))
        if at < up and "h1" not in unsteady:
            taken.add(time)
    assert len(taken) <= 4
    assert len(times) > 40
