# SPDX-License-Identifier: Apache-2.0
"""Requests to Nova for the servers of members: saved, sent, postponed, and taken back."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ensemble_api import exception, signals
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session
from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG, tagged_member
from ensemble_api.context import Context
from ensemble_api.execution.build import pause_after
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.search import pause_after_losses
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus
from ensemble_api.server_names import member_server_name
from ensemble_api.signals import Signal, SignalUrls
from ensemble_api.store.api import Store
from ensemble_api.store.late_servers import may_be_of
from ensemble_api.store.progress import hints_row

LOG = logging.getLogger(__name__)

_REFUSED = Sentence("event.refused", "Nova refused %(member)s: %(answer)s")
_HOST_AWAITED = Sentence(
    "event.host-awaited",
    "The host planned for %(member)s does not report to Nova. It is waited for.",
)
_HOST_SOUGHT = Sentence(
    "event.host-sought",
    "No host is free for %(member)s just now. One is looked for again in a moment.",
)
_BUILD_INTERRUPTED = Sentence(
    "event.build-interrupted",
    "The build of %(member)s was interrupted in Nova, which is asked for it again.",
)
_DELETE_FORBIDDEN = Sentence(
    "event.delete-forbidden", "Nova does not let server %(server)s be deleted: %(answer)s"
)
_NOT_DELETED = Sentence("event.not-deleted", "Nova could not delete server %(server)s: %(answer)s")
_HOST_DOWN = "The planned host does not report."
_INTERRUPTED = "The build was interrupted."

FORBIDDEN = 403
HOST_PAUSE = 3.0  # seconds between two looks at whether a host reports
SEARCH_PAUSE = 15.0  # seconds between two searches for other hosts


class ServerRequests:
    """Asks Nova for servers and for their end; ``owner`` has the leases of their ensembles.

    ``fail`` is called when what is under way cannot reach its goals; ``signal_urls`` are for the
    guests that are to signal, None where they cannot.
    """

    def __init__(
        self,
        store: Store,
        session: Session,
        compute: Compute,
        reservation: Reservation,
        handovers: Handovers,
        *,
        owner: str,
        fail: Callable[[EnsembleRecord, Message], None],
        signal_urls: SignalUrls | None,
    ) -> None:
        self._store = store
        self._session = session
        self._compute = compute
        self._reservation = reservation
        self._handovers = handovers
        self._owner = owner
        self._fail = fail
        self._signal_urls = signal_urls

    def ask(
        self,
        ensemble: EnsembleRecord,
        requester: Requester,
        member: MemberRecord,
        hint: str | None,
    ) -> None:
        """Hand a member over from its hold to its server.

        Nova finds the planned host only when it has room, so the hold goes first. From the intent
        on, the member counts as a hand-over, which other ensembles' plans take into account.

        :raises ensemble_api.exception.LeaseLost: when another worker has the ensemble.
        """
        signal = self._signal_of(ensemble, member)
        self._store.save_server_request(ensemble, member, self._owner, hint, signal)
        # A server before it that is gone can leave its claim behind, as in a removal.
        for consumer in filter(None, (member.id, member.server_id)):
            self._reservation.release(consumer)
        context = self._session.acting_for(requester, ensemble.project_id, names_hosts=True)
        # Placement and Keystone may have taken their time. Nova keeps what a worker asks for that
        # has lost its lease and dies before it can delete it.
        if not self._handovers.go_on(ensemble, hint):
            self._postpone(
                ensemble,
                member,
                seconds=0.0,
                refusal=member.refusal,
                held=False,
                awaited=False,
                asked=False,
            )
            return
        template = ensemble.filled_template(member)
        if signal is not None:
            told = {**template.get("metadata", {}), signals.KEY: signal.url}
            template = {**template, "metadata": told}
        mark = ensemble.plan.get("mark", "")
        try:
            server_id = self._compute.create_server(
                context,
                member_server_name(template, ensemble.name, member.name, mark),
                member.host,
                template,
                [f"{ENSEMBLE_TAG}{ensemble.id}", f"{MEMBER_TAG}{member.id}"],
                hint,
            )
        except exception.CloudError as error:
            self._not_taken(ensemble, member, error)
            if not _is_doubtful(error):
                self._handovers.end(hint)
            return
        try:
            # What came of this request is known now; of others before it perhaps not.
            self._store.update_member(
                ensemble,
                member,
                self._owner,
                server_id=server_id,
                hints=hints_row(member.hints),
            )
        except exception.LeaseLost:
            if not may_be_of(self._store, member.id, server_id, hint):
                self._delete_unknown(context, member, server_id)
            raise

    def _signal_of(self, ensemble: EnsembleRecord, member: MemberRecord) -> Signal | None:
        """What a member's guest is to send, if anything: of each request another one."""
        if not ensemble.gate(member).signals:
            return None
        if self._signal_urls is None:
            LOG.warning("No guest of %s can signal: there is no signal_url", ensemble.id)
            return None
        return self._signal_urls.new()

    def _delete_unknown(self, context: Context, member: MemberRecord, server_id: str) -> None:
        """Delete a server that nobody will find, but not one that was released as a plain server.

        Such a one has no tags any more.
        """
        server = self._compute.server(context, server_id)
        if server is not None and tagged_member(server) == member.id:
            self.delete(context, server_id)

    def _not_taken(
        self, ensemble: EnsembleRecord, member: MemberRecord, error: exception.CloudError
    ) -> None:
        """Wait before Nova is asked again, with the capacity held anew if it is still there."""
        pause = pause_after(error.status, member.tries)
        if pause is None:
            self._fail(ensemble, _REFUSED(member=member.name, answer=error.message))
            return
        LOG.info("Nova did not take %s of %s: %s", member.name, ensemble.id, error)
        self._postpone(
            ensemble,
            member,
            seconds=pause,
            refusal=error.message,
            held=False,
            awaited=_is_doubtful(error),
        )

    def ask_later(
        self,
        context: Context,
        ensemble: EnsembleRecord,
        member: MemberRecord,
        server_id: str | None,
        interrupted: bool,
    ) -> None:
        """Wait before Nova is asked (again), with the capacity held if that can be."""
        if server_id is not None and (obstacle := self.delete(context, server_id)):
            self._fail(ensemble, obstacle)
            return
        self._postpone(
            ensemble,
            member,
            seconds=HOST_PAUSE,
            refusal=_INTERRUPTED if interrupted else _HOST_DOWN,
            held=member.status is MemberStatus.RESERVED,
            awaited=server_id is None and bool(member.asked_at),
            message=(_BUILD_INTERRUPTED if interrupted else _HOST_AWAITED)(member=member.name),
            asked=server_id is not None,
        )

    def await_hosts(self, ensemble: EnsembleRecord, members: Sequence[MemberRecord]) -> None:
        """Wait for the hosts of members for which there are no others now."""
        for member in members:
            if member.status is MemberStatus.ACTIVE or member.pause:
                continue
            if member.loss:
                self._store.await_host(
                    ensemble,
                    member,
                    self._owner,
                    seconds=pause_after_losses(member.loss.times),
                    message=_HOST_SOUGHT(member=member.name) if member.loss.times == 1 else None,
                )
            else:
                self._store.postpone(
                    ensemble,
                    member,
                    self._owner,
                    seconds=SEARCH_PAUSE,
                    refusal=_HOST_DOWN,
                    held=member.status is MemberStatus.RESERVED,
                    awaited=bool(member.asked_at),
                    message=_HOST_AWAITED(member=member.name),
                    asked=False,
                )

    def _postpone(
        self, ensemble: EnsembleRecord, member: MemberRecord, *, held: bool, **facts: Any
    ) -> None:
        """Save that a member is asked for later, with its capacity held anew if it is not held."""
        anew = not held and self._hold_anew(ensemble, member)
        try:
            self._store.postpone(ensemble, member, self._owner, held=held or anew, **facts)
        except exception.LeaseLost:
            if anew:  # whoever has the ensemble now does not know of this hold
                self._reservation.release(member.id)
            raise

    def _hold_anew(self, ensemble: EnsembleRecord, member: MemberRecord) -> bool:
        """Hold a member's capacity again after it was handed over; gives whether that worked."""
        try:
            self._reservation.hold(ensemble.project_id, ensemble.user_id, [member])
        except (exception.CapacityTaken, exception.Unavailable):
            return False  # perhaps by its very server, which Nova goes on to build
        return True

    def delete(self, context: Context, server_id: str) -> Message | None:
        """Ask for a server's end with the requester's rights; gives why Nova forbids it, if so."""
        try:
            self._compute.delete_server(context, server_id)
        except exception.CloudError as error:
            if error.status == FORBIDDEN:
                return _DELETE_FORBIDDEN(server=server_id, answer=error.message)
            return _NOT_DELETED(server=server_id, answer=error.message)
        return None


def _is_doubtful(error: exception.CloudError) -> bool:
    """Whether Nova may go on with what it said that it did not take.

    Until that is known, the host stays closed to others for as long as a hand-over may take.
    """
    return error.status >= 500
