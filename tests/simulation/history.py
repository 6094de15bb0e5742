# SPDX-License-Identifier: Apache-2.0
"""A scripted history on the model: one thing after the other, and nothing goes wrong by chance."""

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensemble_api import exception, views
from ensemble_api.records import EnsembleRecord
from tests.fakes.placement import Consumer, FakePlacement
from tests.simulation import seams
from tests.simulation.actors import Actors, context
from tests.simulation.faults import Faults
from tests.simulation.moves import Moves
from tests.simulation.nova import SimulatedNova
from tests.simulation.nova_objects import Host, Server
from tests.simulation.ours import SimulatedStore, World, compare_everything
from tests.simulation.scheduling import Scheduling
from tests.simulation.tasks import Tasks

PROJECT = "p0"
DISABLED = "COMPUTE_STATUS_DISABLED"  # Nova's word to Placement
LONG = 600.0  # seconds in which everything must come to an end


@dataclass(frozen=True, slots=True)
class HostFacts:
    """A host as it is somewhere else: its domains, what it has, and what others use of it."""

    name: str
    rack: str
    zone: str
    has: Mapping[str, int]
    used: Mapping[str, int]


class ModelCloud:
    """One model of a cloud, on which somebody does what ``tests/cloud/histories`` can do."""

    def __init__(
        self, tasks: Tasks, hosts: Sequence[HostFacts], flavors: Mapping[str, Any], image: str
    ) -> None:
        self._tasks = tasks
        faults = Faults(random.Random(0))
        database = seams.empty_database()
        placement = FakePlacement()
        scheduling = Scheduling(tasks, SimulatedStore(database, tasks, faults))
        self._nova = SimulatedNova(
            placement,
            [_host(placement, each) for each in hosts],
            flavors={key: dict(each) for key, each in flavors.items()},
            images={image: {"id": image, "minRam": 0, "minDisk": 0, "metadata": {}}},
            key_pairs={"laptop"},
            page=1000,
            now=tasks.moment,
            tasks=tasks,
            faults=faults,
            scheduling=scheduling,
        )
        scheduling.nova = self._nova
        self._world = World(tasks, faults, database, self._nova, placement)
        self._actors = Actors(self._world)
        self._moves = Moves(self._nova)
        self._process = self._actors.start_process()
        self._compare()

    # What is done.

    def preview(self, body: Any) -> str:
        """The id of a plan."""
        found = self._ask(lambda it: it.service.plan(context(PROJECT), body))
        return str(found.id)

    def create(self, body: Any, plan_id: str | None = None) -> str | None:
        """The id of an ensemble that was accepted; None when it was refused."""
        made = self._ask(lambda it: it.service.create(context(PROJECT), body, plan_id))
        if isinstance(made, exception.EnsembleError):
            return None
        return str(made.id)

    def delete(self, ensemble_id: str) -> None:
        self._ask(lambda it: it.service.delete(context(PROJECT), ensemble_id))

    def move(self, server_id: str, kind: str) -> None:
        self._do(lambda: self._moves.move(self._server(server_id), kind))

    def resize(self, server_id: str, flavor: str) -> None:
        self._do(lambda: self._moves.resize(self._server(server_id), flavor))

    def confirm(self, server_id: str) -> None:
        self._do(lambda: self._moves.confirm(self._server(server_id)))

    def revert(self, server_id: str) -> None:
        self._do(lambda: self._moves.revert(self._server(server_id)))

    def shelve(self, server_id: str) -> None:
        self._do(lambda: self._moves.shelve(self._server(server_id)))

    def unshelve(self, server_id: str) -> None:
        self._do(lambda: self._moves.unshelve(self._server(server_id)))

    def delete_server(self, server_id: str) -> None:
        self._do(lambda: self._nova.remove(self._server(server_id), "tenant"))

    def lock(self, server_id: str, *, locked: bool) -> None:
        self._server(server_id).locked = locked

    def disable(self, host: str, *, disabled: bool) -> None:
        found = self._nova.host(host)
        found.status = "disabled" if disabled else "enabled"
        traits = self._world.placement.providers[found.provider].traits
        (traits.add if disabled else traits.discard)(DISABLED)

    def stop(self, host: str) -> None:
        """Stop a host, and have Nova know."""
        self._nova.fail(self._nova.host(host), forced=True)
        self._tasks.run_until(lambda: self._nova.host(host).state == "down", LONG)

    def start(self, host: str) -> None:
        self._do(lambda: self._nova.restart(self._nova.host(host)))

    # What is seen.

    def rest(self, ensemble_id: str) -> None:
        """Until nothing is done with an ensemble any more, or somebody is in its way."""

        def rests() -> bool:
            try:
                record = self._world.database.get(ensemble_id)
            except exception.NotFound:
                return True
            return record.settled or record.blocked is not None

        assert self._tasks.run_until(rests, LONG), f"{ensemble_id} does not come to rest"
        idle = lambda: not any(each.task for each in self._nova.running())  # noqa: E731
        self._tasks.run_until(idle, LONG)
        self._compare()

    def rest_gone(self, ensemble_id: str) -> None:
        """Until an ensemble is gone."""
        gone = lambda: self.ensemble(ensemble_id) is None  # noqa: E731
        assert self._tasks.run_until(gone, LONG), f"{ensemble_id} stays"

    def ensemble(self, ensemble_id: str) -> Any:
        """As the API shows it to an operator; None when it is gone."""
        try:
            record = self._world.database.get(ensemble_id)
        except exception.NotFound:
            return None
        now = self._do(lambda: self._process.service.members_now([record])[record.id])
        shown = views.ensemble(record, names=True, detail=True, zone_level="zone", now=now)
        return views.translated(shown)

    def operations(self, ensemble_id: str) -> list[tuple[str, str]]:
        record: EnsembleRecord = self._world.database.get(ensemble_id)
        found = self._do(lambda: self._process.service.operations(record, 100))
        return [(each.type.value, each.status.value) for each in found]

    def server(self, server_id: str) -> tuple[str, str | None] | None:
        """Status and host, by Nova."""
        found = self._nova.server(server_id)
        return None if found is None else (found.status, found.at)

    def allocations(self, server_id: str) -> dict[str, dict[str, int]]:
        """What a server has of which host, by Placement."""
        placement = self._world.placement
        known = placement.consumers_by_id.get(server_id, Consumer({}))
        return {placement.providers[key].name: each for key, each in known.allocations.items()}

    def consumers(self) -> set[str]:
        """Who has anything of a host."""
        return set(self._world.placement.consumers_by_id)

    def _server(self, server_id: str) -> Server:
        found = self._nova.server(server_id)
        assert found is not None, f"{server_id} is gone"
        return found

    def _do(self, run: Callable[[], Any]) -> Any:
        task = self._actors.start("history", run)
        assert self._tasks.run_until(lambda: task.ended, LONG), "a step does not end"
        assert task.error is None, task.error
        return task.result

    def _ask(self, run: Callable[[Any], Any]) -> Any:
        return self._do(lambda: self._actors.request("history", run))

    def _compare(self) -> None:
        is_done = compare_everything(self._world.database, self._process)
        assert self._tasks.run_until(is_done, LONG), "nobody observes"


@contextlib.contextmanager
def model(
    hosts: Sequence[HostFacts], flavors: Mapping[str, Any], image: str
) -> Iterator[ModelCloud]:
    """A model with these hosts, on which time goes by as fast as it can."""
    tasks = Tasks(seed=1)
    with seams.installed(tasks):
        yield ModelCloud(tasks, hosts, flavors, image)
        for process in {each.process for each in tasks.all}:
            tasks.kill(process)


def _host(placement: FakePlacement, facts: HostFacts) -> Host:
    provider = placement.add_provider(facts.name, **facts.has)
    if any(facts.used.values()):
        assert placement.claim(f"others on {facts.name}", provider, **facts.used)
    return Host(facts.name, provider, facts.rack, facts.zone)
