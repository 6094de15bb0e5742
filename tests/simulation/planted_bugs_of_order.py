# SPDX-License-Identifier: Apache-2.0
"""Bugs of the order of tiers, to be planted as those of ``planted_bugs``."""

from typing import Any

from ensemble_api.execution import decide, removal
from tests.simulation.planting import Patch, around


def _for_nobody(awaited: Any, ensemble: Any, *more: Any, **how: Any) -> Any:
    return {}


def _for_its_own_alone(awaited: Any, ensemble: Any, *more: Any, **how: Any) -> Any:
    """The tiers of those that are built are known, and those that are brought back forgotten."""
    moves = ensemble.operation.moves
    found = awaited(ensemble, *more, **how)
    return {key: tiers for key, tiers in found.items() if key not in moves}


def _nobody(kept: Any, *_: Any) -> Any:
    return frozenset()


PROVOKED: dict[str, tuple[str, ...]] = {
    "a tier is built before those that it waits for": ("ordered",),
    "a tier is brought back before those that it waits for": ("ordered", "heals", "power"),
    "a tier is removed before those that wait for it": ("ordered",),
}

BUGS: dict[str, list[Patch]] = {
    "a tier is built before those that it waits for": [
        around(decide, "awaited_tiers", _for_nobody)
    ],
    "a tier is brought back before those that it waits for": [
        around(decide, "awaited_tiers", _for_its_own_alone)
    ],
    "a tier is removed before those that wait for it": [around(removal, "kept_meanwhile", _nobody)],
}
