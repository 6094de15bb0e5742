# SPDX-License-Identifier: Apache-2.0
"""A process that dies between any two writes is taken over, and the ensemble converges.

Every write to the database, to Placement and to Nova is counted. For each scenario
the test first counts the writes of a whole run, and then runs it once for every write, with the
process dead from there on. After the lease another worker takes over.
"""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from killed_process import Killed, Process, WriteLimit
from placement_service import PlacementService
from small_cloud import LEASE, Clock, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.store.api import Page, Store
from ensemble_api.usecases.reserve import RESERVE_SECONDS


@pytest.fixture
def cloud(placement: PlacementService, store: Store) -> SmallCloud:
    """Two hosts do, and there are many runs."""
    hosts = {"host1": ("rack1", "az1"), "host2": ("rack2", "az1")}
    return SmallCloud.build(placement, store, hosts)


Scenario = Callable[[Process], None]
TRANSITIONS = ("Store.transition", "Store.begin_building")


def build(process: Process) -> None:
    process.work(process.create(body(("web", 2))))


def build_and_delete(process: Process) -> None:
    ensemble_id = process.create(body(("web", 2)))
    process.work(ensemble_id)
    process.delete(ensemble_id)
    process.work(ensemble_id)


def build_although_nova_refuses_at_first(process: Process) -> None:
    ensemble_id = process.create(body(("web", 2)))
    process.refuse("web-1")
    process.work(ensemble_id, steps=3)
    process.accept()
    process.work(ensemble_id)


def build_although_a_host_fails(process: Process) -> None:
    process.break_host()
    process.work(process.create(body(("web", 2))))


def delete_what_is_locked_at_first(process: Process) -> None:
    ensemble_id = process.create(body(("web", 2)))
    process.work(ensemble_id)
    process.lock(True)
    process.delete(ensemble_id)
    process.work(ensemble_id, steps=2)
    process.lock(False)
    process.work(ensemble_id)


def delete_before_built(process: Process) -> None:
    ensemble_id = process.create(body(("web", 2)))
    process.delete(ensemble_id)
    process.work(ensemble_id)


def survivor(cloud: SmallCloud) -> str | None:
    """The one ensemble in the database, if its create got as far as that."""
    found = cloud.store.select(Page())
    assert len(found) <= 1
    return found[0].id if found else None


def take_over(cloud: SmallCloud, clock: Clock, ensemble_id: str) -> None:
    """Another worker finds the ensemble when the lease is over, not before."""
    clock.forward(max(LEASE, RESERVE_SECONDS) + 1)
    if not cloud.store.get(ensemble_id).settled:
        assert cloud.store.unsettled() == [ensemble_id]
        cloud.run(ensemble_id, "second")
    assert cloud.store.unsettled() == []


def wipe(cloud: SmallCloud, ensemble_id: str | None) -> None:
    if ensemble_id is not None and cloud.find(ensemble_id) is not None:
        cloud.service().delete(caller(), ensemble_id)
        cloud.run(ensemble_id, "third")
    cloud.assert_clean()


def crash_everywhere(
    cloud: SmallCloud,
    clock: Clock,
    scenario: Scenario,
    check: Callable[[str, str | None], None],
    since: int = 0,
) -> int:
    """Run ``scenario`` with a crash before each of its writes; ``check`` what came of it.

    What comes before transition number ``since`` is another test's. Gives the number of crashes.
    """
    whole = WriteLimit(10_000)
    with Process(cloud, whole) as process:
        scenario(process)
    wipe(cloud, survivor(cloud))
    transitions = [at for at, write in enumerate(whole.writes) if write in TRANSITIONS]
    first = transitions[since - 1] if since else 0
    for limit, write in list(enumerate(whole.writes))[first:]:
        with Process(cloud, WriteLimit(limit)) as process, pytest.raises(Killed):
            scenario(process)
        ensemble_id = survivor(cloud)
        state = "none" if ensemble_id is None else cloud.store.get(ensemble_id).status.value
        if ensemble_id is not None:
            take_over(cloud, clock, ensemble_id)
        where = f"crash {limit} before {write}, in {state}"
        try:
            check(state, ensemble_id)
            wipe(cloud, ensemble_id)
        except AssertionError as error:
            raise AssertionError(where) from error
    return len(whole.writes) - first


@pytest.mark.parametrize(
    "scenario", [build, build_although_nova_refuses_at_first, build_although_a_host_fails]
)
def test_a_build_interrupted_anywhere_ends_active_or_leaves_nothing(
    cloud: SmallCloud, clock: Clock, scenario: Scenario
) -> None:
    def check(state: str, ensemble_id: str | None) -> None:
        if ensemble_id is None:
            cloud.assert_clean()
        elif state == "RESERVING":
            assert cloud.store.get(ensemble_id).status == "ERROR"
            cloud.assert_clean()
        else:  # promised, so kept
            cloud.assert_built(cloud.store.get(ensemble_id))

    assert crash_everywhere(cloud, clock, scenario, check) >= 15


def test_a_rollback_interrupted_anywhere_leaves_nothing(cloud: SmallCloud, clock: Clock) -> None:
    cloud.nova.break_build["web-1"] = "no"

    def check(state: str, ensemble_id: str | None) -> None:
        if ensemble_id is not None:
            assert cloud.store.get(ensemble_id).status == "ERROR"
        cloud.assert_clean()

    assert crash_everywhere(cloud, clock, build, check, since=2) >= 5


@pytest.mark.parametrize(
    ("scenario", "since"),
    [(build_and_delete, 3), (delete_before_built, 2), (delete_what_is_locked_at_first, 3)],
)
def test_a_delete_interrupted_anywhere_ends_with_nothing(
    cloud: SmallCloud, clock: Clock, scenario: Scenario, since: int
) -> None:
    def check(state: str, ensemble_id: str | None) -> None:
        if state == "DELETING":
            assert ensemble_id is not None
            assert cloud.find(ensemble_id) is None
            cloud.assert_clean()

    assert crash_everywhere(cloud, clock, scenario, check, since) >= 5


@pytest.mark.parametrize("by", ["key", "plan", "key and plan"])
def test_a_create_interrupted_anywhere_and_sent_again_is_done_once(
    cloud: SmallCloud, clock: Clock, by: str
) -> None:
    """At once it is answered or told to come back, and never locked for longer than a lease."""
    wanted = body(("web", 2))

    def marks() -> dict[str, Any]:
        found: dict[str, Any] = {"key": str(uuid.uuid4())} if "key" in by else {}
        if "plan" in by:
            found["plan"] = cloud.service().plan(caller(), wanted).id
        return found

    whole = WriteLimit(10_000)
    with Process(cloud, whole) as process:
        assert process.post(wanted, **marks()).status_int == 202
    wipe(cloud, survivor(cloud))
    for limit, write in enumerate(whole.writes):
        mine = marks()
        with Process(cloud, WriteLimit(limit)) as process, pytest.raises(Killed):
            process.post(wanted, **mine)
        ensemble_id = survivor(cloud)
        state = "none" if ensemble_id is None else cloud.store.get(ensemble_id).status.value
        where = f"crash {limit} before {write}, in {state}"
        again = cloud.post(wanted, **mine)
        if state == "RESERVING":
            assert (again.status_int, again.headers["Retry-After"]) == (409, "5"), where
            assert ensemble_id is not None
            take_over(cloud, clock, ensemble_id)
            assert cloud.store.get(ensemble_id).status == "ERROR"
            cloud.store.remove(ensemble_id)
            again = cloud.post(wanted, **mine)
        assert again.status_int == 202, where
        built = again.json["ensemble"]["id"]
        assert state in ("none", "RESERVING") or built == ensemble_id, where
        third = cloud.post(wanted, **mine)
        assert (third.json, third.location) == (again.json, again.location), where
        assert survivor(cloud) == built, where
        take_over(cloud, clock, built)
        cloud.assert_built(cloud.store.get(built))
        wipe(cloud, built)
    assert {"Store.create_all", "Adapter.post", "Store.begin_building"} <= set(whole.writes)
    assert "key" not in by or whole.writes[-1] == "Store.writing"


def test_a_living_worker_is_not_taken_over(cloud: SmallCloud, clock: Clock) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    assert cloud.store.claim(record.id, "first", LEASE)
    clock.forward(LEASE - 1)
    assert not cloud.store.claim(record.id, "second", LEASE)
    assert cloud.store.unsettled() == []
    assert cloud.store.renew(record.id, "first", LEASE)
    clock.forward(LEASE - 1)
    assert not cloud.store.claim(record.id, "second", LEASE)
    clock.forward(2)
    assert cloud.store.claim(record.id, "second", LEASE)
    assert not cloud.store.renew(record.id, "first", LEASE)


def test_a_worker_that_lost_its_lease_stops_at_its_next_write(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    assert cloud.store.claim(record.id, "first", LEASE)
    clock.forward(LEASE + 1)
    assert cloud.store.claim(record.id, "second", LEASE)
    with pytest.raises(exception.LeaseLost):
        cloud.engine("first").step(record.id)
    assert cloud.nova.alive() == []
    cloud.store.release(record.id, "second")
    cloud.run(record.id, "third")
    cloud.assert_built(cloud.store.get(record.id))


def test_a_worker_that_lost_its_lease_before_its_request_asks_nova_for_nothing(
    cloud: SmallCloud, clock: Clock
) -> None:
    """Else a server stays for good when its process ends just then: nobody knows of it."""
    record = cloud.service().create(caller(), body(("web", 1)))
    assert cloud.store.claim(record.id, "first", LEASE)

    class SlowPlacement(Reservation):
        def release(self, consumer: str) -> None:
            super().release(consumer)
            clock.forward(LEASE + 1)
            assert cloud.store.claim(record.id, "second", LEASE)

    slow = SlowPlacement(cloud.placement.adapter(), sleep=cloud.pauses.append)
    with pytest.raises(exception.LeaseLost):
        cloud.engine("first", reservation=slow).step(record.id)
    assert not [
        path for method, path in cloud.nova.calls if method == "POST" and path == "/servers"
    ]
    cloud.store.release(record.id, "second")
    cloud.run(record.id, "third")
    cloud.assert_built(cloud.store.get(record.id))


@pytest.mark.parametrize("deleted", [False, True], ids=["rolls back", "removes"])
def test_a_worker_that_lost_its_lease_does_not_end_an_ensemble(
    cloud: SmallCloud, clock: Clock, deleted: bool
) -> None:
    """What it has seen may be old: only the one that has the ensemble now knows what to do."""
    record = cloud.service().create(caller(), body(("web", 2)))
    assert cloud.store.claim(record.id, "first", LEASE)
    engine = cloud.engine("first", concurrency=1, width=0)
    while not cloud.store.get(record.id).active:
        engine.step(record.id)
    for server in cloud.nova.alive():
        server.gone = True  # which ends a build
        cloud.placement.release(server.id)
    if deleted:
        cloud.service().delete(caller(), record.id)
        engine.step(record.id)
    before = cloud.store.get(record.id).status

    def depose(method: str, path: str) -> None:
        cloud.nova.before = lambda method, path: None
        clock.forward(LEASE + 1)
        assert cloud.store.claim(record.id, "second", LEASE)

    cloud.nova.before = depose
    engine.step(record.id)
    assert cloud.store.get(record.id).status is before


def test_a_create_that_lost_its_lease_while_it_planned_leaves_nothing_held(
    cloud: SmallCloud, clock: Clock
) -> None:
    """The worker has rolled it back by then, so a hold that came after would stay for ever."""

    class Slow(Reservation):
        def hold_all(self, *args: Any) -> None:
            clock.forward(RESERVE_SECONDS + 1)
            (ensemble_id,) = cloud.store.unsettled()
            cloud.run(ensemble_id)
            assert cloud.store.get(ensemble_id).status == "ERROR"
            super().hold_all(*args)

    slow = Slow(cloud.placement.adapter())
    with pytest.raises(exception.Unavailable):
        cloud.service(reservation=slow).create(caller(), body(("web", 2)))
    cloud.assert_clean()


def test_stores_of_two_processes_share_one_database(cloud: SmallCloud) -> None:
    other = Store(str(cloud.store.engine.url))
    record = cloud.service().create(caller(), body(("web", 1)))
    assert other.get(record.id).name == "shop"
    assert other.claim(record.id, "other", LEASE)
    assert not cloud.store.claim(record.id, "worker", LEASE)
    other.engine.dispose()
