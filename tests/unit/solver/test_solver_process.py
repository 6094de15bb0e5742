# SPDX-License-Identifier: Apache-2.0
"""The solver's processes are found again, killed when stuck, and never left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ensemble_api.planning.milp.task import Answer, Stage, Task
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.planner import plan
from ensemble_api.planning.policies import AntiAffinity, Survive
from ensemble_api.planning.result import Infeasible, Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.solver import highs, process

FOREVER = 1 << 50


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def task(rows: np.ndarray, most: np.ndarray, *, effort: int = 10_000) -> Task:
    """Columns of 0 and 1; rows [M, N] of factors at most `most`; as many ones as can be."""
    high = np.ones(rows.shape[1])
    return Task(
        low=0 * high,
        high=high,
        starts=np.arange(len(rows) + 1) * len(high),
        index=np.tile(np.arange(len(high)), len(rows)),
        factor=rows.astype(float).ravel(),
        row_low=np.full(len(rows), -np.inf),
        row_high=most.astype(float),
        stages={
            "first": Stage(np.arange(len(high)), -np.ones(len(high), dtype=np.int64), len(high)),
            "second": Stage(ints(0), ints(1), 0),
        },
        known={},
        prove=None,
        effort=effort,
    )


def easy() -> Task:
    return task(np.array([[2, 3, 4]]), ints(6))


def endless() -> Task:
    """A market split problem: equations that branching does not decide in a lifetime."""
    random = np.random.default_rng(1)
    rows = random.integers(0, 100, (6, 50))
    half = rows.sum(axis=1) // 2
    return task(np.concatenate([rows, -rows]), np.concatenate([half, -half]), effort=FOREVER)


def six_hosts() -> Snapshot:
    """Hosts in three racks, of which each has 4 VCPU left."""
    hosts = {f"h{number}": (f"r{number % 3}", "z") for number in range(6)}
    return Snapshot(
        topology=Topology.build(("host", "rack", "zone"), hosts),
        resource_classes=("VCPU",),
        total=np.full((6, 1), 8),
        free=np.full((6, 1), 4),
        traits=(frozenset(),) * 6,
        usable=np.ones(6, dtype=np.bool_),
    )


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[process._Pool]:
    """Children of this test's own, which end with it."""
    pool = process._Pool()
    monkeypatch.setattr(process, "_pool", pool)
    yield pool
    pool.end()


def alive(pid: int) -> bool:
    """Whether a process is there and not just waiting to be buried."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.1)
    return False


def test_a_process_of_its_own_gives_the_same_answer_and_is_kept(pool: process._Pool) -> None:
    here = highs.solve(easy())
    there = [process.solve(easy()) for _ in range(3)]
    assert here.values is not None
    assert here.bounds == {"first": 1, "second": 1}
    for answer in there:
        assert answer.values is not None
        assert answer.values.tolist() == here.values.tolist()
        assert (answer.bounds, answer.infeasible, answer.effort) == (
            here.bounds,
            here.infeasible,
            here.effort,
        )
    assert len(pool.all) == 1


def test_a_search_that_does_not_end_is_ended_by_its_alarm(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.solve(easy())
    (first,) = pool.all
    monkeypatch.setattr(process, "PATIENCE", 1.0)
    answer = process.solve(endless())
    assert (answer.infeasible, answer.effort) == (False, 0)
    assert gone(first.child.pid)
    assert first.child.returncode == -signal.SIGPROF
    assert process.solve(easy()).values is not None


def test_a_process_that_hears_nothing_is_killed(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    process.solve(easy())
    (first,) = pool.all
    first.child.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(process, "_LONGEST", 0.4)
    answer = process.solve(easy())
    assert (answer.values, answer.infeasible, answer.effort) == (None, False, 0)
    assert gone(first.child.pid)
    assert pool.all == set()


def test_what_was_found_before_it_got_stuck_is_kept(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = (
        "import sys, time\n"
        "from ensemble_api.solver import highs, process\n"
        "solve = highs.solve\n"
        "highs.solve = lambda task, report: (solve(task, report), time.sleep(60))\n"
        "process.serve(*map(int, sys.argv[1:]))\n"
    )
    monkeypatch.setattr(process, "_CHILD", stuck)
    monkeypatch.setattr(process, "_LONGEST", 4.0)
    answer = process.solve(easy())
    assert answer.values is not None
    assert (answer.values.sum(), answer.bounds["first"]) == (2, 1)
    assert (answer.infeasible, answer.effort) == (False, 0)
    assert pool.all == set()


def test_what_was_found_inside_a_stage_is_kept_with_its_bound(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solver hangs with the first solution that it finds, long before the stage ends."""
    stuck = (
        "import sys, time\n"
        "from ensemble_api.solver import highs, process\n"
        "improved = highs._Search._improved\n"
        "highs._Search._improved = lambda *told: (improved(*told), time.sleep(60))\n"
        "process.serve(*map(int, sys.argv[1:]))\n"
    )
    monkeypatch.setattr(process, "_CHILD", stuck)
    monkeypatch.setattr(process, "_LONGEST", 4.0)
    rows = np.random.default_rng(1).integers(1, 100, (6, 50))
    answer = process.solve(task(rows, rows.sum(axis=1) // 3, effort=FOREVER))
    assert answer.values is not None
    assert (rows @ answer.values <= rows.sum(axis=1) // 3).all()
    assert 0 <= answer.bounds.get("first", 0) <= 50 - answer.values.sum()
    assert (answer.infeasible, answer.effort) == (False, 0)
    assert answer.stopped >= 4  # whole seconds, of a machine that may have others to serve


def contested(seed: int) -> tuple[Ensemble, Snapshot]:
    """Tiers that hardly fit beside each other, so that counting alone does not plan them."""
    random = np.random.default_rng(seed)
    hosts = {f"h{number:02}": (f"r{number % 5}", f"z{number % 5 % 2}") for number in range(20)}
    snapshot = Snapshot(
        topology=Topology.build(("host", "rack", "zone"), hosts),
        resource_classes=("VCPU",),
        total=np.full((20, 1), 16),
        free=random.integers(2, 12, (20, 1)),
        traits=(frozenset(),) * 20,
        usable=np.ones(20, dtype=np.bool_),
    )
    tiers = (Tier("a", 10, {"VCPU": 3}), Tier("b", 9, {"VCPU": 4}), Tier("c", 12, {"VCPU": 2}))
    anti_affinity = AntiAffinity("rack", ("a", "b"), hard=False)
    return Ensemble(tiers, (anti_affinity, Survive("rack", ("c",), True, "70%"))), snapshot


def test_a_slow_machine_plans_the_same(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The solver sleeps at each look at its limits, much longer than it may work in all."""
    slow = (
        "import sys, time\n"
        "from ensemble_api.solver import highs, process\n"
        "limit = highs._Search._limit_effort\n"
        "def slowly(search):\n"
        "    limit(search)\n"
        "    search.solver.cbMipInterrupt.subscribe(lambda event: time.sleep(0.04))\n"
        "highs._Search._limit_effort = slowly\n"
        "process.serve(*map(int, sys.argv[1:]))\n"
    )
    instances = [contested(seed) for seed in range(2)]
    searched: list[Answer] = []

    def solve(task: Task) -> Answer:
        searched.append(process.solve(task))
        return searched[-1]

    quiet = [plan(*instance, solve=solve) for instance in instances]
    pool.end()
    monkeypatch.setattr(process, "PATIENCE", 2.0)
    monkeypatch.setattr(process, "_CHILD", slow)
    start = time.monotonic()
    loaded = [plan(*instance, solve=solve) for instance in instances]
    assert time.monotonic() - start > 2.0  # so the clock would have ended it
    assert [answer.stopped for answer in searched] == [None] * len(searched)
    for one, other in zip(quiet, loaded, strict=True):
        assert isinstance(one, Plan)
        assert isinstance(other, Plan)
        assert one.assignment == other.assignment
        assert one.objectives == other.objectives


def test_a_plan_without_an_answer_says_that_the_solver_was_stopped(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_CHILD", "import sys; sys.exit(1)")
    scattered = Ensemble((Tier("web", 6, {"VCPU": 3}), Tier("db", 1, {"VCPU": 2})))
    found = plan(scattered, six_hosts(), solve=process.solve)
    assert isinstance(found, Infeasible)
    assert (found.proved, found.reasons[0].code) == (False, "no-answer")
    assert "stopped: no answer of the solver in 1 s" in str(found.reasons[0].message)
    assert pool.all == set()


def test_an_objective_says_when_the_solver_was_stopped_over_it() -> None:
    ensemble, snapshot = contested(0)
    found = plan(ensemble, snapshot, solve=lambda task: Answer(None, {}, False, 0, stopped=60))
    assert isinstance(found, Plan)
    stopped = [each.stopped for each in found.objectives if not each.proved]
    assert stopped
    assert set(stopped) == {60}
    unsearched = plan(ensemble, snapshot, solve=None)
    assert isinstance(unsearched, Plan)
    assert {each.stopped for each in unsearched.objectives} == {None}


def test_one_that_died_in_its_sleep_is_replaced(pool: process._Pool) -> None:
    process.solve(easy())
    (first,) = pool.all
    first.child.kill()
    first.child.wait()
    assert process.solve(easy()).values is not None
    assert first not in pool.all


def test_a_process_is_recycled_after_so_many_tasks(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_TASKS", 2)
    process.solve(easy())
    (first,) = pool.all
    process.solve(easy())
    assert pool.all == set()
    assert gone(first.child.pid)


def test_many_threads_share_few_processes(pool: process._Pool) -> None:
    barrier = threading.Barrier(8)

    def ask(number: int) -> tuple[int, int]:
        barrier.wait(30)
        answer = process.solve(task(np.ones((1, 10)), ints(number)))
        assert answer.values is not None
        return number, int(answer.values.sum())

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert answers == [(number, number) for number in range(8)]
    assert len(pool.all) <= process._MOST


def test_a_forked_process_starts_children_of_its_own(pool: process._Pool) -> None:
    process.solve(easy())
    (ours,) = pool.all
    with pool.lock:  # as when another thread is busy at the time of the fork
        child = os.fork()
        if child == 0:
            answer = process.solve(easy())
            (theirs,) = process._pool.all
            good = answer.values is not None and theirs.child.pid != ours.child.pid
            process._pool.end()
            os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert process.solve(easy()).values is not None
    assert pool.all == {ours}


@pytest.mark.parametrize("ending", ["", "os.kill(os.getpid(), 9)", "os._exit(0)"])
def test_no_process_is_left_when_its_parent_ends(ending: str) -> None:
    program = (
        "import os, sys\n"
        "from ensemble_api.solver import process\n"
        "from test_solver_process import easy\n"
        "assert process.solve(easy()).values is not None\n"
        "print(*(each.child.pid for each in process._pool.all), flush=True)\n"
    )
    here = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[3])])
    done = subprocess.run(
        [sys.executable, "-c", program + ending],
        env=os.environ | {"PYTHONPATH": here},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert gone(int(done.stdout))


def test_a_python_is_found_where_a_server_embeds_it(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/usr/sbin/uwsgi")
    assert process.solve(easy()).values is not None
    assert len(pool.all) == 1


def test_without_any_python_it_is_solved_here(
    pool: process._Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_interpreter", lambda: None)
    assert process.solve(easy()).values is not None
    assert pool.all == set()
