# SPDX-License-Identifier: Apache-2.0
"""What must have come of a schedule: of its requests, of lost members and of drained hosts."""

from collections.abc import Callable
from typing import Any

from nova import context as nova_context

from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery import Mode, Recovery
from ensemble_api.store.operations import Operations
from tests.simulation.actors import Actors, context
from tests.simulation.changes import Changes, wrong_ends
from tests.simulation.invariants import Invariants
from tests.simulation.nova_objects import Host
from tests.simulation.result import EXPECTED

OPERATOR = nova_context.get_admin_context()


class Outcome:
    """Looks at a schedule that is at rest; ``in_a_task`` has something done to its end."""

    def __init__(
        self,
        actors: Actors,
        changes: Changes,
        invariants: Invariants,
        in_a_task: Callable[[Callable[[], Any]], None],
    ) -> None:
        self._world = actors.world
        self._actors = actors
        self._changes = changes
        self._holds = invariants.holds
        self._recorded = invariants.recorded
        self._in_a_task = in_a_task
        self.seen: dict[str, int] = {}  # what the schedule was made of, how often

    def drained(self) -> None:
        """Nobody is on a host any more that is drained, of those that can leave."""
        for host in self._world.nova.hosts:
            if host.disabled_reason and host.state == "up" and host.alive:
                self._in_a_task(lambda host=host: self._is_drained(host))

    def _is_drained(self, host: Host) -> None:
        found = self._actors.request(
            "preview a drain",
            lambda it: it.service.host(OPERATOR, host.name, drain=True),
        )
        for each in found[1] if isinstance(found, tuple) else ():
            stays = each.fits and not each.blocked and not each.waits
            self._holds(not stays, f"{each.record.id[:8]} stays on {host.name}, which is drained")

    def healed(self) -> None:
        """No member is lost any more for which there is a place, of those that heal."""
        for record in self._recorded.all():
            if record.status.built and Recovery.of(record.body).mode is Mode.AUTO:
                self._in_a_task(lambda record=record: self._is_healed(record))

    def _is_healed(self, record: EnsembleRecord) -> None:
        found = self._actors.request(
            "preview a repair",
            lambda it: it.service.preview_repair(
                context(record.project_id), it.service.get(record.id), whole=False
            ),
        )
        # A server that is to go goes as soon as its host is back, and is not evacuated any more.
        going = {
            Member(each.tier, each.index)
            for each in record.members
            if (server := self._world.nova.server(each.server_id or "")) is not None
            and server.task == "deleting"
        }
        moves = getattr(getattr(found, "repair", None), "moves", {})
        places = {member: host for member, host in moves.items() if member not in going}
        self._holds(not places, f"{record.id[:8]} has lost members, with places {places}")

    def requests(self) -> None:
        """Each has ended, with an ensemble or a reason; the same one with the same ensemble."""
        actors = self._actors
        self._holds(not actors.late, f"late: {actors.late}")
        for asked in actors.asked:
            self._holds(len(set(asked.answers)) <= 1, f"one request made several: {asked.answers}")
            self._holds(asked.built, f"another plan than {asked.plan_id} was built")
            for error in asked.refused:
                self._holds(isinstance(error, EXPECTED), f"answered {error!r}")

    def changed(self) -> None:
        """Each ensemble is what its last change has made of it, or what it was before."""
        operations = Operations(self._world.database)
        for record in self._recorded.all():
            if record.status.built:
                told = operations.select(record.id, 100)
                for wrong in wrong_ends(self._changes.asked, record, told):
                    self._holds(False, f"{record.id[:8]}: {wrong}")
        self.seen |= self._actors.done
        self.seen["evacuated by us"] = len(self._world.nova.evacuated)
        for asked in self._changes.asked:
            error = asked.answer
            if isinstance(error, Exception):
                self._holds(isinstance(error, EXPECTED), f"answered {error!r}")
            what = "refused" if isinstance(error, Exception) else "accepted"
            self.seen[f"change {what}"] = self.seen.get(f"change {what}", 0) + 1
