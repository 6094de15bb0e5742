# SPDX-License-Identifier: Apache-2.0
"""Moves away from hosts that are to be drained, one ensemble after the other."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.losses import Cause, losses
from ensemble_api.operations import OperationType
from ensemble_api.planning.emptying import empty, leaving
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.model import Member
from ensemble_api.planning.result import Infeasible
from ensemble_api.records import EnsembleRecord, places
from ensemble_api.solver.process import solve
from ensemble_api.store import rows
from ensemble_api.store.repairs import Repairable, RepairableEnsembles
from ensemble_api.usecases.capacity import FreeCapacity
from ensemble_api.usecases.host_drains import HostDrains, beside
from ensemble_api.usecases.member_moves import MemberMoves, PlannedMoves
from ensemble_api.usecases.member_servers import MemberServers
from ensemble_api.usecases.repair_plans import RepairPlans
from ensemble_api.usecases.reserve import refusal
from ensemble_api.usecases.stored_requests import StoredRequests, for_owner

LOG = logging.getLogger(__name__)

PERIOD = timedelta(seconds=5)  # between two looks at the hosts
MOST = 3  # ensembles that are planned in one look, which holds up who observes the cloud
AGAIN = timedelta(seconds=60)  # until one is planned again that could not leave
LONGEST_PAUSE = timedelta(minutes=30)  # which grows with each time that its moves come to nothing
LONGEST_TURN = timedelta(minutes=15)  # of one move, after which others go beside it
STUBBORN = 2  # moves of one member that came to nothing, after which the others go before it

_STUCK = Sentence(
    "conflict.nobody-can-leave",
    "None of its members on the host can move: that takes a server that is ACTIVE, not locked, "
    "and with nothing else under way.",
)
_OTHER_CLOUD = Sentence(
    "conflict.drain-other-cloud", "Some of its servers are on hosts that are not observed."
)


class AutoDrain:
    """Begins to move the members of one ensemble at a time away from hosts that are to be drained.

    ``context`` makes one with an operator's eyes. What is to be drained is read anew each time, so
    that it ends when an operator enables the host, and goes on after a crash. An ensemble with
    members on hosts that have failed waits until it is repaired, and one that could not leave is
    tried again later.
    """

    def __init__(
        self,
        ensembles: RepairableEnsembles,
        plans: RepairPlans,
        drains: HostDrains,
        compute: Compute,
        free_capacity: FreeCapacity,
        moves: MemberMoves,
        context: Callable[[], Context],
        *,
        check_rights: Callable[[], None],
        now: Callable[[], datetime] = lambda: rows.now(),  # as it is when it is asked
    ) -> None:
        self._ensembles = ensembles
        self._plans = plans
        self._drains = drains
        self._compute = compute
        self._servers = MemberServers(compute)
        self._free_capacity = free_capacity
        self._moves = moves
        self._context = context
        self._check_rights = check_rights
        self._now = now
        self._next: datetime | None = None
        self._tried: dict[str, datetime] = {}  # those that could not leave, and when
        self._after: str | None = None  # whom the last look ended with

    def look(self) -> str | None:
        """Begin what is due of one ensemble; gives its id, None when nobody is to move."""
        now = self._now()
        if self._next is not None and now < self._next:
            return None
        self._next = now + PERIOD
        if not any(each.disabled for each in self._plans.observed()):
            return None
        context = self._context()
        draining = self._drains.draining(context)
        hosts = frozenset(draining)
        if not hosts or self._ensembles.leaving(hosts, LONGEST_TURN):
            return None
        seen, left = self._plans.hosts(), MOST
        closed = beside(draining.values(), seen.topology)
        found = self._ensembles.on(hosts, self._after)
        self._tried = {key: at for key, at in self._tried.items() if at + AGAIN > now}
        for each in found:
            before, self._after = self._after, each.record.id
            # Who only lacks a server keeps its place: no repair may ever come for it by itself.
            failed = any(loss.cause is Cause.HOST for loss in losses(each.record, seen))
            if failed or self._waits(each, now):
                continue
            if not left:
                self._after = before
                break
            left -= 1
            try:
                self._begin(context, each, hosts, closed)
            except (exception.Conflict, exception.InfeasibleEnsemble) as error:
                LOG.warning("Ensemble %s does not leave its host: %s", each.record.id, error)
                self._tried[each.record.id] = now
                continue
            except Exception:  # of one ensemble nobody else has to stay
                LOG.exception("Ensemble %s cannot leave its host", each.record.id)
                self._tried[each.record.id] = now
                continue
            LOG.info("Members of ensemble %s leave hosts that are drained", each.record.id)
            return each.record.id
        return None

    def _waits(self, each: Repairable, now: datetime) -> bool:
        """Whether it could not leave lately, or its moves came to nothing."""
        tried = self._tried.get(each.record.id)
        if tried is not None and tried + AGAIN > now:
            return True
        pause = min(AGAIN * 2 ** max(each.failures - 1, 0), LONGEST_PAUSE)
        return each.failed_at is not None and each.failed_at + pause > now

    def _begin(
        self, context: Context, each: Repairable, hosts: Collection[str], closed: Collection[str]
    ) -> None:
        self._check_rights()
        self._moves.begin(
            context,
            each.requester,
            lambda: self._plan(context, each.record, hosts, closed),
            OperationType.DRAIN,
        )

    def _plan(
        self,
        context: Context,
        record: EnsembleRecord,
        hosts: Collection[str],
        closed: Collection[str],
    ) -> PlannedMoves:
        """The moves on the cloud as it is now, to none of the hosts that are ``closed``.

        :raises ensemble_api.exception.Conflict: when nobody can move.
        :raises ensemble_api.exception.InfeasibleEnsemble: with the reasons why there are none.
        """
        acting = for_owner(context, record)
        running = places(record.described_members)
        stored = StoredRequests(self._compute)
        # Who makes room elsewhere is planned as its tier is.
        others = {each for each, host in running.items() if host not in hosts}
        fixed = self._servers.unmovable(acting, record)
        fixed |= stored.resized(acting, record) & others
        if not leaving(running, hosts, fixed):
            raise exception.Conflict(_STUCK())
        # Nobody waits for one that could not be moved: it is tried again when it alone is left.
        stubborn = fixed | _stubborn(record)
        if leaving(running, hosts, stubborn):
            fixed = stubborn
        goes = leaving(running, hosts, fixed)
        request = stored.request(acting, record, goes)
        readings = self._free_capacity.readings(context, to_reserve=True)
        free = self._free_capacity.free(acting, request, readings, {record.id})
        try:
            snapshot = self._plans.without_failed(free.capacity.snapshot, request.ensemble, running)
            found = empty(
                request.ensemble,
                running,
                snapshot,
                hosts,
                solve=solve,
                fixed=fixed,
                closed=record.closed_hosts(goes).union(closed),
            )
        except (KeyError, ModelError) as error:
            raise exception.Conflict(_OTHER_CLOUD()) from error
        if isinstance(found, Infeasible):
            raise refusal(found)
        return PlannedMoves(record, request, free.capacity, *found)


def _stubborn(record: EnsembleRecord) -> frozenset[Member]:
    """The members whose moves have come to nothing several times in a row."""
    return frozenset(
        Member(each.tier, each.index)
        for each in record.described_members
        if sum(lost.times for lost in each.lost_hosts) >= STUBBORN
    )
