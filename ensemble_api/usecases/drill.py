# SPDX-License-Identifier: Apache-2.0
"""Tell what failures would do to an ensemble that runs, and which repair would follow."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.planning.drill import Drill, drill, drills, ranked
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.planning.model import Member
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.current_state import CurrentState
from ensemble_api.results.drill import DrillResult
from ensemble_api.solver.process import solve
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.current_state import StoredStates
from ensemble_api.usecases.references import referenced
from ensemble_api.usecases.stored_requests import StoredRequests, for_owner

_NOT_BUILT = Sentence(
    "conflict.nothing-to-drill",
    "Only an ensemble that is built can be drilled; this is %(status)s.",
)
_NO_LEVEL = Sentence("invalid.no-level", "must be one of this cloud's levels: %(levels)s")
_CLOUD_CHANGED = Sentence(
    "conflict.cloud-changed",
    "The cloud has other hosts or levels than when the ensemble was last observed; try again in a "
    "moment.",
)


@dataclass(frozen=True, slots=True)
class DrillRequest:
    """What is to fail: each domain of a ``level``, one at a time, or ``domains`` all at once."""

    level: str | None = None
    domains: tuple[str, ...] = ()  # references


class Drills:
    """Fails domains in thought; nothing is moved, reserved or recorded."""

    def __init__(self, compute: Compute, free_capacity: FreeCapacity, states: StoredStates) -> None:
        self._compute = compute
        self._free_capacity = free_capacity
        self._states = states

    def drill(
        self, context: Context, record: EnsembleRecord, asked: DrillRequest, *, whole: bool
    ) -> DrillResult:
        """Tell what comes of failures now; ``whole`` is that of ``StoredStates.current_state``.

        :raises ensemble_api.exception.Invalid: when the cloud has no such level or domain.
        :raises ensemble_api.exception.Conflict: when no members run.
        """
        if not record.status.built:
            raise exception.Conflict(_NOT_BUILT(status=record.status.value))
        state = self._states.current_state(context, record, whole=whole)
        acting = for_owner(context, record)
        request = StoredRequests(self._compute).request(acting, record)
        free = self._free_capacity.free(
            acting, request, self._free_capacity.readings(acting), record.id, {record.id}
        )
        # What is held for recovery is for just this.
        capacity = self._free_capacity.with_own(free.capacity, record.id)
        topology = capacity.snapshot.topology
        if asked.level is not None and asked.level not in topology.levels:
            levels = listed(list(topology.levels))
            raise exception.Invalid(_NO_LEVEL(levels=levels), field="drill.level")
        failed = referenced(record.project_id, topology, asked.domains, field="drill.domains")

        placed = _placed(state)
        stopped = placed.keys() - state.left.keys()
        homes = {
            Member(each.member.tier, each.member.index): each.host
            for each in state.members
            if each.host
        }

        def drilled(snapshot: Snapshot) -> tuple[Drill, ...]:
            what = request.ensemble, placed, snapshot
            if asked.level is not None:
                return drills(*what, asked.level, solve=solve, stopped=stopped, homes=homes)
            return (drill(*what, failed, solve=solve, stopped=stopped, homes=homes),)

        try:
            found = drilled(capacity.snapshot)
            if free.most is not None and any(each.repair.fits is False for each in found):
                most = self._free_capacity.with_own(free.most, record.id)
                found = _perhaps(found, drilled, most.snapshot)
        except (KeyError, ModelError) as error:
            raise exception.Conflict(_CLOUD_CHANGED()) from error
        return DrillResult(record, topology, asked.level, found, state.labels, state.at)


def _placed(state: CurrentState) -> dict[Member, str]:
    """Where members have a place that they keep: also those that are stopped, or not known of."""
    return {
        Member(each.member.tier, each.member.index): each.host
        for each in state.members
        if each.host and each.status not in (None, "ERROR") and each.host in state.up
    } | dict(state.left)


def _perhaps(
    found: tuple[Drill, ...], drilled: Callable[[Snapshot], tuple[Drill, ...]], most: Snapshot
) -> tuple[Drill, ...]:
    """Take back what is impossible only by what may have been counted twice, being handed over."""
    possible = {each.domains: each.repair.fits for each in drilled(most)}
    return ranked(
        [
            replace(each, repair=Repair(None))
            if each.repair.fits is False and possible[each.domains] is not False
            else each
            for each in found
        ]
    )
