# SPDX-License-Identifier: Apache-2.0
"""A process that dies between any two writes is taken over, and the ensemble converges.

Every write to the database, to Placement and to Nova is one tick of a fuse. For each scenario
the test first counts the ticks of a whole run, and then runs it once for every tick, with the
process dead from there on. After the lease another worker takes over.
"""

import itertools
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import webob
from placement_service import PlacementService
from small_cloud import LEASE, Clock, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.store import rows
from ensemble_api.store.api import Page, Store
from ensemble_api.usecases.reserve import RESERVE_SECONDS

WRITES = {
    *(
        "create",
        "replan",
        "transition",
        "update_member",
        "save_server_request",
        "postpone",
        "set_blocked",
        "remove",
        "replace_members",
        "save_replaced",
    ),
    *("claim", "release", "post", "delete", "writing"),
}


class Killed(BaseException):
    """The process is gone: nobody catches this but the test."""


class Fuse:
    """Lets so many writes through; then the process is dead, in all its threads."""

    def __init__(self, limit: int) -> None:
        self.writes: list[str] = []
        self._limit = limit
        self._lock = threading.Lock()

    def tick(self, what: str) -> None:
        with self._lock:
            if len(self.writes) >= self._limit:
                raise Killed(what)
            self.writes.append(what)


class Mortal:
    """Any object whose writes a fuse counts."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if name not in WRITES:
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.tick(f"{type(self._inner).__name__}.{name}")
            return value(*args, **kwargs)

        return call


@pytest.fixture
def cloud(placement: PlacementService, store: Store) -> SmallCloud:
    """Two hosts do, and there are many runs."""
    hosts = {"host1": ("rack1", "az1"), "host2": ("rack2", "az1")}
    return SmallCloud.build(placement, store, hosts)


class Process:
    """One nova-api process with the parts of ours in it; its fuse may end it."""

    def __init__(self, cloud: SmallCloud, fuse: Fuse) -> None:
        self._cloud = cloud
        self._store: Any = Mortal(cloud.store, fuse)
        reservation = Reservation(Mortal(cloud.placement.adapter(), fuse), sleep=lambda _: None)
        self._parts = {"store": self._store, "reservation": reservation}

        def before(method: str, path: str) -> None:
            if method in ("POST", "DELETE"):
                fuse.tick(f"Nova {method}")

        self._before = before

    def __enter__(self) -> "Process":
        self._cloud.nova.before = self._before
        return self

    def __exit__(self, *_: object) -> None:
        nova = self._cloud.nova
        nova.before = lambda method, path: None
        nova.refuse.clear()
        for server in nova.alive():
            server.locked = False

    def create(self, wanted: Any) -> str:
        return self._cloud.service(**self._parts).create(caller(), wanted).id

    def post(self, wanted: Any, **marks: Any) -> webob.Response:
        return self._cloud.post(wanted, **marks, **self._parts)

    def delete(self, ensemble_id: str) -> None:
        self._cloud.service(**self._parts).delete(caller(), ensemble_id)

    def work(self, ensemble_id: str, steps: int | None = None) -> None:
        """Step until the ensemble is settled, or so many times."""
        if self._store.claim(ensemble_id, "first", LEASE):
            engine = self._cloud.engine("first", concurrency=1, **self._parts)
            try:
                for _ in itertools.count() if steps is None else range(steps):
                    if self._store.get(ensemble_id).status.settled:
                        break
                    engine.step(ensemble_id)
                self._store.release(ensemble_id, "first")
            except exception.NotFound:
                pass

    def refuse(self, member: str) -> None:
        """Let Nova refuse a member's server for now."""
        self._cloud.nova.refuse[member] = (503, "Neutron restarts")

    def accept(self) -> None:
        """Let Nova take all again, a while later."""
        self._cloud.nova.refuse.clear()
        rows.now.forward(2)  # type: ignore[attr-defined]

    def break_host(self) -> None:
        """Let no server be built on one of the two hosts from now on."""
        self._cloud.nova.break_host["host1"] = "Failed to allocate the network(s)"

    def lock(self, locked: bool) -> None:
        """Lock or unlock the first server."""
        self._cloud.nova.alive()[0].locked = locked


Scenario = Callable[[Process], None]


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
    if not cloud.store.get(ensemble_id).status.settled:
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
    whole = Fuse(10_000)
    with Process(cloud, whole) as process:
        scenario(process)
    wipe(cloud, survivor(cloud))
    transitions = [at for at, write in enumerate(whole.writes) if write == "Store.transition"]
    first = transitions[since - 1] if since else 0
    for limit, write in list(enumerate(whole.writes))[first:]:
        with Process(cloud, Fuse(limit)) as process, pytest.raises(Killed):
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

    whole = Fuse(10_000)
    with Process(cloud, whole) as process:
        assert process.post(wanted, **marks()).status_int == 202
    wipe(cloud, survivor(cloud))
    for limit, write in enumerate(whole.writes):
        mine = marks()
        with Process(cloud, Fuse(limit)) as process, pytest.raises(Killed):
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
    assert {"Store.create", "Adapter.post", "Store.transition"} <= set(whole.writes)
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
        def hold(self, *args: Any) -> None:
            clock.forward(RESERVE_SECONDS + 1)
            (ensemble_id,) = cloud.store.unsettled()
            cloud.run(ensemble_id)
            assert cloud.store.get(ensemble_id).status == "ERROR"
            super().hold(*args)

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
