# SPDX-License-Identifier: Apache-2.0
"""A look at the cloud for one request: what is free, and for whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_api.cloud.inventory import Answers, Capacity, Inventory
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.context import Context
from ensemble_api.store.api import Handover, Store
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.resolve import ResolvedRequest


@dataclass(frozen=True, slots=True)
class Readings:
    """What is asked once for all looks of one request, and the hand-overs just before that.

    ``claimed`` are the ids of the members among them whose server had claimed its capacity.
    """

    handovers: Sequence[Handover]
    claimed: frozenset[str]
    answers: Answers


class FreeCapacity:
    """Looks at capacity as a tenant's new ensemble may use it."""

    def __init__(
        self, store: Store, inventory: Inventory, reservation: Reservation, exclusivity: Exclusivity
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._reservation = reservation
        self._exclusivity = exclusivity

    def readings(self, context: Context, *, to_reserve: bool = False) -> Readings:
        """Ask what does not depend on whose ensemble is looked for.

        ``to_reserve`` is whether the capacity is to be reserved after it.
        """
        handovers = self._store.handovers()
        claimed = self._reservation.holding(each.server_id for each in handovers if each.server_id)
        return Readings(
            handovers,
            frozenset(each.member_id for each in handovers if each.server_id in claimed),
            self._inventory.answers(context, with_generations=to_reserve),
        )

    def capacity_for(
        self,
        context: Context,
        request: ResolvedRequest,
        but: str | None = None,
        *,
        readings: Readings | None = None,
        to_reserve: bool = False,
    ) -> Capacity:
        """The cloud's capacity less what is being handed over from holds to servers.

        Placement shows such capacity neither as held nor as used for a moment. So hand-overs are
        read on both sides of the look, and all count but those whose server had claimed before.
        ``but`` is the id of an ensemble that is not looked at: the caller's own.
        """
        readings = readings or self.readings(context, to_reserve=to_reserve)
        capacity = self._inventory.capacity(context, request.demands, readings.answers)
        capacity = self._exclusivity.apply(context, request.ensemble, capacity, but)
        pending = {each.member_id: each for each in (*readings.handovers, *self._store.handovers())}
        return capacity.less(
            (each.host, each.resources)
            for each in pending.values()
            if each.member_id not in readings.claimed
        )
