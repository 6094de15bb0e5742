# SPDX-License-Identifier: Apache-2.0
"""What ensembles have held for recovery, kept true after each look at the cloud."""

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.losses import losses
from ensemble_api.planning.message import Message, following
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery import Mode, Recovery
from ensemble_api.recovery_hold import (
    Amount,
    HoldStatus,
    RecoveryHold,
    ReserveState,
    ReserveStatus,
    amount,
    is_over,
)
from ensemble_api.standing import CloudHosts
from ensemble_api.store import rows
from ensemble_api.store.recovery_holds import RecoveryHolds
from ensemble_api.usecases.recovery_capacity import CLOSED_SECONDS, RecoveryCapacity
from ensemble_api.usecases.repair_plans import (
    RepairPlans,
    Standing,
    evacuable,
    lost_since,
    situation,
)

LOG = logging.getLogger(__name__)

PERIOD = timedelta(seconds=10)  # between two looks at all ensembles
MOST = 3  # ensembles that are planned in one look, which holds up who observes the cloud
MOST_USED = 25  # ensembles whose hosts are closed in one look, as many as are repaired after it
AGAIN = timedelta(minutes=10)  # until one is looked at again of which nothing has changed
IN_VAIN = timedelta(minutes=1)  # the same, where nothing can be held
LONGEST = timedelta(hours=1)  # for which hosts are closed for those whose repair may begin
RENEWED = timedelta(seconds=CLOSED_SECONDS / 2)  # until they are closed anew
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Use:
    """That hosts are closed for the servers ``served`` of those ``lost``, done anew ``until``.

    The others are locked and to be left, or Nova never brings them back.
    """

    lost: frozenset[str]
    served: frozenset[str]
    until: datetime


class AutoReserve:
    """Gives back what nobody wants any more, and has the rest there for who it is held for.

    ``context`` makes one with an operator's eyes. When a repair of lost members may begin, what
    their ensemble has held is given back, on hosts that the scheduler filter keeps closed to all
    others. Once they
    have other places, or after a long time, it is held anew. An ensemble is planned again when its
    members or the hosts that are up have changed, or after a while.
    """

    def __init__(
        self,
        stored: RecoveryHolds,
        recovery: RecoveryCapacity,
        plans: RepairPlans,
        context: Callable[[], Context],
    ) -> None:
        self._stored = stored
        self._recovery = recovery
        self._plans = plans
        self._context = context
        self._next: datetime | None = None
        self._after: str | None = None  # whom the last look ended with
        self._used: dict[str, _Use] = {}
        self._planned: dict[str, tuple[Hashable, datetime]] = {}  # as it was, and until when

    def look(self) -> None:
        """Do what is due."""
        left = self._stored.left_over()
        if left:
            self._recovery.forget(left)
            for ensemble_id in {each.ensemble_id for each in left}:
                self._stored.write_state(ensemble_id, None)
        now = rows.now()
        self._use(now)
        if self._next is not None and now < self._next:
            return
        self._next = now + PERIOD
        wanting = self._stored.wanting(self._after)
        self._after = wanting[-1].id if wanting else None
        ids = {each.id for each in wanting}
        # The others may have their turn in the next looks.
        self._planned = {
            key: each for key, each in self._planned.items() if key in ids or each[1] > now
        }
        if not wanting:
            return
        hosts = self._plans.hosts()
        states = {
            each.id: situation(each, hosts)
            for each in wanting
            if not self._awaits(each, hosts, now)
        }
        due = [each for each in wanting if each.id in states and self._is_due(each, states, now)]
        if not due:
            return
        if len(due) > MOST:
            self._next = now
        # Those come first that were never looked at, or longest ago.
        due.sort(key=lambda each: self._planned.get(each.id, (None, _NEVER))[1])
        for standing in self._plans.each_standing(self._context(), due[:MOST], to_reserve=True):
            try:
                held = self._hold(standing)
            except exception.Unavailable:
                raise
            except Exception:  # of one ensemble no other has to wait
                LOG.exception("Nothing can be held for ensemble %s", standing.record.id)
                held = False
            if held is not None:
                pause = AGAIN if held else IN_VAIN
                self._planned[standing.record.id] = states[standing.record.id], now + pause

    def _is_due(
        self, record: EnsembleRecord, states: Mapping[str, Hashable], now: datetime
    ) -> bool:
        known = self._planned.get(record.id)
        return known is None or known[0] != states[record.id] or known[1] <= now

    def _use(self, now: datetime) -> None:
        """Have it there for the lost members of ensembles, once a repair may begin for them."""
        self._used = {key: each for key, each in self._used.items() if each.until > now}
        found = self._stored.losing()
        hosts = self._plans.hosts() if found else None
        used = 0
        for record in found:
            assert hosts is not None
            if used == MOST_USED:
                break  # repairs come after this look; the next one goes on with the others
            lost = _lost_servers(record, hosts, now, begun=True)
            if not lost or self._is_used(record, lost):
                continue
            try:
                served = self._plans.revivable(self._context(), record) & lost
            except exception.Unavailable:
                raise
            except Exception:  # for one ensemble no other has to wait
                LOG.exception("Nothing is given back yet for ensemble %s", record.id)
                continue
            self._used[record.id] = _Use(lost, served, now + RENEWED)
            self._recovery.use(record, served)
            used += 1

    def _is_used(self, record: EnsembleRecord, lost: frozenset[str]) -> bool:
        """Whether that was done lately for just these."""
        known = self._used.get(record.id)
        if known is None or known.lost != lost:
            return False
        in_use = record.reserve is not None and record.reserve.status is ReserveStatus.IN_USE
        return in_use or not known.served

    def _awaits(self, record: EnsembleRecord, hosts: CloudHosts, now: datetime) -> bool:
        """Whether its reserve stays as it is, for lost members that may come back."""
        known = self._used.get(record.id)
        left = known.lost - known.served if known else frozenset()
        return bool(_lost_servers(record, hosts, now) - left)

    def _hold(self, standing: Standing) -> bool | None:
        """Have an ensemble's reserve held as it is to be; None where others were quicker."""
        record = standing.record
        wish = Recovery.of(record.body).reserve
        if wish is None:
            return True
        before = self._stored.of(record.id)
        held = [each for each in before if each.status is HoldStatus.HELD]
        try:
            wanted = self._recovery.planned(wish, standing.hit, standing.capacity, held)
            if _same(wanted, before) and self._recovery.is_held(wanted):
                self._stored.write_state(record.id, ReserveState(ReserveStatus.HELD))
                return True
            had = amount(each.resources for each in held)
            grows = is_over(had, Amount(0, 0), amount(each.resources for each in wanted))
            self._recovery.intend(record.id, wanted, anew=False, grows=grows)
            self._recovery.hold(wanted, before, standing.capacity)
        except exception.InfeasibleEnsemble as refused:
            if not standing.sure:
                return None  # what is being handed over may have been counted twice
            reasons = [each.message for each in refused.facts["reasons"]]
            return self._fail(record, before, following(reasons))
        except exception.OverQuota as refused:
            assert isinstance(refused.message, Message)
            return self._fail(record, before, refused.message)
        except exception.CapacityTaken:
            LOG.info("Others took what %s was to have held for recovery", record.id)
            return None
        self._recovery.settle(record.id, wanted)
        return True

    def _fail(
        self, record: EnsembleRecord, before: Sequence[RecoveryHold], reason: Message
    ) -> bool:
        """Keep what is held, and say that it is not what was wished for."""
        self._recovery.forget([each for each in before if each.status is not HoldStatus.HELD])
        state = ReserveState(ReserveStatus.NOT_HELD, reason=reason)
        self._stored.write_state(record.id, state)
        return False


def _same(wanted: Sequence[RecoveryHold], before: Sequence[RecoveryHold]) -> bool:
    """Whether this and nothing else is held, by what is recorded."""
    if any(each.status is not HoldStatus.HELD for each in before):
        return False
    there = {(each.host, each.provider): dict(each.resources) for each in before}
    return there == {(each.host, each.provider): dict(each.resources) for each in wanted}


def _lost_servers(
    record: EnsembleRecord, hosts: CloudHosts, now: datetime, *, begun: bool = False
) -> frozenset[str]:
    """The servers of lost members that an evacuation may bring back, of hosts not down for long.

    Only those whose repair may have ``begun``: until then what is held stays held, and nobody has
    a host closed for longer than ``LONGEST``, however long the delay is.
    """
    wish = Recovery.of(record.body)
    delay = timedelta(seconds=wish.delay if wish.mode is Mode.AUTO else 0)
    found = []
    for each in losses(record, hosts):
        since = lost_since(each, record, hosts) + delay
        if now < since + LONGEST and (since <= now or not begun):
            found.append(each)
    return evacuable(found)
