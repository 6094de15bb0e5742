# SPDX-License-Identifier: Apache-2.0
"""Places for the lost members of several ensembles, on the cloud as it is now, as one group."""

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.execution.evacuation import EVACUABLE
from ensemble_api.losses import Cause, Loss, losses
from ensemble_api.observed import ObservedHost
from ensemble_api.planning.completion import closed_to_more
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.recovery import recover
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery import Locked, Recovery, rebuilds
from ensemble_api.solver.process import solve
from ensemble_api.standing import CloudHosts
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.repairs import Refusals
from ensemble_api.usecases.capacity import LOOKS, PAUSE, Free, FreeCapacity
from ensemble_api.usecases.member_servers import MemberServers
from ensemble_api.usecases.observed_hosts import ObservedHosts
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.usecases.stored_requests import StoredRequests, for_owner

LOG = logging.getLogger(__name__)

# A member that Nova refused to bring back so often in a row is refused for what its server has, as
# a vTPM, and hardly for what passes.
REFUSED_FOR_LONG = 6

_GONE = Sentence("repair.gone", "Nova has no server of %(member)s any more.")
_FAILED = Sentence(
    "repair.server-failed", "The server of %(member)s has failed on a host that is up."
)
_UNFIT = Sentence(
    "repair.status",
    "Nova evacuates no server in status %(status)s, as that of %(member)s has.",
)
_REFUSED = Sentence(
    "repair.refused-for-good",
    "Nova never brings the server of %(member)s back on another host: %(answer)s",
)
_LOCKED = Sentence("repair.locked", "The server of %(member)s is locked, and is left where it is.")


@dataclass(frozen=True, slots=True)
class PlannedRepair:
    """What comes of the lost members of one ensemble.

    ``repair`` has the places of those that can be had, ``left`` the others of ``lost`` that no
    place would help, with the reasons. ``staying`` are the members that keep their hosts.
    """

    record: EnsembleRecord
    request: ResolvedRequest
    capacity: Capacity
    staying: Assignment
    lost: tuple[Loss, ...]
    left: tuple[tuple[Loss, Message], ...]
    repair: Repair

    @property
    def moves(self) -> Mapping[Member, str]:
        """The new hosts of lost members, by member."""
        return self.repair.moves


@dataclass(frozen=True, slots=True)
class Standing:
    """An ensemble as it stands, on what is free for it; ``sure`` is whether that is so for sure."""

    record: EnsembleRecord
    hit: Hit
    capacity: Capacity
    sure: bool


class RepairPlans:
    """Plans repairs; nothing is touched, held or recorded.

    Nobody is brought to a host that is ``unheard``, by ``Compute``. ``refusals`` are those of
    ``RepairableEnsembles``.
    """

    def __init__(
        self,
        compute: Compute,
        free_capacity: FreeCapacity,
        states: CurrentStates,
        hosts: ObservedHosts,
        refusals: Callable[[Collection[str]], Mapping[str, Refusals]],
        *,
        unheard: Callable[[Context], Collection[str]],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._compute = compute
        self._free_capacity = free_capacity
        self._states = states
        self._refusals = refusals
        self._hosts = hosts
        self._servers = MemberServers(compute)
        self._unheard = unheard
        self._sleep = sleep

    def hosts(self) -> CloudHosts:
        """All hosts as last observed."""
        return self._hosts.now()

    def observed(self) -> Sequence[ObservedHost]:
        """The same as they are stored, with since when they are down."""
        return self._states.hosts()

    def standing(
        self, context: Context, records: Iterable[EnsembleRecord]
    ) -> tuple[list[Hit], bool]:
        """Ensembles as they stand on the cloud as it is now, those that go with it.

        Members that are lost wait, and get no place. Also whether what is free is so for sure.
        """
        found, sure = [], True
        for each in self.each_standing(context, records):
            sure = sure and each.sure
            found.append(each.hit)
        return found, sure

    def each_standing(
        self, context: Context, records: Iterable[EnsembleRecord], *, to_reserve: bool = False
    ) -> Iterator[Standing]:
        """Look at each as ``standing`` does: what it has held for recovery is free for it."""
        hosts = self.hosts()
        stored = StoredRequests(self._compute)
        readings = self._free_capacity.readings(context, to_reserve=to_reserve)
        for record in records:
            acting, found = for_owner(context, record), None
            with _left_out(record, always=to_reserve):
                lost = losses(record, hosts)
                # Any of the others may be the next to go, each as what it is now.
                here = {Member(each.tier, each.index) for each in record.described_members}
                request = stored.request(acting, record, here.difference(map(_member, lost)))
                free = self._free_capacity.free(acting, request, readings, {record.id}, {record.id})
                capacity = self._free_capacity.with_own(free.capacity, record.id)
                hit = _hit(record, request, lost, map(_member, lost), capacity, hosts, (), ())
                found = Standing(record, hit, capacity, sure=free.most is None)
            if found is not None:
                yield found

    def without_failed(
        self,
        snapshot: Snapshot,
        ensemble: Ensemble,
        running: Assignment,
        closed: Collection[str] = (),
    ) -> Snapshot:
        """The cloud without hosts that were seen down, which Placement may not know yet.

        To those that are ``closed`` nobody comes either.
        """
        hosts = self.hosts()
        without = [host for host in snapshot.topology.hosts if host in closed or host in hosts.down]
        return closed_to_more(snapshot, ensemble, running, without)

    def lost(self, record: EnsembleRecord) -> tuple[Loss, ...]:
        """The lost members of an ensemble, by what was last observed."""
        return losses(record, self.hosts())

    def left(self, context: Context, record: EnsembleRecord) -> tuple[tuple[Loss, Message], ...]:
        """The lost members that Nova cannot bring back, and why; not those that are to be left."""
        acting, lost = for_owner(context, record), self.lost(record)
        return tuple(
            (loss, reason)
            for loss, reason in self._left(acting, record, lost)
            if reason.code != _LOCKED.code
        )

    def revivable(self, context: Context, record: EnsembleRecord) -> frozenset[str]:
        """The servers of lost members that Nova may bring back, and that are not to be left."""
        acting, lost = for_owner(context, record), self.lost(record)
        left = {loss.member.id for loss, _ in self._left(acting, record, lost)}
        return evacuable(each for each in lost if each.member.id not in left)

    def find(
        self,
        context: Context,
        records: Sequence[EnsembleRecord],
        *,
        to_reserve: bool = False,
        early: Collection[str] = (),
    ) -> list[PlannedRepair]:
        """Plan these ensembles together, the first ones with precedence.

        Members of the ids ``early`` get no places yet. Without what is ``to_reserve`` it is told
        why there are none.

        One that does not go with the cloud as it is now is left out, as is one without losses. So
        is one of several that Nova fails on.
        """
        hosts = self.hosts()
        lost = {
            record.id: tuple(each for each in losses(record, hosts) if each.member.id not in early)
            for record in records
        }
        hit = [each for each in records if lost[each.id]]
        acting = {each.id: for_owner(context, each) for each in hit}
        several = len(hit) > 1
        left: dict[str, tuple[tuple[Loss, Message], ...]] = {}
        for each in hit:
            with _left_out(each, always=several):
                left[each.id] = tuple(self._left(acting[each.id], each, lost[each.id]))
        hit = [each for each in hit if each.id in left]
        found: list[PlannedRepair] = []
        for look in range(1, LOOKS + 1):
            stored = StoredRequests(self._compute)
            readings = self._free_capacity.readings(context, to_reserve=to_reserve)
            # Hosts of one rack are not taken for down at one moment, and nobody goes to the rest.
            unheard = self._unheard(context)
            parts: dict[str, tuple[ResolvedRequest, Free, Hit]] = {}
            taken = Counter[str]()  # of cards, by the members of all of them
            for record in hit:
                with _left_out(record, always=several):
                    stays = {_member(each) for each, _ in left[record.id]}
                    moving = {_member(each) for each in lost[record.id]} - stays
                    own = acting[record.id]
                    request = stored.request(own, record, moving)
                    free = self._free_capacity.free(own, request, readings, {record.id}, acting)
                    capacity = free.capacity.after(taken)
                    waiting = [_member(each) for each, _ in left[record.id]]
                    of = _hit(
                        record, request, lost[record.id], waiting, capacity, hosts, early, unheard
                    )
                    recover([of], solve=None, search=False)  # whether it goes with this cloud
                    parts[record.id] = request, replace(free, capacity=capacity), of
            hits = [each for _, _, each in parts.values()]
            repairs = recover(hits, solve=solve, explained=not to_reserve)
            found = [
                PlannedRepair(
                    record,
                    parts[record.id][0],
                    parts[record.id][1].capacity,
                    parts[record.id][2].staying,
                    lost[record.id],
                    left[record.id],
                    repairs[record.id],
                )
                for record in hit
                if record.id in parts
            ]
            handed_over = any(free.most is not None for _, free, _ in parts.values())
            if all(each.repair.fits for each in found) or not handed_over or look == LOOKS:
                break
            self._sleep(PAUSE)  # what is being handed over may be counted twice
        return found

    def _left(
        self, context: Context, record: EnsembleRecord, lost: Sequence[Loss]
    ) -> Iterable[tuple[Loss, Message]]:
        """The lost members that Nova cannot bring back, or that are to be left, and why."""
        locked: set[Member] = set()
        if Recovery.of(record.body).locked is Locked.LEAVE:
            locked = self._servers.locked(context, record)
        refusals: Mapping[str, Refusals] = {}
        if any(is_rebuilt(record, each) for each in lost):
            refusals = self._refusals([record.id])
        for loss in lost:
            refused = refusals.get(loss.member.id)
            name = loss.member.name
            if loss.cause is Cause.GONE:
                yield loss, _GONE(member=name)
            elif loss.cause is Cause.SERVER:
                yield loss, _FAILED(member=name)
            elif loss.status not in EVACUABLE:
                yield loss, _UNFIT(member=name, status=loss.status)
            elif _member(loss) in locked:
                yield loss, _LOCKED(member=name)
            elif refused is not None and is_refused_for_good(record, loss, refused):
                told = _REFUSED(member=name, answer=refused.answer)
                yield replace(loss, cause=Cause.REFUSED), told


@contextlib.contextmanager
def _left_out(record: EnsembleRecord, *, always: bool) -> Iterator[None]:
    """Go on without an ensemble that does not go with the cloud, or ``always`` when it fails.

    Placement or the database being away is not the fault of one ensemble.
    """
    try:
        yield
    except (KeyError, ModelError) as error:
        LOG.warning("Ensemble %s does not go with the cloud now: %s", record.id, error)
    except exception.Unavailable:
        raise
    except Exception:
        if not always:
            raise
        LOG.exception("Ensemble %s is left out", record.id)


def evacuable(lost: Iterable[Loss]) -> frozenset[str]:
    """The servers of lost members that Nova may bring back on other hosts."""
    return frozenset(
        each.member.server_id
        for each in lost
        if each.cause is Cause.HOST and each.status in EVACUABLE and each.member.server_id
    )


def is_rebuilt(record: EnsembleRecord, loss: Loss) -> bool:
    """Whether another server is to be built for a lost member that cannot be brought back."""
    return rebuilds(record.body, loss.member.tier)


def is_refused_for_good(record: EnsembleRecord, loss: Loss, refusals: Refusals) -> bool:
    """Whether Nova has refused to bring a member back so often that another one is to be built.

    Not for what passes, nor where nothing is to be built: there Nova is asked again and again.
    """
    return (
        is_rebuilt(record, loss)
        and refusals.source == loss.host
        and refusals.lasting >= REFUSED_FOR_LONG
    )


def lost_since(loss: Loss, record: EnsembleRecord, hosts: CloudHosts) -> datetime:
    """Since when its host is down; of one that nobody has dated, since its ensemble is degraded."""
    since = hosts.down.get(loss.host or "") or record.degraded_at or record.updated_at
    return datetime.fromisoformat(since)


def situation(record: EnsembleRecord, hosts: CloudHosts) -> Hashable:
    """What plans for an ensemble go by, but for what else takes the hosts."""
    places = tuple((each.id, each.location, each.server_status) for each in record.members)
    return record.generation, places, hosts.up


def _member(loss: Loss) -> Member:
    return Member(loss.member.tier, loss.member.index)


def _hit(
    record: EnsembleRecord,
    request: ResolvedRequest,
    lost: Sequence[Loss],
    left: Iterable[Member],
    capacity: Capacity,
    hosts: CloudHosts,
    early: Collection[str],
    unheard: Collection[str],
) -> Hit:
    """The ensemble with its lost members: on hosts that took none of them in lately.

    Raises KeyError for a host that the cloud does not have, ModelError for a level.
    """
    gone = {_member(each) for each in lost}
    gone |= {Member(each.tier, each.index) for each in record.members if each.id in early}
    here = {Member(each.tier, each.index): each for each in record.described_members}
    ours = set(request.ensemble.members)
    staying = {
        member: each.location
        for member, each in here.items()
        if member in ours and member not in gone and each.location is not None
    }
    waiting = {*left, *gone.difference(map(_member, lost))}
    waiting |= {member for member in ours if member not in staying and member not in gone}
    refused = frozenset[str]().union(
        *(each.member.closed_hosts for each in lost if _member(each) not in waiting)
    )
    topology = capacity.snapshot.topology
    # What is seen down may not be down for Placement and Nova's lists yet, and the other way round.
    closed = {
        host for host in topology.hosts if host in refused or host in unheard or host in hosts.down
    }
    snapshot = closed_to_more(capacity.snapshot, request.ensemble, staying, closed)
    return Hit(
        record.id,
        request.ensemble,
        staying,
        snapshot,
        project=record.project_id,
        waiting=frozenset(waiting & ours),
        homes={_member(each): each.member.location for each in lost if each.member.location},
    )
