# SPDX-License-Identifier: Apache-2.0
"""Tiers that a change adds or removes, whose members have ports or volumes of their own."""

from typing import Any

from changes import built, changed, fault, names, tiers
from small_cloud import FLAVOR, SmallCloud, body, caller

from ensemble_api.operations import OperationStatus
from tests.fakes.networks import FakeNetworks
from tests.fakes.volumes import FakeVolumes

P1, P2, P3, P4 = (f"{n}0000000-5555-4555-8555-555555555555" for n in "1234")
V1, V2 = (f"{n}0000000-4444-4444-8444-444444444444" for n in "12")


def with_tier(cloud: SmallCloud, ensemble_id: str, name: str, count: int, **server: Any) -> Any:
    """What an ensemble has, and another tier."""
    tier = {"name": name, "count": count, "server": {"flavor": FLAVOR, **server}}
    there = cloud.store.get(ensemble_id).body["tiers"]
    return {"tiers": [{"name": each["name"], "count": each["count"]} for each in there] + [tier]}


def test_a_tier_with_volumes_and_ports_of_its_own_is_added(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 1))
    more = {"service": {"volumes": FakeVolumes(**{V1: {}, V2: {}})}}
    wanted = with_tier(cloud, ensemble_id, "db", 2, volumes=[V1, V2], ports=[P1, P2, P3, P4])
    found = cloud.patch(ensemble_id, wanted, query="?dry_run=1", **more)
    assert found.json["change"]["added"] == ["db-0", "db-1"]
    record = changed(cloud, ensemble_id, wanted, plan=found.json["plan"]["id"], **more)
    asked = {each.name: each.request for each in cloud.nova.alive()}
    roots = [asked[f"shop-db-{n}"]["block_device_mapping_v2"][0]["uuid"] for n in range(2)]
    ports = [[each["port"] for each in asked[f"shop-db-{n}"]["networks"]] for n in range(2)]
    assert (roots, ports) == ([V1, V2], [[P1, P2], [P3, P4]])
    # It is scaled no more than one that was there from the beginning, and the others are.
    answer = cloud.patch(ensemble_id, tiers(("web", 1), ("db", 1)), **more)
    assert fault(answer)["details"]["field"] == "ensemble.tiers[1].count"
    record = changed(cloud, ensemble_id, tiers(("web", 2), ("db", 2)), **more)
    assert names(record) == ["db-0", "db-1", "web-0", "web-1"]
    assert names(changed(cloud, ensemble_id, tiers(("web", 2)), **more)) == ["web-0", "web-1"]


def test_what_serves_another_server_already_is_refused_with_its_field(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, ("web", 1))
    server = cloud.store.get(ensemble_id).members[0].server_id
    networks = FakeNetworks(ports={P1: {}, P2: {"device_id": server}})
    volumes = FakeVolumes(**{V1: {"status": "in-use"}})
    more = {"service": {"volumes": volumes, "networks": networks}}
    image = cloud.store.get(ensemble_id).body["tiers"][0]["server"]["image"]
    used = with_tier(cloud, ensemble_id, "db", 2, image=image, ports=[P1, P2])
    answer = cloud.patch(ensemble_id, used, **more)
    assert fault(answer)["details"]["field"] == "ensemble.tiers[1].server.ports[1]"
    used = with_tier(cloud, ensemble_id, "db", 1, volumes=[V1])
    answer = cloud.patch(ensemble_id, used, **more)
    assert fault(answer)["details"]["field"] == "ensemble.tiers[1].server.volumes[0]"
    assert cloud.store.get(ensemble_id).generation == 1


def test_a_change_that_fails_leaves_the_volumes_that_were_given_to_it(cloud: SmallCloud) -> None:
    volumes = FakeVolumes(**{V1: {}, V2: {}})
    ensemble_id = built(cloud, ("web", 1))
    before = cloud.store.get(ensemble_id)
    wanted = with_tier(cloud, ensemble_id, "db", 2, volumes=[V1, V2])
    cloud.nova.refuse["db-1"] = (403, "Quota exceeded for ports")
    assert cloud.patch(ensemble_id, wanted, service={"volumes": volumes}).status_code == 202
    cloud.run(ensemble_id, volumes=volumes)
    after = cloud.store.get(ensemble_id)
    assert (after.body, names(after), volumes.deleted) == (before.body, ["web-0"], [])
    (last, _) = cloud.service().operations(after, 10)
    assert last.status is OperationStatus.FAILED


def test_the_servers_of_a_tier_with_parts_of_its_own_stay_as_they_are(cloud: SmallCloud) -> None:
    """No other server is ever built by its template, so that another one would be for nobody."""
    wanted = body(("web", 1), ports=[P1])
    ensemble_id = cloud.service().create(caller(), wanted).id
    cloud.run(ensemble_id)
    server = cloud.store.get(ensemble_id).body["tiers"][0]["server"]
    other = tiers(("web", 1))
    other["tiers"][0]["server"] = {**server, "metadata": {"version": "2"}}
    answer = cloud.patch(ensemble_id, other)
    assert fault(answer)["details"]["field"] == "ensemble.tiers[0].server"
    assert "ports or volumes of its own" in fault(answer)["message"]


def test_a_tier_with_new_root_volumes_goes_while_another_one_comes(cloud: SmallCloud) -> None:
    volumes = FakeVolumes()
    parts = {"volumes": volumes}
    wanted = body(("web", 1), root_volume={"size": 5, "delete_on_termination": True})
    ensemble_id = cloud.service(**parts).create(caller(), wanted).id
    cloud.run(ensemble_id, **parts)
    (first,) = volumes.volumes
    more = with_tier(cloud, ensemble_id, "db", 1, **wanted["tiers"][0]["server"])
    assert cloud.patch(ensemble_id, more, service=parts).status_code == 202
    cloud.run(ensemble_id, **parts)
    cloud.observe()
    record = cloud.store.get(ensemble_id)
    cloud.assert_built(record)
    assert names(record) == ["db-0", "web-0"]
    assert len(volumes.volumes) == 2

    server = record.body["tiers"][1]["server"]
    more = {"tiers": [{"name": "cache", "count": 1, "server": server}]}
    assert cloud.patch(ensemble_id, more, service=parts).status_code == 202
    cloud.run(ensemble_id, **parts)
    cloud.observe()
    record = cloud.store.get(ensemble_id)
    cloud.assert_built(record)
    assert names(record) == ["cache-0"]
    assert first in volumes.deleted and list(volumes.volumes) == [record.members[0].volume_id]
