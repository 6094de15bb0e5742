# SPDX-License-Identifier: Apache-2.0
"""Bugs of the capacity that is held for recovery, to be planted as those of ``planted_bugs``."""

from dataclasses import replace
from typing import Any

from ensemble_api.planning import recovery_holds as planned_holds
from ensemble_api.recovery_hold import Amount, HoldStatus
from ensemble_api.store import recovery_holds as stored_holds
from ensemble_api.store.recovery_holds import RecoveryHolds
from ensemble_api.usecases.auto_reserve import AutoReserve
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity
from tests.simulation.planting import Patch, around, nothing_done, nothing_of


def _given_back_first(use: Any, recovery: Any, record: Any, servers: Any) -> None:
    if servers:
        held = (each for each in recovery._stored.of(record.id) if each.status is HoldStatus.HELD)
        recovery._holds.give_back_recovery(each.id for each in held)
    use(recovery, record, servers)


def _once(hold: Any, reserves: Any, standing: Any) -> Any:
    used = any(each.status.in_use for each in reserves._stored.of(standing.record.id))
    return True if used else hold(reserves, standing)


def _new_alone(self: Any, record: Any, states: Any, now: Any) -> bool:
    return record.id not in self._planned


def _without_policies(recover: Any, hits: Any, **how: Any) -> Any:
    free = [replace(each, ensemble=replace(each.ensemble, policies=())) for each in hits]
    return recover(free, **how)


def _unused(*_: Any) -> Amount:
    return Amount(0, 0)


_HELD = ("reserves", "room")
_LOST = (*_HELD, "heals", "power")
PROVOKED: dict[str, tuple[str, ...]] = {
    "a reserve is given back before its hosts are closed": _LOST,
    "a reserve is not held again after a repair": _LOST,
    "a reserve outlives its ensemble": _HELD,
    "a reserve is held without a saved intent": _HELD,
    "room for lost members is open to all": (*_LOST, "neighbour", "operator"),
    "a reserve is planned without the policies": (*_HELD, "policies", "apart"),
    "a reserve is planned once and for all": (*_LOST, "changes"),
    "a repair does not use what is held for it": ("reserves", "heals", "power", "neighbour"),
    "what a project may have held is not counted": (*_HELD, "all at once"),
}

BUGS: dict[str, list[Patch]] = {
    "a reserve is given back before its hosts are closed": [
        around(RecoveryCapacity, "use", _given_back_first)
    ],
    "a reserve is not held again after a repair": [around(AutoReserve, "_hold", _once)],
    "a reserve outlives its ensemble": [
        (RecoveryHolds, "left_over", nothing_of),
        (RecoveryCapacity, "give_back", nothing_done),
    ],
    "a reserve is held without a saved intent": [(RecoveryHolds, "intend", nothing_done)],
    "room for lost members is open to all": [(stored_holds, "closed", nothing_of)],
    "a reserve is planned without the policies": [
        around(planned_holds, "recover", _without_policies)
    ],
    "a reserve is planned once and for all": [(AutoReserve, "_is_due", _new_alone)],
    "a repair does not use what is held for it": [(RecoveryCapacity, "use", nothing_done)],
    "what a project may have held is not counted": [(stored_holds, "_used", _unused)],
}
