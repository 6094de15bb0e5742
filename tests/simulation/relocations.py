# SPDX-License-Identifier: Apache-2.0
"""Who has members moved: tenants who rebalance and repair, and cancel that; hosts are drained."""

from dataclasses import dataclass
from typing import Any

from ensemble_api.records import EnsembleRecord
from ensemble_api.usecases.host_drains import REASON
from tests.simulation.actors import Actors, context
from tests.simulation.nova_objects import Host

DISABLED = "COMPUTE_STATUS_DISABLED"  # Nova's word to Placement
LEFT = 3  # hosts at least that take members in


@dataclass
class Relocations:
    """Has members moved, by the dice of a schedule."""

    actors: Actors

    def wishes(self) -> dict[str, Any]:
        """What an ensemble wants done by itself, beside being repaired."""
        return {
            **({"rebalance": "auto"} if self._once(0.5) else {}),
            **({"locked": "leave"} if self._once(0.4) else {}),
            **({"at_once": 1} if self._once(0.3) else {}),
        }

    def relocate(self, project_id: str, ensemble_id: str) -> None:
        """Ask for a rebalancing or a repair, perhaps after a preview, and perhaps cancel it."""
        ask, who = self.actors.request, context(project_id)
        for _ in range(4):
            found = ask("look", lambda it: it.service.get(ensemble_id))
            if isinstance(found, EnsembleRecord) and found.operation is None:
                break
            self.actors.pause(10.0)
        plan_id = None
        if self._once(0.3):
            found = ask(
                "preview a rebalancing",
                lambda it: it.service.preview_rebalance(who, it.service.get(ensemble_id)),
            )
            plan_id = getattr(getattr(found, "dry_run", None), "id", None)
            self.actors.pause(5.0)
        if repairs := plan_id is None and self._once(0.3):
            answer = ask("repair", lambda it: it.service.repair(who, it.service.get(ensemble_id)))
        else:
            answer = ask(
                "rebalance",
                lambda it: it.service.rebalance(who, it.service.get(ensemble_id), plan_id),
            )
        self.actors.count("repair begun" if repairs else "rebalance begun", answer)
        if isinstance(answer, EnsembleRecord) and self._once(0.3):
            self.actors.pause(8.0)
            answer = ask("cancel", lambda it: it.service.cancel(who, ensemble_id))
            self.actors.count("moves cancelled", answer)

    def maintain(self) -> None:
        """Have hosts drained, and enable some of them again."""
        actors = self.actors
        while not actors.quiet:
            actors.pause(25.0)
            able = [each for each in actors.nova.hosts if each.status == "enabled" and each.alive]
            if actors.quiet or len(able) <= LEFT:
                continue
            host = self.actors.random.choice(able)
            self._set(host, disabled=True)
            actors.done["host drained"] = actors.done.get("host drained", 0) + 1
            actors.pause(60.0)
            if self._once(0.4):
                self._set(host, disabled=False)

    def _set(self, host: Host, *, disabled: bool) -> None:
        host.status = "disabled" if disabled else "enabled"
        host.disabled_reason = REASON if disabled else None
        traits = self.actors.world.placement.providers[host.provider].traits
        (traits.add if disabled else traits.discard)(DISABLED)
        self.actors.tasks.note(f"host {host.name} is {host.status}")

    def _once(self, share: float) -> bool:
        return self.actors.random.random() < share
