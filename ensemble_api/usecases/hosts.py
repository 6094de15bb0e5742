# SPDX-License-Identifier: Apache-2.0
"""The hosts with what is on them, for operators: all of them, or one and whether it can drain."""

from dataclasses import replace

from ensemble_api import exception
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence
from ensemble_api.results.host_impact import DrainAttempt, HostImpacts
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.usecases.drain import Drains
from ensemble_api.usecases.host_impact import Search, host_impacts

NO_HOST = Sentence("not-found.host", "There is no host %(host)s.")


class Hosts:
    """Reads the hosts of the cloud as they were last observed, and who was seen on them."""

    def __init__(
        self, store: Store, states: CurrentStates, inventory: Inventory, drains: Drains
    ) -> None:
        self._store = store
        self._states = states
        self._inventory = inventory
        self._drains = drains

    def index(self, context: Context, search: Search) -> HostImpacts:
        """Every host, what is on it and what its failure breaks; one page of those searched for.

        :raises ensemble_api.exception.Invalid: if the marker is no host.
        """
        # 1 Read the hosts, or ask Nova when there are none yet. 2 Read who is on them. 3 Judge.
        levels = self._inventory.levels
        seen = [each for each in self._states.hosts() if len(each.above) == len(levels) - 1]
        hosts = sorted(seen or self._inventory.observed(context), key=lambda each: each.name)
        owners, occupants = self._store.occupants()
        found = host_impacts(hosts, levels, owners, occupants, search)
        return replace(found, observed_at=self._states.observed_at() if seen else "")

    def show(
        self, context: Context, name: str, *, drain: bool = False
    ) -> tuple[HostImpacts, tuple[DrainAttempt, ...] | None]:
        """The impact of one host; with ``drain``, also whether its members fit elsewhere.

        :raises ensemble_api.exception.NotFound: if there is no such host.
        """
        # 1 Find the host among all, since what else is down counts. 2 Try its ensembles.
        found = self.index(context, Search())
        rows = [row for row in found.hosts if row.host.name == name]
        if not rows:
            raise exception.NotFound(NO_HOST(host=name))
        here = {each.ensemble_id for each in rows[0].occupants}
        broken = tuple(each for each in found.broken if each[0].id in here)
        one = replace(found, page=tuple(rows), found=1, first=1, broken=broken)
        if not drain:
            return one, None
        worst = [owner.id for owner, _ in rows[0].breaks]
        others = [each.ensemble_id for each in rows[0].occupants]
        ids = dict.fromkeys((*worst, *others))
        return one, tuple(self._drains.attempt(context, name, ids))
