# SPDX-License-Identifier: Apache-2.0
"""Who does what in a schedule: tenants, an operator, hosts, and who restarts what has died."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nova import context as nova_context

from ensemble_api import exception
from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG
from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord
from ensemble_api.usecases.reserve import RESERVE_SECONDS
from tests.simulation import seams
from tests.simulation.moves import Moves
from tests.simulation.nova import Server
from tests.simulation.ours import ApiProcess, World
from tests.simulation.parts import own_parts
from tests.simulation.tasks import Killed, Task

RELOCATES = "relocates"
HURRY = 10  # by which what is left to do is done sooner in the end
ANSWERED = 4 * RESERVE_SECONDS  # seconds in which every request has an answer, or its process died
FLAVORS = {"small": (1, 256), "large": (2, 512)}
_OF_BUILT = """
    SELECT members.server_id FROM members JOIN ensembles ON ensembles.id = members.ensemble_id
    WHERE members.server_id IS NOT NULL AND ensembles.status IN ('ACTIVE', 'DEGRADED')
"""
IMAGE = "11111111-1111-4111-8111-111111111111"


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
        self.wishes: Callable[[], dict[str, Any]] = dict
        self.maintain: Callable[[], None] = lambda: None
        self.done: dict[str, int] = {}  # what was asked for and accepted, how often
        self.late: list[str] = []  # requests that did not end
        self.boots = 0
        self.busy = 0  # tenants that are at it
        self._born = 0
        self._moves = Moves(self.nova)

    def begin(self, tenants: int) -> None:
        if "all at once" in self._provoked:
            tenants = 6
        for number in range(tenants):
            project = f"p{number % 2}"
            self.start(f"tenant {number}", lambda project=project: self._tenant(project))
        self.start("supervisor", self._supervise)
        for name, run in (
            ("neighbour", self._neighbour),
            ("operator", self._operate),
            ("meddler", self._meddle),
            ("power", self._power),
            ("cell", self._cell),
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
            asked = Asked(project_id, self._body(), key)
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

    def _body(self) -> dict[str, Any]:
        tiers = [self._tier(name) for name in ("web", "db")[: self.random.randint(1, 2)]]
        body = {
            "name": self.random.choice(("shop", "blog")),
            "description": "",
            "tiers": tiers,
            "policies": self.policies([str(each["name"]) for each in tiers]),
        }
        heals = self._once(0.5) or "heals" in self._provoked
        recovery = {"mode": "auto"} if heals else {}
        if self.relocates:
            recovery |= self.wishes()
        return {**body, "recovery": recovery} if recovery else body

    def _tier(self, name: str) -> dict[str, Any]:
        count = self.random.randint(1, 4)
        server: dict[str, Any] = {
            "flavor": self.random.choice([*FLAVORS]),
            "image": IMAGE,
            "networks": "auto",
        }
        if self._once(0.15) or "own parts" in self._provoked:
            kind = self.random.choice(("volumes", "ports"))
            server = own_parts(server, count, kind, self.world.volumes)
        return {"name": name, "count": count, "server": server}

    def policies(self, tiers: Sequence[str]) -> list[dict[str, Any]]:
        """Some hard policies about these tiers."""
        policies = [self._policy(tiers) for _ in range(2)]
        return policies[: self.random.randint(2 if "policies" in self._provoked else 0, 2)]

    def _policy(self, tiers: Sequence[str]) -> dict[str, Any]:
        tier = self.random.choice(tiers)
        level = self.random.choice(("host", "rack", "zone"))
        kinds: list[dict[str, Any]] = [
            {"type": "anti-affinity", "level": "host", "tiers": [tier]},
            {"type": "anti-affinity", "level": "rack", "tiers": [tier], "max_per_domain": 2},
            {"type": "affinity", "level": "zone", "tiers": [*tiers]},
            {"type": "spread", "level": "rack", "tiers": [tier], "max_skew": 1},
            {"type": "spread", "level": level, "tiers": [tier], "min_domains": 2},
            {
                "type": "survive",
                "level": "host",
                "tiers": [tier],
                "failures": 1,
                "min_available": 1,
            },
            {"type": "exclusive", "level": "host", "tiers": [tier], "other": "project"},
        ]
        if "apart" in self._provoked:
            return {"enforcement": "hard", **kinds[0]}
        if "exclusive" in self._provoked:
            return {"enforcement": "hard", **kinds[-1]}
        if len(tiers) > 1:
            kinds.append({"type": "near", "level": "rack", "tiers": [tiers[0]], "to": tiers[1]})
        return {"enforcement": "hard", **self.random.choice(kinds)}

    # Others.

    def _neighbour(self) -> None:
        """A tenant without ensembles, whose servers come and go."""
        mine: list[Server] = []
        while not self.quiet:
            self.pause(6.0)
            if self.quiet:
                return
            if mine and self._once(0.5):
                server = mine.pop()
                if self.nova.server(server.id):
                    self.nova.remove(server, "tenant")
            elif len(mine) < 5:
                self.boots += 1
                project = self.random.choice(("p0", "p1", "p9"))
                flavor = self.random.choice([*FLAVORS])
                mine.append(self.nova.boot(f"plain-{self.boots}", project, flavor, self._tags()))

    def _tags(self) -> list[str]:
        """Forged ones, sometimes: of a member that there is, on a server that is older."""
        records = self._records()
        if not records or self._once(0.5):
            return []
        record = self.random.choice(records)
        member = self.random.choice(record.members)
        return [f"{ENSEMBLE_TAG}{record.id}"] + (
            [f"{MEMBER_TAG}{member.id}"] if member.server_id else []
        )

    def _records(self) -> list[EnsembleRecord]:
        from ensemble_api.store.api import Page

        return self.world.database.select(Page())

    def _recorded(self) -> set[str]:
        """The servers that are known of ensembles that are built."""
        return {row[0] for row in seams.second_look().execute(_OF_BUILT).fetchall()}

    def _ours(self) -> list[Server]:
        return [each for each in self.nova.running() if each.ours]

    def _operate(self) -> None:
        while not self.quiet:
            self.pause(8.0)
            if self.quiet:
                return
            # A build that somebody moves about comes to nothing, and is soon over.
            built = self._recorded() if self._once(0.9) else {each.id for each in self._ours()}
            ours = [each for each in self._ours() if each.status == "ACTIVE" and each.id in built]
            if not ours:
                continue
            most = len(ours) if "operator" in self._provoked else self.random.randint(1, 3)
            for server in self.random.sample(ours, min(len(ours), most)):
                kind = self.random.choice(("live", "cold", "resize", "shelve"))
                self.start(
                    f"{kind} {server.name}",
                    lambda server=server, kind=kind: self._move(server, kind),
                )

    def _move(self, server: Server, kind: str) -> None:
        """Move a server, or its tenant resizes or shelves it, and does not leave it half way."""
        match kind:
            case "resize":
                self._moves.resize(server, self.random.choice([*FLAVORS]))
            case "shelve":
                self._moves.shelve(server)
                self.pause(40.0)
                self._moves.unshelve(server)
            case _:
                self._moves.move(server, kind)
        if server.status == "VERIFY_RESIZE":
            self.pause(30.0)
            if self._once(0.3):
                self._moves.revert(server)
            self._moves.confirm(server)

    def _power(self) -> None:
        """Hosts die and come back; what was on them is evacuated, sometimes."""
        while not self.quiet:
            self.pause(30.0)
            if self.quiet:
                return
            alive = [each for each in self.nova.hosts if each.alive]
            if len(alive) < 3:
                continue
            used = {each.at for each in self._ours() if each.status == "ACTIVE"}
            ours = [each for each in alive if each.name in used]
            host = self.random.choice(ours if ours and self._once(0.7) else alive)
            self.nova.fail(host, forced=self._once(0.5))
            self.pause(90.0)
            if host.state == "down" and self._once(0.5):
                for server in [each for each in self._ours() if each.at == host.name]:
                    self.start(
                        f"evacuate {server.name}",
                        lambda server=server: self._moves.move(server, "evacuate"),
                    )
                self.pause(20.0)
            if self._once(0.3 if "heals" in self._provoked else 0.7):
                self.nova.restart(host)

    def _cell(self) -> None:
        """The cell that has some of the hosts does not answer for a while."""
        cell = self.random.sample(self.nova.hosts, self.random.randint(1, len(self.nova.hosts) - 1))
        while not self.quiet:
            self.pause(60.0)
            if self.quiet:
                return
            for host in cell:
                host.silent = True
            self.tasks.note(f"silent: {[each.name for each in cell]}")
            self.pause(60.0)
            for host in cell:
                host.silent = False
            self.tasks.note("the cell answers")

    def _meddle(self) -> None:
        """Tenants lock, unlock and delete servers of ensembles, and take tags off."""
        while not self.quiet:
            self.pause(25.0)
            if self.quiet:
                return
            ours = self._ours()
            if not ours:
                continue
            server = self.random.choice(ours)
            kinds = ("lock", "unlock", "delete", "tags")
            match self.random.choice(("stop", "stop", *kinds) if self.relocates else kinds):
                case "lock":
                    server.locked, server.locked_at = True, self.tasks.now
                case "unlock":
                    server.locked = False
                case "stop" if server.status == "ACTIVE" and not server.task and not server.locked:
                    if self.nova.host(server.at or "").state == "up":
                        server.stopped = True
                        self.nova.touch(server, "SHUTOFF")
                case "delete" if not server.locked and not server.half_made:
                    self.nova.remove(server, "tenant")
                case "tags" if server.status == "ACTIVE":  # else Nova refuses it
                    server.tags = []
            self.tasks.note(f"meddled with {server.name}")


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
