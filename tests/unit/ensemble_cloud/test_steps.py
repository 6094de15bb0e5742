# SPDX-License-Identifier: Apache-2.0
"""Steps run after those they need, at the same time where they can, and stop at an error."""

import threading
from collections.abc import Sequence

import pytest

from ensemble_cloud.steps import Step, Watcher, run


def nothing(_step: Step) -> None:
    pass


QUIET = Watcher(nothing, nothing)


def perform(steps: Sequence[Step], busy_at_once: int = 2) -> None:
    run(steps, QUIET, busy_at_once=busy_at_once)


def test_a_step_runs_after_all_it_needs() -> None:
    done: list[str] = []
    steps = [
        Step(name, lambda name=name: done.append(name), needs)  # type: ignore[misc]
        for name, needs in [("c", ("a", "b")), ("b", ("a",)), ("a", ()), ("d", ("c",))]
    ]
    perform(steps)
    assert done == ["a", "b", "c", "d"]


def test_independent_steps_run_at_the_same_time() -> None:
    both_are_here = threading.Barrier(2, timeout=10)
    perform([Step("a", both_are_here.wait), Step("b", both_are_here.wait)])  # type: ignore[arg-type]


def test_only_some_busy_steps_run_at_the_same_time() -> None:
    lock = threading.Lock()
    running, most = 0, 0
    pause = threading.Event()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        pause.wait(0.02)
        with lock:
            running -= 1

    perform([Step(str(n), work, busy=True) for n in range(6)], busy_at_once=2)
    assert most == 2


def test_after_an_error_nothing_new_begins_and_the_error_is_raised() -> None:
    done: list[str] = []

    def fail() -> None:
        raise KeyError("the reason")

    steps = [
        Step("bad", fail),
        Step("after", lambda: done.append("after"), ("bad",)),
        Step("later", lambda: done.append("later"), ("after",)),
    ]
    with pytest.raises(KeyError, match="the reason"):
        perform(steps)
    assert done == []


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        pytest.param([Step("a", lambda: None, ("b",))], "unknown", id="a step that is not there"),
        pytest.param(
            [Step("a", lambda: None, ("b",)), Step("b", lambda: None, ("a",))],
            "need each other",
            id="a circle",
        ),
    ],
)
def test_steps_that_can_never_begin_are_refused(steps: list[Step], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        perform(steps)


def test_the_watcher_hears_of_every_step() -> None:
    heard: list[tuple[str, str]] = []
    watcher = Watcher(
        lambda step: heard.append(("began", step.name)),
        lambda step: heard.append(("ended", step.name)),
    )
    run([Step("a", lambda: None)], watcher, busy_at_once=1)
    assert heard == [("began", "a"), ("ended", "a")]
