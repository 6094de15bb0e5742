# SPDX-License-Identifier: Apache-2.0
"""Ensembles on the embedded cloud, as the cloud tests drive and check them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PATIENCE = 240  # seconds; two cores may be busy
LOOK = 0.5  # seconds between two looks at what is waited for


def until(what: str, condition: Callable[[], Any]) -> Any:
    """Wait for a condition, and give what it gives."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not come true in {PATIENCE} s"
        time.sleep(1)
    return found


@dataclass(frozen=True)
class Project:
    """One project's view of the ensembles API, through an ordinary SDK connection."""

    connection: Any

    @cached_property
    def names(self) -> dict[str, dict[str, str]]:
        """Ids by name, of what a server template refers to."""
        return {
            "flavor": {each.name: each.id for each in self.connection.compute.flavors()},
            "image": {each.name: each.id for each in self.connection.image.images()},
            "network": {each.name: each.id for each in self.connection.network.networks()},
        }

    def tier(self, name: str, count: int, flavor: str = "m1.tiny", **server: Any) -> dict[str, Any]:
        """A tier by names."""
        template = {
            "flavor": self.names["flavor"][flavor],
            "image": self.names["image"]["cirros"],
            "networks": [self.names["network"]["private"]],
        }
        return {"name": name, "count": count, "server": template | server}

    def body(self, name: str, tiers: list[Any], *policies: Mapping[str, Any]) -> dict[str, Any]:
        """A request body."""
        return {"ensemble": {"name": name, "tiers": tiers, "policies": list(policies)}}

    def request(self, method: str, path: str = "", body: Any = None, **more: Any) -> Any:
        """The response to a request below /os-ensembles, whatever its status."""
        return self.connection.compute.request(
            f"/os-ensembles{path}", method, json=body, raise_exc=False, **more
        )

    def create(self, body: Any) -> dict[str, Any]:
        """An ensemble that was accepted."""
        response = self.request("POST", body=body)
        assert response.status_code == 202, response.text
        created: dict[str, Any] = response.json()["ensemble"]
        return created

    def wait(self, ensemble_id: str, *statuses: str) -> dict[str, Any]:
        """The ensemble, once it has one of ``statuses``."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            response = self.request("GET", f"/{ensemble_id}")
            assert response.status_code == 200, response.text
            found: dict[str, Any] = response.json()["ensemble"]
            if found["status"] in statuses:
                return found
            assert found["status"] != "ERROR", found["fault"]
            time.sleep(LOOK)
        raise AssertionError(f"still {found['status']} after {PATIENCE} s: {found['events']}")

    def delete(self, ensemble_id: str) -> None:
        """Delete an ensemble and wait until it is gone."""
        assert self.request("DELETE", f"/{ensemble_id}").status_code in (202, 404)
        self.wait_gone(ensemble_id)

    def wait_gone(self, ensemble_id: str) -> None:
        """Wait until there is no such ensemble any more."""
        until = time.monotonic() + PATIENCE
        while self.request("GET", f"/{ensemble_id}").status_code != 404:
            assert time.monotonic() < until, "the ensemble is still there"
            time.sleep(LOOK)


@dataclass(frozen=True)
class Operator:
    """What is really there, by the administrator's eyes."""

    connection: Any

    def servers(self) -> dict[str, Any]:
        """All servers of all projects by id."""
        return {each.id: each for each in self.connection.compute.servers(all_projects=True)}

    def ports(self) -> set[str]:
        """The ids of all ports."""
        return {each.id for each in self.connection.network.ports()}

    def usages(self) -> dict[str, dict[str, int]]:
        """What is used on each host, by host name and resource class."""
        placement = self.connection.placement
        return {
            each.name: placement.get(f"/resource_providers/{each.id}/usages").json()["usages"]
            for each in placement.resource_providers()
        }

    def cpus(self) -> dict[str, tuple[int, int]]:
        """How many VCPUs each host has and how many are used, by host name."""
        placement, used = self.connection.placement, self.usages()
        return {
            each.name: (
                placement.get(f"/resource_providers/{each.id}/inventories").json()["inventories"][
                    "VCPU"
                ]["total"],
                used[each.name]["VCPU"],
            )
            for each in placement.resource_providers()
        }

    def overcommitted(self) -> set[str]:
        """The hosts on which more is used than there is; what we are built on has no ratios."""
        return {host for host, (have, used) in self.cpus().items() if used > have}

    def consumers(self) -> set[str]:
        """Everything that has an allocation on any host."""
        placement = self.connection.placement
        return {
            consumer
            for each in placement.resource_providers()
            for consumer in placement.get(f"/resource_providers/{each.id}/allocations").json()[
                "allocations"
            ]
        }

    def place(self, level: str) -> dict[str, str]:
        """The domain of each host at a level above it, by the aggregates' metadata."""
        key = {"rack": "rack", "zone": "availability_zone"}[level]
        return {
            host: each.metadata[key]
            for each in self.connection.compute.aggregates()
            if key in each.metadata
            for host in each.hosts or ()
        }

    def left_behind(self) -> dict[str, Any]:
        """Servers, ports and consumers, to compare before and after."""
        return {
            "servers": set(self.servers()),
            "ports": self.ports(),
            "consumers": self.consumers(),
        }
