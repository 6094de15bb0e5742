# SPDX-License-Identifier: Apache-2.0
"""Carries decided actions out, each saved as intent before and as result after."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session
from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG, tagged_member
from ensemble_api.context import Context
from ensemble_api.execution import actions
from ensemble_api.execution.actions import Server
from ensemble_api.execution.build import pause_after
from ensemble_api.execution.decide import decide
from ensemble_api.execution.goals import Goals
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.migration import Moves
from ensemble_api.execution.next_step import NextStep
from ensemble_api.execution.replacement import Replacement
from ensemble_api.execution.rights import Rights
from ensemble_api.execution.root_volumes import RootVolumes
from ensemble_api.execution.search import HOST_PATIENCE, pause_after_losses
from ensemble_api.execution.servers import Servers
from ensemble_api.operations import OperationType, Requester
from ensemble_api.planning.message import Message, Sentence, following
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, Status
from ensemble_api.server_names import member_server_name
from ensemble_api.store.api import Store
from ensemble_api.store.late_servers import may_be_of
from ensemble_api.threads import for_each

LOG = logging.getLogger(__name__)

_REFUSED = Sentence("event.refused", "Nova refused %(member)s: %(answer)s")
_MEMBER_STATUS = Sentence("event.member-status", "%(member)s is %(status)s")
_HOST_AWAITED = Sentence(
    "event.host-awaited",
    "The host planned for %(member)s does not report to Nova. It is waited for.",
)
_NO_OTHER_HOST = Sentence("event.no-other-host", "No other host is left for %(member)s.")
_HOST_DOWN = "The planned host does not report."
_HOST_SOUGHT = Sentence(
    "event.host-sought",
    "No host is free for %(member)s just now. One is looked for again in a moment.",
)
_BUILD_INTERRUPTED = Sentence(
    "event.build-interrupted",
    "The build of %(member)s was interrupted in Nova, which is asked for it again.",
)
_INTERRUPTED = "The build was interrupted."
_DELETE_FORBIDDEN = Sentence(
    "event.delete-forbidden", "Nova does not let server %(server)s be deleted: %(answer)s"
)
_NOT_DELETED = Sentence("event.not-deleted", "Nova could not delete server %(server)s: %(answer)s")

FORBIDDEN = 403
HOST_PAUSE = 3.0  # seconds between two looks at whether a host reports
SEARCH_PAUSE = 15.0  # seconds between two searches for other hosts


class Engine:
    """Takes one ensemble one step on; the worker that calls it has the lease as ``owner``.

    ``recall`` is ``cloud.forgotten.recall``.
    """

    def __init__(
        self,
        store: Store,
        session: Session,
        compute: Compute,
        reservation: Reservation,
        replacement: Replacement,
        handovers: Handovers,
        root_volumes: RootVolumes,
        *,
        recall: Callable[[str], bool],
        owner: str,
        concurrency: int,
        timeout: float,
    ) -> None:
        self._store = store
        self._session = session
        self._compute = compute
        self._reservation = reservation
        self._replacement = replacement
        self._handovers = handovers
        self._root_volumes = root_volumes
        self._moves = Moves(store, session, compute, reservation, handovers, owner=owner)
        self._goals = Goals(store, compute, root_volumes, owner=owner)
        self._rights = Rights(session)
        self._servers = Servers(compute, recall)
        self._owner = owner
        self._concurrency = concurrency
        self._timeout = timeout
        self._stopped = False

    def stop(self) -> None:
        """Begin no more actions: they are left to whoever works on the ensemble next."""
        self._stopped = True

    def step(self, ensemble_id: str) -> NextStep:
        """Observe, decide, act, record.

        :raises ensemble_api.exception.NotFound: when the ensemble is gone.
        :raises ensemble_api.exception.LeaseLost: when another worker has it.
        """
        ensemble = self._store.get_for_work(ensemble_id)
        if ensemble.settled:
            return NextStep.NEVER
        if ensemble.operation is None:
            return NextStep.AFTER_A_WHILE
        context = self._session.acting_for(ensemble.requester, ensemble.project_id)
        servers = tuple(self._servers.of(context, ensemble))
        self._handovers.look(ensemble, servers)
        down, silent = self._not_answering(context, ensemble, servers)
        decided = decide(
            ensemble,
            servers,
            concurrency=self._concurrency,
            timeout=self._timeout,
            down=down,
            silent=silent,
        )
        requester, allowed = self._rights.check(ensemble, decided)
        ready = self._root_volumes.ready(context, allowed)
        chosen, hints = self._handovers.begin(ensemble, ready)
        done = for_each(
            chosen,
            lambda action: self._carry_out(context, requester, ensemble, action, hints),
            most=self._concurrency,
            name="ensemble-engine",
        )
        if self._stopped:
            return NextStep.NOW
        # Of several the same one each time, or each look would tell a change.
        obstacle = min(filter(None, done), key=str, default=None)
        if obstacle != ensemble.blocked and self._is_removing(ensemble.id):
            self._store.set_blocked(ensemble, self._owner, obstacle)
        if obstacle:
            return NextStep.WHEN_UNBLOCKED
        # That a server is to go is asked again until it goes, and no reason to hurry.
        waiting = (actions.DeleteServer, actions.MoveServer)
        idle = all(isinstance(action, waiting) for action in chosen)
        return NextStep.AFTER_A_WHILE if idle else NextStep.NOW

    def _is_removing(self, ensemble_id: str) -> bool:
        try:
            operation = self._store.get_for_work(ensemble_id).operation
        except exception.NotFound:
            return False
        return operation is not None and operation.removing

    def _not_answering(
        self, context: Context, ensemble: EnsembleRecord, servers: Collection[Server]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The hosts that are down, and those of silent cells, where it matters now.

        That is if servers are to be asked for or are not built, or were asked for and are not seen.
        """
        wanted = [each for each in ensemble.members if each.id in ensemble.building]
        there = {each.member_id for each in servers if not each.discarded}
        asked = any(each.id not in there and not each.pause for each in wanted)
        unseen = any(each.awaited and each.id not in there for each in ensemble.members)
        failed = any(each.status == "ERROR" for each in servers)
        if asked or unseen or (wanted and (failed or ensemble.idle > HOST_PATIENCE)):
            return self._compute.down_and_silent(context)
        return frozenset(), frozenset()

    def _carry_out(
        self,
        context: Context,
        requester: Requester,
        ensemble: EnsembleRecord,
        action: actions.Action,
        hints: Mapping[str, str],
    ) -> Message | None:
        """Do what was decided; gives what is in the way of a removal, if anything is.

        ``requester`` has what it may do now, ``context`` what it might when it asked.
        """
        if self._stopped:
            return None
        match action:
            case actions.CreateServer(member):
                self._create(ensemble, requester, member, hints.get(member.id))
            case actions.AskLater(member, server_id, interrupted):
                self._ask_later(context, ensemble, member, server_id, interrupted)
            case actions.FindHosts(members, message, wait):
                now = self._session.acting_for(requester, ensemble.project_id)
                self._find_hosts(now, ensemble, members, message, wait)
            case actions.DeleteServer(server_id):
                return self._delete(context, server_id)
            case actions.Block(message):
                return message
            case actions.ReleaseHold(member):
                return self._release(context, ensemble, member)
            case actions.RecordServer(member, status, server_id):
                self._record(ensemble, member, status, server_id)
            case actions.MoveServer() | actions.RecordMove() | actions.StopMove():
                self._moves.carry_out(ensemble, requester, action, hints)
            case actions.Fail(message):
                self._fail(ensemble, message)
            case actions.Advance() | actions.Finish():
                self._goals.reached(context, ensemble, action)
        return None

    def _release(
        self, context: Context, ensemble: EnsembleRecord, member: MemberRecord
    ) -> Message | None:
        """Let go what a member has; a server that is gone leaves its claim when Nova died then."""
        for consumer in (member.id, *member.server_ids):
            self._reservation.release(consumer)
        if obstacle := self._root_volumes.remove(context, ensemble, member):
            return obstacle
        self._store.update_member(ensemble, member, self._owner, status=MemberStatus.DELETED.value)
        return None

    def _create(
        self,
        ensemble: EnsembleRecord,
        requester: Requester,
        member: MemberRecord,
        hint: str | None,
    ) -> None:
        """Hand a member over from its hold to its server.

        Nova finds the planned host only when it has room, so the hold goes first. From the intent
        on, the member counts as a hand-over, which other ensembles' plans take into account.
        """
        self._store.save_server_request(ensemble, member, self._owner, hint)
        # A server before it that is gone can leave its claim behind, as in a removal.
        for consumer in filter(None, (member.id, member.server_id)):
            self._reservation.release(consumer)
        context = self._session.acting_for(requester, ensemble.project_id, names_hosts=True)
        # Placement and Keystone may have taken their time. Nova keeps what a worker asks for that
        # has lost its lease and dies before it can delete it.
        self._store.check_lease(ensemble, self._owner)
        template = ensemble.filled_template(member)
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
            self._handovers.end(hint)
            return
        try:
            self._store.update_member(ensemble, member, self._owner, server_id=server_id)
        except exception.LeaseLost:
            if not may_be_of(self._store, member.id, server_id, hint):
                self._delete_unknown(context, member, server_id)
            raise

    def _delete_unknown(self, context: Context, member: MemberRecord, server_id: str) -> None:
        """Delete a server that nobody will find, but not one that was released as a plain server.

        Such a one has no tags any more.
        """
        server = self._compute.server(context, server_id)
        if server is not None and tagged_member(server) == member.id:
            self._delete(context, server_id)

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
            # After a 5xx Nova may go on with what it said that it did not take.
            awaited=error.status >= 500,
        )

    def _ask_later(
        self,
        context: Context,
        ensemble: EnsembleRecord,
        member: MemberRecord,
        server_id: str | None,
        interrupted: bool,
    ) -> None:
        """Wait before Nova is asked (again), with the capacity held if that can be."""
        if server_id is not None and (obstacle := self._delete(context, server_id)):
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

    def _find_hosts(
        self,
        context: Context,
        ensemble: EnsembleRecord,
        members: Sequence[MemberRecord],
        message: Message,
        wait: bool,
    ) -> None:
        """Give members other hosts; where there are none, wait for theirs or give the build up."""
        LOG.info("Ensemble %s: %s Other hosts are looked for.", ensemble.id, message)
        if self._replacement.replace(context, ensemble, members):
            return
        if not wait:
            none_left = _NO_OTHER_HOST(member=members[0].name)
            self._fail(ensemble, following([none_left, message]))
            return
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

    def _record(
        self, ensemble: EnsembleRecord, member: MemberRecord, status: MemberStatus, server_id: str
    ) -> None:
        if member.server_id is None or member.status is MemberStatus.RESERVED:
            # Nova seemed not to take the request, and did: its capacity may be held anew by now,
            # also where that was not saved.
            self._reservation.release(member.id)
        changed = status is not member.status
        self._store.update_member(
            ensemble,
            member,
            self._owner,
            message=_MEMBER_STATUS(member=member.name, status=status.value) if changed else None,
            status=status.value,
            server_id=server_id,
        )

    def _delete(self, context: Context, server_id: str) -> Message | None:
        """Ask for a server's end with the requester's rights; gives why Nova forbids it, if so."""
        try:
            self._compute.delete_server(context, server_id)
        except exception.CloudError as error:
            if error.status == FORBIDDEN:
                return _DELETE_FORBIDDEN(server=server_id, answer=error.message)
            return _NOT_DELETED(server=server_id, answer=error.message)
        return None

    def _fail(self, ensemble: EnsembleRecord, message: Message) -> None:
        if ensemble.operation and ensemble.operation.type is OperationType.CHANGE:
            LOG.warning("The change of ensemble %s is undone: %s", ensemble.id, message)
            self._store.undo_change(ensemble, message, owner=self._owner)
            return
        LOG.warning("Ensemble %s is rolled back: %s", ensemble.id, message)
        self._store.transition(
            ensemble.id,
            [Status.RESERVING, Status.BUILDING],
            Status.ROLLING_BACK,
            fault=message,
            message=message,
            owner=self._owner,
        )
