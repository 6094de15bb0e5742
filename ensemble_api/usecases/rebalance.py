# SPDX-License-Identifier: Apache-2.0
"""Move members to where the ensemble is spread best, with a preview first."""

import hashlib
import json
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.operations import Requester
from ensemble_api.planning import result
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.model import Member
from ensemble_api.planning.moving import Move, Moved
from ensemble_api.planning.rebalancing import rebalance
from ensemble_api.planning.scaling import restore
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.records import EnsembleRecord, places
from ensemble_api.results.dry_run import DryRun
from ensemble_api.solver.process import solve
from ensemble_api.store import rows
from ensemble_api.store.saved_plans import SavedPlans
from ensemble_api.usecases.capacity import LOOKS, PAUSE, FreeCapacity
from ensemble_api.usecases.change_request import BUSY
from ensemble_api.usecases.intent import plan_summary
from ensemble_api.usecases.member_moves import MemberMoves, PlannedMoves
from ensemble_api.usecases.member_servers import MemberServers
from ensemble_api.usecases.repair_plans import RepairPlans
from ensemble_api.usecases.requesters import requester
from ensemble_api.usecases.reserve import refusal
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.usecases.stored_requests import StoredRequests, for_owner
from ensemble_api.views import stored_plans

_NOT_BUILT = Sentence(
    "conflict.nothing-to-rebalance-yet",
    "Only the members of an ensemble that is built can move; this one is %(status)s.",
)
_LOST = Sentence(
    "conflict.rebalance-lost",
    "%(count)s member is lost. Repair the ensemble first, and then spread it anew.",
    "%(count)s members are lost. Repair the ensemble first, and then spread it anew.",
)
_BEST = Sentence(
    "conflict.spread-best",
    "The members are where failures take the least, as far as is known, so nobody is to move.",
)
_MOVES = Sentence(
    "rebalance.moves",
    "%(count)s member moves to another host, and then failures take the least.",
    "%(count)s members move to other hosts, and then failures take the least.",
)
_MOVES_CLOSER = Sentence(
    "rebalance.moves-closer",
    "%(count)s member moves to another host, and then failures take less.",
    "%(count)s members move to other hosts, and then failures take less.",
)
_CANNOT = Sentence("rebalance.cannot", "The members cannot be spread better now.")
_OTHER_CLOUD = Sentence(
    "conflict.rebalance-other-cloud",
    "Some of its servers are on hosts that are not observed; try again in a moment.",
)
_PLAN = Sentence(
    "conflict.rebalance-plan",
    "The moves as they were previewed cannot be had any more, so nothing was moved. Preview again.",
)


@dataclass(frozen=True, slots=True)
class RebalancePreview:
    """What a rebalancing would come to: the plan, and the moves in their order, or why it fails."""

    dry_run: DryRun
    moves: tuple[Move, ...] = ()

    @property
    def message(self) -> Message:
        """Say how many members move, if any do."""
        found = self.dry_run.result
        if isinstance(found, result.Infeasible):
            return _CANNOT()
        if not self.moves:
            return _BEST()
        counts = {result.SOFT_VIOLATIONS, *map(result.worst_losses, self.dry_run.topology.levels)}
        is_best = all(each.value <= each.bound for each in found.objectives if each.name in counts)
        return (_MOVES if is_best else _MOVES_CLOSER)(count=len(self.moves))


class Rebalances:
    """Previews and starts moves to the best spread; the worker carries them out."""

    def __init__(
        self,
        compute: Compute,
        free_capacity: FreeCapacity,
        repair_plans: RepairPlans,
        saved_plans: SavedPlans,
        moves: MemberMoves,
        *,
        check_rights: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._compute = compute
        self._servers = MemberServers(compute)
        self._free_capacity = free_capacity
        self._repair_plans = repair_plans
        self._saved_plans = saved_plans
        self._moves = moves
        self._check_rights = check_rights
        self._sleep = sleep

    def preview(self, context: Context, record: EnsembleRecord) -> RebalancePreview:
        """Plan the moves without touching anything; the plan is kept for a while.

        :raises ensemble_api.exception.Conflict: when something is under way, not built, or lost.
        """
        self._check(record)
        found, moves, request, capacity = self._find(context, record)
        dry_run = DryRun(
            found,
            capacity.snapshot.topology,
            at=rows.iso(rows.now()),
            unplanned={tier.name: tier.unplanned for tier in request.ensemble.tiers},
            policies=request.ensemble.policies,
            name=record.name,
        )
        if isinstance(found, result.Infeasible):
            return RebalancePreview(dry_run)
        topology = capacity.snapshot.topology
        labels = plan_summary(record, request, found, capacity)["labels"]
        dry_run = replace(
            dry_run,
            labels={**record.plan.get("labels", {}), **labels},
            left=tuple(each.source for each in moves),
        )
        if not moves:
            return RebalancePreview(dry_run)
        content = {
            **stored_plans.written(found, topology, record.project_id, labels),
            "moves": [[each.member.tier, each.member.index, each.source] for each in moves],
        }
        plan_id = self._saved_plans.keep(record.project_id, _digest(record), content)
        return RebalancePreview(replace(dry_run, id=plan_id), moves)

    def rebalance(
        self,
        context: Context,
        record: EnsembleRecord,
        plan_id: str | None = None,
        asking: Requester | None = None,
        closed: Collection[str] = (),
    ) -> EnsembleRecord:
        """Hold what the members take on their new hosts, and leave the rest to the worker.

        ``plan_id`` names the preview that is to be carried out, ``asking`` in whose name, if not in
        that of the caller. Nobody comes to hosts that are ``closed``.

        :raises ensemble_api.exception.Conflict: as ``preview`` does, or when nobody is to move.
        :raises ensemble_api.exception.PlanChanged: when what was previewed cannot be had any more.
        :raises ensemble_api.exception.InfeasibleEnsemble: with the reasons why nothing can move.
        """
        self._check(record)
        self._check_rights()

        def plan() -> PlannedMoves:
            found, moves, request, capacity = self._find(
                context, record, plan_id, to_reserve=True, closed=closed
            )
            if isinstance(found, result.Infeasible):
                raise refusal(found)
            if not moves:
                raise exception.Conflict(_BEST())
            return PlannedMoves(record, request, capacity, found, moves)

        return self._moves.begin(context, asking or requester(context), plan)

    def _check(self, record: EnsembleRecord) -> None:
        if record.operation is not None:
            raise exception.Conflict(BUSY(), operation=record.operation.id)
        if not record.status.built:
            raise exception.Conflict(_NOT_BUILT(status=record.status.value))
        if lost := self._repair_plans.lost(record):
            raise exception.Conflict(_LOST(count=len(lost)))

    def _find(
        self,
        context: Context,
        record: EnsembleRecord,
        plan_id: str | None = None,
        *,
        to_reserve: bool = False,
        closed: Collection[str] = (),
    ) -> tuple[result.Plan | result.Infeasible, tuple[Move, ...], ResolvedRequest, Capacity]:
        """The best spread on the cloud as it is now, or as it was previewed; who moves for it."""
        acting = for_owner(context, record)
        stored = StoredRequests(self._compute)
        request = stored.request(acting, record)
        running = places(record.described_members)
        # Those with another flavor than their tier are not alike with it, and stay.
        fixed = self._servers.unmovable(acting, record) | stored.resized(acting, record)
        for look in range(1, LOOKS + 1):
            readings = self._free_capacity.readings(context, to_reserve=to_reserve)
            free = self._free_capacity.free(acting, request, readings, {record.id})
            snapshot = self._repair_plans.without_failed(
                free.capacity.snapshot, request.ensemble, running, closed
            )
            found: Moved | result.Infeasible | None
            try:
                if plan_id is None:
                    found = rebalance(request.ensemble, running, snapshot, solve=solve, fixed=fixed)
                else:
                    found = self._previewed(record, request, running, snapshot, plan_id)
            except (KeyError, ModelError) as error:
                raise exception.Conflict(_OTHER_CLOUD()) from error
            if isinstance(found, tuple):
                return *found, request, free.capacity
            if free.most is None or look == LOOKS:
                break
            self._sleep(PAUSE)  # what is being handed over may be counted twice
        if not isinstance(found, result.Infeasible):
            raise exception.PlanChanged(_PLAN())
        return found, (), request, free.capacity

    def _previewed(
        self,
        record: EnsembleRecord,
        request: ResolvedRequest,
        running: result.Assignment,
        snapshot: Snapshot,
        plan_id: str,
    ) -> Moved | None:
        """The moves that were previewed; None when they cannot be had any more."""
        known = self._saved_plans.find(record.project_id, plan_id)
        if known is None or known.expired or known.digest != _digest(record):
            return None
        before = stored_plans.read(known.content)
        found = restore(
            request.ensemble,
            running,
            snapshot,
            before.assignment,
            before.objectives,
            sources={
                Member(tier, index): host for tier, index, host in known.content.get("moves", ())
            },
            promised=request.ensemble.policies,
        )
        return None if found is None else (found.plan, found.moved)


def _digest(record: EnsembleRecord) -> str:
    """What is to be moved, in short."""
    asked = ["rebalance", record.id, record.generation]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
