# SPDX-License-Identifier: Apache-2.0
"""The worker's threads on a real database: what they take, keep, let go and give back."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from small_cloud import SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.execution.next_step import NextStep
from ensemble_api.execution.worker import Worker
from ensemble_api.records import Status
from ensemble_api.store.api import Store

EVERY_DATABASE = True
POLL = 0.05


class Engine:
    """Settles an ensemble in its third step; a test may put something in between."""

    def __init__(self, store: Store, between: Callable[[str], None] = lambda _: None) -> None:
        self._store, self._between = store, between
        self.steps: list[str] = []
        self._lock = threading.Lock()

    def step(self, ensemble_id: str) -> NextStep:
        with self._lock:
            self.steps.append(ensemble_id)
            count = self.steps.count(ensemble_id)
        self._between(ensemble_id)
        if count >= 3:
            self._store.transition(ensemble_id, [Status.BUILDING], Status.ACTIVE)
            return NextStep.NEVER
        return NextStep.NOW

    def stop(self) -> None:
        """Nothing is under way between two steps."""


@pytest.fixture
def workers(store: Store) -> Iterator[Callable[..., Worker]]:
    started: list[Worker] = []

    def start(engine: Any, owner: str = "w1", **facts: Any) -> Worker:
        settings = {"lease_seconds": 20, "poll": POLL, "threads": 2, **facts}
        worker = Worker(store, engine, owner=owner, **settings)
        worker.start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.stop()


def wait(condition: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.02)


def create(cloud: SmallCloud, count: int = 1) -> list[str]:
    return [cloud.service().create(caller(), body(("web", 1))).id for _ in range(count)]


def active(store: Store, ids: list[str]) -> bool:
    return all(store.get(each).status is Status.ACTIVE for each in ids)


def test_a_worker_takes_what_it_finds_and_what_comes(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    before = create(cloud, 3)
    worker = workers(Engine(store), poll=30)
    wait(lambda: active(store, before))
    after = create(cloud)
    worker.wake()
    wait(lambda: active(store, after))
    assert store.unsettled() == []


def test_two_workers_never_step_the_same_ensemble_at_once(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    at_work: list[str] = []
    clashes: list[str] = []
    lock = threading.Lock()

    def between(ensemble_id: str) -> None:
        with lock:
            if ensemble_id in at_work:
                clashes.append(ensemble_id)
            at_work.append(ensemble_id)
        time.sleep(0.03)
        with lock:
            at_work.remove(ensemble_id)

    ids = create(cloud, 4)
    engine = Engine(store, between)
    workers(engine, "w1")
    workers(engine, "w2")
    wait(lambda: active(store, ids))
    assert clashes == []
    assert {engine.steps.count(each) for each in ids} == {3}


def test_a_step_that_fails_is_tried_again(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    failures = [RuntimeError("Nova hiccups"), exception.LeaseLost("x"), RuntimeError("again")]

    def between(ensemble_id: str) -> None:
        if failures:
            raise failures.pop()

    ids = create(cloud)
    workers(Engine(store, between))
    wait(lambda: active(store, ids))
    assert failures == []


def test_an_ensemble_that_always_fails_does_not_keep_others_waiting(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    poisoned, healthy = create(cloud, 2)

    def between(ensemble_id: str) -> None:
        if ensemble_id == poisoned:
            raise RuntimeError("never works")

    engine = Engine(store, between)
    workers(engine, threads=1)
    wait(lambda: active(store, [healthy]))
    assert engine.steps.count(poisoned) <= 4
    assert store.get(poisoned).status is Status.BUILDING


def test_ensembles_that_wait_for_nova_keep_no_thread(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    *waiting, healthy = create(cloud, 4)

    class Waiting(Engine):
        def step(self, ensemble_id: str) -> NextStep:
            if ensemble_id not in waiting:
                return super().step(ensemble_id)
            self._between(ensemble_id)
            return NextStep.AFTER_A_WHILE

    looked: list[str] = []
    workers(Waiting(store, looked.append), threads=1)
    wait(lambda: active(store, [healthy]))
    wait(lambda: min(map(looked.count, waiting)) > 3)


def test_removals_that_wait_for_somebody_keep_no_thread(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    *blocked, healthy = create(cloud, 3)

    class Blocked(Engine):
        def step(self, ensemble_id: str) -> NextStep:
            due = super().step(ensemble_id)
            return NextStep.WHEN_UNBLOCKED if ensemble_id in blocked else due

    engine = Blocked(store)
    workers(engine, threads=1)
    wait(lambda: active(store, [healthy]))
    wait(lambda: active(store, blocked))  # looked at again and again, until they go on


def test_a_lease_is_renewed_for_as_long_as_its_step_takes(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    (ensemble_id,) = create(cloud)
    go_on = threading.Event()
    workers(Engine(store, lambda _: bool(go_on.wait(20)) and None), lease_seconds=1)
    wait(lambda: store.unsettled() == [])
    time.sleep(1.6)
    assert not store.claim(ensemble_id, "w2", 20)
    go_on.set()
    wait(lambda: active(store, [ensemble_id]))


def test_a_stopped_worker_gives_its_leases_back(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    (ensemble_id,) = create(cloud)
    begun = threading.Event()

    class Endless(Engine):
        def step(self, ensemble_id: str) -> NextStep:
            begun.set()
            return NextStep.AFTER_A_WHILE

    worker = workers(Endless(store))
    assert begun.wait(20)
    worker.stop()
    wait(lambda: store.unsettled() == [ensemble_id])
    assert store.claim(ensemble_id, "w2", 20)


def test_a_lease_that_is_kept_for_a_pause_while_the_worker_stops_is_given_back(
    cloud: SmallCloud, store: Store
) -> None:
    (ensemble_id,) = create(cloud)
    pausing, gave_back = threading.Event(), threading.Event()

    class Interrupted(Store):
        """The worker stops between its decision to pause and the renewal for that."""

        def renew(self, *arguments: Any) -> None:
            pausing.set()
            assert gave_back.wait(20)
            super().renew(*arguments)

        def release_others(self, *arguments: Any) -> None:
            super().release_others(*arguments)
            gave_back.set()

    class Waiting(Engine):
        def step(self, ensemble_id: str) -> NextStep:
            return NextStep.AFTER_A_WHILE

    url = store.engine.url.render_as_string(hide_password=False)
    worker = Worker(
        Interrupted(url), Waiting(store), owner="w1", lease_seconds=20, poll=40, threads=1
    )
    worker.start()
    assert pausing.wait(20)
    worker.stop()
    assert store.claim(ensemble_id, "w2", 20)


def test_a_stop_does_not_wait_for_a_step_that_does_not_end(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    (ensemble_id,) = create(cloud)
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def between(_: str) -> None:
        begun.set()
        go_on.wait(20)
        ended.set()

    worker = workers(Engine(store, between))
    assert begun.wait(20)
    worker.stop()
    assert not ended.is_set()
    # What that step asked of Nova may still come about, so its lease is not for others yet.
    assert not store.claim(ensemble_id, "w2", 20)
    go_on.set()
    wait(lambda: store.unsettled() == [ensemble_id])


def test_nothing_that_it_started_keeps_a_process_from_ending(
    cloud: SmallCloud, store: Store, workers: Callable[..., Worker]
) -> None:
    create(cloud)
    begun, go_on = threading.Event(), threading.Event()
    others = set(threading.enumerate())

    def between(_: str) -> None:
        begun.set()
        go_on.wait(20)

    workers(Engine(store, between))
    assert begun.wait(20)
    ours = set(threading.enumerate()) - others
    go_on.set()
    assert len(ours) == 3
    assert all(each.daemon for each in ours)
