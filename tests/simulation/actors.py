# SPDX-License-Identifier: Apache-2.0
"""Who does what in a schedule: tenants, an operator, hosts, and who restarts what has died."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from nova import context as nova_context

from ensemble_api import exception
from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord
from ensemble_api.usecases.reserve import RESERVE_SECONDS
from tests.simulation.descriptions import RELOCATES, Descriptions
from tests.simulation.ours import ApiProcess, World
from tests.simulation.surroundings import Surroundings
from tests.simulation.tasks import Killed, Task

HURRY = 10  # by which what is left to do is done sooner in the end
ANSWERED = 4 * RESERVE_SECONDS  # seconds in which every request has an answer, or its process died


def context(project_id: str) -> Any:
    return nova_context.RequestContext(
        user_id=f"user-of-{project_id}",
        project_id=project_id,
        roles=["member", "reader"],
        is_admin=False,
        overwrite=False,
    )


@dataclass
class Asked:
    """One create as its tenant asked for it, and what came of it."""

    project_id: str
    body: Mapping[str, Any]
    key: str | None
    plan_id: str | None = None
    planned: Mapping[Any, str] | None = None  # by the plan of that id
    answers: list[str] = field(default_factory=list)  # ids of ensembles
    refused: list[Exception] = field(default_factory=list)
    built: bool = True  # as planned, where a plan was named
    deleted: bool = False


class Actors:
    """All who act; each is a task, until the schedule's quiet end."""

    def __init__(self, world: World, provoked: Collection[str] = ()) -> None:
        self.world = world
        self._provoked = provoked
        self.tasks, self.random, self.nova = world.tasks, world.tasks.random, world.nova
        self.processes: list[ApiProcess] = []
        self.asked: list[Asked] = []
        self.quiet = False
        self.change: Callable[[str, str], None] = lambda project_id, ensemble_id: None
        self.release: Callable[[str, str], None] = lambda project_id, ensemble_id: None
        self.adopt: Callable[[str], None] = lambda project_id: None
        self.relocate: Callable[[str, str], None] = lambda project_id, ensemble_id: None
        self.maintain: Callable[[], None] = lambda: None
        self.done: dict[str, int] = {}  # what was asked for and accepted, how often
        self.late: list[str] = []  # requests that did not end
        self.busy = 0  # tenants that are at it
        self._born = 0
        self.descriptions = Descriptions(self.random, world.volumes, provoked)
        self.around = Surroundings(self, provoked)

    def begin(self, tenants: int) -> None:
        if "all at once" in self._provoked:
            tenants = 6
        for number in range(tenants):
            project = f"p{number % 2}"
            self.start(f"tenant {number}", lambda project=project: self._tenant(project))
        self.start("supervisor", self._supervise)
        for name, run in (
            ("neighbour", self.around.neighbour),
            ("operator", self.around.operate),
            ("meddler", self.around.meddle),
            ("power", self.around.power),
            ("cell", self.around.cell),
        ):
            if self.random.random() < 0.5 or name in self._provoked:
                self.start(name, run)
        if self.relocates:
            self.start("maintainer", self.maintain)

    @property
    def relocates(self) -> bool:
        """Whether members are moved by us too, hosts are drained, and servers are stopped."""
        return RELOCATES in self._provoked

    def start(self, name: str, run: Any) -> Task:
        return self.tasks.start(name, run, self.tasks.world)

    def start_process(self) -> ApiProcess:
        self._born += 1
        process = ApiProcess(self.world, f"api{self._born}")
        self.processes.append(process)
        return process

    def count(self, what: str, answer: object) -> None:
        """Count what was accepted."""
        if isinstance(answer, EnsembleRecord):
            self.done[what] = self.done.get(what, 0) + 1

    def pause(self, most: float) -> None:
        """Wait a while; once all is to come to rest, a short one."""
        self.tasks.sleep(self.random.uniform(0.0, most / HURRY if self.quiet else most))

    # Processes.

    def _supervise(self) -> None:
        while True:
            self.pause(4.0)
            for each in [each for each in self.processes if not each.process.alive]:
                self.processes.remove(each)
                self.start_process()

    def request(self, what: str, run: Any) -> Any:
        """Have some process do something; gives its answer, None when the process dies or hangs."""
        self.tasks.wait(lambda: any(each.process.alive for each in self.processes), None)
        process = self.random.choice([each for each in self.processes if each.process.alive])
        task = process.begin(what, lambda: _answer(lambda: run(process)))
        paused = process.process
        if not self.tasks.wait(lambda: task.ended, ANSWERED) and paused.paused_until == 0.0:
            self.late.append(f"{process.process.name} {what}")
        return task.result if task.ended and not isinstance(task.error, Killed) else None

    # Tenants.

    def _tenant(self, project_id: str) -> None:
        self.busy += 1
        try:
            self._ask(project_id)
        finally:
            self.busy -= 1

    def _ask(self, project_id: str) -> None:
        for _ in range(self.random.randint(1, 2)):
            self.pause(0.1 if "all at once" in self._provoked else 20.0)
            if self.quiet:
                return
            repeated = "asks again" in self._provoked
            key = f"k{len(self.asked)}" if self._once(0.6) or repeated else None
            asked = Asked(project_id, self.descriptions.body(), key)
            self.asked.append(asked)
            previewed = "previews" in self._provoked
            if self._once(0.3) or previewed:
                self._preview(asked)
                self.pause(30.0 if previewed else 5.0)
            self._create(asked)
            for _ in range(4 if "changes" in self._provoked else self.random.choice((0, 0, 1, 2))):
                self.pause(30.0)
                if asked.answers and not self.quiet:
                    self.change(asked.project_id, asked.answers[-1])
            for _ in range(self.random.randint(1, 3) if self.relocates else 0):
                self.pause(20.0)
                if asked.answers and not self.quiet:
                    self.relocate(asked.project_id, asked.answers[-1])
            if self._once(0.3):
                self.pause(40.0)
                self._delete(asked)
            elif asked.answers and (self._once(0.2) or "releases" in self._provoked):
                self.pause(40.0)
                self.release(project_id, asked.answers[-1])
            if self._once(0.2):
                self.adopt(project_id)

    def _once(self, share: float) -> bool:
        return self.random.random() < share

    def _preview(self, asked: Asked) -> None:
        found = self.request(
            "plan", lambda it: it.service.plan(context(asked.project_id), asked.body)
        )
        if found is not None and not isinstance(found, Exception) and found.id:
            asked.plan_id, asked.planned = found.id, found.result.assignment

    def _create(self, asked: Asked) -> None:
        """Create, and again where the answer was lost and it is safe to ask again."""
        for _ in range(3 if "asks again" in self._provoked else self.random.randint(1, 4)):
            answer = self.request(
                "create",
                lambda it: it.service.create(
                    context(asked.project_id), asked.body, asked.plan_id, key=asked.key
                ),
            )
            if isinstance(answer, EnsembleRecord):
                asked.answers.append(answer.id)
                asked.built = _as_planned(asked, answer)
            elif isinstance(answer, Exception):
                asked.refused.append(answer)
                if isinstance(answer, exception.PlanChanged):
                    return
            if asked.key is None and asked.plan_id is None:
                return
            if answer is not None and self._once(0.7) and "asks again" not in self._provoked:
                return
            self.pause(10.0)

    def _delete(self, asked: Asked) -> None:
        if not asked.answers:
            return
        ensemble_id = asked.answers[-1]
        cancels = self._once(0.3)
        answer = self.request(
            "cancel" if cancels else "delete",
            lambda it: (it.service.cancel if cancels else it.service.delete)(
                context(asked.project_id), ensemble_id
            ),
        )
        if isinstance(answer, EnsembleRecord | exception.NotFound):
            asked.deleted = True


def _as_planned(asked: Asked, record: EnsembleRecord) -> bool:
    """Whether each member is where the named plan has it, or was, before a host failed."""
    if asked.planned is None or any(
        each.failed_hosts or each.lost_hosts for each in record.members
    ):
        return True
    return {Member(each.tier, each.index): each.host for each in record.members} == asked.planned


def _answer(run: Any) -> Any:
    """What a request answers; an error is an answer too."""
    try:
        return run()
    except Exception as error:  # noqa: BLE001
        return error
