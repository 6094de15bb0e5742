# SPDX-License-Identifier: Apache-2.0
"""One call is shared by all who asked before it began."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ensemble_api.threads import SharedCall


class Slow:
    """A call that lasts until it is let go, and gives its number."""

    def __init__(self) -> None:
        self.begun = 0
        self.go_on = threading.Event()
        self.fails = False

    def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        assert self.go_on.wait(10)
        if self.fails:
            raise ValueError(number)
        return number


def test_who_asks_during_a_call_is_not_told_what_it_gives() -> None:
    slow = Slow()
    shared = SharedCall(slow)
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(shared)
        while not slow.begun:
            pass
        later = [threads.submit(shared) for _ in range(5)]
        slow.go_on.set()
        assert first.result() == 1
        assert {each.result() for each in later} <= {2, 3}
    assert slow.begun <= 3, "a thread may come so late that it asks during the second call"


def test_who_asks_after_a_call_has_another_one() -> None:
    slow = Slow()
    slow.go_on.set()
    shared = SharedCall(slow)
    assert [shared(), shared()] == [1, 2]


def test_all_who_wait_hear_of_the_failure_and_the_next_one_tries_again() -> None:
    slow = Slow()
    slow.fails = True
    shared = SharedCall(slow)
    slow.go_on.set()
    with pytest.raises(ValueError, match="1"):
        shared()
    slow.fails = False
    assert shared() == 2
