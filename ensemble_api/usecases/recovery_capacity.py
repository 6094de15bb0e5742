# SPDX-License-Identifier: Apache-2.0
"""Capacity that is held for recovery: planned, limited for each project, saved, and given back."""

import contextlib
import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from ensemble_api import advice, exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.reservation import RECOVERY_TYPE, Claims
from ensemble_api.context import Context
from ensemble_api.planning import result
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.headroom import demand
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.message import Argument, Sentence
from ensemble_api.planning.model import Member
from ensemble_api.planning.other_plans import other_plans
from ensemble_api.planning.recovery_holds import recovery_holds
from ensemble_api.planning.wording import level_word
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery import Recovery, Reserve
from ensemble_api.recovery_hold import Amount, Holder, HoldStatus, RecoveryHold, amount
from ensemble_api.results.quota import QuotaShortage
from ensemble_api.solver.process import solve
from ensemble_api.store.recovery_holds import RecoveryHolds
from ensemble_api.usecases.holds import Holds
from ensemble_api.usecases.joint_request import JointRequest
from ensemble_api.usecases.resolve import ResolvedRequest

LOG = logging.getLogger(__name__)

CLOSED_SECONDS = 600.0  # for which hosts stay closed when nobody looks after that any more

_NAMESPACE: Final = uuid.UUID("5d1bd6c1-9a0e-4d4c-8e0c-2c7c1c1f8f7a")
_NOBODY: Mapping[Member, str] = {}
_NO_PLACES = Sentence(
    "reason.no-reserve",
    "No capacity can be held for recovery: after the failure of one %(level)s there are not places "
    "for all members within the hard policies.",
    "No capacity can be held for recovery: after the failure of %(count)s domains of level "
    "%(level)s there are not places for all members within the hard policies.",
)
_TOO_MANY = Sentence(
    "reason.reserve-too-many",
    "No capacity can be held for recovery: there are too many ways in which so many domains can "
    "fail at once.",
)
_NOT_HELD = Sentence(
    "reason.reserve-not-held",
    "No capacity can be held for recovery: %(tier)s needs something that is not planned, or that "
    "cannot be held.",
)
_LESS = Sentence(
    "suggestion.less-reserve", "Ask for a reserve at a lower level, for less, or for none."
)
_NO_LEVEL = Sentence(
    "reason.reserve-no-level",
    "No capacity can be held for recovery: the cloud has no level %(level)s any more.",
)


class RecoveryCapacity:
    """Plans and keeps what one ensemble has held so that all its members find places.

    ``most`` is how much a project may have held in all its ensembles, less than 0 for any amount;
    ``holder`` gives whose it is in Placement.
    """

    def __init__(
        self,
        stored: RecoveryHolds,
        holds: Holds,
        *,
        most: Amount,
        holder: Callable[[], Holder],
    ) -> None:
        self._stored = stored
        self._holds = holds
        self._most = most
        self._holder = holder

    def planned(
        self,
        wish: Reserve,
        hit: Hit,
        capacity: Capacity,
        before: Sequence[RecoveryHold] = (),
    ) -> tuple[RecoveryHold, ...]:
        """What is to be held for an ensemble that stands as ``hit``, on whose snapshot it runs.

        What was held ``before`` stays where it does as well as anything else.

        :raises ensemble_api.exception.InfeasibleEnsemble: when nothing does.
        """
        for tier in hit.ensemble.tiers:
            if tier.unplanned or capacity.apart & tier.resources.keys():
                raise _refused(_reason(_NOT_HELD, tier=tier.name))
        known = {each.host: each.resources for each in before if each.host in hit.snapshot.topology}
        try:
            found = recovery_holds(hit, wish.level, wish.failures, solve=solve)
            if found.holds is not None and known and len(known) == len(before):
                kept = recovery_holds(hit, wish.level, wish.failures, solve=solve, held=known)
                if kept.holds == known and all(
                    amount <= found.total.get(name, 0) for name, amount in kept.total.items()
                ):
                    found = kept
        except ModelError as error:
            raise _refused(_reason(_NO_LEVEL, level=wish.level)) from error
        if found.holds is None:
            if not found.failed:
                raise _refused(_reason(_TOO_MANY))
            what = level_word(wish.level)
            raise _refused(_reason(_NO_PLACES, level=what, count=len(found.failed)))
        holds = []
        for host, amounts in found.holds.items():
            wanted = {name: amount for name, amount in amounts.items() if amount}
            if wanted:
                where = host, capacity.providers[host]
                name = consumer(hit.key, host)
                holds.append(RecoveryHold(name, hit.key, hit.project, *where, wanted))
        return tuple(holds)

    def of_plan(
        self,
        context: Context,
        ensemble_id: str,
        request: ResolvedRequest,
        planned: result.Assignment,
        capacity: Capacity,
        running: result.Assignment = _NOBODY,
    ) -> tuple[RecoveryHold, ...]:
        """What is to be held beside a plan, nothing where its ensemble does not want that.

        What is ``running`` has its capacity already, wherever it is planned.

        :raises ensemble_api.exception.InfeasibleEnsemble: when nothing does.
        """
        wish = Recovery.of(request.body).reserve
        if wish is None:
            return ()
        more = {member: host for member, host in planned.items() if running.get(member) != host}
        snapshot = capacity.snapshot.carrying(demand(request.ensemble, more))
        project = context.project_id
        hit = Hit(ensemble_id, request.ensemble, planned, snapshot, project=project)
        return self.planned(wish, hit, capacity, self._stored.of(ensemble_id))

    def beside(
        self,
        context: Context,
        ensemble_ids: Sequence[str],
        request: JointRequest,
        planned: result.Plan,
        capacity: Capacity,
        *,
        others: bool = True,
    ) -> tuple[result.Plan, list[tuple[RecoveryHold, ...]]]:
        """What is to be held beside a new plan, for each ensemble in turn, and that plan.

        For one ensemble, if nothing can be held, it is another plan that leaves room: so many are
        tried as ``other_plans`` gives, and none without ``others``. Of several each has its own
        beside what is held for those before it: all of them may be hit at once.

        :raises ensemble_api.exception.InfeasibleEnsemble: as for the first plan, when none does.
        """
        if not request.reserving:
            return planned, [()] * len(ensemble_ids)
        if len(ensemble_ids) == 1:
            plan, found = self._beside_one(
                context, ensemble_ids[0], request.whole, planned, capacity, others=others
            )
            return plan, [found]
        every: list[tuple[RecoveryHold, ...]] = []
        parts = request.alone(planned, capacity)
        for ensemble_id, (wanted, own, there) in zip(ensemble_ids, parts, strict=True):
            left = there.without_pending(
                (each.host, each.resources) for holds in every for each in holds
            )
            every.append(self.of_plan(context, ensemble_id, wanted, own.assignment, left))
        return planned, every

    def _beside_one(
        self,
        context: Context,
        ensemble_id: str,
        request: ResolvedRequest,
        planned: result.Plan,
        capacity: Capacity,
        *,
        others: bool,
    ) -> tuple[result.Plan, tuple[RecoveryHold, ...]]:
        try:
            return planned, self.of_plan(
                context, ensemble_id, request, planned.assignment, capacity
            )
        except exception.InfeasibleEnsemble:
            wish = Recovery.of(request.body).reserve
            if wish is None or not others or wish.level not in capacity.snapshot.topology.levels:
                raise
            for other in other_plans(
                planned, capacity.snapshot, wish.level, wish.failures, solve=solve
            ):
                with contextlib.suppress(exception.InfeasibleEnsemble):
                    places = other.assignment
                    return other, self.of_plan(context, ensemble_id, request, places, capacity)
            raise

    def claims(self, holds: Sequence[RecoveryHold]) -> Claims:
        """What is to be held in Placement, in the name of the service project."""
        if not holds:
            return Claims("", "", ())
        holder = self._holder()
        return Claims(holder.project_id, holder.user_id, holds, RECOVERY_TYPE)

    def shortages(
        self, project_id: str, holds: Sequence[RecoveryHold], except_id: str = ""
    ) -> tuple[QuotaShortage, ...]:
        """The limits of a project that are too small for this beside what it has held."""
        if not holds:
            return ()
        return _shortages(self._most, self._stored.used(project_id, except_id), holds)

    def intend(
        self, ensemble_id: str, holds: Sequence[RecoveryHold], *, anew: bool, grows: bool = True
    ) -> None:
        """Save what is about to be held, ``anew`` where nothing is held yet.

        What does not grow is not held against the limits, which may be less by now.

        :raises ensemble_api.exception.OverQuota: when it is more than the project may have held.
        """
        most = self._most if grows else None
        used = self._stored.intend(ensemble_id, holds, most=most, anew=anew)
        for shortage in () if used is None else _shortages(self._most, used, holds):
            raise exception.OverQuota(shortage.message, **shortage.facts)

    def hold(
        self, holds: Sequence[RecoveryHold], before: Iterable[RecoveryHold], capacity: Capacity
    ) -> None:
        """Hold all of this in the place of what was held ``before``, in one step.

        :raises ensemble_api.exception.CapacityTaken: when others were quicker; see ``Holds``.
        """
        self._holds.hold_recovery(self.claims(holds), [each.id for each in before], capacity)

    def is_held(self, holds: Sequence[RecoveryHold]) -> bool:
        """Whether Placement has just this, whatever is recorded."""
        return self._holds.is_held(self.claims(holds))

    def use(self, record: EnsembleRecord, servers: Collection[str]) -> None:
        """Have what is held free for lost members alone, of which these are the servers.

        First its hosts are closed to all others by the scheduler filter, which has to have them
        closed still when it is given back.
        """
        holds = self._stored.of(record.id)
        if not holds or not servers:
            return
        self._stored.close(record.id, servers, CLOSED_SECONDS)
        left = [each.id for each in holds if each.status is not HoldStatus.GIVEN_BACK]
        if left:
            self._holds.give_back_recovery(left)
            self._stored.save_given_back(record.id)

    def settle(self, ensemble_id: str, holds: Sequence[RecoveryHold]) -> None:
        """Save that all of this is held, and nothing else."""
        if not self._stored.settle(ensemble_id, holds):
            # It was given up meanwhile, so that nobody knows of it.
            self._holds.give_back_recovery(each.id for each in holds)

    def drop(self, ensemble_id: str) -> None:
        """Give back and forget all that an ensemble has."""
        self.forget(self._stored.of(ensemble_id))

    def forget(self, holds: Sequence[RecoveryHold]) -> None:
        """Give these back, if they are held, and forget them."""
        if holds:
            self._holds.give_back_recovery(each.id for each in holds)
            self._stored.forget(each.id for each in holds)

    def give_back(self, ensemble_id: str) -> None:
        """Give back what an ensemble has that goes; who observes the cloud forgets it.

        What Placement does not let go now is given back by that one too.
        """
        try:
            self._holds.give_back_recovery(each.id for each in self._stored.of(ensemble_id))
        except exception.Unavailable as error:
            advice.log(LOG, f"What {ensemble_id} had held for recovery is given back later", error)


def consumer(ensemble_id: str, host: str) -> str:
    """The consumer in Placement of what an ensemble has held on a host, never another one."""
    return str(uuid.uuid5(_NAMESPACE, f"{ensemble_id}/{host}"))


def named(holds: Iterable[RecoveryHold], ensemble_id: str) -> tuple[RecoveryHold, ...]:
    """The same for the ensemble of this id, which was not known when they were planned."""
    return tuple(
        replace(each, id=consumer(ensemble_id, each.host), ensemble_id=ensemble_id)
        for each in holds
    )


def _shortages(
    most: Amount, used: Amount, holds: Sequence[RecoveryHold]
) -> tuple[QuotaShortage, ...]:
    more = amount(each.resources for each in holds)
    limits = (
        ("RecoveryCores", most.cores, used.cores, more.cores),
        ("RecoveryRAM", most.ram, used.ram, more.ram),
    )
    return tuple(
        QuotaShortage(name, limit, had, needed)
        for name, limit, had, needed in limits
        if 0 <= limit < had + needed
    )


def _reason(sentence: Sentence, **facts: Argument) -> result.Reason:
    return result.Reason("no-reserve", sentence(**facts), suggestion=_LESS())


def _refused(reason: result.Reason) -> exception.InfeasibleEnsemble:
    return exception.InfeasibleEnsemble(
        exception.does_not_fit([reason.message]), reasons=[reason], proved=False
    )
