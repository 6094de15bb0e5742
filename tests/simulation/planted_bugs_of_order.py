# SPDX-License-Identifier: Apache-2.0
"""Bugs of the order of tiers, to be planted as those of ``planted_bugs``."""

from typing import Any

from ensemble_api.execution import decide, removal
from tests.simulation.planting import Patch, around


def _for_nobody(awaited: Any, ensemble: Any, *more: Any, **how: Any) -> Any:
    return {}


def _nobody(kept: Any, *_: Any) -> Any:
    return frozenset()


PROVOKED: dict[str, tuple[str, ...]] = {
    "a tier is built before those that it waits for": ("ordered",),
    "a tier is removed before those that wait for it": ("ordered",),
}

BUGS: dict[str, list[Patch]] = {
    "a tier is built before those that it waits for": [
        around(decide, "awaited_tiers", _for_nobody)
    ],
    "a tier is removed before those that wait for it": [around(removal, "kept_meanwhile", _nobody)],
}
