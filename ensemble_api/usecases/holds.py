# SPDX-License-Identifier: Apache-2.0
"""Hold the capacity of planned members, with a second look at what others did meanwhile."""

import logging
import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ensemble_api import exception
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.reservation import Claimant, Claims, Reservation
from ensemble_api.context import Context
from ensemble_api.planning import check, result
from ensemble_api.planning.completion import closed_to_more
from ensemble_api.planning.model import Member
from ensemble_api.planning.policies import Exclusive
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.shares import by_provider
from ensemble_api.store.api import Store
from ensemble_api.store.occupancy import targets
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.usecases.stored_requests import for_owner

LOG = logging.getLogger(__name__)

_NOBODY: Mapping[Member, str] = {}
_NOTHING = Claims("", "", ())


def pause(attempt: int) -> float:
    """Seconds until that is planned anew which others took ``attempt`` times before this one.

    They are drawn by lot: else two that took from each other would do so again.
    """
    return random.uniform(0.05, 0.3) * (attempt + 1)  # noqa: S311


@dataclass(frozen=True, slots=True)
class MovingEnsemble:
    """An ensemble of which members move, as its operation says.

    ``places`` are those of all its members then, ``capacity`` what the moves were planned on.
    """

    record: EnsembleRecord
    request: ResolvedRequest
    capacity: Capacity
    places: result.Assignment

    @property
    def members(self) -> Sequence[MemberRecord]:
        """Those that move, each as it is on its new host."""
        return self.record.moved_members


class Holds:
    """Holds and gives back the capacity of members in Placement."""

    def __init__(self, store: Store, reservation: Reservation, exclusivity: Exclusivity) -> None:
        self._store = store
        self._reservation = reservation
        self._exclusivity = exclusivity

    def hold(
        self,
        context: Context,
        request: ResolvedRequest,
        planned: result.Plan,
        capacity: Capacity,
        record: EnsembleRecord,
        members: Sequence[MemberRecord],
        *,
        running: result.Assignment = _NOBODY,
        closed: Collection[str] = (),
        recovery: Claims = _NOTHING,
        beside: Collection[str] = (),
    ) -> None:
        """Hold the capacity of these members, all or none, and with it what is for ``recovery``.

        Then see whether it was free only because others are just being handed over there, and
        whether an ensemble that came meanwhile bars us, or we it. ``running`` are members that have
        their capacity already, ``closed`` hosts those that take no more of them. Ensembles of these
        ids ``beside`` it are planned in the same step, and some of the members are theirs.

        :raises ensemble_api.exception.CapacityTaken: when others were quicker; nothing is held.
        """
        every = (*members, *recovery.members)
        if self._is_promised(every, held=False):
            # Even for a moment it would be in the way of their claims.
            raise exception.CapacityTaken
        claims = Claims(record.project_id, record.user_id, members)
        self._reservation.hold_all([claims, recovery], capacity.generations)
        if self._is_promised(every, held=True):
            self.give_back(record, members, recovery)
            raise exception.CapacityTaken
        own = {record.id, *beside}
        now = self._exclusivity.apply(context, request.ensemble, capacity, own).snapshot
        if running:
            now = closed_to_more(now, request.ensemble, running, closed)
        if check.check(request.ensemble, now, planned.assignment, running):
            self.give_back(record, members, recovery)
            raise exception.CapacityTaken

    def hold_recovery(self, claims: Claims, before: Collection[str], capacity: Capacity) -> None:
        """Hold this for recovery in the place of what the consumers ``before`` have.

        :raises ensemble_api.exception.CapacityTaken: when others were quicker; then all is as it
            was, or nothing is held.
        """
        if not claims.members:
            self.give_back_recovery(before)
            return
        if self._is_promised(claims.members, held=False):
            raise exception.CapacityTaken
        self._reservation.hold_instead(claims, before, capacity.generations)
        if self._is_promised(claims.members, held=True):
            self.give_back_recovery(each.id for each in claims.members)
            raise exception.CapacityTaken

    def give_back_recovery(self, consumers: Iterable[str]) -> None:
        """Let go what these consumers have held for recovery; one that has nothing is fine."""
        self._reservation.release_each(consumers)

    def is_held(self, claims: Claims) -> bool:
        """Whether Placement has just this."""
        held = self._reservation.amounts(each.id for each in claims.members)
        return all(
            held[each.id] == by_provider(each.provider, each.resources) for each in claims.members
        )

    def hold_moves(self, context: Context, wanted: Sequence[MovingEnsemble]) -> None:
        """Hold what members of several ensembles take on their new hosts, all or none.

        Then look again, as ``hold`` does, whether what others have to themselves has changed.

        :raises ensemble_api.exception.CapacityTaken: when others were quicker; nothing is held.
        """
        members = [member for each in wanted for member in each.members]
        if self._is_promised(members, held=False):
            raise exception.CapacityTaken
        generations = wanted[0].capacity.generations if wanted else {}
        self._reservation.hold_all(
            [Claims(each.record.project_id, each.record.user_id, each.members) for each in wanted],
            generations,
        )
        if self._is_promised(members, held=True) or any(
            self._is_barred(context, each) for each in wanted
        ):
            self.give_back_moves(wanted)
            raise exception.CapacityTaken

    def give_back_moves(self, wanted: Iterable[MovingEnsemble]) -> None:
        """Let the holds of these members go; one without a hold is fine."""
        for each in wanted:
            self.give_back(each.record, each.members)

    def _is_barred(self, context: Context, moving: MovingEnsemble) -> bool:
        """Whether an ensemble that came meanwhile bars these members, or they it."""
        acting = for_owner(context, moving.record)
        ensemble, before = moving.request.ensemble, moving.capacity
        now = self._exclusivity.apply(acting, ensemble, before, {moving.record.id})
        hosts = [now.snapshot.topology.host_number(each.host) for each in moving.members]
        if not now.snapshot.usable[hosts].all():
            return True
        exclusive = tuple(each for each in ensemble.policies if isinstance(each, Exclusive))
        judged = replace(ensemble, policies=exclusive)
        missed = [
            sum(
                each.amount for each in check.shortfalls(judged, snapshot, moving.places, hard=True)
            )
            for snapshot in (before.snapshot, now.snapshot)
        ]
        return missed[1] > missed[0]

    def _is_promised(self, members: Sequence[Claimant], *, held: bool) -> bool:
        """Whether some of what these members hold, or are to, is what others gave up for servers.

        They are recorded before they give it up. One that claims meanwhile is counted twice, and we
        yield without need; then we plan anew.
        """
        ours = {member.id for member in members}
        providers = {member.host: member.provider for member in members}
        handovers = [
            each
            for each in self._store.handovers()
            if each.host in providers and each.member_id not in ours
        ]
        if not handovers:
            return False
        servers = [each.server_id for each in handovers if each.server_id]
        claimed = self._reservation.holding(servers, on=targets(handovers))
        promised: dict[str, Counter[str]] = {}
        for each in handovers:
            if each.server_id not in claimed:
                for provider, amounts in by_provider(providers[each.host], each.resources).items():
                    promised.setdefault(provider, Counter()).update(amounts)
        if not held:
            for member in members:
                for provider, amounts in by_provider(member.provider, member.resources).items():
                    if provider in promised:
                        promised[provider].update(amounts)
        return self._reservation.is_overcommitted(promised)

    def drop(self, moving: MovingEnsemble, owner: str) -> None:
        """Let nothing be left of moves that were not accepted; else the worker ends them."""
        try:
            self.give_back_moves([moving])
            self._store.drop_change(moving.record)
            self._store.release(moving.record.id, owner)
        except Exception:
            LOG.exception("The moves of ensemble %s are left to the worker", moving.record.id)

    def give_back(
        self,
        record: EnsembleRecord,
        members: Sequence[MemberRecord],
        recovery: Claims = _NOTHING,
    ) -> None:
        """Let the holds of these members go, and those for recovery; one without a hold is fine."""
        self._reservation.release_all(
            record.project_id, record.user_id, (member.id for member in members)
        )
        self.give_back_recovery(each.id for each in recovery.members)
