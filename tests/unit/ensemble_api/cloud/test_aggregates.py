# SPDX-License-Identifier: Apache-2.0
"""Which hosts Nova's rules on aggregates close to a server."""

from collections.abc import Mapping
from typing import Any

import pytest
from nova.conf import scheduler
from oslo_config import cfg

from ensemble_api.cloud.aggregates import AggregateRules
from ensemble_api.cloud.demand import Demand

HOSTS = ("h1", "h2", "h3")
TENANTS, SPECS, IMAGES = (
    "AggregateMultiTenancyIsolation",
    "AggregateInstanceExtraSpecsFilter",
    "AggregateImagePropertiesIsolation",
)


def rules(*filters: str, **scheduling: bool) -> AggregateRules:
    """The rules as nova.conf would bring them."""
    config = cfg.ConfigOpts()
    scheduler.register_opts(config)
    values: list[tuple[str, Any, str]] = [
        ("enabled_filters", ["ComputeFilter", *filters], "filter_scheduler"),
        *((name, value, "scheduler") for name, value in scheduling.items()),
    ]
    for name, value, group in values:
        config.set_override(name, value, group)
    try:
        return AggregateRules.configured(config)
    finally:
        # Nova's option groups are the same objects in every configuration.
        for name, _, group in values:
            config.clear_override(name, group)


def on(*hosts: str, **metadata: str) -> dict[str, Any]:
    return {"name": "a", "hosts": list(hosts), "metadata": metadata}


def closed(given: AggregateRules, *aggregates: Mapping[str, Any], **demand: Any) -> set[str]:
    found = given.closed("shop", Demand({"VCPU": 1}, **demand), aggregates, HOSTS)
    return set(found)


@pytest.mark.parametrize(
    ("given", "aggregates", "demand", "expected"),
    [
        pytest.param(
            rules(), [on("h1", filter_tenant_id="others")], {}, set(), id="no rule is in force"
        ),
        pytest.param(
            rules(TENANTS),
            [on("h1", filter_tenant_id="others"), on("h2", filter_tenant_id="others, shop")],
            {},
            {"h1"},
            id="an aggregate of other projects is closed, a shared one and no aggregate are open",
        ),
        pytest.param(
            rules(TENANTS),
            [on("h1", filter_tenant_id="others"), on("h1", filter_tenant_id_2="shop")],
            {},
            set(),
            id="a host in two aggregates is open to the projects of both",
        ),
        pytest.param(
            rules(SPECS),
            [on("h1", ssd="true"), on("h2", ssd="false")],
            {"extra_specs": {"aggregate_instance_extra_specs:ssd": "true"}},
            {"h2", "h3"},
            id="a flavor's extra spec wants an aggregate with the same value",
        ),
        pytest.param(
            rules(SPECS),
            [on("h1", cores="16"), on("h2", cores="64")],
            {"extra_specs": {"cores": ">= 32", "hw:cpu_policy": "dedicated"}},
            {"h1", "h3"},
            id="an extra spec may compare, and other scopes are not for aggregates",
        ),
        pytest.param(
            rules(IMAGES),
            [on("h1", os_distro="windows"), on("h2", os_distro="debian,ubuntu")],
            {"image_properties": {"os_distro": "ubuntu"}},
            {"h1"},
            id="an image keeps out of aggregates for other images",
        ),
        pytest.param(
            rules(IMAGES),
            [on("h1", os_distro="windows")],
            {"image_properties": {"hw_disk_bus": "no such bus", "os_distro": "ubuntu"}},
            set(),
            id="an image that Nova will refuse closes nothing",
        ),
        pytest.param(
            rules(limit_tenants_to_placement_aggregate=True),
            [on("h1", filter_tenant_id="shop"), on("h2", filter_tenant_id="others")],
            {},
            {"h2", "h3"},
            id="a project with an aggregate of its own stays in it",
        ),
        pytest.param(
            rules(limit_tenants_to_placement_aggregate=True),
            [on("h2", filter_tenant_id="others")],
            {},
            set(),
            id="a project without an aggregate is free",
        ),
        pytest.param(
            rules(
                limit_tenants_to_placement_aggregate=True,
                placement_aggregate_required_for_tenants=True,
            ),
            [on("h2", filter_tenant_id="others")],
            {},
            {"h1", "h2", "h3"},
            id="a project without an aggregate has no host where one is required",
        ),
        pytest.param(
            rules(enable_isolated_aggregate_filtering=True),
            [on("h1", **{"trait:CUSTOM_LICENSED": "required"})],
            {},
            {"h1"},
            id="an aggregate for a trait is closed to who does not require it",
        ),
        pytest.param(
            rules(enable_isolated_aggregate_filtering=True),
            [on("h1", **{"trait:CUSTOM_LICENSED": "required"})],
            {"required": frozenset({"CUSTOM_LICENSED"})},
            set(),
            id="an aggregate for a trait is open to who requires it",
        ),
    ],
)
def test_closed_hosts(
    given: AggregateRules, aggregates: Any, demand: Any, expected: set[str]
) -> None:
    assert closed(given, *aggregates, **demand) == expected
