# SPDX-License-Identifier: Apache-2.0
"""Moves of members: each is saved as intent before Nova is asked, and as result after."""

import logging
from collections.abc import Mapping
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session
from ensemble_api.execution.actions import (
    AbortMove,
    MoveServer,
    RecordMove,
    StartServer,
    StopMove,
    StopServer,
)
from ensemble_api.execution.build import pause_after
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.moves import MOST_TRIES
from ensemble_api.operations import MoveKind, MoveStatus, Requester
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.store import rows
from ensemble_api.store.api import Store

LOG = logging.getLogger(__name__)

# What Nova answers where it does not evacuate a server for what that has, as shares or a vTPM: it
# answers it each time. Rights may be given back, and a host that is not found may return.
_OF_THE_SERVER = frozenset((400, 409))
_ITS_OWN_FAULT = 500  # from which status on what Nova answers says nothing of what it was asked


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
        action: MoveServer | AbortMove | StartServer | StopServer | RecordMove | StopMove,
        guards: Mapping[str, str],
    ) -> None:
        """Do what was decided; ``guards`` are those that close hosts, by the member's id.

        :raises ensemble_api.exception.LeaseLost: when another worker has the ensemble.
        """
        member = action.member
        if isinstance(action, MoveServer):
            self._ask(ensemble, requester, action, guards.get(member.id))
            return
        if isinstance(action, AbortMove):
            self._abort(ensemble, requester, member)
            return
        if isinstance(action, StartServer | StopServer):
            self._start_or_stop(ensemble, requester, action)
            return
        # Also what a process that has died did not give up.
        self._reservation.release(member.id)
        if isinstance(action, RecordMove):
            self._store.save_moved(ensemble, member, self._owner)
        else:
            given_up = {"status": MoveStatus.GIVEN_UP, "reason": action.reason}
            self._store.save_move(ensemble, member, self._owner, **given_up)

    def _ask(
        self,
        ensemble: EnsembleRecord,
        requester: Requester,
        action: MoveServer,
        guard: str | None,
    ) -> None:
        """Hand a member over from what is held on its new host to its server, which goes there."""
        member = action.member
        move = ensemble.operation.moves[member.id].move if ensemble.operation else None
        if move is None:
            return
        tries = move.tries + 1
        asked = {"status": MoveStatus.ASKED, "tries": tries, "refusal": "", "ran": action.ran}
        asked |= {"lasting": False, "asked_at": rows.iso(rows.now())}
        self._store.save_move(ensemble, member, self._owner, **asked)
        self._reservation.release(member.id)
        context = self._session.acting_for(
            requester,
            ensemble.project_id,
            moves=True,
            evacuates=move.kind is MoveKind.EVACUATION,
        )
        # Placement and Keystone may have taken their time. A server that finds no room on a host
        # which is open again is put in error by Nova.
        if not self._handovers.go_on(ensemble, guard):
            self._wait(ensemble, member, tries=move.tries, refusal=move.refusal)
            return
        ask = (
            self._compute.evacuate
            if move.kind is MoveKind.EVACUATION
            else self._compute.live_migrate
        )
        try:
            ask(context, str(member.server_id), member.host)
        except exception.CloudError as error:
            LOG.info("Nova did not move %s of %s: %s", member.name, ensemble.id, error)
            lasting = pause_after(error.status, move.tries) is None
            # What Nova tells an operator may name them.
            answer = error.message.replace(move.source, "[host]").replace(member.host, "[host]")
            self._wait(
                ensemble,
                member,
                tries=MOST_TRIES if lasting else tries,
                refusal=answer,
                lasting=error.status in _OF_THE_SERVER,
            )
            self._handovers.end(guard)

    def _abort(self, ensemble: EnsembleRecord, requester: Requester, member: MemberRecord) -> None:
        """Have a live migration ended; saving it first is what keeps it from being asked at once.

        It may be too late for that, as when the server already arrives.
        """
        self._store.save_move(ensemble, member, self._owner)
        context = self._session.acting_for(requester, ensemble.project_id, moves=True, removes=True)
        try:
            self._compute.abort_live_migration(context, str(member.server_id))
        except exception.CloudError as error:
            LOG.info("Nova goes on moving %s of %s: %s", member.name, ensemble.id, error)

    def _start_or_stop(
        self, ensemble: EnsembleRecord, requester: Requester, action: StartServer | StopServer
    ) -> None:
        """Have a server be what it was before; taken once, since its tenant may want it otherwise.

        It is asked with the tenant's rights alone, which a lock of its tenant withstands. What Nova
        may not have taken is asked again, which changes nothing of one that it has taken.
        """
        member, starts = action.member, isinstance(action, StartServer)
        done = {"started": True} if starts else {"stopped": True}
        context = self._session.acting_for(requester, ensemble.project_id)
        self._store.check_lease(ensemble, self._owner)
        ask = self._compute.start if starts else self._compute.stop
        try:
            ask(context, str(member.server_id))
        except exception.CloudError as error:
            what = "start" if starts else "stop"
            LOG.warning("Nova did not %s %s of %s: %s", what, member.name, ensemble.id, error)
            if error.status >= _ITS_OWN_FAULT:
                return
        self._store.save_move(ensemble, member, self._owner, **done)

    def _wait(self, ensemble: EnsembleRecord, member: MemberRecord, **told: Any) -> None:
        """Save that Nova did not take the request, with the capacity held anew if it is free."""
        try:
            self._reservation.hold(ensemble.project_id, ensemble.user_id, [member])
        except (exception.CapacityTaken, exception.Unavailable):
            LOG.info("Others took what %s of %s was to have", member.name, ensemble.id)
        try:
            self._store.save_move(ensemble, member, self._owner, status=MoveStatus.WAITING, **told)
        except exception.LeaseLost:
            # Whoever has the ensemble now does not know of this hold.
            self._reservation.release(member.id)
            raise
