# SPDX-License-Identifier: Apache-2.0
"""Members that are told who and where they are, on the embedded cloud: one short history."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project, until

pytestmark = pytest.mark.cloud


@contextlib.contextmanager
def network(project: Project) -> Iterator[str]:
    """A network of the project's own."""
    made = project.connection.network.create_network(name="addresses")
    try:
        project.connection.network.create_subnet(
            network_id=made.id, ip_version=4, cidr="10.98.0.0/24"
        )
        yield made.id
    finally:
        project.connection.network.delete_network(made)


def refusal(project: Project, **server: Any) -> str:
    """The field and the words of the refusal of a plan."""
    body = project.body("own", [project.tier("web", 1, **server)])
    answer = project.request("POST", "/plans", body)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["badRequest"]["message"])


def test_members_have_names_addresses_and_places_of_their_own_also_after_a_move(
    demo: Project, operator: Operator
) -> None:
    compute = operator.connection.compute
    with network(demo) as own:
        tier = demo.tier(
            "web",
            2,
            hostname="{tier}{index}.example.org",
            metadata={"peers": "{count}"},
            fill_in=["metadata"],
            domains_in_metadata=True,
            networks=[own],
            fixed_ips=[{"network": own, "addresses": "10.98.0.5-10.98.0.6"}],
        )
        tier["server"]["name"] = "{tier}{index}.{ensemble}"
        spread = {"type": "anti-affinity", "level": "rack", "tiers": ["web"]}
        created = demo.create(demo.body("own", [tier], spread))
        try:
            built = demo.wait(created["id"], "ACTIVE")
            servers = [compute.get_server(each["server_id"]) for each in built["members"]]
            assert sorted(each.name for each in servers) == ["web0.own", "web1.own"]
            assert {each.hostname for each in servers} == {"web0.example.org", "web1.example.org"}
            found = {
                each.name: [port["addr"] for ports in each.addresses.values() for port in ports]
                for each in servers
            }
            assert found == {"web0.own": ["10.98.0.5"], "web1.own": ["10.98.0.6"]}
            (first, domains) = servers[0], built["members"][0]["domains"]
            assert first.metadata == {
                "peers": "2",
                "ensemble_id": built["id"],
                "ensemble_member": built["members"][0]["name"],
                **{f"ensemble_domain_{level}": ref for level, ref in domains.items()},
            }
            taken = [{"network": own, "addresses": ["10.98.0.5"]}]
            assert "10.98.0.5 is taken" in refusal(demo, networks=[own], fixed_ips=taken)
            shared = demo.names["network"]["private"]
            other = [{"network": shared, "addresses": ["10.0.0.250"]}]
            assert "not of this project" in refusal(demo, networks=[shared], fixed_ips=other)

            compute.live_migrate_server(first, host=None, block_migration="auto")
            until(
                "a move",
                lambda: (
                    compute.get_server(first.id).compute_host != first.compute_host
                    and compute.get_server(first.id).task_state is None
                ),
            )
            moved = until(
                "what the guest is told",
                lambda: (
                    (now := compute.get_server(first.id).metadata)["ensemble_domain_host"]
                    != first.metadata["ensemble_domain_host"]
                    and now
                ),
            )
            refs = {
                each["level"]: each["ref"]
                for each in demo.request("GET", f"/{built['id']}").json()["ensemble"]["domains"]
            }
            assert moved.keys() == first.metadata.keys() and refs
        finally:
            demo.delete(created["id"])
            demo.wait_gone(created["id"])


def test_what_guests_are_told_counts_against_the_quota_of_metadata_items(
    demo: Project, operator: Operator
) -> None:
    """An ensemble, its member's name, and a domain of each of three levels are five items."""
    quota = f"/os-quota-sets/{demo.connection.current_project_id}"

    def planned(items: int) -> Any:
        metadata = {f"key{number}": "value" for number in range(items)}
        tier = demo.tier("web", 1, metadata=metadata, domains_in_metadata=True)
        return demo.request("POST", "/plans", demo.body("told", [tier]))

    operator.connection.compute.put(quota, json={"quota_set": {"metadata_items": 20}})
    try:
        assert planned(15).status_code == 200
        refused = planned(16)
        assert refused.status_code == 403, refused.text
        assert "metadata" in refused.text
    finally:
        operator.connection.compute.delete(quota)
