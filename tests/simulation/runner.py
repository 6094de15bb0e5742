# SPDX-License-Identifier: Apache-2.0
"""One schedule, from its seed to its end."""

import contextlib
import functools
import gc
import traceback
from collections.abc import Callable, Collection, Iterator
from typing import Any
from unittest import mock

import sqlalchemy as sa

from ensemble_api import advice
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery_hold import NO_RECOVERY
from tests.fakes.placement import FakePlacement
from tests.simulation import seams
from tests.simulation.actors import Actors, context
from tests.simulation.adoptions import Adoptions
from tests.simulation.changes import Changes
from tests.simulation.cloud import drawn_cloud
from tests.simulation.descriptions import ORDERED, RELOCATES, RESERVES
from tests.simulation.faults import Faults
from tests.simulation.invariants import Invariants
from tests.simulation.nova import NOTICED
from tests.simulation.ours import LEASE, OBSERVED, SimulatedStore, World, compare_everything
from tests.simulation.outcome import Outcome
from tests.simulation.ownership import Ownership
from tests.simulation.relocations import Relocations
from tests.simulation.reserves import Reserves, limits
from tests.simulation.result import EXPECTED, Result
from tests.simulation.scheduling import Scheduling
from tests.simulation.soundness import Soundness
from tests.simulation.tasks import Tasks
from tests.simulation.templating import TEMPLATES, Templating

CHAOS = 90.0  # seconds at most in which things go wrong
REST = 1200.0  # seconds in which all must come to rest after that
GARBAGE = 50_000  # new objects before Python looks for cycles: few die so, and a look takes long
UNDER_WAY = ("moving", "shelving", "unshelving")  # what Nova has not ended yet of its own
DRAINING = 150.0  # seconds, in which those that could not leave a host are tried again
HEALING = 180.0  # seconds, in which what could not be repaired is tried again
LOOKS = 3  # at all that Nova has, in the end
LOOK = 5.0  # seconds between two looks at whether it has


def provoked_by(seed: int) -> tuple[str, ...]:
    """What a schedule among many has beside what its seed draws.

    Of three, one moves members, and one holds capacity for recovery, of which half have use for it.
    Of the others half have tenants with templates. In one of five, tiers come one after another.
    """
    if seed % 6 == 3:
        return (TEMPLATES,)
    order = (ORDERED,) if seed % 5 == 3 else ()
    if seed % 3 == 2:
        return (RELOCATES, *order)
    if seed % 3 == 1:
        return (RESERVES, "room", "heals", "power", *order) if seed % 2 else (RESERVES, *order)
    return order


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
        nova = drawn_cloud(tasks, faults, placement, scheduling, roomy="room" in provoked)
        scheduling.nova = nova
        relocates = RELOCATES in provoked
        recovery = limits(tasks.random) if RESERVES in provoked else NO_RECOVERY
        self.world = World(tasks, faults, database, nova, placement, relocates, recovery)
        self.invariants = Invariants(self.world)
        self.actors = Actors(self.world, provoked)
        self.changes = Changes(self.actors)
        self.actors.change = self.changes.change
        adoptions = Adoptions(self.actors)
        self.actors.release, self.actors.adopt = adoptions.release, adoptions.adopt
        relocations = Relocations(self.actors)
        self.actors.relocate = relocations.relocate
        self.actors.descriptions.wishes = relocations.wishes
        self.actors.maintain = relocations.maintain
        self.outcome = Outcome(self.actors, self.changes, self.invariants, self._in_a_task)
        self.seen = self.outcome.seen
        self.reserves = (
            Reserves(self.actors, self.invariants, self._in_a_task, self._until_rest)
            if recovery.allow
            else None
        )
        self.templating = Templating(self.actors, self.changes) if TEMPLATES in provoked else None
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
                    *Soundness(seen.refused).patches(),
                    *Ownership(self.world.nova, seen.recorded).patches(),
                    *(seen.reserves.patches() if seen.reserves is not None else ()),
                ):
                    patches.enter_context(mock.patch.object(owner, name, new))
                yield
        finally:
            sa.event.remove(engine, "before_cursor_execute", before)
            sa.event.remove(engine, "after_cursor_execute", after)

    def run(self) -> None:
        faults = self.world.faults
        faults.active = False
        first, _ = self.actors.start_process(), self.actors.start_process()
        looked = first.begin("observe", first.observer.observe)
        self.tasks.run_until(lambda: looked.ended, REST)
        faults.active = True
        self.actors.begin(self.tasks.random.randint(1, 4))
        if self.templating is not None:
            self.actors.start("keeper of templates", self.templating.act)
        self.until(lambda: False, self.tasks.random.uniform(20.0, CHAOS))
        self.calm_down()
        self._until_rest()
        self._count()
        for step in (
            self.observe,
            self.invariants.at_rest,
            *self._of_reserves(),
            self.outcome.healed,
            self.outcome.drained,
            self.outcome.requests,
            self.outcome.changed,
            *self._of_templates(),
            self._delete_all,
        ):
            if self.invariants.found:
                return
            step()

    def _of_reserves(self) -> Iterator[Callable[[], None]]:
        """What is looked at where capacity is held for recovery: one failure more, and the rest."""
        if self.reserves is not None:
            yield self.reserves.enough
            yield self.reserves.withstand
            yield self.observe
            yield self.invariants.at_rest
            yield self.reserves.enough

    def _of_templates(self) -> Iterator[Callable[[], None]]:
        """What must have come of templates, where tenants keep some."""
        if self.templating is not None:
            yield functools.partial(self.templating.outcome, self.invariants)

    def _until_rest(self) -> None:
        if not self.until(self._rests, REST):
            self._broken("it does not come to rest")

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
            self._operate()
            self.tasks.run_until(
                lambda: bool(self.invariants.found or self.tasks.crashed),
                min(look, end - self.tasks.now),
            )
        for task in self.tasks.crashed if not self.invariants.found else ():
            shown = "".join(traceback.format_exception(task.error)[-3:])
            self.invariants.holds(False, f"{task.name} ended with {shown}")
        return not self.invariants.found and done()

    def _operate(self) -> None:
        """An operator does what an ensemble that waits says."""
        if any(each.task == "rebuilding" for each in self.world.nova.running()):
            for server_id in self.invariants.recorded.awaited():
                self.world.nova.reset_stuck(server_id)

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
            each.task in UNDER_WAY or each.status == "VERIFY_RESIZE" or each.late_on
            for each in self.world.nova.running()
        )
        # What comes of a request late is found within two leases.
        stood = [each.process.paused_until for each in self.actors.processes]
        died = self.tasks.died_at
        found = died + 2 * LEASE + OBSERVED if died else 0.0
        kept = self.reserves.kept_at() if self.reserves is not None else 0.0
        due = self.tasks.now > max(found, self._healed_at(), self._drained_at(), kept, *stood)
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

    def observe(self) -> None:
        """Have everything compared with what Nova has now, by the process whose turn it is."""
        for _ in range(LOOKS):
            (first, *_) = [each for each in self.actors.processes if each.process.alive]
            # Another one may have its turn.
            if not self.until(compare_everything(self.world.database, first), REST, look=0.5):
                self._broken("nobody observes")
            if self._nothing_goes():
                break
            # What has come too late goes now; a host that has just died takes longer to notice.
            # That a member has gone is seen by another look.
            self.until(self._nothing_goes, NOTICED)

    def _nothing_goes(self) -> bool:
        return not any(each.task == "deleting" for each in self.world.nova.running())

    def _in_a_task(self, run: Callable[[], Any]) -> None:
        task = self.actors.start("runner", run)
        self.tasks.run_until(lambda: bool(task.ended or self.invariants.found), REST)
        if not task.ended:
            self._broken("a request does not end")

    def _delete_all(self) -> None:
        for record in self.invariants.recorded.all():
            self._in_a_task(lambda record=record: self._delete(record))
        self.until(lambda: self.invariants.recorded.none, REST)
        if self.reserves is not None and not self.invariants.found:
            self.seen |= self.reserves.seen
            # What the delete could not give back goes with the next look.
            self.until(lambda: not self.invariants.recorded.recovery_holds(), 3 * OBSERVED)
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
