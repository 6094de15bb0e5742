# SPDX-License-Identifier: Apache-2.0
"""Other hosts for members whose servers came to nothing, beside those that stand."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.context import Context
from ensemble_api.planning import result
from ensemble_api.planning.completion import complete
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, places
from ensemble_api.solver.process import solve
from ensemble_api.store.api import Store
from ensemble_api.usecases.capacity import PAUSE, FreeCapacity
from ensemble_api.usecases.holds import Holds, pause
from ensemble_api.usecases.intent import placement, plan_summary
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.usecases.stored_requests import StoredRequests

LOG = logging.getLogger(__name__)


class Replacement:
    """Plans members anew, saves the intent and holds their capacity on their new hosts."""

    def __init__(
        self,
        store: Store,
        compute: Compute,
        free_capacity: FreeCapacity,
        holds: Holds,
        reservation: Reservation,
        *,
        owner: str,
        attempts: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._compute = compute
        self._free_capacity = free_capacity
        self._holds = holds
        self._reservation = reservation
        self._owner = owner
        self._attempts = attempts
        self._sleep = sleep

    def replace(
        self, context: Context, record: EnsembleRecord, members: Sequence[MemberRecord]
    ) -> bool:
        """Give these members hosts that are not closed to them; say whether there are some.

        All others stay, as far as that can be: those of which Nova was not asked for anything yet
        are planned anew too where there is no other plan. The servers of these members are
        discarded then. When others keep taking the capacity, none is held, and Nova has to find out
        whether there is some. Without other hosts nothing is changed. ``context`` is that of the
        ensemble's owner.

        :raises ensemble_api.exception.LeaseLost: when another worker has the ensemble.
        """
        request = StoredRequests(self._compute).request(context, record)
        if self._plan(context, request, record, members):
            return True
        lacking = {each.id for each in members}
        held = [each for each in record.members if each.id not in lacking and _is_only_held(each)]
        if not held:
            return False
        # What they hold is offered to all again. A worker that dies here leaves it to Nova to find
        # room for them.
        self._store.check_lease(record, self._owner)
        self._holds.give_back(record, held)
        if self._plan(context, request, record, [*members, *held]):
            return True
        self._store.check_lease(record, self._owner)
        try:
            self._reservation.hold(record.project_id, record.user_id, held)
        except exception.CapacityTaken:
            LOG.info("Others took what members of %s had held", record.id)
        return False

    def _plan(
        self,
        context: Context,
        request: ResolvedRequest,
        record: EnsembleRecord,
        members: Sequence[MemberRecord],
    ) -> bool:
        """Plan these members and hold what they are to have; say whether there is a plan."""
        lacking = {each.id for each in members}
        closed = frozenset[str]().union(*(each.closed_hosts for each in members))
        running = places(each for each in record.described_members if each.id not in lacking)
        saved = False
        for attempt in range(self._attempts):
            readings = self._free_capacity.readings(context, to_reserve=True)
            free = self._free_capacity.free(context, request, readings, {record.id})
            capacity = free.capacity
            known = closed.intersection(capacity.snapshot.topology.hosts)
            try:
                planned = complete(request.ensemble, running, capacity.snapshot, known, solve=solve)
            except (KeyError, ModelError) as error:
                LOG.warning("Ensemble %s does not go with the cloud as it is: %s", record.id, error)
                return False
            if isinstance(planned, result.Infeasible):
                if free.most is None:
                    break
                self._sleep(PAUSE)  # what is being handed over may be counted twice
                continue
            # The intent is saved before anything is held.
            moved = [_moved(each, planned, capacity, request) for each in members]
            self._store.replace_members(
                record, moved, self._owner, plan_summary(record, request, planned, capacity)
            )
            saved = True
            for member in members:
                self._reservation.release(member.id)  # where its server was not asked for yet
            try:
                self._holds.hold(
                    context,
                    request,
                    planned,
                    capacity,
                    record,
                    moved,
                    running=running,
                    closed=known,
                )
            except exception.CapacityTaken:
                LOG.info("Others took capacity planned for %s, attempt %d", record.id, attempt)
                self._sleep(pause(attempt))
                continue
            try:
                self._store.save_replaced(record, moved, self._owner)
            except exception.LeaseLost:
                # Whoever has the ensemble now does not know of these holds.
                self._holds.give_back(record, moved)
                raise
            break
        return saved


def _is_only_held(member: MemberRecord) -> bool:
    """Whether Nova was not asked for a member's server, so that nothing but its hold moves."""
    asked = member.server_id or member.asked_at or member.discarded_servers
    return member.status is MemberStatus.RESERVED and not asked


def _moved(
    member: MemberRecord, planned: result.Plan, capacity: Capacity, request: ResolvedRequest
) -> MemberRecord:
    host = planned.assignment[Member(member.tier, member.index)]
    return replace(
        member,
        **placement(capacity, host, request.demands[member.tier]),
        discarded_servers=member.server_ids,
    )
