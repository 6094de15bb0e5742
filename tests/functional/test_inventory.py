# SPDX-License-Identifier: Apache-2.0
"""From allocation candidates of a real Placement, hypervisors and aggregates to a snapshot."""

import uuid
from typing import Any

import pytest
from nova.scheduler.filters.aggregate_multitenancy_isolation import AggregateMultiTenancyIsolation
from small_cloud import HOSTS, SmallCloud, caller

from ensemble_api import exception
from ensemble_api.cloud.aggregates import AggregateRules
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.planning.snapshot import Packing
from tests.fakes.nova_objects import FakeHost

LEVELS = ["rack:rack", "zone:availability_zone"]
SMALL = Demand({"VCPU": 1, "MEMORY_MB": 256})


def inventory(cloud: SmallCloud, levels: list[str] = LEVELS) -> Inventory:
    return Inventory(
        Compute(cloud.nova), cloud.placement.adapter(), parse_levels(levels), "default-zone"
    )


def look(cloud: SmallCloud, *demands: Demand) -> Capacity:
    tiers = {f"t{number}": demand for number, demand in enumerate(demands or (SMALL,))}
    return inventory(cloud).capacity(caller(), tiers)


def free(capacity: Capacity, name: str) -> dict[str, int]:
    snapshot = capacity.snapshot
    row = snapshot.free[snapshot.topology.hosts.index(name)]
    return dict(zip(snapshot.resource_classes, (int(each) for each in row), strict=True))


def test_free_is_the_inventory_less_what_is_used(cloud: SmallCloud) -> None:
    cloud.fill("secrethost2", 3)
    capacity = look(cloud)
    assert capacity.snapshot.topology.hosts == tuple(HOSTS)
    assert free(capacity, "secrethost1") == {"VCPU": 4, "MEMORY_MB": 4096, "DISK_GB": 100}
    assert free(capacity, "secrethost2") == {"VCPU": 1, "MEMORY_MB": 4096, "DISK_GB": 100}
    assert capacity.providers == {host.name: host.provider for host in cloud.nova.hosts}


def test_the_operator_s_packing_is_part_of_what_is_seen(cloud: SmallCloud) -> None:
    compute, adapter = Compute(cloud.nova), cloud.placement.adapter()
    stacking = Inventory(compute, adapter, parse_levels(LEVELS), "nova", packing=Packing.STACK)
    seen = stacking.capacity(caller(), {"web": SMALL}).snapshot
    assert seen.packing is Packing.STACK
    assert look(cloud).snapshot.packing is Packing.SPREAD


def test_reserved_units_and_the_allocation_ratio_count(cloud: SmallCloud) -> None:
    provider = cloud.nova.host("secrethost1").provider
    cloud.placement.set_inventory(provider, "VCPU", 4, reserved=1, allocation_ratio=1.5)
    assert free(look(cloud), "secrethost1")["VCPU"] == 4  # (4 - 1) * 1.5, in whole units


def test_a_host_without_room_for_any_member_shows_as_full(cloud: SmallCloud) -> None:
    cloud.fill("secrethost1", 4)
    assert free(look(cloud), "secrethost1") == {"VCPU": 0, "MEMORY_MB": 0, "DISK_GB": 0}


def test_a_host_with_room_for_the_smaller_tier_alone_shows_its_room(cloud: SmallCloud) -> None:
    cloud.fill("secrethost1", 2)
    capacity = look(cloud, SMALL, Demand({"VCPU": 4}))
    assert free(capacity, "secrethost1")["VCPU"] == 2


def test_hosts_are_in_their_racks_and_zones(cloud: SmallCloud) -> None:
    topology = look(cloud).snapshot.topology
    assert topology.levels == ("host", "rack", "zone")
    for host, (rack, zone) in HOSTS.items():
        assert topology.domain_of(host, "host").path == (zone, rack, host)


def test_a_host_in_no_zone_is_in_the_default_zone(cloud: SmallCloud) -> None:
    cloud.nova.hosts[0].zone = None
    assert look(cloud).snapshot.topology.domain_of("secrethost1", "zone").name == "default-zone"


def test_hosts_in_no_rack_are_each_a_rack_of_their_own(cloud: SmallCloud) -> None:
    cloud.nova.hosts[0].rack = cloud.nova.hosts[1].rack = None
    topology = look(cloud).snapshot.topology
    assert topology.size("rack") == 4


@pytest.mark.parametrize(
    ("state", "status", "shown"),
    [("down", "enabled", "down"), ("up", "disabled", "disabled"), ("down", "disabled", "disabled")],
)
def test_a_host_that_is_not_up_is_not_usable(
    cloud: SmallCloud, state: str, status: str, shown: str
) -> None:
    host = cloud.nova.host("secrethost3")
    host.state, host.status = state, status
    assert [each.state for each in inventory(cloud).hosts(caller())] == ["up", "up", shown, "up"]
    assert list(look(cloud).snapshot.usable) == [True, True, False, True]


def test_a_host_whose_provider_is_disabled_has_no_room(cloud: SmallCloud) -> None:
    provider = cloud.nova.host("secrethost1").provider
    cloud.placement.set_traits(provider, "COMPUTE_STATUS_DISABLED")
    assert set(free(look(cloud), "secrethost1").values()) == {0}


def test_traits_decide_which_hosts_have_room(cloud: SmallCloud) -> None:
    fast = cloud.nova.host("secrethost2").provider
    cloud.placement.set_traits(fast, "CUSTOM_FAST")
    wants = Demand({"VCPU": 1}, required=frozenset({"CUSTOM_FAST"}))
    avoids = Demand({"VCPU": 1}, forbidden=frozenset({"CUSTOM_FAST"}))
    for demand, expected in ((wants, [0, 4, 0, 0]), (avoids, [4, 0, 4, 4])):
        capacity = look(cloud, demand)
        assert [free(capacity, host)["VCPU"] for host in HOSTS] == expected
    assert "CUSTOM_FAST" in look(cloud, wants).snapshot.traits[1]


def test_a_full_host_keeps_its_traits_and_its_tree_s(cloud: SmallCloud) -> None:
    for name in ("secrethost1", "secrethost2"):
        cloud.placement.set_traits(cloud.nova.host(name).provider, "CUSTOM_FAST")
    child = cloud.placement.add_provider("card", "CUSTOM_CARD", VGPU=1)
    cloud.placement.put_below(child, cloud.nova.host("secrethost1").provider)
    for name in HOSTS:
        cloud.fill(name, 4)
    snapshot = look(
        cloud,
        Demand({"VCPU": 1}, required=frozenset({"CUSTOM_FAST", "CUSTOM_CARD"})),
        Demand({"VCPU": 1}, required=frozenset({"CUSTOM_FAST"})),
        Demand({"VCPU": 1}, forbidden=frozenset({"CUSTOM_FAST"})),
        SMALL,
    ).snapshot
    both, fast = frozenset({"CUSTOM_FAST", "CUSTOM_CARD"}), frozenset({"CUSTOM_FAST"})
    assert snapshot.traits == (both, fast, frozenset(), frozenset())
    assert not any(mask.any() for mask in snapshot.offered.values())


def test_what_providers_below_a_host_have_is_the_host_s(cloud: SmallCloud) -> None:
    host = cloud.nova.host("secrethost1").provider
    for name, traits, inventory in (
        ("gpu1", (), {"VGPU": 2}),
        ("gpu2", (), {"VGPU": 1}),
        ("sev", ("CUSTOM_SEV",), {"MEM_ENCRYPTION_CONTEXT": 3}),
        ("sev-es", ("CUSTOM_SEV_ES",), {"MEM_ENCRYPTION_CONTEXT": 5}),
    ):
        child = cloud.placement.add_provider(name, *traits, **inventory)
        cloud.placement.put_below(child, host)
        if name == "gpu1":
            assert cloud.placement.claim(str(uuid.uuid4()), child, VGPU=1)
    sev = Demand({"VCPU": 1, "MEM_ENCRYPTION_CONTEXT": 1}, required=frozenset({"CUSTOM_SEV"}))
    capacity = look(cloud, Demand({"VCPU": 1, "VGPU": 1}), sev, SMALL)
    assert free(capacity, "secrethost1") == {
        "VCPU": 4,
        "MEMORY_MB": 4096,
        "DISK_GB": 100,
        "VGPU": 2,
        "MEM_ENCRYPTION_CONTEXT": 3,
    }
    masks = {tier: mask.tolist() for tier, mask in capacity.snapshot.offered.items()}
    alone = [True, False, False, False]
    assert masks == {"t0": alone, "t1": alone, "t2": [True] * 4}
    assert capacity.apart == {"VGPU", "MEM_ENCRYPTION_CONTEXT"}
    pairs = look(cloud, Demand({"VCPU": 1, "VGPU": 2}))
    assert not pairs.snapshot.offered["t0"].any(), "one of each card is no pair"


def test_no_less_than_fits_is_counted_of_a_provider_below_a_host(cloud: SmallCloud) -> None:
    """What is too little for two of one tier may be just enough for one of each."""
    child = cloud.placement.add_provider("gpu1", VGPU=5)
    cloud.placement.put_below(child, cloud.nova.host("secrethost1").provider)
    two, three = (Demand({"VCPU": 1, "VGPU": amount}) for amount in (2, 3))
    assert free(look(cloud, two, three), "secrethost1")["VGPU"] == 5
    assert free(look(cloud, two, SMALL), "secrethost1")["VGPU"] == 4
    assert free(look(cloud, three), "secrethost1")["VGPU"] == 3


def test_traits_are_asked_for_by_name_and_never_host_by_host(cloud: SmallCloud) -> None:
    asked: list[str] = []

    class Counting:
        def get(self, path: str) -> Any:
            asked.append(path)
            return cloud.placement.client.get(path)

    counting = Inventory(Compute(cloud.nova), Counting(), parse_levels(LEVELS), "nova")
    fast = Demand({"VCPU": 1}, frozenset({"CUSTOM_FAST"}))
    larger = Demand({"VCPU": 2}, frozenset({"CUSTOM_FAST"}), frozenset({"CUSTOM_OLD"}))
    counting.capacity(caller(), {"web": SMALL, "db": fast, "more": larger})
    listings = [path for path in asked if path.startswith("/resource_providers")]
    assert sorted(listings) == [
        "/resource_providers?required=CUSTOM_FAST",
        "/resource_providers?required=CUSTOM_OLD",
    ]


def test_a_flavor_above_what_one_consumer_may_take_is_offered_no_such_host(
    cloud: SmallCloud,
) -> None:
    small_hosts = [cloud.nova.host(name).provider for name in ("secrethost1", "secrethost2")]
    for provider in small_hosts:
        cloud.placement.set_inventory(provider, "VCPU", 4, allocation_ratio=4.0, max_unit=4)
    snapshot = look(cloud, Demand({"VCPU": 1}), Demand({"VCPU": 6})).snapshot
    assert snapshot.amounts("VCPU").tolist() == [16, 16, 4, 4]
    assert snapshot.offered["t0"].tolist() == [True] * 4
    assert snapshot.offered["t1"].tolist() == [False] * 4


def test_an_aggregate_of_another_project_is_closed(cloud: SmallCloud) -> None:
    cloud.nova.aggregates_beside.append(
        {"name": "x", "metadata": {"filter_tenant_id": "others"}, "hosts": ["secrethost3"]}
    )
    rules = AggregateRules((AggregateMultiTenancyIsolation(),))
    seen = Inventory(
        Compute(cloud.nova), cloud.placement.adapter(), parse_levels(LEVELS), "nova", rules.closed
    )
    for project, expected in (("shop-project", [False, False, True, False]), ("others", None)):
        closed = seen.capacity(caller(project), {"web": SMALL}).snapshot.closed
        assert (closed["web"].tolist() if expected else closed) == (expected or {})


@pytest.mark.parametrize(
    "demand",
    [
        pytest.param(Demand({"CUSTOM_UNHEARD_OF": 1}), id="resource class"),
        pytest.param(
            Demand({"VCPU": 1}, required=frozenset({"CUSTOM_UNHEARD_OF"})), id="required trait"
        ),
    ],
)
def test_what_no_provider_has_ever_had_is_no_room_rather_than_an_error(
    cloud: SmallCloud, demand: Demand
) -> None:
    capacity = look(cloud, demand)
    assert capacity.snapshot.free.sum() == 0
    assert len(capacity.snapshot.topology.hosts) == 4


def test_a_host_with_several_hypervisors_is_left_out(cloud: SmallCloud) -> None:
    double = FakeHost("secrethost1", cloud.placement.add_provider("more", VCPU=4), None, None)
    cloud.nova.hosts.append(double)
    assert [host.name for host in inventory(cloud).hosts(caller())] == list(HOSTS)[1:]


def test_bare_metal_is_left_out_however_many_nodes_it_has(cloud: SmallCloud) -> None:
    cloud.nova.host("secrethost2").hypervisor_type = "ironic"
    rest = ["secrethost1", "secrethost3", "secrethost4"]
    assert [host.name for host in inventory(cloud).hosts(caller())] == rest
    assert look(cloud).snapshot.topology.hosts == tuple(rest)


def test_capacity_that_is_spoken_for_is_taken_off_and_never_below_zero(cloud: SmallCloud) -> None:
    capacity = look(cloud).without_pending(
        [("secrethost1", {"VCPU": 3}), ("secrethost2", {"VCPU": 9}), ("unknown", {"VCPU": 1})]
    )
    assert [free(capacity, host)["VCPU"] for host in HOSTS] == [1, 0, 4, 4]


def test_a_placement_that_fails_is_unavailable_rather_than_full(cloud: SmallCloud) -> None:
    class Broken:
        def get(self, path: str) -> Any:
            return type("Reply", (), {"status_code": 500, "text": "boom"})

    broken = Inventory(Compute(cloud.nova), Broken(), parse_levels(LEVELS), "nova")
    with pytest.raises(exception.Unavailable):
        broken.capacity(caller(), {"web": SMALL})
