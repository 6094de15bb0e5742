# SPDX-License-Identifier: Apache-2.0
"""A look at the cloud for one request: what is free, and for whom."""

from typing import Any

from ensemble_api.cloud.inventory import Capacity, Inventory
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.neighbours import Neighbours
from ensemble_api.resolver import Wanted
from ensemble_api.store.api import Handover, Store


class Look:
    """Looks at capacity as a tenant's new ensemble may use it."""

    def __init__(
        self, store: Store, inventory: Inventory, reservation: Reservation, neighbours: Neighbours
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._reservation = reservation
        self._neighbours = neighbours

    def at_capacity(self, context: Any, wanted: Wanted, but: str | None = None) -> Capacity:
        """The cloud's capacity less what is being handed over from holds to servers.

        Placement shows such capacity neither as held nor as used for a moment. So hand-overs are
        read on both sides of the look, and all count but those whose server had claimed before.
        ``but`` is the id of an ensemble that is not looked at: the caller's own.
        """
        before = self._store.handovers()
        claimed = {each.member_id for each in before if self._claimed(each)}
        capacity = self._inventory.capacity(context, wanted.demands)
        capacity = self._neighbours.mark(context, wanted.ensemble, capacity, but)
        pending = {each.member_id: each for each in (*before, *self._store.handovers())}
        return capacity.less(
            (each.host, each.resources)
            for each in pending.values()
            if each.member_id not in claimed
        )

    def _claimed(self, handover: Handover) -> bool:
        return handover.server_id is not None and self._reservation.holds(handover.server_id)
