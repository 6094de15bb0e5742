# SPDX-License-Identifier: Apache-2.0
"""The ways in which the same service is built: plain servers, server groups, an ensemble."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ensemble_drill.cloud import CloudError, Tenant
from ensemble_drill.service import Service

Json = dict[str, Any]
SERVER_FIELDS = {
    "flavor": "flavorRef",
    "image": "imageRef",
    "key_name": "key_name",
    "user_data": "user_data",
    "availability_zone": "availability_zone",
    "config_drive": "config_drive",
    "metadata": "metadata",
}
METHODS = ("plain", "groups", "ensemble")
"""The names of all methods, in the order in which they are shown."""
_BUILD_SECONDS = 600
_LOOK = 1.0


class Method(Protocol):
    """One way to build a service. `title` names it, `how` says what it does."""

    name: str
    title: str
    how: str

    @property
    def repairs(self) -> bool:
        """Whether anybody repairs what has failed."""

    def build(self) -> dict[str, str]:
        """Build all of it and wait; give the id of each member's server. Raises CloudError."""

    def remove(self) -> None:
        """Remove all of it and wait. Raises CloudError."""

    def status(self) -> str:
        """Say what the cloud says of it as a whole; empty where it knows of no whole."""


class Plain:
    """Each tier by one request for all its servers; Nova places them as it likes."""

    name = "plain"
    title = "Plain servers"
    how = "One create a tier; Nova's scheduler puts each server where its weighers like it best."

    def __init__(self, tenant: Tenant, service: Service, body: Json, prefix: str) -> None:
        self._tenant = tenant
        self._service = service
        self._templates = {tier["name"]: tier["server"] for tier in body["tiers"]}
        self._prefix = f"{prefix}-{self.name}"
        self._servers: dict[str, str] = {}

    def build(self) -> dict[str, str]:
        """Ask for all tiers, and wait until every server is ACTIVE."""
        for tier in self._service.tiers:
            name = f"{self._prefix}-{tier.name}"
            server = {
                "name": name,
                "min_count": tier.count,
                "max_count": tier.count,
                **server_of(self._templates[tier.name]),
            }
            self._tenant.post("/servers", {"server": server, **self._hints(tier.name)})
        wait("all servers are built", lambda: self._built(), _BUILD_SECONDS)
        return dict(self._servers)

    def _hints(self, _tier: str) -> Json:
        return {}

    def _built(self) -> bool:
        """Look for the servers; raise CloudError when one could not be built."""
        there = self._there()
        failed = [each for each in there if each["status"] == "ERROR"]
        if failed:
            fault = failed[0].get("fault", {}).get("message", "no reason is given")
            raise CloudError(f"{failed[0]['name']} cannot be built: {fault}")
        for tier in self._service.tiers:
            name = f"{self._prefix}-{tier.name}"
            ids = sorted(
                (each["name"], each["id"])
                for each in there
                if each["name"] == name or each["name"].startswith(f"{name}-")
            )
            self._servers |= {
                member: server_id for member, (_, server_id) in zip(tier.members, ids, strict=False)
            }
        active = [each for each in there if each["status"] == "ACTIVE"]
        return len(active) == len(self._service.members) == len(self._servers)

    def _there(self) -> list[Json]:
        return self._tenant.named(f"{self._prefix}-")

    def remove(self) -> None:
        """Delete every server."""
        for each in self._there():
            self._tenant.delete(f"/servers/{each['id']}")
        wait(f"the servers of {self._prefix} are gone", lambda: not self._there(), _BUILD_SECONDS)

    @property
    def repairs(self) -> bool:
        """Nobody does."""
        return False

    def status(self) -> str:
        """Nova knows of no whole."""
        return ""


class Groups(Plain):
    """As plain servers, each tier in a server group of its own whose servers share no host."""

    name = "groups"
    title = "Server groups"
    how = "One create a tier, each tier in a server group with the policy anti-affinity."

    def __init__(self, tenant: Tenant, service: Service, body: Json, prefix: str) -> None:
        super().__init__(tenant, service, body, prefix)
        self._groups: dict[str, str] = {}

    def _hints(self, tier: str) -> Json:
        group = {"name": f"{self._prefix}-{tier}", "policy": "anti-affinity"}
        made = self._tenant.post("/os-server-groups", {"server_group": group})
        self._groups[tier] = made["server_group"]["id"]
        return {"os:scheduler_hints": {"group": self._groups[tier]}}

    def remove(self) -> None:
        """Delete every server, and the groups."""
        super().remove()
        for group in self._groups.values():
            self._tenant.delete(f"/os-server-groups/{group}")


def server_of(template: Mapping[str, Any]) -> Json:
    """Give the body of Nova's create for a tier's server template. Raises CloudError."""
    body: Json = {}
    for field, value in template.items():
        if field == "networks":
            body[field] = value if isinstance(value, str) else [{"uuid": each} for each in value]
        elif field == "security_groups":
            body[field] = [{"name": each} for each in value]
        elif field in SERVER_FIELDS:
            body[SERVER_FIELDS[field]] = value
        else:
            raise CloudError(f"a server with {field!r} cannot be built as a plain server here")
    return {"networks": "auto"} | body


def wait(what: str, condition: Callable[[], Any], seconds: float) -> Any:
    """Wait for a condition, and give what it gives. Raises CloudError when that takes too long."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > until:
            raise CloudError(f"it did not come about in {seconds:.0f} s that {what}")
        time.sleep(_LOOK)
    return found
