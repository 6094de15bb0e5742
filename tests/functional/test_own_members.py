# SPDX-License-Identifier: Apache-2.0
"""Members that are told who they are: what Nova is asked for, member by member."""

import base64
from typing import Any

import pytest
from small_cloud import NETWORK, SmallCloud, anti_affinity, body, caller

from tests.fakes.networks import FakeNetworks

SPREAD = anti_affinity("web")
OWN = {
    "name": "{tier}{index}.{ensemble}",
    "hostname": "{tier}{index}.{ensemble}.example.org",
    "metadata": {"peers": "{count}", "me": "{index}"},
    "user_data": base64.b64encode(b"#!/bin/sh\necho {index} of {count} ${HOME}").decode(),
    "fill_in": ["metadata", "user_data"],
}


def asked(cloud: SmallCloud) -> dict[str, Any]:
    """What Nova was asked for of each server that is there, by the server's name."""
    return {server.name: server.request for server in cloud.nova.alive()}


def described(count: int, called: str = "shop", **own: Any) -> Any:
    """A description with one tier whose members have their own values."""
    wanted = body(("web", count), policies=[SPREAD], name=called)
    wanted["tiers"][0]["server"] |= {**OWN, **own}
    return wanted


def said(request: Any) -> str:
    return base64.b64decode(request["user_data"]).decode().splitlines()[1]


def test_each_member_has_its_own_name_metadata_and_user_data(cloud: SmallCloud) -> None:
    answer = cloud.post(described(2, "Shop 1"))
    assert answer.status_code == 202, answer.json
    ensemble_id = answer.json["ensemble"]["id"]
    cloud.run(ensemble_id)
    cloud.observe()

    assert cloud.patch(ensemble_id, {"tiers": [{"name": "web", "count": 3}]}).status_code == 202
    cloud.run(ensemble_id)

    cloud.assert_built(cloud.store.get(ensemble_id))
    found = asked(cloud)
    assert set(found) == {"web0.Shop 1", "web1.Shop 1", "web2.Shop 1"}
    assert found["web1.Shop 1"]["hostname"] == "web1.shop-1.example.org"
    assert found["web1.Shop 1"]["metadata"] == {"peers": "2", "me": "1"}
    assert said(found["web1.Shop 1"]) == "echo 1 of 2 ${HOME}"
    assert said(found["web2.Shop 1"]) == "echo 2 of 3 ${HOME}"
    assert all("fill_in" not in each for each in found.values())


def test_what_is_shown_is_the_pattern(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), described(1))
    server = cloud.store.get(record.id).body["tiers"][0]["server"]
    assert {**server, **OWN} == server


def test_another_ensemble_of_the_name_leaves_chosen_names_as_they_are(cloud: SmallCloud) -> None:
    for _ in range(2):
        record = cloud.service().create(caller(), described(1))
        cloud.run(record.id)
    assert [each.name for each in cloud.nova.alive()] == ["web0.shop", "web0.shop"]


def test_a_name_that_a_change_makes_impossible_is_refused_with_its_field(
    cloud: SmallCloud,
) -> None:
    record = cloud.service().create(caller(), described(1, name="alone"))
    cloud.run(record.id)
    cloud.observe()
    answer = cloud.patch(record.id, {"tiers": [{"name": "web", "count": 2}]})
    assert answer.status_code == 400
    assert answer.json["badRequest"]["details"]["field"] == "ensemble.tiers[0].server.name"
    answer = cloud.patch(record.id, {"name": "\u2603"})
    assert answer.status_code == 400
    assert answer.json["badRequest"]["details"]["field"] == "ensemble.tiers[0].server.hostname"


def on_addresses(count: int, addresses: Any, **server: Any) -> Any:
    fixed = [{"network": NETWORK, "addresses": addresses}]
    return body(("web", count), networks=[NETWORK], fixed_ips=fixed, **server)


def neutron() -> FakeNetworks:
    found = FakeNetworks()
    found.subnets_of[NETWORK] = [
        {"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"},
        {"cidr": "2001:db8::/64", "gateway_ip": None, "ipv6_address_mode": "slaac"},
        {"cidr": "2001:db8:1::/64", "gateway_ip": None, "ipv6_address_mode": "dhcpv6-stateful"},
    ]
    return found


def addresses_asked(cloud: SmallCloud) -> dict[str, Any]:
    return {name: request["networks"] for name, request in asked(cloud).items()}


def refused_field(answer: Any) -> tuple[str, str]:
    (error,) = answer.json.values()
    assert answer.status_code == 400, answer.json
    return error["details"]["field"], error["message"]


def test_each_member_has_the_address_of_its_index_and_a_range_may_hold_some_to_spare(
    cloud: SmallCloud,
) -> None:
    networks = neutron()
    answer = cloud.post(on_addresses(2, "10.0.0.5-10.0.0.7"), networks=networks)
    assert answer.status_code == 202, answer.json
    ensemble_id = answer.json["ensemble"]["id"]
    cloud.run(ensemble_id)
    cloud.observe()
    for server in cloud.nova.alive():
        networks.devices[server.request["networks"][0]["fixed_ip"]] = server.id
    service = {"networks": networks}

    more = {"tiers": [{"name": "web", "count": 4}]}
    assert refused_field(cloud.patch(ensemble_id, more, service=service))[0].endswith("addresses")
    more["tiers"][0]["count"] = 3
    assert cloud.patch(ensemble_id, more, service=service).status_code == 202
    cloud.run(ensemble_id)

    cloud.assert_built(cloud.store.get(ensemble_id))
    assert addresses_asked(cloud) == {
        f"shop-web-{n}": [{"uuid": NETWORK, "fixed_ip": f"10.0.0.{5 + n}"}] for n in range(3)
    }


def test_a_replaced_server_gives_its_address_up_before_its_successor_is_asked_for(
    cloud: SmallCloud,
) -> None:
    cloud.nova.delete_looks = 3
    record = cloud.service(networks=neutron()).create(
        caller(), on_addresses(2, ["10.0.0.5", "10.0.0.6"])
    )
    lost = record.members[1].host
    cloud.nova.break_host[lost] = "the disk is broken"
    taken: list[str] = []

    def look(method: str, path: str) -> None:
        if (method, path) == ("POST", "/servers"):
            taken.extend(server.request["networks"][0]["fixed_ip"] for server in cloud.nova.alive())

    cloud.nova.before = look
    cloud.run(record.id, networks=neutron(), concurrency=1)
    assert taken.count("10.0.0.6") == 0
    assert sorted(each[0]["fixed_ip"] for each in addresses_asked(cloud).values()) == [
        "10.0.0.5",
        "10.0.0.6",
    ]


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        (["10.0.0.5", "10.0.1.5"], "10.0.1.5 is no address for servers"),
        ("10.0.0.1-10.0.0.2", "10.0.0.1 is no address for servers"),
        ("10.0.0.0-10.0.0.5", "10.0.0.0 is no address for servers"),
        ("10.0.0.254-10.0.0.255", "10.0.0.255 is no address for servers"),
        ("2001:db8::5-2001:db8::6", "2001:db8::5 is no address for servers"),
        (["10.0.0.5", "10.0.0.9"], "10.0.0.9 is taken"),
    ],
)
def test_an_address_that_neutron_would_refuse_is_refused_before_anything_is_held(
    cloud: SmallCloud, addresses: Any, reason: str
) -> None:
    networks = neutron()
    networks.devices["10.0.0.9"] = "another-server"
    field, message = refused_field(cloud.post(on_addresses(2, addresses), networks=networks))
    assert field == "ensemble.tiers[0].server.fixed_ips[0].addresses"
    assert reason in message
    cloud.assert_clean()


def test_addresses_of_a_network_that_others_share_are_not_the_tenants_to_choose(
    cloud: SmallCloud,
) -> None:
    networks = neutron()
    networks.owners[NETWORK] = "their-project"
    wanted = on_addresses(1, "2001:db8:1::5-2001:db8:1::6")
    field, message = refused_field(cloud.post(wanted, networks=networks))
    assert field == "ensemble.tiers[0].server.fixed_ips[0].network"
    assert "not of this project" in message
    networks.owners.clear()
    assert cloud.post(wanted, networks=networks).status_code == 202


def test_scheduler_hints_that_the_operator_lists_reach_nova_beside_ours(cloud: SmallCloud) -> None:
    hints = {"fast_disks": ["nvme", "ssd"]}
    wanted = body(("web", 1), scheduler_hints=hints)
    answer = cloud.post(wanted)
    field, message = refused_field(answer)
    assert field == "ensemble.tiers[0].server.scheduler_hints.fast_disks"
    assert "no scheduler hints" in message
    answer = cloud.post(wanted, scheduler_hints=("slow_disks",))
    assert "only these hints be given: slow_disks" in refused_field(answer)[1]
    answer = cloud.post(wanted, scheduler_hints=("fast_disks",))
    assert answer.status_code == 202, answer.json
    cloud.run(answer.json["ensemble"]["id"])
    (sent,) = cloud.nova.hints.values()
    assert sent.pop("ensemble_handover") and sent == hints
