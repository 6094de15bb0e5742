# SPDX-License-Identifier: Apache-2.0
"""No schedule breaks an invariant, and a schedule is the same each time."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation import __main__
from tests.simulation.descriptions import ORDERED, RELOCATES
from tests.simulation.result import Result
from tests.simulation.runner import provoked_by, run

SCHEDULES = 500
PARTS = 50
HEALS = ("heals", "power")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_breaks_an_invariant(part: int) -> None:
    size = SCHEDULES // PARTS
    for seed in range(part * size, (part + 1) * size):
        result = run(seed)
        assert not result.broken, result.told


@pytest.mark.parametrize(("seed", "beside"), [(0, HEALS), (2, ()), (5, ())])
def test_no_schedule_in_which_members_are_moved_breaks_an_invariant(
    seed: int, beside: tuple[str, ...]
) -> None:
    """Tenants rebalance, repair and cancel, hosts fail and are drained, servers are stopped."""
    result = run(seed, provoked=(RELOCATES, *beside))
    assert not result.broken, result.told


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_no_schedule_with_capacity_for_recovery_breaks_an_invariant(seed: int) -> None:
    """It is held, used by lost members, held again, and enough for one failure more."""
    result = run(seed, provoked=provoked_by(seed))
    assert not result.broken, result.told


@pytest.mark.parametrize("seed", [3, 9, 15])
def test_no_schedule_with_templates_breaks_an_invariant(seed: int) -> None:
    """They are made, applied several times as one, brought to other versions and deleted."""
    result = run(seed, provoked=provoked_by(seed))
    assert not result.broken, result.told


@pytest.mark.parametrize("beside", [(), HEALS, ("changes",), ("build fails",)])
def test_no_schedule_in_which_tiers_come_one_after_another_breaks_an_invariant(
    beside: tuple[str, ...],
) -> None:
    """They are built, changed, brought back and removed in their order."""
    for seed in range(3):
        result = run(seed, provoked=(ORDERED, *beside))
        assert not result.broken, result.told


def test_a_host_that_is_back_reads_late_what_it_was_to_build() -> None:
    """It was off when a member was to be brought back there, and the member's own host is back."""
    assert not run(33, provoked=HEALS).broken


def test_a_worker_that_stood_still_before_it_held_capacity_anew_gives_it_back() -> None:
    """It lost its lease meanwhile, and the ensemble was gone when it went on."""
    assert not run(439).broken


@pytest.mark.parametrize("provoked", [(), (RELOCATES, *HEALS), ("process stands still",)])
def test_what_a_failed_test_prints_runs_that_very_schedule(
    monkeypatch: pytest.MonkeyPatch, provoked: tuple[str, ...]
) -> None:
    """Also of a seed that is run otherwise among the many."""
    ran: list[tuple[int, bool, tuple[str, ...]]] = []

    def noted(seed: int, *, traced: bool, provoked: tuple[str, ...]) -> Result:
        ran.append((seed, traced, provoked))
        return Result(seed, [], 0, 0.0, 0, [])

    monkeypatch.setattr(__main__, "run", noted)
    failed = Result(2, ["it is broken"], 7, 3.0, 0, [], provoked=provoked)
    command = failed.told.split("`")[1]
    assert __main__.main(shlex.split(command.removeprefix("python -m tests.simulation "))) == 0
    assert ran == [(2, True, provoked)]


def test_a_seed_gives_the_same_trace_in_every_process() -> None:
    """Also where Python gives sets another order."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.simulation", "--seed", "7", "--trace"]
    one, other = (
        subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": order},
            check=False,
            capture_output=True,
            text=True,
        ).stdout
        for order in ("1", "2")
    )
    assert len(one.splitlines()) > 200
    assert one.splitlines()[:-1] == other.splitlines()[:-1]  # the last one tells how long it took
