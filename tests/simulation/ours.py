# SPDX-License-Identifier: Apache-2.0
"""What is ours and real: the store, and nova-api processes with service, worker and observer."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from keystoneauth1 import exceptions as keystone
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.execution.engine import Engine
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.late_servers import LateServers
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.execution.root_volumes import RootVolumes
from ensemble_api.execution.worker import Worker
from ensemble_api.planning.message import Sentence
from ensemble_api.recovery_hold import NO_RECOVERY, RecoveryLimits
from ensemble_api.service import Service
from ensemble_api.store import models
from ensemble_api.store.api import Store
from ensemble_api.store.database import _answering
from ensemble_api.store.guards import Guards
from ensemble_api.store.history import History
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels
from tests.fakes.heat import NoHeat
from tests.fakes.placement import Answer, FakePlacement
from tests.fakes.session import FakeSession
from tests.simulation import seams
from tests.simulation.faults import Faults, Loss
from tests.simulation.nova import SimulatedNova
from tests.simulation.parts import Networks, Volumes
from tests.simulation.scheduling import LEVELS
from tests.simulation.tasks import Process, Task, Tasks

LEASE = 20
POLL = 6.0
OBSERVED = 20.0  # seconds between two looks of the observer
STEADY = 15.0  # seconds for which a host must have been up before members come by themselves
TIMEOUT = 120.0  # without progress, after which a build is given up
_AWAY = Sentence("simulation.away", "The database does not answer.")


@dataclass
class World:
    """What all processes share."""

    tasks: Tasks
    faults: Faults
    database: Store
    nova: SimulatedNova
    placement: FakePlacement
    relocates: bool = False  # whether members are moved by themselves, beside being repaired
    recovery: RecoveryLimits = NO_RECOVERY
    # Of Placement: what it does, and before that what it is sent.
    asked: Callable[[str, str, Any], None] = lambda method, url, body: None
    sent: Callable[[str, str], None] = lambda method, url: None

    def __post_init__(self) -> None:
        self.networks: Any = Networks(self.nova)
        self.volumes: Any = Volumes(self.nova)


class SimulatedStore(Store):
    """The real store; other tasks have their turns before and after each of its transactions."""

    def __init__(self, database: Store, tasks: Tasks, faults: Faults) -> None:
        self._facade = database._facade
        self._tasks, self._faults = tasks, faults
        self._depth = 0

    @contextlib.contextmanager
    def reading(self) -> Iterator[orm.Session]:
        with self._turn("reads"), self._session(commits=False) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[orm.Session]:
        with self._turn("writes"), self._session(commits=True) as session:
            yield session

    @contextlib.contextmanager
    def _session(self, *, commits: bool) -> Iterator[orm.Session]:
        """As oslo.db's, on one connection for all, since no transaction is interrupted."""
        session = seams.session()
        if session.is_under_way:  # of whoever looks something up meanwhile
            with super().writing() if commits else super().reading() as other:
                yield other
            return
        try:
            with _answering():
                yield session
                if commits:
                    session.commit()
        finally:
            session.close()  # which rolls back what is not committed

    @contextlib.contextmanager
    def _turn(self, what: str) -> Iterator[None]:
        if self._depth:
            yield  # within another transaction, which nobody interrupts
            return
        # The method of the store, above the two generators and their context managers.
        where = f"{what} {sys._getframe(4).f_code.co_name}"
        loss = self._faults.of_transaction()
        _point(self._tasks, self._faults, where)
        if loss is Loss.BEFORE:
            raise exception.Unavailable(_AWAY())
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
        _point(self._tasks, self._faults, f"{where}: done")
        if loss is Loss.AFTER:
            raise exception.Unavailable(_AWAY())


class ApiProcess:
    """One nova-api process with the parts of ours in it, its worker at work."""

    def __init__(self, world: World, name: str) -> None:
        self.process = Process(name)
        self._world, self._tasks = world, world.tasks
        self.store = SimulatedStore(world.database, world.tasks, world.faults)
        compute = Compute(self._nova)
        inventory = Inventory(compute, self, LEVELS, "nova")
        reservation = Reservation(self, sleep=world.tasks.sleep)
        self.service = Service(
            self.store,
            compute,
            world.networks,
            world.volumes,
            inventory,
            reservation,
            NoHeat(),
            owner=f"{name}:api",
            worker=name,
            max_members=50,
            attempts=4,
            wake=lambda: self.worker.wake(),
            current_rights=FakeSession().current_rights,
            acting_for=FakeSession().acting_for,
            holder=FakeSession().holder,
            sleep=world.tasks.sleep,
            rebalance_delay=STEADY,
            recovery_limits=world.recovery,
        )
        self.service.late_evacuations._clock = lambda: world.tasks.now
        engine = Engine(
            self.store,
            FakeSession(),
            compute,
            reservation,
            self.service.replacement,
            Handovers(Guards(self.store), reservation, owner=name, width=None, seconds=LEASE),
            RootVolumes(self.store, compute, world.volumes, owner=name),
            recall=self._recall,
            owner=name,
            concurrency=4,
            timeout=TIMEOUT,
        )
        states = Observations(self.store, Levels(inventory.levels, inventory.zone_level))
        self.observer = CloudObserver(
            states,
            compute,
            inventory,
            History(self.store, timedelta(days=90)),
            owner=name,
            period=OBSERVED,
            clock=lambda: world.tasks.now,
            late_servers=LateServers(self.store, FakeSession(), compute),
            repair=self.service.auto_repair.look,
            correct=self._correct,
            **({"reserve": self.service.auto_reserve.look} if world.recovery.allow else {}),
            **(
                {
                    "drain": self.service.auto_drain.look,
                    "rebalance": self.service.auto_rebalance.look,
                }
                if world.relocates
                else {}
            ),
        )
        self.worker = Worker(
            self.store,
            engine,
            owner=name,
            lease_seconds=LEASE,
            poll=POLL,
            threads=3,
            observer=self.observer,
        )
        self.begin("start", self.worker.start)

    def _correct(self) -> None:
        """Look for late evacuations, where there is one: else nothing comes of it."""
        if any(each.late_on for each in self._world.nova.running()):
            self.service.late_evacuations.look()

    def begin(self, what: str, run: Callable[[], Any]) -> Task:
        """Run something in this process, as in a thread of its own."""
        return self._tasks.start(f"{self.process.name} {what}", run, self.process)

    # What it asks of others.

    def _nova(self, environ: dict[str, Any], start_response: Any) -> Any:
        query = environ["QUERY_STRING"]
        path = f"{environ['PATH_INFO']}?{query}" if query else environ["PATH_INFO"]
        what = f"nova {environ['REQUEST_METHOD']} {path}"
        loss = self._world.faults.of_request()
        _point(self._tasks, self._world.faults, what)
        if loss is Loss.BEFORE:
            raise ConnectionError("Nova's database went away")
        late = self._is_late(environ)
        answer = self._world.nova(environ, start_response)
        if late:
            self._tasks.die()
        _point(self._tasks, self._world.faults, f"{what}: done")
        if loss is Loss.AFTER:
            raise ConnectionError("Nova's message queue went away")
        return answer

    def _is_late(self, environ: dict[str, Any]) -> bool:
        """Whether the process stood still in a request for a server, and dies in its effect.

        By then others have its lease.
        """
        asks = (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == ("POST", "/servers")
        works = self._tasks.current.about and self.process.alive
        if not (asks and works and self._world.faults.hits("late in a lease")):
            return False
        self.process.paused_until = self._tasks.now + self._tasks.random.uniform(LEASE, 3 * LEASE)
        self._tasks.note(f"stands still until {self.process.paused_until:.1f}, and dies then")
        self._tasks.sleep(0.0)
        return True

    def _recall(self, server_id: str) -> bool:
        _point(self._tasks, self._world.faults, f"nova recall {server_id}")
        return self._world.nova.recall(server_id)

    def get(self, url: str) -> Answer:
        return self._placement("GET", url)

    def post(self, url: str, json: Any) -> Answer:
        return self._placement("POST", url, json)

    def delete(self, url: str) -> Answer:
        return self._placement("DELETE", url)

    def _placement(self, method: str, url: str, body: Any = None) -> Answer:
        """As a keystoneauth adapter, which sends a request again whose answer was lost."""
        world, what = self._world, f"placement {method} {url}"
        before = {key: each.generation for key, each in world.placement.providers.items()}
        loss = world.faults.of_request()
        world.sent(method, url)
        _point(self._tasks, world.faults, what)
        if loss is Loss.BEFORE:
            raise keystone.ConnectFailure("Placement does not answer")
        if method == "POST" and world.faults.hits("placement is slow"):
            world.tasks.sleep(world.tasks.random.random())
        answer = self._answer(method, url, body, before)
        _point(self._tasks, world.faults, f"{what}: {answer.status_code}")
        if loss is Loss.AFTER:
            raise keystone.ConnectFailure("Placement does not answer any more")
        if loss is Loss.REPEATED:
            answer = self._answer(method, url, body, before)
            _point(self._tasks, world.faults, f"{what}: again {answer.status_code}")
        return answer

    def _answer(self, method: str, url: str, body: Any, before: dict[str, int]) -> Answer:
        """Placement over-commits where others have claimed while it was at a request."""
        world = self._world
        world.asked(method, url, body)
        world.placement.overcommits = lambda provider: (
            world.placement.providers[provider].generation != before[provider]
            and world.faults.hits("over-commit")
        )
        return world.placement.ask(method, url, body)


def _point(tasks: Tasks, faults: Faults, what: str) -> None:
    """A moment at which others see something, and at which the process may end or stand still."""
    tasks.point(what)
    process = tasks.current.process
    if process is tasks.world or not process.name.startswith("api"):
        return
    if faults.hits("process dies"):
        tasks.die()
    if faults.hits("process stands still"):
        process.paused_until = tasks.now + tasks.random.uniform(5.0, 90.0)
        tasks.note(f"stands still until {process.paused_until:.1f}")
        tasks.sleep(0.0)


def compare_everything(database: Store, process: ApiProcess) -> Callable[[], bool]:
    """Have everything compared with what Nova has now; gives whether that is done."""
    model = models.Observation
    with database.writing() as session:
        session.execute(sa.update(model).values(compared_at=None, until=None))
    process.begin("observe", process.observer.observe)

    def is_done() -> bool:
        with database.reading() as session:
            return session.scalar(sa.select(model.compared_at)) is not None

    return is_done
