# SPDX-License-Identifier: Apache-2.0
"""Reserve the capacity of all members of ensembles that are made at once, or of none."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from ensemble_api import advice, exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.context import Context
from ensemble_api.planning import result
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.recovery import Recovery
from ensemble_api.recovery_hold import RecoveryHold
from ensemble_api.server_names import mark, server_name
from ensemble_api.store.api import Store
from ensemble_api.store.create_requests import RequestKey
from ensemble_api.usecases.capacity import TRY_AGAIN, FreeCapacity, MakePlan
from ensemble_api.usecases.holds import Holds, pause
from ensemble_api.usecases.intent import next_attempt
from ensemble_api.usecases.joint_request import JointRequest
from ensemble_api.usecases.new_volumes import NewVolumes
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity, named

LOG = logging.getLogger(__name__)

RESERVE_SECONDS = 60  # the lease of a create while it plans and reserves
_CONTENDED = result.Reason(
    "no-capacity",
    Sentence("reason.contended", "Others keep taking the capacity that it needs.")(),
    suggestion=TRY_AGAIN(),
)
_RESERVED = Sentence(
    "event.reserved",
    "Capacity for %(count)s member is reserved.",
    "Capacity for %(count)s members is reserved.",
)
_WAS_CANCELLED = Sentence("conflict.cancelled", "It was cancelled before anything was built.")
TOO_SLOW = Sentence("unavailable.too-slow", "Reserving took too long; try again later.")

MakeRecords: TypeAlias = Callable[[result.Plan, Capacity], Sequence[EnsembleRecord]]


class Reserve:
    """Plans on a fresh snapshot, saves the intent and holds every claim, as often as it takes."""

    def __init__(
        self,
        store: Store,
        free_capacity: FreeCapacity,
        holds: Holds,
        new_volumes: NewVolumes,
        recovery: RecoveryCapacity,
        *,
        owner: str,
        attempts: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._free_capacity = free_capacity
        self._holds = holds
        self._recovery = recovery
        self._new_volumes = new_volumes
        self._owner = owner
        self._attempts = attempts
        self._sleep = sleep

    def reserve(
        self,
        context: Context,
        request: JointRequest,
        plan: MakePlan,
        new_records: MakeRecords,
        request_keys: Sequence[Sequence[RequestKey]],
        *,
        others: bool = True,
    ) -> tuple[EnsembleRecord, ...]:
        """Give the ensembles, whose capacity is held and which are the worker's to build.

        All of them are, or none is. ``plan`` and ``new_records``, which are those of the whole in
        the order of the requests, are called anew whenever others have taken what was planned.
        ``request_keys`` of each are saved with its intent, ``others`` is whether it may be another
        plan where beside that nothing can be held for recovery.

        :raises ensemble_api.exception.DuplicateCreate: when another create has one of the keys.
        :raises ensemble_api.exception.InfeasibleEnsemble: with reasons; nothing is left then.
        """
        records: tuple[EnsembleRecord, ...] = ()
        try:
            for attempt in range(self._attempts):
                # 1 Plan on a fresh snapshot.
                planned, capacity = self._free_capacity.plan(
                    context,
                    request.whole,
                    plan,
                    own=[each.id for each in records],
                    to_reserve=True,
                    # Which hosts a hold for recovery takes is not known before; and what was taken
                    # under a first plan says that others are at work.
                    known=not attempt and not request.reserving,
                    changes=len(request.parts) == 1,
                )
                if isinstance(planned, result.Infeasible):
                    raise refusal(request.told(planned))
                try:
                    with self._free_capacity.holding(request.whole, planned, capacity):
                        known = [each.id for each in records] or [""] * len(request.parts)
                        planned, spare = self._recovery.beside(
                            context, known, request, planned, capacity, others=others
                        )
                        # 2 Save the intent, and that of what is to be held for recovery.
                        fresh = tuple(new_records(planned, capacity))
                        if records:
                            records = self._replanned(records, fresh)
                        else:
                            records = fresh
                            self._store.create_all(
                                records, self._owner, RESERVE_SECONDS, request_keys
                            )
                        records = tuple(map(self._with_mark, records))
                        spare = [
                            named(each, record.id)
                            for each, record in zip(spare, records, strict=True)
                        ]
                        for record, holds in _reserving(records, spare):
                            self._recovery.intend(record.id, holds, anew=True)
                        # 3 Hold every claim in one request, or none, and read the usages back.
                        self._hold(context, request, planned, capacity, records, spare)
                except exception.CapacityTaken:
                    first = records[0].id
                    LOG.info("Others took capacity planned for %s, attempt %d", first, attempt)
                    self._sleep(pause(attempt))
                    continue
                for record, holds in _reserving(records, spare):
                    self._recovery.settle(record.id, holds)
                self._hand_over(context, records)
                break
            else:
                raise refusal(contended())
        except exception.DuplicateCreate:
            raise  # before anything was saved
        except Exception:
            # Nothing was promised yet, so nothing may be left, whatever went wrong.
            for record in records:
                self._undo(context, record)
            raise
        for record in records:
            self._store.release(record.id, self._owner)
        return records

    def _hold(
        self,
        context: Context,
        request: JointRequest,
        planned: result.Plan,
        capacity: Capacity,
        records: Sequence[EnsembleRecord],
        spare: Sequence[Sequence[RecoveryHold]],
    ) -> None:
        """Hold what all members take, and what is for recovery.

        :raises ensemble_api.exception.CapacityTaken: when others were quicker; nothing is held.
        """
        first, *beside = records
        self._holds.hold(
            context,
            request.whole,
            planned,
            capacity,
            first,
            [member for each in records for member in each.members],
            recovery=self._recovery.claims([hold for each in spare for hold in each]),
            beside=[each.id for each in beside],
        )

    def _hand_over(self, context: Context, records: Sequence[EnsembleRecord]) -> None:
        """Have the worker build these, of which all is held."""
        # 4 Ask for root volumes, while there is a token of the tenant's.
        for record in records:
            self._new_volumes.make(context, record, record.members)
        # 5 All are the worker's with one commit: after a crash all are built, or none is.
        messages = {each.id: _RESERVED(count=len(each.members)) for each in records}
        if not self._store.begin_building(messages):
            # What there is goes, whoever else has held or removed something meanwhile.
            raise self._overtaken(records)

    def _replanned(
        self, saved: Sequence[EnsembleRecord], fresh: Sequence[EnsembleRecord]
    ) -> tuple[EnsembleRecord, ...]:
        """The same ensembles, with what is to be held now in the place of what was to be."""
        records = tuple(
            replace(next_attempt(before, each), id=before.id)
            for before, each in zip(saved, fresh, strict=True)
        )
        for record in records:
            self._store.replan(record, self._owner, RESERVE_SECONDS)
        return records

    def _with_mark(self, record: EnsembleRecord) -> EnsembleRecord:
        """The ensemble, with a mark for its servers' names if others have servers of these names.

        It is looked for once the intent is saved: of two at the same time, the later one sees it.
        """
        found = server_mark(self._store, record)
        if not found:
            return record
        marked = replace(record, plan={**record.plan, "mark": found})
        self._store.replan(marked, self._owner, RESERVE_SECONDS)
        return marked

    def _undo(self, context: Context, record: EnsembleRecord) -> None:
        try:
            self._new_volumes.remove(context, record, record.members)
            self._holds.give_back(record, record.members)
            self._recovery.drop(record.id)
            self._store.remove(record.id)
        except Exception as error:  # noqa: BLE001
            # The worker takes it over when the lease ends, and finds it interrupted.
            advice.log(LOG, f"Ensemble {record.id} could not be undone; the worker will", error)

    def _overtaken(self, records: Sequence[EnsembleRecord]) -> exception.EnsembleError:
        """Why ensembles are not being reserved any more, though their creator lives."""
        for record in records:
            try:
                status = self._store.get(record.id).status
            except exception.NotFound:
                status = Status.DELETING  # a worker was quicker
            if status is Status.DELETING:
                return exception.Conflict(_WAS_CANCELLED())
        # A worker found us too slow and rolled back, perhaps before we held anything.
        return exception.Unavailable(TOO_SLOW())


def _reserving(
    records: Sequence[EnsembleRecord], spare: Sequence[Sequence[RecoveryHold]]
) -> Iterator[tuple[EnsembleRecord, Sequence[RecoveryHold]]]:
    """The ensembles that want capacity to be held for recovery, each with what is to be held."""
    for record, holds in zip(records, spare, strict=True):
        if Recovery.of(record.body).reserve is not None:
            yield record, holds


def server_mark(store: Store, record: EnsembleRecord) -> str:
    """What tells an ensemble's servers from those of others by their names; empty if they do."""
    taken = [
        server_name(each.name, member, each.mark)
        for each in store.server_names(record.project_id, record.id)
        for member in each.members
    ]
    # What a tenant has named is called so, whatever others are called.
    ours = [each.name for each in record.members if each.tier not in record.named_tiers]
    return mark(record.id, record.name, ours, taken)


def contended() -> result.Infeasible:
    """That others were quicker each time."""
    return result.Infeasible((_CONTENDED,), proved=False)


def refusal(infeasible: result.Infeasible) -> exception.InfeasibleEnsemble:
    """The error about what does not fit, with its reasons."""
    return exception.InfeasibleEnsemble(
        exception.does_not_fit(reason.message for reason in infeasible.reasons),
        reasons=list(infeasible.reasons),
        proved=infeasible.proved,
    )
