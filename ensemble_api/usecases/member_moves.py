# SPDX-License-Identifier: Apache-2.0
"""Begin to move members that run: saved first, held in one step, then left to the worker."""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.context import Context
from ensemble_api.operations import Operation, OperationStatus, OperationType, Requester
from ensemble_api.operations import outcome as outcome_of
from ensemble_api.planning import result
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.model import Member
from ensemble_api.planning.moving import Move
from ensemble_api.records import EnsembleRecord
from ensemble_api.store import rows
from ensemble_api.store.api import Store
from ensemble_api.usecases.change_request import BUSY
from ensemble_api.usecases.holds import Holds, MovingEnsemble, pause
from ensemble_api.usecases.intent import move_goal, next_attempt, plan_summary
from ensemble_api.usecases.reserve import RESERVE_SECONDS, contended, refusal
from ensemble_api.usecases.resolve import ResolvedRequest

LOG = logging.getLogger(__name__)

_RESERVED: Final = {
    OperationType.MOVE: Sentence(
        "event.moves-reserved",
        "Capacity for %(count)s member that moves is held on another host.",
        "Capacity for %(count)s members that move is held on other hosts.",
    ),
    OperationType.DRAIN: Sentence(
        "event.moves-for-maintenance",
        "%(count)s member moves to another host: its host is to be maintained.",
        "%(count)s members move to other hosts: a host of theirs is to be maintained.",
    ),
}
_WAS_CANCELLED = Sentence("conflict.moves-cancelled", "The moves were cancelled meanwhile.")


@dataclass(frozen=True, slots=True)
class PlannedMoves:
    """The moves of one ensemble in their order, as they were planned on ``capacity``."""

    record: EnsembleRecord
    request: ResolvedRequest
    capacity: Capacity
    plan: result.Plan
    moves: Sequence[Move]

    @property
    def moving(self) -> MovingEnsemble:
        """What is to be held for them."""
        places = dict(self.plan.assignment)
        return MovingEnsemble(self.record, self.request, self.capacity, places)


class MemberMoves:
    """Begins operations that move members by live migration, one after the other."""

    def __init__(
        self,
        store: Store,
        holds: Holds,
        *,
        owner: str,
        attempts: int,
        wake: Callable[[], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._holds = holds
        self._owner = owner
        self._attempts = attempts
        self._wake = wake
        self._sleep = sleep

    def begin(
        self,
        context: Context,
        asking: Requester,
        plan: Callable[[], PlannedMoves],
        kind: OperationType = OperationType.MOVE,
    ) -> EnsembleRecord:
        """Plan on a fresh look, save that, and hold what it takes, as often as it takes.

        ``plan`` gives at least one move, or raises what is to be told. ``kind`` is that of the
        operation.

        :raises ensemble_api.exception.Conflict: when something else is under way by now.
        :raises ensemble_api.exception.InfeasibleEnsemble: when others are quicker each time.
        """
        saved: PlannedMoves | None = None
        accepted: PlannedMoves | None = None
        try:
            for attempt in range(self._attempts):
                fresh = _with_operation(plan(), asking, kind)
                saved = self._save(saved, fresh)
                try:
                    self._holds.hold_moves(context, [saved.moving])
                except exception.CapacityTaken:
                    LOG.info("Others took where members of %s were to go", saved.record.id)
                    self._sleep(pause(attempt))
                    continue
                reserved = _RESERVED[kind](count=len(saved.moves))
                if not self._store.run_change(saved.record, reserved):
                    raise exception.Conflict(_WAS_CANCELLED())
                accepted = saved
                break
            if accepted is None:
                raise refusal(contended())
        except Exception:
            if saved is not None:
                self._holds.drop(saved.moving, self._owner)
            raise
        # From here on it runs: what it holds is the worker's.
        self._store.release(accepted.record.id, self._owner)
        self._wake()
        return self._store.get(accepted.record.id)

    def _save(self, saved: PlannedMoves | None, fresh: PlannedMoves) -> PlannedMoves:
        if saved is None:
            if not self._store.begin_moves([fresh.record], self._owner, RESERVE_SECONDS):
                raise exception.Conflict(BUSY())
            return fresh
        fresh = replace(fresh, record=next_attempt(saved.record, fresh.record))
        self._store.replan_change(fresh.record, self._owner, RESERVE_SECONDS)
        return fresh


def _with_operation(planned: PlannedMoves, asking: Requester, kind: OperationType) -> PlannedMoves:
    """The same with the operation that carries the moves out; what is described stays."""
    record, request, capacity = planned.record, planned.request, planned.capacity
    there = {Member(each.tier, each.index): each for each in record.members}
    goals = tuple(
        move_goal(
            there[each.member],
            each.source,
            each.target,
            request.demand(each.member),
            capacity,
        )
        for each in planned.moves
    )
    summary = plan_summary(record, request, planned.plan, capacity)
    operation = Operation(
        str(uuid.uuid4()),
        kind,
        OperationStatus.RESERVING,
        asking,
        goals,
        started_at=rows.iso(rows.now()),
        plan=outcome_of(summary),
    )
    # Who stays, should a move come to nothing, is known by the labels of before.
    known = {**record.plan, "labels": {**record.plan.get("labels", {}), **summary["labels"]}}
    return replace(planned, record=replace(record, plan=known, operation=operation))
