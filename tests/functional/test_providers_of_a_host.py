# SPDX-License-Identifier: Apache-2.0
"""Providers beside a host's own, on a real Placement: cards below it, and shared storage."""

import copy
import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from oslo_config import cfg
from small_cloud import HOSTS, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand, demand
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.planning.result import Infeasible, Plan, Reason
from ensemble_api.records import EnsembleRecord, Status

GPU = {"resources:VGPU": "1"}
PAIR = {"resources1:VGPU": "1", "resources2:VGPU": "1", "group_policy": "none"}
APART = {**PAIR, "group_policy": "isolate"}


def card(cloud: SmallCloud, host: str, *traits: str, **inventory: int) -> str:
    """One more child of a host's provider."""
    child = cloud.placement.add_provider("card", *traits, **inventory)
    cloud.placement.put_below(child, cloud.nova.host(host).provider)
    return child


def cards(cloud: SmallCloud, host: str, *vgpus: int) -> list[str]:
    return [card(cloud, host, VGPU=each) for each in vgpus]


def create(cloud: SmallCloud, wanted: Any) -> EnsembleRecord:
    return cloud.service().create(caller(), wanted)


def refused(cloud: SmallCloud, wanted: Any) -> Mapping[str, Reason]:
    with pytest.raises(exception.InfeasibleEnsemble) as caught:
        create(cloud, wanted)
    return {reason.code: reason for reason in caught.value.facts["reasons"]}


def fits(cloud: SmallCloud, wanted: Any) -> bool:
    found = cloud.service().plan(caller(), copy.deepcopy(wanted))
    return isinstance(found.result, Plan)


def vgpus(cloud: SmallCloud, *providers: str) -> list[int]:
    return [cloud.placement.used(each).get("VGPU", 0) for each in providers]


def tiers(*named: tuple[str, int, str]) -> Any:
    """A body whose tiers have flavors of their own."""
    wanted = body(*((name, count) for name, count, _ in named))
    for each, (_, _, flavor) in zip(wanted["tiers"], named, strict=True):
        each["server"]["flavor"] = flavor
    return wanted


def test_vgpus_are_held_of_the_cards_and_taken_by_the_servers(cloud: SmallCloud) -> None:
    both = cards(cloud, "secrethost2", 1, 1)
    flavor = cloud.flavor("gpu", extra_specs=GPU)
    record = create(cloud, body(("web", 2), flavor=flavor))
    assert {each.host for each in record.members} == {"secrethost2"}
    assert vgpus(cloud, *both) == [1, 1]
    for other in both:
        assert not cloud.placement.claim(str(uuid.uuid4()), other, VGPU=1), "it is held"
    assert not fits(cloud, body(("more", 1), flavor=flavor))
    cloud.run(record.id)
    done = cloud.store.get(record.id)
    assert done.status is Status.ACTIVE
    servers = {each.server_id for each in done.members}
    assert cloud.placement.consumers(*both) == servers, "nothing but the servers has any"
    assert vgpus(cloud, *both) == [1, 1]


def test_servers_that_take_other_cards_than_were_held_leave_room_for_all(cloud: SmallCloud) -> None:
    """Nova takes of whichever card it likes; what the others have held stays theirs."""
    both = cards(cloud, "secrethost2", 2, 2)
    small = cloud.flavor("small", vcpus=1, extra_specs=GPU)
    record = create(cloud, body(("web", 4), flavor=small))
    cloud.run(record.id)
    assert cloud.store.get(record.id).status is Status.ACTIVE
    assert vgpus(cloud, *both) == [2, 2]


def test_ensembles_that_are_repaired_together_are_given_different_cards(cloud: SmallCloud) -> None:
    """Each for itself would have taken the same card, and Placement refused both."""
    cards(cloud, "secrethost1", 1, 1)
    flavor = cloud.flavor("gpu", vcpus=1, extra_specs=GPU)
    wanted = {**body(("web", 1), flavor=flavor), "recovery": {"mode": "auto"}}
    records = [create(cloud, {**wanted, "name": name}) for name in ("one", "two")]
    for each in records:
        cloud.run(each.id)
    both = cards(cloud, "secrethost2", 1, 1)
    cloud.observe()
    cloud.nova.fail("secrethost1")
    cloud.observe(repair=cloud.service(attempts=1).auto_repair.look)
    begun = [cloud.store.get(each.id).operation for each in records]
    assert [each and each.type for each in begun] == ["repair", "repair"]
    assert vgpus(cloud, *both) == [1, 1], "each has one held"


def test_a_card_that_somebody_is_to_have_in_a_moment_is_given_to_nobody_else(
    cloud: SmallCloud,
) -> None:
    """What was held for a server is let go just before that is asked for."""
    both = cards(cloud, "secrethost2", 2, 1)
    flavor = cloud.flavor("gpu", vcpus=1, extra_specs=GPU)
    wanted = demand(cloud.nova.flavors[flavor], {})
    inventory = Inventory(Compute(cloud.nova), cloud.placement.adapter(), (), "nova")
    capacity = inventory.capacity(caller(), {"web": wanted})
    less = capacity.without_pending([("secrethost2", {"VCPU": 1, f"VGPU@{both[0]}": 2})])
    assert less.take("secrethost2", wanted)[f"VGPU@{both[1]}"] == 1
    assert capacity.take("secrethost2", wanted)[f"VGPU@{both[0]}"] == 1


def test_a_reservation_that_fails_leaves_nothing_on_the_cards(cloud: SmallCloud) -> None:
    both = cards(cloud, "secrethost2", 1, 1)
    flavor = cloud.flavor("gpu", extra_specs=GPU)
    cloud.nova.break_build["-1"] = "No."
    record = create(cloud, body(("web", 2), flavor=flavor))
    cloud.run(record.id)
    assert vgpus(cloud, *both) == [0, 0]


def test_a_member_takes_all_its_vgpus_of_one_card(cloud: SmallCloud) -> None:
    cards(cloud, "secrethost1", 1, 1)
    assert not fits(
        cloud, body(("web", 1), flavor=cloud.flavor("two", extra_specs={"resources:VGPU": "2"}))
    )


def test_members_of_different_sizes_are_never_planned_on_what_is_left_in_pieces(
    cloud: SmallCloud,
) -> None:
    """Two cards of three: three members of two do not fit, though two and two and two are six."""
    both = cards(cloud, "secrethost1", 3, 3)
    two = cloud.flavor("two", vcpus=1, extra_specs={"resources:VGPU": "2"})
    three = cloud.flavor("three", vcpus=1, extra_specs={"resources:VGPU": "3"})
    assert not fits(cloud, tiers(("a", 3, two)))
    said = cloud.service().plan(caller(), tiers(("a", 2, two), ("b", 1, three))).result
    assert isinstance(said, Infeasible) and not said.proved
    assert said.reasons[-1].code == "devices-of-several"
    record = create(cloud, tiers(("a", 1, two), ("b", 1, three)))
    cloud.run(record.id)
    assert cloud.store.get(record.id).status is Status.ACTIVE
    assert sorted(vgpus(cloud, *both)) == [2, 3]


def test_a_trait_of_one_card_keeps_members_to_that_card(cloud: SmallCloud) -> None:
    fast = card(cloud, "secrethost1", "CUSTOM_FAST", VGPU=1)
    slow = card(cloud, "secrethost1", VGPU=3)
    flavor = cloud.flavor("fast", vcpus=1, extra_specs={**GPU, "trait:CUSTOM_FAST": "required"})
    assert not fits(cloud, body(("web", 2), flavor=flavor))
    create(cloud, body(("web", 1), flavor=flavor))
    assert vgpus(cloud, fast, slow) == [1, 0]


@pytest.mark.parametrize(
    ("specs", "vgpus_of", "count"),
    [
        pytest.param(PAIR, (1, 3), 2, id="groups of whichever card"),
        pytest.param(APART, (1, 3), 1, id="groups of different cards"),
        pytest.param(APART, (2, 2, 2), 2, id="of so many that none can find one card alone left"),
    ],
)
def test_granular_groups_are_planned_held_and_built_exactly(
    cloud: SmallCloud, specs: dict[str, str], vgpus_of: tuple[int, ...], count: int
) -> None:
    every = cards(cloud, "secrethost1", *vgpus_of)
    flavor = cloud.flavor("pair", vcpus=1, extra_specs=specs)
    assert not fits(cloud, body(("web", count + 1), flavor=flavor))
    record = create(cloud, body(("web", count), flavor=flavor))
    assert sum(vgpus(cloud, *every)) == 2 * count
    cloud.run(record.id)
    assert cloud.store.get(record.id).status is Status.ACTIVE
    assert sum(vgpus(cloud, *every)) == 2 * count
    if specs is APART:
        for each in cloud.store.get(record.id).members:
            own = cloud.placement.allocation(each.server_id or "")["allocations"]
            assert len(own.keys() & {*every}) == 2


@pytest.fixture
def devices_in_placement() -> Iterator[None]:
    """An operator has Nova account for PCI devices in Placement."""
    cfg.CONF.set_override("pci_in_placement", True, "filter_scheduler")
    cfg.CONF.set_override("alias", [json.dumps({"name": "nic", "resource_class": "NIC"})], "pci")
    yield
    cfg.CONF.clear_override("pci_in_placement", "filter_scheduler")
    cfg.CONF.clear_override("alias", "pci")


@pytest.mark.usefixtures("devices_in_placement")
def test_pci_devices_are_planned_held_and_taken_of_their_providers(cloud: SmallCloud) -> None:
    """Each device is a provider; those of Cyborg are not Nova's to give."""
    cloud.placement.client.put("/resource_classes/CUSTOM_NIC")
    cloud.placement.set_traits(cloud.nova.host("secrethost3").provider, "OWNER_NOVA")
    nics = [card(cloud, "secrethost3", "OWNER_NOVA", CUSTOM_NIC=1) for _ in range(4)]
    card(cloud, "secrethost3", "OWNER_CYBORG", CUSTOM_NIC=2)
    flavor = cloud.flavor("nics", vcpus=1, extra_specs={"pci_passthrough:alias": "nic:2"})
    assert not fits(cloud, body(("web", 3), flavor=flavor))
    record = create(cloud, body(("web", 2), flavor=flavor))
    assert [cloud.placement.used(each) for each in nics] == [{"CUSTOM_NIC": 1}] * 4
    held = [cloud.placement.allocation(each.id)["allocations"].keys() for each in record.members]
    assert [len(each & {*nics}) for each in held] == [2, 2]


def test_a_disk_is_taken_of_shared_storage_by_no_server_whose_host_is_named(
    cloud: SmallCloud,
) -> None:
    """That is Placement's own answer to what Nova asks for a named host, and not a rule of ours."""
    placement, host = cloud.placement, cloud.nova.host("secrethost1").provider
    share_storage(cloud)
    placement.client.delete(f"/resource_providers/{host}/inventories/DISK_GB")
    query = "/allocation_candidates?resources=VCPU:1,DISK_GB:1"
    anywhere = placement.client.get(query).json()
    assert host in anywhere["provider_summaries"]
    named = placement.client.get(f"{query}&in_tree={host}").json()
    assert named["allocation_requests"] == []


def share_storage(cloud: SmallCloud) -> str:
    store = cloud.placement.add_provider("store", DISK_GB=1000)
    cloud.placement.share(store, *cloud.providers)
    return store


def without_disk(cloud: SmallCloud, *names: str) -> None:
    for name in names:
        provider = cloud.nova.host(name).provider
        cloud.placement.client.delete(f"/resource_providers/{provider}/inventories/DISK_GB")


def test_hosts_with_shared_storage_alone_are_left_out_and_that_is_said(cloud: SmallCloud) -> None:
    share_storage(cloud)
    without_disk(cloud, "secrethost1", "secrethost2", "secrethost3")
    record = create(cloud, body(("web", 2)))
    assert {each.host for each in record.members} == {"secrethost4"}
    said = refused(cloud, body(("web", 1)))
    assert said["shared-storage"].tiers == ("web",)
    for text in (str(each) for each in said.values()):
        assert not any(name in text for name in HOSTS)


def test_where_there_is_a_local_disk_too_that_is_taken(cloud: SmallCloud) -> None:
    store = share_storage(cloud)
    record = create(cloud, body(("web", 4)))
    for each in record.members:
        assert cloud.placement.allocation(each.id)["allocations"].keys() == {each.provider}
    assert cloud.placement.used(store) == {}


def test_without_a_disk_of_their_own_members_fit_beside_shared_storage(cloud: SmallCloud) -> None:
    share_storage(cloud)
    without_disk(cloud, *HOSTS)
    diskless = cloud.flavor("diskless", extra_specs={"resources:DISK_GB": "0"})
    assert fits(cloud, body(("web", 8), flavor=diskless))


def test_cards_of_others_than_nova_are_not_planned_on(cloud: SmallCloud) -> None:
    """Cyborg's, say, below a host's provider; Nova 34 says of its own that they are."""
    cloud.placement.set_traits(cloud.nova.host("secrethost1").provider, "OWNER_NOVA")
    theirs = card(cloud, "secrethost1", "OWNER_CYBORG", VGPU=4)
    flavor = cloud.flavor("gpu", vcpus=1, extra_specs=GPU)
    assert not fits(cloud, body(("web", 1), flavor=flavor))
    ours = card(cloud, "secrethost1", "OWNER_NOVA", VGPU=1)
    create(cloud, body(("web", 1), flavor=flavor))
    assert vgpus(cloud, ours, theirs) == [1, 0]
    assert not fits(cloud, body(("web", 1), flavor=flavor))


def test_of_a_host_before_nova_34_which_says_nothing_all_cards_are_its_own(
    cloud: SmallCloud,
) -> None:
    cards(cloud, "secrethost1", 1)
    assert fits(cloud, body(("web", 1), flavor=cloud.flavor("gpu", extra_specs=GPU)))


def test_a_provider_that_is_no_host_of_nova_s_is_no_host(cloud: SmallCloud) -> None:
    cloud.placement.add_provider("somebody-s", "OWNER_CYBORG", VCPU=64, MEMORY_MB=65536, DISK_GB=99)
    assert not fits(cloud, body(("web", 9)))
    assert fits(cloud, body(("web", 8)))


def test_capacity_for_recovery_of_cards_is_refused(cloud: SmallCloud) -> None:
    for host in HOSTS:
        cards(cloud, host, 1)
    flavor = cloud.flavor("gpu", extra_specs=GPU)
    wanted = body(("web", 1), flavor=flavor)
    wanted["recovery"] = {"reserve": {"level": "host", "failures": 1}}
    assert refused(cloud, wanted)


def test_the_query_of_a_server_with_groups_asks_for_each_part_once(cloud: SmallCloud) -> None:
    flavor = cloud.nova.flavors[cloud.flavor("pair", extra_specs=PAIR)]
    found = demand(flavor, {})
    assert found.resources["VGPU"] == 2 and "VGPU" not in found.query.split("&")[0]
    assert Demand({"VCPU": 1}).asks[0].group == ""
