# SPDX-License-Identifier: Apache-2.0
"""Which moves would let the policies hold that servers do not meet as they stand."""

from collections.abc import Collection

from ensemble_api.context import Context
from ensemble_api.planning.mending import mend
from ensemble_api.planning.model import Member
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.results.adoption import Mending
from ensemble_api.solver.process import solve
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.resolve import ResolvedRequest


class AdoptionMoves:
    """Plans moves of servers that are no members yet; nothing is done."""

    def __init__(self, free_capacity: FreeCapacity) -> None:
        self._free_capacity = free_capacity

    def mending(
        self,
        context: Context,
        request: ResolvedRequest,
        running: Assignment,
        fixed: Collection[Member],
    ) -> Mending | None:
        """The fewest moves with which all holds, or why there are none.

        Those of ``fixed`` are not moved. None where the cloud has changed meanwhile.
        """
        readings = self._free_capacity.readings(context)
        free = self._free_capacity.free(context, request, readings)
        snapshot = free.capacity.snapshot
        try:
            found = mend(request.ensemble, running, snapshot, solve=solve, fixed=fixed)
        except KeyError:
            return None
        if isinstance(found, Infeasible):
            return Mending(snapshot.topology, refused=found)
        return Mending(snapshot.topology, moves=found[1])
