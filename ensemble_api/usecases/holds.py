# SPDX-License-Identifier: Apache-2.0
"""Hold the capacity of planned members, with a second look at what others did meanwhile."""

from collections.abc import Collection, Mapping, Sequence

from ensemble_api import exception
from ensemble_api.cloud.inventory import Capacity
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.context import Context
from ensemble_api.planning import check, result
from ensemble_api.planning.completion import closed_to_more
from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.resolve import ResolvedRequest

_NOBODY: Mapping[Member, str] = {}


class Holds:
    """Holds and gives back the capacity of members in Placement."""

    def __init__(self, reservation: Reservation, exclusivity: Exclusivity) -> None:
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
    ) -> None:
        """Hold the capacity of these members, all or none.

        Then see whether an ensemble that came meanwhile bars us, or we it. ``running`` are members
        that have their capacity already, ``closed`` hosts those that take no more of them.

        :raises ensemble_api.exception.CapacityTaken: when others were quicker; nothing is held.
        """
        self._reservation.hold(record.project_id, record.user_id, members, capacity.generations)
        now = self._exclusivity.apply(context, request.ensemble, capacity, record.id).snapshot
        if running:
            now = closed_to_more(now, request.ensemble, running, closed)
        if check.check(request.ensemble, now, planned.assignment, running):
            self.give_back(record, members)
            raise exception.CapacityTaken

    def give_back(self, record: EnsembleRecord, members: Sequence[MemberRecord]) -> None:
        """Let the holds of these members go; one without a hold is fine."""
        self._reservation.release_all(
            record.project_id, record.user_id, (member.id for member in members)
        )
