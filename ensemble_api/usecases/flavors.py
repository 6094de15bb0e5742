# SPDX-License-Identifier: Apache-2.0
"""The other flavors that a tenant could use in the place of those of a refused request."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.context import Context
from ensemble_api.planning.model import Flavor
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.usecases.server_template import ServerTemplates

LOG = logging.getLogger(__name__)

# How many are looked at for one tier, and for all: each of them asks Placement once.
MOST_OF_TIER = 4
MOST = 12
_SIZES = ("vcpus", "ram", "disk", "OS-FLV-EXT-DATA:ephemeral", "swap")


class OtherFlavors:
    """Finds flavors that ask for no more than the ones of a request, the nearest first."""

    def __init__(
        self,
        compute: Compute,
        networks: Networks,
        volumes: Volumes,
        placed: Callable[[Demand], Demand],
    ) -> None:
        self._compute = compute
        self._networks = networks
        self._volumes = volumes
        self._placed = placed

    def added(self, context: Context, request: ResolvedRequest) -> ResolvedRequest:
        """The request with other flavors for its tiers, and what their members would ask for.

        Everything is looked up with the tenant's own rights; what cannot be had is left out.
        """
        templates = ServerTemplates(
            self._compute, self._networks, self._volumes, context, self._placed
        )
        seen = self._seen(context)
        most = max(1, min(MOST_OF_TIER, MOST // len(request.ensemble.tiers)))
        demands = dict(request.demands)
        tiers = []
        for tier, described in zip(request.ensemble.tiers, request.body["tiers"], strict=True):
            own, server = request.demands[tier.name], described["server"]
            found: list[Flavor] = []
            room = MOST - (len(demands) - len(request.demands))
            for flavor_id in islice(_no_larger(seen, server["flavor"]), 2 * min(most, room)):
                asked = templates.other(server, flavor_id)
                if asked is None or not _asks_less(asked[1], own) or len(found) == most:
                    continue
                flavor, demand = asked
                mask = f"{tier.name} {flavor_id}"  # no tier has a blank in its name
                demands[mask] = demand
                found.append(
                    Flavor(
                        id=flavor_id,
                        name=flavor.get("name") or flavor_id,
                        mask=mask,
                        resources=demand.resources,
                        required_traits=demand.required,
                        forbidden_traits=demand.forbidden,
                        unplanned=demand.unplanned,
                    )
                )
            tiers.append(replace(tier, flavors=tuple(found)))
        ensemble = replace(request.ensemble, tiers=tuple(tiers))
        return replace(request, ensemble=ensemble, demands=demands)

    def _seen(self, context: Context) -> Sequence[Mapping[str, Any]]:
        try:
            return self._compute.flavors(context)
        except exception.CloudError as error:
            # A refusal is worth telling without them.
            LOG.warning("Nova did not list the flavors of a tenant: %s", error)
            return ()


def _no_larger(seen: Sequence[Mapping[str, Any]], own_id: str) -> list[str]:
    """The ids of the flavors that are no larger than the one of that id, the nearest first."""
    sizes = {
        each["id"]: [float(each.get(name) or 0) for name in _SIZES]
        for each in seen
        if not each.get("OS-FLV-DISABLED:disabled")
    }
    own = sizes.pop(own_id, None)
    if own is None:
        return []
    less = {
        flavor_id: sum((mine - its) / mine for mine, its in zip(own, size, strict=True) if mine)
        for flavor_id, size in sizes.items()
        if all(its <= mine for mine, its in zip(own, size, strict=True))
    }
    return sorted(less, key=lambda flavor_id: (less[flavor_id], flavor_id))


def _asks_less(asked: Demand, own: Demand) -> bool:
    """Whether something else is asked of the hosts, and less or as much of all the same.

    What lacks a resource class or a device that the members were given would be no way out.
    """
    if asked.resources.keys() != own.resources.keys() or set(own.unplanned) - set(asked.unplanned):
        return False
    if any(amount > own.resources[name] for name, amount in asked.resources.items()):
        return False
    return asked.query != own.query or asked.extra_specs != own.extra_specs
