# SPDX-License-Identifier: Apache-2.0
"""Live migrations of members: each is saved as intent before Nova is asked, and as result after."""

import logging
from collections.abc import Mapping

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session
from ensemble_api.execution.actions import MoveServer, RecordMove, StopMove
from ensemble_api.execution.build import pause_after
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.moves import MOST_TRIES
from ensemble_api.operations import MoveStatus, Requester
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.store.api import Store

LOG = logging.getLogger(__name__)


class Moves:
    """Has Nova move members to hosts on which their capacity is held under the members' ids."""

    def __init__(
        self,
        store: Store,
        session: Session,
        compute: Compute,
        reservation: Reservation,
        handovers: Handovers,
        *,
        owner: str,
    ) -> None:
        self._store = store
        self._session = session
        self._compute = compute
        self._reservation = reservation
        self._handovers = handovers
        self._owner = owner

    def carry_out(
        self,
        ensemble: EnsembleRecord,
        requester: Requester,
        action: MoveServer | RecordMove | StopMove,
        guards: Mapping[str, str],
    ) -> None:
        """Do what was decided; ``guards`` are those that close hosts, by the member's id.

        :raises ensemble_api.exception.LeaseLost: when another worker has the ensemble.
        """
        member = action.member
        if isinstance(action, MoveServer):
            self._ask(ensemble, requester, member, guards.get(member.id))
            return
        # Also what a process that has died did not give up.
        self._reservation.release(member.id)
        if isinstance(action, RecordMove):
            self._store.save_moved(ensemble, member, self._owner)
        else:
            self._store.save_move(ensemble, member, self._owner, status=MoveStatus.GIVEN_UP)

    def _ask(
        self,
        ensemble: EnsembleRecord,
        requester: Requester,
        member: MemberRecord,
        guard: str | None,
    ) -> None:
        """Hand a member over from what is held on its new host to its server, which goes there."""
        goal = ensemble.operation.moves[member.id].move if ensemble.operation else None
        if goal is None:
            return
        tries = goal.tries + 1
        asked = {"status": MoveStatus.ASKED, "tries": tries, "refusal": ""}
        self._store.save_move(ensemble, member, self._owner, **asked)
        self._reservation.release(member.id)
        context = self._session.acting_for(requester, ensemble.project_id, moves=True)
        # Placement and Keystone may have taken their time.
        self._store.check_lease(ensemble, self._owner)
        try:
            self._compute.live_migrate(context, str(member.server_id), member.host)
        except exception.CloudError as error:
            LOG.info("Nova did not move %s of %s: %s", member.name, ensemble.id, error)
            lasting = pause_after(error.status, goal.tries) is None
            self._wait(ensemble, member, MOST_TRIES if lasting else tries, error.message)
            self._handovers.end(guard)

    def _wait(
        self, ensemble: EnsembleRecord, member: MemberRecord, tries: int, refusal: str
    ) -> None:
        """Save that Nova did not take the request, with the capacity held anew if it is free."""
        try:
            self._reservation.hold(ensemble.project_id, ensemble.user_id, [member])
        except (exception.CapacityTaken, exception.Unavailable):
            LOG.info("Others took what %s of %s was to have", member.name, ensemble.id)
        waits = {"status": MoveStatus.WAITING, "tries": tries, "refusal": refusal}
        try:
            self._store.save_move(ensemble, member, self._owner, **waits)
        except exception.LeaseLost:
            # Whoever has the ensemble now does not know of this hold.
            self._reservation.release(member.id)
            raise
