# SPDX-License-Identifier: Apache-2.0
"""A model of nova-scheduler with the real filter: which host a server is given."""

from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.scheduler.admission import Admission
from ensemble_api.scheduler.guards import GuardedHosts
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards
from tests.fakes.host_states import host_state
from tests.simulation.tasks import Tasks

LEVELS = parse_levels(["rack:rack", "zone:availability_zone"])


class Spec(SimpleNamespace):
    """What is looked at of a RequestSpec, of which ``in`` says whether a field is set."""

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__


class Scheduling:
    """Asks Placement for hosts with room, the filter for those that are open, and claims one."""

    def __init__(self, tasks: Tasks, store: Store) -> None:
        self._tasks = tasks
        self._guarded = GuardedHosts(Guards(store), tasks.sleep)
        self._admission = Admission(CurrentStates(store), self._guarded, LEVELS, self)
        self.nova: Any = None  # which has a scheduling of its own
        self.placed: Callable[[Any, str, bool, float], None] = lambda *facts: None

    def place(
        self, server: Any, ignored: Sequence[str] = (), wanted: str | None = None
    ) -> str | None:
        """Give a host that is claimed for the server, the one that is wanted; None for none."""
        if server.status == "BUILD":
            wanted = server.request.get("host")
        needs = self.nova.needs(server)
        hosts = [
            each
            for each in self.nova.hosts
            if each.state == "up"
            and each.status == "enabled"
            and each.name not in ignored
            and wanted in (None, each.name)
            and self.nova.placement.fits(each.provider, needs)
        ]
        self._tasks.sleep(self._tasks.random.random() * 0.3)
        if not hosts:
            return None
        # A hint's value becomes a list.
        hints = {name: [value] for name, value in self.nova.hints.get(server.id, {}).items()}
        spec = Spec(
            instance_uuid=server.id,
            project_id=server.project_id,
            flavor=Spec(flavorid=server.request["flavorRef"]),
            scheduler_hints=hints,
        )
        if wanted:
            spec.requested_destination = Spec(host=wanted)
        if ignored:
            spec.ignore_hosts = list(ignored)
        filtered, since = True, self._tasks.now
        states = [self._state(each) for each in hosts]
        try:
            admitted = self._admission.admit(states, spec)
        except exception.Unavailable:
            admitted, filtered = self._guarded.as_last_read(states, spec), False
        self._tasks.sleep(self._tasks.random.random() * 0.3)
        for state in sorted(admitted, key=lambda each: (-each.free_ram_mb, each.host)):
            provider = self.nova.host(state.host).provider
            if not server.gone and self.nova.placement.claim(server.id, provider, **needs):
                self.placed(server, state.host, filtered, since)
                return str(state.host)
        return None

    def _state(self, host: Any) -> Any:
        inventory = self.nova.placement.providers[host.provider]
        there = [each.id for each in self.nova.running() if each.at == host.name]
        return host_state(
            host.name,
            {"rack": host.rack},
            {"availability_zone": host.zone},
            instances=there,
            memory=inventory.inventory["MEMORY_MB"],
            processors=inventory.inventory["VCPU"],
            used={
                name: self.nova.placement.used(host.provider, name)
                for name in ("MEMORY_MB", "VCPU")
            },
        )

    # What the filter asks of Nova's databases.

    def up(self, hosts: Iterable[str]) -> frozenset[str]:
        return frozenset(each for each in hosts if self.nova.host(each).state == "up")

    def host_of(self, server_id: str) -> str | None:
        server = self.nova.server(server_id)
        return None if server is None else server.at

    def of_other_projects(self, servers: Iterable[str], project_id: str) -> frozenset[str]:
        return frozenset(
            each for each in servers if self.nova.servers[each].project_id != project_id
        )
