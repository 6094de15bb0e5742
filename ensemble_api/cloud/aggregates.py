# SPDX-License-Identifier: Apache-2.0
"""The hosts that Nova keeps from a project, a flavor or an image for the sake of their aggregates.

Nova's own filters decide, as far as the operator enabled them, so that a plan never needs a host
that the scheduler would refuse. Two more rules are Nova's requests to Placement
(``nova/scheduler/request_filter.py``), which know nothing of single hosts and are told here anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from nova.objects.aggregate import Aggregate
from nova.objects.flavor import Flavor
from nova.objects.image_meta import ImageMeta
from nova.objects.request_spec import RequestSpec
from nova.scheduler.filters.aggregate_image_properties_isolation import (
    AggregateImagePropertiesIsolation,
)
from nova.scheduler.filters.aggregate_instance_extra_specs import (
    AggregateInstanceExtraSpecsFilter,
)
from nova.scheduler.filters.aggregate_multitenancy_isolation import AggregateMultiTenancyIsolation
from oslo_config import cfg

from ensemble_api.cloud.demand import Demand

_FILTERS = (
    AggregateInstanceExtraSpecsFilter,
    AggregateMultiTenancyIsolation,
    AggregateImagePropertiesIsolation,
)
_TENANT = "filter_tenant_id"
_TRAIT = "trait:"


@dataclass(frozen=True, slots=True)
class AggregateRules:
    """Which of Nova's rules on aggregates are in force.

    ``tenants``: a project with aggregates of its own is kept in them, and one without has no host
    if ``tenants_required``. ``traits``: an aggregate with ``trait:NAME=required`` is for servers
    that require the trait.
    """

    filters: tuple[Any, ...] = ()
    tenants: bool = False
    tenants_required: bool = False
    traits: bool = False

    @classmethod
    def configured(cls, config: cfg.ConfigOpts) -> "AggregateRules":
        """The rules by ``[filter_scheduler]`` and ``[scheduler]`` of nova.conf."""
        enabled = set(config.filter_scheduler.enabled_filters)
        return cls(
            filters=tuple(each() for each in _FILTERS if each.__name__ in enabled),
            tenants=config.scheduler.limit_tenants_to_placement_aggregate,
            tenants_required=config.scheduler.placement_aggregate_required_for_tenants,
            traits=config.scheduler.enable_isolated_aggregate_filtering,
        )

    def closed(
        self,
        project_id: str,
        demand: Demand,
        aggregates: Sequence[Mapping[str, Any]],
        hosts: Iterable[str],
    ) -> frozenset[str]:
        """The names of those hosts that a server of the project may not use.

        ``aggregates`` are as Nova's API lists them, with ``hosts`` and ``metadata``.
        """
        if not (self.filters or self.tenants or self.traits):
            return frozenset()
        spec = _request(project_id, demand)
        own = {number for number, each in enumerate(aggregates) if _is_of(project_id, each)}
        of: dict[str, set[int]] = {}
        for number, aggregate in enumerate(aggregates):
            for host in aggregate["hosts"]:
                of.setdefault(host, set()).add(number)
        # Many hosts are in the same aggregates, so each different set is judged once.
        verdicts: dict[frozenset[int], bool] = {}
        closed = set()
        for host in hosts:
            numbers = frozenset(of.get(host, ()))
            if numbers not in verdicts:
                metadata = [aggregates[number]["metadata"] for number in sorted(numbers)]
                verdicts[numbers] = self._kept_in(own, numbers) and self._admits(
                    spec, demand, metadata
                )
            if not verdicts[numbers]:
                closed.add(host)
        return frozenset(closed)

    def _kept_in(self, own: set[int], numbers: frozenset[int]) -> bool:
        """After ``require_tenant_aggregate``."""
        if not self.tenants:
            return True
        return bool(own & numbers) if own else not self.tenants_required

    def _admits(
        self, spec: RequestSpec, demand: Demand, metadata: Sequence[Mapping[str, str]]
    ) -> bool:
        if self.traits and not all(_suits(demand, each) for each in metadata):
            return False
        host = SimpleNamespace(aggregates=[Aggregate(metadata=dict(m)) for m in metadata])
        return all(each.host_passes(host, spec) for each in self.filters)


def _is_of(project_id: str, aggregate: Mapping[str, Any]) -> bool:
    return any(
        key.startswith(_TENANT) and value == project_id
        for key, value in aggregate["metadata"].items()
    )


def _suits(demand: Demand, metadata: Mapping[str, str]) -> bool:
    """After ``isolate_aggregates``."""
    return all(
        key.removeprefix(_TRAIT) in demand.required
        for key, value in metadata.items()
        if key.startswith(_TRAIT) and value == "required"
    )


def _request(project_id: str, demand: Demand) -> RequestSpec:
    try:
        image = ImageMeta.from_dict({"properties": dict(demand.image_properties)})
    except ValueError:
        # Nova itself refuses such an image when the server is made, and says why.
        image = ImageMeta.from_dict({"properties": {}})
    flavor = Flavor(extra_specs=dict(demand.extra_specs))
    return RequestSpec(project_id=project_id, flavor=flavor, image=image)
