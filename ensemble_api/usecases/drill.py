# SPDX-License-Identifier: Apache-2.0
"""Tell what failures would do to an ensemble that runs, and which repair would follow."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.planning.drill import Drill, drill, drills, ranked
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.current_state import CurrentState
from ensemble_api.results.drill import DrillResult
from ensemble_api.solver.process import solve
from ensemble_api.usecases.capacity import Free, FreeCapacity
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
        looks = _Looks(self._compute, self._free_capacity, for_owner(context, record), record)
        topology = looks.none.capacity.snapshot.topology
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

        def drilled(*, most: bool = False) -> tuple[Drill, ...]:
            def seen(*domains: FailureDomain) -> tuple[Ensemble, Snapshot]:
                return looks.without(_left(placed, topology, domains), most=most)

            if asked.level is not None:
                ensemble, snapshot = seen()
                return drills(
                    ensemble,
                    placed,
                    snapshot,
                    asked.level,
                    solve=solve,
                    stopped=stopped,
                    homes=homes,
                    seen=seen,
                )
            ensemble, snapshot = seen(*failed)
            return (
                drill(
                    ensemble, placed, snapshot, failed, solve=solve, stopped=stopped, homes=homes
                ),
            )

        try:
            found = drilled()
            if looks.none.most is not None and any(each.repair.fits is False for each in found):
                found = _perhaps(found, drilled(most=True))
        except (KeyError, ModelError) as error:
            raise exception.Conflict(_CLOUD_CHANGED()) from error
        return DrillResult(record, topology, asked.level, found, state.labels, state.at)


class _Looks:
    """The cloud as one ensemble may use it: as a repair sees it of the members that it is for.

    What members take is that of their tiers, but for those that their tenant has resized.
    """

    def __init__(
        self,
        compute: Compute,
        free_capacity: FreeCapacity,
        context: Context,
        record: EnsembleRecord,
    ) -> None:
        self._free_capacity = free_capacity
        self._context = context
        self._record = record
        self._stored = StoredRequests(compute)
        self._readings = free_capacity.readings(context)
        self._resized = self._stored.resized(context, record)
        self._requests: dict[frozenset[Member], tuple[Ensemble, Free]] = {}
        self._snapshots: dict[tuple[frozenset[Member], bool], Snapshot] = {}
        _, self.none = self._look(frozenset())
        """What is free for members as their tiers are."""

    def without(self, left: Collection[Member], *, most: bool) -> tuple[Ensemble, Snapshot]:
        """The ensemble and the cloud for those of its members that are not ``left``.

        What is free is so for sure, or with ``most`` at most. What is held for recovery is for just
        this.
        """
        lost = frozenset(
            Member(each.tier, each.index) for each in self._record.described_members
        ).difference(left)
        lost = lost if lost & self._resized else frozenset()
        ensemble, free = self._look(lost)
        if (lost, most) not in self._snapshots:
            capacity = free.most if most and free.most is not None else free.capacity
            whole = self._free_capacity.with_own(capacity, self._record.id)
            self._snapshots[lost, most] = whole.snapshot
        return ensemble, self._snapshots[lost, most]

    def _look(self, lost: frozenset[Member]) -> tuple[Ensemble, Free]:
        if lost not in self._requests:
            request = self._stored.request(self._context, self._record, lost)
            free = self._free_capacity.free(
                self._context, request, self._readings, {self._record.id}, {self._record.id}
            )
            self._requests[lost] = request.ensemble, free
        return self._requests[lost]


def _left(
    placed: Assignment, topology: Topology, failed: Collection[FailureDomain]
) -> frozenset[Member]:
    """Those that keep their places when these domains fail; also where the cloud has no such."""
    return frozenset(
        member
        for member, host in placed.items()
        if host not in topology
        or not any(topology.domain_of(host, each.level) == each for each in failed)
    )


def _placed(state: CurrentState) -> dict[Member, str]:
    """Where members have a place that they keep: also those that are stopped, or not known of."""
    return {
        Member(each.member.tier, each.member.index): each.host
        for each in state.members
        if each.host and each.status not in (None, "ERROR") and each.host in state.up
    } | dict(state.left)


def _perhaps(found: tuple[Drill, ...], most: tuple[Drill, ...]) -> tuple[Drill, ...]:
    """Take back what is impossible only by what may have been counted twice, being handed over."""
    possible = {each.domains: each.repair.fits for each in most}
    return ranked(
        [
            replace(each, repair=Repair(None))
            if each.repair.fits is False and possible[each.domains] is not False
            else each
            for each in found
        ]
    )
