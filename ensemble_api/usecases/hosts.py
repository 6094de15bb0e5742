# SPDX-License-Identifier: Apache-2.0
"""The hosts with what is on them, for operators: all of them, or one."""

from collections.abc import Sequence
from dataclasses import replace

from ensemble_api import exception
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.context import Context
from ensemble_api.observed import ObservedHost
from ensemble_api.planning.message import Sentence
from ensemble_api.results.host_impact import HostImpacts
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.usecases.host_impact import Search, host_impacts

NO_HOST = Sentence("not-found.host", "There is no host %(host)s.")
NO_LEVEL = Sentence("invalid.no-level", "must be one of this cloud's levels: %(levels)s")


class Hosts:
    """Reads the hosts of the cloud as they were last observed, and who was seen on them."""

    def __init__(self, store: Store, states: CurrentStates, inventory: Inventory) -> None:
        self._store = store
        self._states = states
        self._inventory = inventory

    def observed(self, context: Context) -> tuple[Sequence[ObservedHost], bool]:
        """All hosts by name, and whether they were observed; else Nova was asked just now."""
        levels = self._inventory.levels
        seen = [each for each in self._states.hosts() if len(each.above) == len(levels) - 1]
        hosts = seen or self._inventory.observed(context)
        return sorted(hosts, key=lambda each: each.name), bool(seen)

    def index(self, context: Context, search: Search) -> HostImpacts:
        """Every host, what is on it and what its failure breaks; one page of those searched for.

        :raises ensemble_api.exception.Invalid: if the marker is no host.
        """
        # 1 Read the hosts, or ask Nova when there are none yet. 2 Read who is on them. 3 Judge.
        hosts, seen = self.observed(context)
        owners, occupants = self._store.occupants()
        found = host_impacts(hosts, self._inventory.levels, owners, occupants, search)
        return replace(found, observed_at=self._states.observed_at() if seen else "")

    def show(self, context: Context, name: str) -> HostImpacts:
        """The impact of one host.

        :raises ensemble_api.exception.NotFound: if there is no such host.
        """
        # It is found among all, since what else is down counts.
        found = self.index(context, Search())
        rows = [row for row in found.hosts if row.host.name == name]
        if not rows:
            raise exception.NotFound(NO_HOST(host=name))
        here = {each.ensemble_id for each in rows[0].occupants}
        broken = tuple(each for each in found.broken if each[0].id in here)
        return replace(found, page=tuple(rows), found=1, first=1, broken=broken)
