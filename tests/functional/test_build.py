# SPDX-License-Identifier: Apache-2.0
"""From a create to servers, or to nothing: real Placement, real SQL, a fake Nova."""

import threading
from dataclasses import replace

import pytest
from placement_service import PlacementService
from small_cloud import (
    FLAVOR,
    IMAGE,
    LEASE,
    NETWORK,
    RESOURCES,
    SmallCloud,
    anti_affinity,
    body,
    caller,
)

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.records import EnsembleRecord
from ensemble_api.store.api import Store


def test_a_create_ends_active_with_every_server_on_its_planned_host(cloud: SmallCloud) -> None:
    record = cloud.service().create(
        caller(), body(("web", 3), ("db", 2), policies=[anti_affinity("web")])
    )
    assert record.status == "BUILDING"
    assert cloud.placement.consumers(*cloud.providers) == {each.id for each in record.members}

    cloud.run(record.id)

    record = cloud.store.get(record.id)
    cloud.assert_built(record)
    assert len({each.host for each in record.members if each.tier == "web"}) == 3
    assert str(record.events[-1]["message"]) == "All members are ACTIVE."


def test_servers_belong_to_the_tenant_and_get_the_whole_template(cloud: SmallCloud) -> None:
    template = {
        "networks": [NETWORK],
        "key_name": "laptop",
        "security_groups": ["default"],
        "user_data": "ZWNobyBoaQ==",
        "metadata": {"role": "web"},
        "availability_zone": "zone-one",
    }
    record = cloud.service().create(caller(), body(("web", 1), **template))
    cloud.run(record.id)

    (server,) = cloud.nova.alive()
    assert (server.project_id, server.user_id) == ("shop-project", "user-of-shop-project")
    assert server.name == "shop-web-0"
    assert server.request == {
        "name": "shop-web-0",
        "flavorRef": FLAVOR,
        "imageRef": IMAGE,
        "networks": [{"uuid": NETWORK}],
        "host": record.members[0].host,
        "tags": [f"ensemble:{record.id}", f"ensemble-member:{record.members[0].id}"],
        "key_name": "laptop",
        "security_groups": [{"name": "default"}],
        "user_data": "ZWNobyBoaQ==",
        "metadata": {"role": "web"},
        "availability_zone": "zone-one",
    }
    assert set(cloud.nova.asked_by_tenant) == {"flavor False"}


def test_no_more_servers_than_the_concurrency_are_building_at_once(cloud: SmallCloud) -> None:
    cloud.nova.build_looks = 2
    record = cloud.service().create(caller(), body(("web", 6)))
    most = 0

    def watch(method: str, path: str) -> None:
        nonlocal most
        building = [each for each in cloud.nova.alive() if each.status == "BUILD"]
        most = max(most, len(building))

    cloud.nova.before = watch
    cloud.run(record.id, concurrency=2)
    cloud.assert_built(cloud.store.get(record.id))
    assert most == 2


@pytest.mark.parametrize("tier", ["web-0", "web-1", "web-2"])
def test_nova_refusing_one_server_leaves_no_server_and_no_allocation(
    cloud: SmallCloud, tier: str
) -> None:
    cloud.nova.refuse[tier] = (403, "Quota exceeded for ports")
    record = cloud.service().create(caller(), body(("web", 3)))
    cloud.run(record.id, concurrency=1)

    record = cloud.store.get(record.id)
    assert record.status == "ERROR"
    assert str(record.fault) == f"Nova refused {tier}: Quota exceeded for ports"
    assert {each.status for each in record.members} == {"DELETED"}
    cloud.assert_clean()


def test_a_server_that_ends_in_error_everywhere_takes_all_others_with_it(cloud: SmallCloud) -> None:
    cloud.nova.break_build["web-2"] = "Build of instance aborted"
    record = cloud.service().create(caller(), body(("web", 3)))
    cloud.run(record.id)

    record = cloud.store.get(record.id)
    assert record.status == "ERROR"
    assert str(record.fault) == (
        "No other host is left for web-2. Nova could not build web-2: Build of instance aborted"
    )
    cloud.assert_clean()


def test_a_server_that_one_host_cannot_build_is_built_on_another(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 3), policies=[anti_affinity("web")]))
    bad = record.members[1].host
    cloud.nova.break_host[bad] = "Failed to allocate the network(s)"
    cloud.run(record.id)

    record = cloud.store.get(record.id)
    cloud.assert_built(record)
    assert len({each.host for each in record.members} - {bad}) == 3
    assert [each.failed_hosts for each in record.members] == [(), (bad,), ()]
    assert not [each for each in record.events if bad in str(each["message"])]


def build_while_capacity_is_taken(cloud: SmallCloud, record: EnsembleRecord) -> None:
    """Build an ensemble whose first member loses its capacity between hold and claim."""
    taken: list[str] = []

    def take_capacity(method: str, path: str) -> None:
        if method == "POST" and not taken:
            taken.append(cloud.fill(record.members[0].host, 4))

    cloud.nova.before = take_capacity
    cloud.run(record.id, concurrency=1)
    cloud.placement.release(taken[0])


def test_capacity_lost_between_hold_and_claim_is_found_elsewhere(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 3), policies=[anti_affinity("web")]))
    build_while_capacity_is_taken(cloud, record)

    built = cloud.store.get(record.id)
    cloud.assert_built(built)
    assert len({each.host for each in built.members}) == 3


def test_a_build_without_progress_is_rolled_back_after_its_timeout(cloud: SmallCloud) -> None:
    cloud.nova.build_looks = 10_000
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.run(record.id, timeout=0.05, steps=400)

    record = cloud.store.get(record.id)
    assert record.status == "ERROR"
    assert record.fault is not None
    assert "were not built within" in str(record.fault)
    cloud.assert_clean()


@pytest.mark.parametrize("when", ["at once", "while building", "when active", "after an error"])
def test_delete_removes_everything_and_then_the_ensemble(cloud: SmallCloud, when: str) -> None:
    if when == "after an error":
        cloud.nova.break_build["web-1"] = "no"
    record = cloud.service().create(caller(), body(("web", 3)))
    if when == "while building":
        cloud.store.claim(record.id, "worker", 20)
        cloud.engine().step(record.id)
        assert len(cloud.nova.alive()) == 3
    elif when != "at once":
        cloud.run(record.id)

    assert cloud.service().delete(caller(), record.id).status == "DELETING"
    assert cloud.service().delete(caller(), record.id).status == "DELETING"  # twice is fine
    cloud.run(record.id)

    assert cloud.find(record.id) is None
    cloud.assert_clean()


def test_delete_of_servers_that_their_tenant_deleted_before(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.run(record.id)
    for server in cloud.nova.alive():
        cloud.placement.release(server.id)
        server.gone = True
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    assert cloud.find(record.id) is None
    cloud.assert_clean()


def test_a_server_whose_tags_its_tenant_removed_is_still_ours(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.run(record.id)
    for server in cloud.nova.alive():
        server.tags.clear()
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    assert cloud.find(record.id) is None
    cloud.assert_clean()


def test_two_creates_for_the_last_capacity_give_one_ensemble_and_one_refusal(
    cloud: SmallCloud,
) -> None:
    ready = threading.Barrier(2)
    outcomes = []

    class AfterBothPlanned(Reservation):
        waited = False

        def hold_all(self, *args: object) -> None:
            if not self.waited:
                self.waited = True
                ready.wait(20)
            super().hold_all(*args)  # type: ignore[arg-type]

    def create(project: str) -> None:
        reservation = AfterBothPlanned(cloud.placement.adapter(), sleep=lambda _: None)
        service = cloud.service(reservation=reservation, owner=f"api {project}")
        try:
            record = service.create(
                caller(project), body(("web", 4), policies=[anti_affinity("web")])
            )
        except exception.InfeasibleEnsemble as error:
            outcomes.append(error)
        else:
            outcomes.append(record)

    for host in cloud.nova.hosts:
        cloud.fill(host.name, 1)  # room for one member on every host
    threads = [threading.Thread(target=create, args=(name,)) for name in ("blue", "green")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    refusals = [each for each in outcomes if isinstance(each, exception.InfeasibleEnsemble)]
    records = [each for each in outcomes if not isinstance(each, exception.InfeasibleEnsemble)]
    assert (len(refusals), len(records)) == (1, 1)
    assert refusals[0].facts["reasons"], "a refusal has reasons"
    cloud.run(records[0].id)
    record = cloud.store.get(records[0].id)
    assert record.status == "ACTIVE"
    servers = {each.id for each in cloud.nova.alive()}
    assert servers == {each.server_id for each in record.members}
    for member in record.members:
        used = cloud.placement.used(member.provider)
        assert used["VCPU"] == 1 + RESOURCES["VCPU"]
    assert len(cloud.store.all_members()) == 4


def test_members_that_are_only_held_move_where_one_that_failed_has_no_host_beside_them(
    placement: PlacementService, store: Store
) -> None:
    """Two in one rack: where one of its two hosts builds nothing, both go to the other rack."""
    racks = {"a1": "a", "a2": "a", "b1": "b", "b2": "b"}
    cloud = SmallCloud.build(placement, store, {host: (racks[host], "z") for host in racks})
    together = {"type": "affinity", "level": "rack", "tiers": ["web"]}
    wanted = body(("web", 2), policies=[anti_affinity("web"), together])
    record = cloud.service().create(caller(), wanted)
    first = record.members[0].host
    cloud.nova.break_host[first] = "Failed to allocate the network(s)"
    cloud.run(record.id, concurrency=1)

    built = cloud.store.get(record.id)
    cloud.assert_built(built)
    (rack,) = {racks[each.host] for each in built.members}
    assert rack != racks[first]
    assert [each.failed_hosts for each in built.members] == [(first,), ()]


def test_a_member_that_is_only_held_gives_its_host_to_one_that_fits_nowhere_else(
    cloud: SmallCloud,
) -> None:
    big, small = cloud.flavor("big", vcpus=4), cloud.flavor("small", vcpus=2)
    *_, third, fourth = (host.name for host in cloud.nova.hosts)
    cloud.fill(third, 2)
    load = cloud.fill(third, 2)
    cloud.fill(fourth, 4)
    wanted = body(("big", 1), ("small", 1))
    for tier, flavor in zip(wanted["tiers"], (big, small), strict=True):
        tier["server"]["flavor"] = flavor
    record = cloud.service().create(caller(), wanted)
    first, second = (each.host for each in record.members)
    cloud.placement.release(load)
    cloud.nova.break_host[first] = "Failed to allocate the network(s)"
    cloud.run(record.id, concurrency=1)

    built = cloud.store.get(record.id)
    assert built.status == "ACTIVE", built.fault
    assert [each.host for each in built.members] == [second, third]
    told = [str(each["message"]) for each in built.events if "another host" in str(each["message"])]
    assert len(told) == 2


def test_members_that_are_only_held_keep_that_where_no_plan_is_left(cloud: SmallCloud) -> None:
    """A host that does not report is waited for, and those that wait with it lose nothing."""
    record = cloud.service().create(caller(), body(("web", 4), policies=[anti_affinity("web")]))
    held = {each.id for each in record.members[1:]}
    failed = replace(record.members[0], failed_hosts=(record.members[0].host,))
    assert cloud.store.claim(record.id, "worker", LEASE)
    assert not cloud.service().replacement.replace(caller(), cloud.store.get(record.id), [failed])
    assert held < cloud.placement.consumers(*cloud.providers)


def test_a_worker_that_has_lost_its_lease_gives_back_no_holds(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 4), policies=[anti_affinity("web")]))
    failed = replace(record.members[0], failed_hosts=(record.members[0].host,))
    with pytest.raises(exception.LeaseLost):
        cloud.service(worker="another").replacement.replace(
            caller(), cloud.store.get(record.id), [failed]
        )
    assert cloud.placement.consumers(*cloud.providers) == {each.id for each in record.members}
