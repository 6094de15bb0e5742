# SPDX-License-Identifier: Apache-2.0
"""Carries decided actions out, each saved as intent before and as result after."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from ensemble_api import exception, request_ids
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session
from ensemble_api.context import Context
from ensemble_api.execution import actions
from ensemble_api.execution.actions import Server
from ensemble_api.execution.decide import decide
from ensemble_api.execution.goals import Goals
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.migration import Moves
from ensemble_api.execution.next_step import NextStep
from ensemble_api.execution.replacement import Replacement
from ensemble_api.execution.rights import Rights, needs_tenant, removes
from ensemble_api.execution.root_volumes import RootVolumes
from ensemble_api.execution.search import HOST_PATIENCE
from ensemble_api.execution.server_requests import ServerRequests
from ensemble_api.execution.servers import Servers
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Message, Sentence, following
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, Status
from ensemble_api.rights import WAITS_FOR_OWNER
from ensemble_api.signals import SignalUrls
from ensemble_api.store.api import Store
from ensemble_api.store.progress import hints_row
from ensemble_api.threads import for_each

LOG = logging.getLogger(__name__)

_MEMBER_STATUS = Sentence("event.member-status", "%(member)s is %(status)s")
OWNER_PATIENCE: Final = 3600.0  # seconds without progress, in which a tenant's token is waited for
_STAYED_AWAY = Sentence(
    "event.owner-stayed-away",
    "The user who asked for it was waited for for too long, so it is given up.",
)
_NO_OTHER_HOST = Sentence("event.no-other-host", "No other host is left for %(member)s.")


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
        signal_urls: SignalUrls | None = None,
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
        self._servers = Servers(compute, recall, timeout)
        self._requests = ServerRequests(
            store,
            session,
            compute,
            reservation,
            handovers,
            owner=owner,
            fail=self._fail,
            signal_urls=signal_urls,
        )
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
        request_ids.work_for(context)
        servers = tuple(self._servers.of(context, ensemble))
        self._handovers.look(ensemble, servers)
        down, silent = self._not_answering(context, ensemble, servers)
        decided = self._decide(context, ensemble, servers, down, silent)
        requester, allowed = self._rights.check(ensemble, decided)
        possible, missing = self._possible(ensemble, allowed)
        # There may be a token since the step began, which what is possible now was found by.
        context = self._session.acting_for(ensemble.requester, ensemble.project_id)
        ready = self._root_volumes.ready(context, possible)
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
        obstacle = missing or min(filter(None, done), key=str, default=None)
        waits = WAITS_FOR_OWNER() in (obstacle, ensemble.blocked)
        if obstacle != ensemble.blocked and self._may_be_blocked(ensemble.id, waits=waits):
            self._store.set_blocked(ensemble, self._owner, obstacle)
        if obstacle:
            return NextStep.WHEN_UNBLOCKED
        # That a server is to go is asked again until it goes, and no reason to hurry.
        waiting = (
            *(actions.DeleteServer, actions.MoveServer, actions.AbortMove),
            *(actions.StartServer, actions.StopServer),
        )
        idle = all(isinstance(action, waiting) for action in chosen)
        return NextStep.AFTER_A_WHILE if idle else NextStep.NOW

    def _possible(
        self, ensemble: EnsembleRecord, decided: Sequence[actions.Action]
    ) -> tuple[Sequence[actions.Action], Message | None]:
        """What needs no token of the tenant's that is not there; and what is told of the rest.

        That somebody was waited for is no lack of progress, for which a build would be given up;
        after ``OWNER_PATIENCE`` it is, since what is held for it is kept from everybody.
        """
        waited = ensemble.blocked == WAITS_FOR_OWNER()
        missing = None
        kept = []
        for action in decided:
            waits = None
            given_up = waited and isinstance(action, actions.Fail)
            if given_up or needs_tenant(action):
                builds = given_up or isinstance(action, actions.CreateServer)
                waits = self._session.waits_for(
                    ensemble.requester,
                    ensemble.project_id,
                    builds=builds,
                    removes=removes(action),
                )
            if waits is None and not given_up:
                kept.append(action)
            missing = missing or waits
        late = waited and ensemble.idle > max(OWNER_PATIENCE, self._timeout)
        if missing and late and ensemble.operation and ensemble.operation.cancellable:
            return [actions.Fail(_STAYED_AWAY())], missing
        return kept, missing

    def _decide(
        self,
        context: Context,
        ensemble: EnsembleRecord,
        servers: tuple[Server, ...],
        down: frozenset[str],
        silent: frozenset[str],
    ) -> tuple[actions.Action, ...]:
        """What is next; what Nova would be asked to evacuate is looked at once more before that."""
        while True:
            decided = decide(
                ensemble,
                servers,
                concurrency=self._concurrency,
                timeout=self._timeout,
                down=down,
                silent=silent,
            )
            closer = self._servers.before_asking(context, servers, decided)
            if closer is None:
                return decided
            servers = closer

    def _may_be_blocked(self, ensemble_id: str, *, waits: bool) -> bool:
        """Whether an ensemble is still about something that may have to wait for somebody.

        Anything may that ``waits`` for a token of its tenant's, or did.
        """
        try:
            operation = self._store.get_for_work(ensemble_id).operation
        except exception.NotFound:
            return False
        return operation is not None and (operation.removing or operation.has_moves or waits)

    def _not_answering(
        self, context: Context, ensemble: EnsembleRecord, servers: Collection[Server]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """The hosts that are down, and those of silent cells, where it matters now.

        That is if servers are to be asked for or are not built, or were asked for and are not seen;
        or if some are to get to other hosts, also from one that has failed.
        """
        wanted = [each for each in ensemble.members if each.id in ensemble.building]
        there = {each.member_id for each in servers if not each.discarded}
        asked = any(each.id not in there and not each.pause for each in wanted)
        unseen = any(each.awaited and each.id not in there for each in ensemble.members)
        failed = any(each.status == "ERROR" for each in servers)
        moving = ensemble.operation is not None and ensemble.operation.has_moves
        if asked or unseen or moving or (wanted and (failed or ensemble.idle > HOST_PATIENCE)):
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
        """Do what was decided; gives what is in the way of it, if that is to be told.

        ``requester`` has what it may do now, ``context`` what it might when it asked.
        """
        if self._stopped:
            return None
        match action:
            case actions.CreateServer(member):
                self._requests.ask(ensemble, requester, member, hints.get(member.id))
            case actions.AskLater(member, server_id, interrupted):
                self._requests.ask_later(context, ensemble, member, server_id, interrupted)
            case actions.FindHosts(members, message, wait):
                now = self._session.acting_for(requester, ensemble.project_id)
                self._find_hosts(now, ensemble, members, message, wait)
            case actions.DeleteServer(server_id):
                removing = self._session.acting_for(
                    ensemble.requester, ensemble.project_id, removes=True
                )
                return self._requests.delete(removing, server_id)
            case actions.Block(message):
                return message
            case actions.ReleaseHold(member):
                return self._release(ensemble, member)
            case actions.RecordServer(member, status, server_id):
                self._record(context, ensemble, member, status, server_id)
            case (
                actions.MoveServer()
                | actions.AbortMove()
                | actions.StartServer()
                | actions.StopServer()
                | actions.RecordMove()
                | actions.StopMove()
            ):
                self._moves.carry_out(ensemble, requester, action, hints)
            case actions.Fail(message):
                self._fail(ensemble, message)
            case actions.Advance() | actions.Finish():
                self._goals.reached(context, ensemble, action)
        return None

    def _release(self, ensemble: EnsembleRecord, member: MemberRecord) -> Message | None:
        """Let go what a member has; a server that is gone leaves its claim when Nova died then.

        What is held is not the tenant's, and goes also while a volume waits for a token of theirs.
        """
        for consumer in (member.id, *member.server_ids):
            self._reservation.release(consumer)
        if self._root_volumes.has_one(ensemble, member):
            who = ensemble.requester, ensemble.project_id
            if waits := self._session.waits_for(*who, builds=False, removes=True):
                return waits
            context = self._session.acting_for(*who, removes=True)
            if obstacle := self._root_volumes.remove(context, ensemble, member):
                return obstacle
        self._store.update_member(ensemble, member, self._owner, status=MemberStatus.DELETED.value)
        return None

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
        self._requests.await_hosts(ensemble, members)

    def _record(
        self,
        context: Context,
        ensemble: EnsembleRecord,
        member: MemberRecord,
        status: MemberStatus,
        server_id: str,
    ) -> None:
        if member.server_id is None or member.status is MemberStatus.RESERVED:
            # Nova seemed not to take the request, and did: its capacity may be held anew by now,
            # also where that was not saved.
            self._reservation.release(member.id)
        changed = status is not member.status
        values: dict[str, Any] = {"status": status.value, "server_id": server_id}
        if member.hints:
            own = self._compute.hint(context, server_id)
            values["hints"] = hints_row([each for each in member.hints if each != own])
        self._store.update_member(
            ensemble,
            member,
            self._owner,
            message=_MEMBER_STATUS(member=member.name, status=status.value) if changed else None,
            **values,
        )

    def _fail(self, ensemble: EnsembleRecord, message: Message) -> None:
        if ensemble.operation and ensemble.operation.may_move:
            kind = ensemble.operation.type.value
            LOG.warning("The %s of ensemble %s is undone or ends: %s", kind, ensemble.id, message)
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
