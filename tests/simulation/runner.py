# SPDX-License-Identifier: Apache-2.0
"""One schedule, from its seed to its end."""

import contextlib
import gc
import shlex
import traceback
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import sqlalchemy as sa
from keystoneauth1 import exceptions as keystone
from nova import context as nova_context

from ensemble_api import advice, exception
from ensemble_api.planning import completion, scaling
from ensemble_api.planning.model import Member
from ensemble_api.planning.result import Infeasible
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery import Mode, Recovery
from ensemble_api.store.operations import Operations
from ensemble_api.usecases import replacement
from ensemble_api.usecases.capacity import FreeCapacity
from tests.fakes.placement import FakePlacement
from tests.simulation import seams
from tests.simulation.actors import FLAVORS, IMAGE, RELOCATES, Actors, context
from tests.simulation.adoptions import Adoptions
from tests.simulation.changes import Changes, wrong_ends
from tests.simulation.faults import Faults
from tests.simulation.invariants import Invariants
from tests.simulation.nova import NOTICED, Host, SimulatedNova
from tests.simulation.ours import LEASE, OBSERVED, SimulatedStore, World, compare_everything
from tests.simulation.ownership import Ownership
from tests.simulation.relocations import Relocations
from tests.simulation.scheduling import Scheduling
from tests.simulation.tasks import Tasks

CHAOS = 90.0  # seconds at most in which things go wrong
NETWORK = "22222222-2222-4222-8222-222222222222"  # of every server that is made up
REST = 1200.0  # seconds in which all must come to rest after that
GARBAGE = 50_000  # new objects before Python looks for cycles: few die so, and a look takes long
UNDER_WAY = ("moving", "shelving", "unshelving")  # what Nova has not ended yet of its own
DRAINING = 150.0  # seconds, in which those that could not leave a host are tried again
HEALING = 180.0  # seconds, in which what could not be repaired is tried again
LOOKS = 3  # at all that Nova has, in the end
LOOK = 5.0  # seconds between two looks at whether it has
OPERATOR = nova_context.get_admin_context()
EXPECTED = (
    exception.EnsembleError,
    exception.CloudError,
    exception.LeaseLost,
    keystone.ClientException,
)


def provoked_by(seed: int) -> tuple[str, ...]:
    """What a schedule among many has beside what its seed draws: of three, one moves members."""
    return (RELOCATES,) if seed % 3 == 2 else ()


@dataclass
class Result:
    """How a schedule ended: what was broken, and what it was made of."""

    seed: int
    broken: list[str]
    steps: int
    seconds: float
    digest: int
    trace: list[str]
    seen: dict[str, int] = field(default_factory=dict)
    provoked: tuple[str, ...] = ()

    @property
    def again(self) -> str:
        """The command that shows each step of this very schedule."""
        words = ["python", "-m", "tests.simulation", "--seed", str(self.seed), "--trace"]
        for each in self.provoked:
            words += ["--provoke", each]
        return shlex.join(words)

    @property
    def told(self) -> str:
        """What is broken, if anything is, and how it is seen again."""
        if not self.broken:
            return ""
        place = f"step {self.steps}, {self.seconds:.0f} s"
        return f"{place} of `{self.again}`: {self.broken[0]}"


def run(seed: int, *, traced: bool = False, provoked: Collection[str] = ()) -> Result:
    """Run the schedule of a seed, in which some faults and actors may be provoked."""
    gc.set_threshold(GARBAGE)
    tasks = Tasks(seed, traced)
    with seams.installed(tasks):
        schedule = _Schedule(tasks, provoked)
        with schedule.watched():
            schedule.run()
        schedule.end()
    return Result(
        seed,
        schedule.invariants.found,
        tasks.steps,
        tasks.now,
        tasks.digest,
        tasks.trace,
        {**schedule.seen, **schedule.world.faults.seen},
        tuple(provoked),
    )


class _Schedule:
    def __init__(self, tasks: Tasks, provoked: Collection[str]) -> None:
        self.tasks = tasks
        faults = Faults.drawn(tasks.random, provoked)
        database = seams.empty_database()
        placement = FakePlacement()
        scheduling = Scheduling(tasks, SimulatedStore(database, tasks, faults))
        nova = _cloud(tasks, faults, placement, scheduling, roomy="room" in provoked)
        scheduling.nova = nova
        relocates = RELOCATES in provoked
        self.world = World(tasks, faults, database, nova, placement, relocates)
        self.invariants = Invariants(self.world)
        self.actors = Actors(self.world, provoked)
        self.changes = Changes(self.actors)
        self.actors.change = self.changes.change
        adoptions = Adoptions(self.actors)
        self.actors.release, self.actors.adopt = adoptions.release, adoptions.adopt
        relocations = Relocations(self.actors)
        self.actors.relocate, self.actors.wishes = relocations.relocate, relocations.wishes
        self.actors.maintain = relocations.maintain
        self.seen: dict[str, int] = {}
        self._busy_at = self._moved_at = 0.0

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """See each statement and each error of ours."""
        engine = self.world.database.engine
        seen = self.invariants

        def before(connection: Any, cursor: Any, text: str, *_: Any) -> None:
            seen.statement(text, True, 0)

        def after(connection: Any, cursor: Any, text: str, *_: Any) -> None:
            seen.statement(text, False, cursor.rowcount)

        def failed(log: Any, what: str, error: BaseException) -> None:
            self.tasks.note(f"{what}: {error!r}")
            if not isinstance(error, EXPECTED):
                where = traceback.extract_tb(error.__traceback__)[-1]
                seen.holds(False, f"{error!r} at {where.filename}:{where.lineno}")

        sa.event.listen(engine, "before_cursor_execute", before)
        sa.event.listen(engine, "after_cursor_execute", after)
        try:
            with contextlib.ExitStack() as patches:
                for owner, name, new in (
                    (advice, "log", failed),
                    (FreeCapacity, "plan", self._seen_to_be_sound()),
                    (replacement, "complete", self._completed(replacement.complete)),
                    (scaling, "complete", self._completed(scaling.complete)),
                    *Ownership(self.world.nova, seen.recorded).patches(),
                ):
                    patches.enter_context(mock.patch.object(owner, name, new))
                yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", before)
            sa.event.remove(engine, "after_cursor_execute", after)

    def _seen_to_be_sound(self) -> Callable[..., Any]:
        plan = FreeCapacity.plan

        def planned(
            it: FreeCapacity, context: Any, request: Any, *more: Any, **options: Any
        ) -> Any:
            found, capacity = plan(it, context, request, *more, **options)
            if isinstance(found, Infeasible):
                self.invariants.refused(request.ensemble, capacity.snapshot, {})
            return found, capacity

        return planned

    def _completed(self, complete: Callable[..., Any]) -> Callable[..., Any]:
        def completed(
            ensemble: Any, running: Any, snapshot: Any, closed: Any, **options: Any
        ) -> Any:
            found = complete(ensemble, running, snapshot, closed, **options)
            if isinstance(found, Infeasible):
                less = completion.closed_to_more(snapshot, ensemble, running, closed)
                self.invariants.refused(ensemble, less, running)
            return found

        return completed

    def run(self) -> None:
        faults = self.world.faults
        faults.active = False
        first, _ = self.actors.start_process(), self.actors.start_process()
        looked = first.begin("observe", first.observer.observe)
        self.tasks.run_until(lambda: looked.ended, REST)
        faults.active = True
        self.actors.begin(self.tasks.random.randint(1, 4))
        self.until(lambda: False, self.tasks.random.uniform(20.0, CHAOS))
        self.calm_down()
        if not self.until(self._rests, REST):
            self._broken("it does not come to rest")
        self._count()
        for step in (
            self.observe,
            self.invariants.at_rest,
            self._healed,
            self._drained,
            self._requests,
            self._changed,
            self._delete_all,
        ):
            if self.invariants.found:
                return
            step()

    def _broken(self, what: str) -> None:
        """Of several things the first one matters."""
        self.invariants.holds(self.invariants.found, what)

    def until(self, done: Callable[[], bool], longest: float, look: float = LOOK) -> bool:
        """Go on for so long, and look now and then whether it is done."""
        end = self.tasks.now + longest
        while self.tasks.now < end and not self.invariants.found and not self.tasks.crashed:
            if done():
                return True
            self.invariants.look()
            self.tasks.run_until(
                lambda: bool(self.invariants.found or self.tasks.crashed),
                min(look, end - self.tasks.now),
            )
        for task in self.tasks.crashed if not self.invariants.found else ():
            shown = "".join(traceback.format_exception(task.error)[-3:])
            self.invariants.holds(False, f"{task.name} ended with {shown}")
        return not self.invariants.found and done()

    def calm_down(self) -> None:
        """From now on nothing goes wrong any more."""
        self.tasks.note("calms down")
        self.world.faults.active = False
        self.actors.quiet = True
        for server in self.world.nova.running():
            server.locked = False
        for host in self.world.nova.hosts:
            host.silent = False
            if not host.alive and self.tasks.random.random() < 0.5:
                self.world.nova.restart(host)
        alive = [each for each in self.world.nova.hosts if each.alive]
        if len(alive) > 3 and self.tasks.random.random() < 0.5:
            # One failure more, after which nothing is in the way of whoever heals by itself.
            used = {each.at for each in self.world.nova.running() if each.ours}
            ours = [each for each in alive if each.name in used] or alive
            host = self.tasks.random.choice(ours)
            self.world.nova.fail(host, forced=self.tasks.random.random() < 0.5)

    def _rests(self) -> bool:
        moving = any(
            each.task in UNDER_WAY or each.status == "VERIFY_RESIZE"
            for each in self.world.nova.running()
        )
        # What comes of a request late is found within two leases.
        stood = [each.process.paused_until for each in self.actors.processes]
        died = self.tasks.died_at
        found = died + 2 * LEASE + OBSERVED if died else 0.0
        due = self.tasks.now > max(found, self._healed_at(), self._drained_at(), *stood)
        return due and self.invariants.recorded.all_settled and not moving and not self.actors.busy

    def _healed_at(self) -> float:
        """When lost members have had the time to come back that want it by themselves."""
        dead = {each.name for each in self.world.nova.hosts if not each.alive}
        wanted = self.invariants.recorded.healing() if dead else ()
        down = any(
            server is not None and server.at in dead
            for server in map(self.world.nova.server, wanted)
        )
        if not down or not self.invariants.recorded.all_settled:
            self._busy_at = self.tasks.now
        return self._busy_at + NOTICED + HEALING if down else 0.0

    def _drained_at(self) -> float:
        """When members have had the time to leave the hosts that are drained."""
        drained = {each.name for each in self.world.nova.hosts if each.disabled_reason}
        stay = drained and any(
            each.at in drained and each.ours for each in self.world.nova.running()
        )
        if not stay or not self.invariants.recorded.all_settled:
            self._moved_at = self.tasks.now
        return self._moved_at + DRAINING if stay else 0.0

    def _drained(self) -> None:
        """Nobody is on a host any more that is drained, of those that can leave."""
        for host in self.world.nova.hosts:
            if host.disabled_reason and host.state == "up" and host.alive:
                self._in_a_task(lambda host=host: self._is_drained(host))

    def _is_drained(self, host: Host) -> None:
        found = self.actors.request(
            "preview a drain",
            lambda it: it.service.host(OPERATOR, host.name, drain=True),
        )
        for each in found[1] if isinstance(found, tuple) else ():
            stays = each.fits and not each.blocked and not each.waits
            self.invariants.holds(
                not stays, f"{each.record.id[:8]} stays on {host.name}, which is drained"
            )

    def _healed(self) -> None:
        """No member is lost any more for which there is a place, of those that heal."""
        for record in self.invariants.recorded.all():
            if record.status.built and Recovery.of(record.body).mode is Mode.AUTO:
                self._in_a_task(lambda record=record: self._is_healed(record))

    def _is_healed(self, record: EnsembleRecord) -> None:
        found = self.actors.request(
            "preview a repair",
            lambda it: it.service.preview_repair(
                context(record.project_id), it.service.get(record.id), whole=False
            ),
        )
        # A server that is to go goes as soon as its host is back, and is not evacuated any more.
        going = {
            Member(each.tier, each.index)
            for each in record.members
            if (server := self.world.nova.server(each.server_id or "")) is not None
            and server.task == "deleting"
        }
        moves = getattr(getattr(found, "repair", None), "moves", {})
        places = {member: host for member, host in moves.items() if member not in going}
        self.invariants.holds(not places, f"{record.id[:8]} has lost members, with places {places}")

    def observe(self) -> None:
        """Have everything compared with what Nova has now, by the process whose turn it is."""
        for _ in range(LOOKS):
            (first, *_) = [each for each in self.actors.processes if each.process.alive]
            # Another one may have its turn.
            if not self.until(compare_everything(self.world.database, first), REST, look=0.5):
                self._broken("nobody observes")
            # What has come too late goes now; a host that has just died takes longer to notice.
            if self.until(self._nothing_goes, NOTICED):
                break

    def _nothing_goes(self) -> bool:
        return not any(each.task == "deleting" for each in self.world.nova.running())

    def _in_a_task(self, run: Callable[[], Any]) -> None:
        task = self.actors.start("runner", run)
        self.tasks.run_until(lambda: bool(task.ended or self.invariants.found), REST)
        if not task.ended:
            self._broken("a request does not end")

    def _requests(self) -> None:
        """Each has ended, with an ensemble or a reason; the same one with the same ensemble."""
        actors = self.actors
        self.invariants.holds(not actors.late, f"late: {actors.late}")
        for asked in actors.asked:
            self.invariants.holds(
                len(set(asked.answers)) <= 1, f"one request made several: {asked.answers}"
            )
            self.invariants.holds(asked.built, f"another plan than {asked.plan_id} was built")
            for error in asked.refused:
                self.invariants.holds(isinstance(error, EXPECTED), f"answered {error!r}")

    def _changed(self) -> None:
        """Each ensemble is what its last change has made of it, or what it was before."""
        operations = Operations(self.world.database)
        for record in self.invariants.recorded.all():
            if record.status.built:
                told = operations.select(record.id, 100)
                for wrong in wrong_ends(self.changes.asked, record, told):
                    self.invariants.holds(False, f"{record.id[:8]}: {wrong}")
        self.seen |= self.actors.done
        self.seen["evacuated by us"] = len(self.world.nova.evacuated)
        for asked in self.changes.asked:
            error = asked.answer
            if isinstance(error, Exception):
                self.invariants.holds(isinstance(error, EXPECTED), f"answered {error!r}")
            what = "refused" if isinstance(error, Exception) else "accepted"
            self.seen[f"change {what}"] = self.seen.get(f"change {what}", 0) + 1

    def _delete_all(self) -> None:
        for record in self.invariants.recorded.all():
            self._in_a_task(lambda record=record: self._delete(record))
        self.until(lambda: self.invariants.recorded.none, REST)
        if not self.invariants.found:
            self.invariants.emptied()

    def _delete(self, record: EnsembleRecord) -> None:
        self.actors.request(
            "delete", lambda it: it.service.delete(context(record.project_id), record.id)
        )

    def _count(self) -> None:
        for record in self.invariants.recorded.all():
            self.seen[record.status.value] = self.seen.get(record.status.value, 0) + 1

    def end(self) -> None:
        """No task of this schedule is left."""
        for process in {each.process for each in self.tasks.all}:
            self.tasks.kill(process)


def _cloud(
    tasks: Tasks, faults: Faults, placement: FakePlacement, scheduling: Scheduling, *, roomy: bool
) -> SimulatedNova:
    """4 to 8 hosts in 2 to 4 racks of 1 or 2 zones."""
    draw = tasks.random
    racks = draw.randint(2, 4)
    zones = draw.randint(1, 2)
    hosts: list[Any] = []
    for number in range(8 if roomy else draw.randint(4, 8)):
        size = 6 if roomy else draw.choice((2, 4, 6))
        provider = placement.add_provider(
            f"h{number}", VCPU=size, MEMORY_MB=512 * size, DISK_GB=100
        )
        rack = number % racks
        hosts.append(Host(f"h{number}", provider, f"r{rack}", f"z{rack % zones}"))
    flavors = {
        name: {
            "id": name,
            "name": name,
            "vcpus": vcpus,
            "ram": ram,
            "disk": 1,
            "swap": 0,
            "OS-FLV-EXT-DATA:ephemeral": 0,
            "extra_specs": {},
        }
        for name, (vcpus, ram) in FLAVORS.items()
    }
    return SimulatedNova(
        placement,
        hosts,
        flavors=flavors,
        images={IMAGE: {"id": IMAGE, "minRam": 0, "minDisk": 0, "metadata": {}}},
        networks={NETWORK},
        key_pairs={"laptop"},
        page=draw.choice((2, 1000)),
        now=tasks.moment,
        tasks=tasks,
        faults=faults,
        scheduling=scheduling,
    )
