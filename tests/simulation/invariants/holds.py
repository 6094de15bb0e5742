# SPDX-License-Identifier: Apache-2.0
"""What must hold when Placement is asked to hold capacity, or to let it go."""

from collections.abc import Mapping
from typing import Any

from ensemble_api.records import MemberStatus
from tests.fakes.placement import HOLD
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.ours import World

_REMOVING = ("ROLLING_BACK", "DELETING", "RESERVING")


class Holds:
    """Holds are recorded before they are made, and given up with an intent alone."""

    def __init__(self, world: World, findings: Findings, recorded: Recorded) -> None:
        self._world = world
        self._holds = findings.holds
        self._recorded = recorded
        world.asked = self.asked

    def asked(self, method: str, url: str, body: Any) -> None:
        """Placement is about to do something."""
        if method == "POST" and url == "/allocations":
            for consumer, each in body.items():
                if each["allocations"]:
                    self._holds(self._recorded.member(consumer), "a hold without a saved intent")
        if method == "DELETE":
            consumer = url.rpartition("/")[2]
            known = self._world.placement.consumers_by_id.get(consumer)
            row = self._recorded.member(consumer)
            if known is not None and known.type == HOLD and row is not None:
                self._accepted_once(consumer, row, known.allocations)
                self._holds(
                    row["status"] != MemberStatus.RESERVED.value
                    or any(each.member_id == consumer for each in self._world.nova.running())
                    or row["of_ensemble"] in _REMOVING
                    or row["of_change"] in ("RESERVING", "UNDOING")
                    or self._is_deposed(),  # Placement does not ask who has the lease
                    f"the hold of {row['tier']}-{row['number']} is released before its intent",
                )

    def _accepted_once(self, consumer: str, row: Any, allocations: Mapping[str, Any]) -> None:
        """What is handed over now was not promised to another ensemble too."""
        placement = self._world.placement
        full = placement.overcommitted()
        names = {key: placement.providers[key].name for key in allocations}
        over = {key for key, name in names.items() if name in full}
        if not over or row["of_ensemble"] != "BUILDING":
            return
        others = [
            self._recorded.member(each)
            for each, found in placement.consumers_by_id.items()
            if found.type == HOLD and each != consumer and over & found.allocations.keys()
        ]
        accepted = [
            each and (each["of_ensemble"], each["status"]) == ("BUILDING", "RESERVED")
            for each in others
        ]
        self._holds(
            not others or not all(accepted),
            f"{[names[key] for key in sorted(over)]} is promised twice",
        )

    def _is_deposed(self) -> bool:
        """Whether others have the lease of whoever acts, since its process stood still."""
        task = self._world.tasks.current
        late = bool(task.about) and bool(task.process.paused_until)
        return late and self._recorded.owner(task.about) != task.process.name
