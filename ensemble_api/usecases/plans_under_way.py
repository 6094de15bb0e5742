# SPDX-License-Identifier: Apache-2.0
"""What the plans of one process are about to take, so that no two of them want the same.

The planner gives the same plan for the same question: of many creates at one moment all but the
first would find that their hosts are taken, and plan anew, one after the other.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

from ensemble_api.planning import result

LONGEST: Final = 60.0  # seconds until what is neither held nor given up is forgotten
PATIENCE: Final = 2.0  # seconds that a plan waits for its turn; some take the solver's time

Taken: TypeAlias = tuple[str, Mapping[str, int]]
"""A host, and what one member takes there, as ``ensemble_api.shares`` writes it."""


@dataclass(frozen=True, slots=True)
class _UnderWay:
    plan: result.Plan
    taken: Sequence[Taken]
    until: float


class PlansUnderWay:
    """Plans between being made and being held. All methods may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn = threading.Lock()
        self._plans: dict[int, _UnderWay] = {}  # by identity: equal plans are two

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have others wait until a plan is made and added; go on even so if one takes long."""
        is_ours = self._turn.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            if is_ours:
                self._turn.release()

    def taken(self) -> list[Taken]:
        """What all of them take."""
        now = self._clock()
        return [each for one in [*self._plans.values()] if one.until > now for each in one.taken]

    def add(self, plan: result.Plan, taken: Sequence[Taken]) -> None:
        """Count this plan from now on."""
        now = self._clock()
        for each in [*self._plans.values()]:
            if each.until <= now:
                self.remove(each.plan)
        self._plans[id(plan)] = _UnderWay(plan, taken, now + LONGEST)

    def remove(self, plan: result.Plan) -> None:
        """Count it no more: it is held, or it is given up; one that is not counted is fine."""
        self._plans.pop(id(plan), None)
