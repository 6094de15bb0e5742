# SPDX-License-Identifier: Apache-2.0
"""What must hold when Placement is asked to hold capacity, or to let it go."""

from collections.abc import Mapping
from typing import Any

from ensemble_api.cloud.reservation import RECOVERY_TYPE
from ensemble_api.records import MemberStatus
from tests.fakes.placement import HOLD
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.ours import World
from tests.simulation.tasks import Task

_REMOVING = ("ROLLING_BACK", "DELETING", "RESERVING")


class Holds:
    """Holds are recorded before they are made, and given up with an intent alone."""

    def __init__(self, world: World, findings: Findings, recorded: Recorded) -> None:
        self._world = world
        self._holds = findings.holds
        self._recorded = recorded
        self._intended: dict[Task, tuple[float, bool]] = {}
        world.asked = self.asked
        world.sent = self.sent

    def asked(self, method: str, url: str, body: Any) -> None:
        """Placement is about to do something."""
        if method == "POST" and url == "/allocations":
            for consumer, each in body.items():
                if each["allocations"] and each["consumer_type"] != RECOVERY_TYPE:
                    self._holds(self._recorded.member(consumer), "a hold without a saved intent")
        if method == "DELETE":
            consumer = url.rpartition("/")[2]
            known = self._world.placement.consumers_by_id.get(consumer)
            row = self._recorded.member(consumer)
            if known is not None and known.type == HOLD and row is not None:
                self._accepted_once(consumer, row, known.allocations)
                self._holds(
                    self._is_intended(consumer, row) or self._is_late(),
                    f"the hold of {row['tier']}-{row['number']} is released before its intent",
                )

    def sent(self, method: str, url: str) -> None:
        """Placement is asked for something, and does it when the request arrives."""
        consumer = url.rpartition("/")[2]
        row = self._recorded.member(consumer) if method == "DELETE" else None
        self._intended[self._world.tasks.current] = (
            self._world.tasks.now,
            row is not None and self._is_intended(consumer, row),
        )

    def _is_intended(self, consumer: str, row: Any) -> bool:
        """Whether it is recorded that a member's hold goes, or its server is there."""
        return (
            row["status"] != MemberStatus.RESERVED.value
            or any(each.member_id == consumer for each in self._world.nova.running())
            or row["of_ensemble"] in _REMOVING
            or row["of_change"] in ("RESERVING", "UNDOING")
        )

    def _is_late(self) -> bool:
        """Whether it was intended when it was asked for, and the process stood still since then.

        Others may have held the capacity anew meanwhile, and Placement does not ask who has the
        lease: see doc/architecture/reliability.md.
        """
        task = self._world.tasks.current
        sent_at, intended = self._intended[task]
        return intended and task.process.paused_until > sent_at

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
