# SPDX-License-Identifier: Apache-2.0
"""The embedded cloud, on which somebody does what the model of the simulation can do too."""

from typing import Any

import openstack

from tests.cloud.ensembles import Operator, Project, until
from tests.embedded import EmbeddedCloud
from tests.simulation.history import HostFacts

CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
EVACUATED = "2.94"  # of Nova's API; later ones leave what was evacuated off


class RealCloud:
    """Real Nova and Placement, with the verbs of ``tests.simulation.history.ModelCloud``."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._cloud = cloud
        self.project = Project(cloud.connection("demo"))
        self._as_operator = Project(cloud.connection("admin"))
        self._operator = Operator(cloud.connection("admin"))
        placement = self._operator.connection.placement
        self._providers = {each.id: each.name for each in placement.resource_providers()}

    @property
    def _compute(self) -> Any:
        return self._operator.connection.compute

    def hosts(self) -> list[HostFacts]:
        """All hosts as they are now, with what is used of them."""
        racks, zones = self._operator.place("rack"), self._operator.place("zone")
        used = self._operator.usages()
        found = []
        for key, name in self._providers.items():
            answer = self._operator.connection.placement.get(
                f"/resource_providers/{key}/inventories"
            )
            have = answer.json()["inventories"]
            found.append(
                HostFacts(
                    name,
                    racks[name],
                    zones[name],
                    {each: have[each]["total"] - have[each]["reserved"] for each in CLASSES},
                    {each: used[name].get(each, 0) for each in CLASSES},
                )
            )
        return sorted(found, key=lambda each: each.name)

    def flavors(self) -> dict[str, Any]:
        """All flavors as Nova's API has them."""
        return {
            each.id: {
                "id": each.id,
                "name": each.name,
                "vcpus": each.vcpus,
                "ram": each.ram,
                "disk": each.disk,
                "swap": 0,
                "OS-FLV-EXT-DATA:ephemeral": 0,
                "extra_specs": {},
            }
            for each in self.project.connection.compute.flavors()
        }

    # What is done.

    def preview(self, body: Any) -> str:
        answer = self.project.request("POST", "/plans", {"ensemble": body})
        return str(answer.json()["plan"]["id"])

    def create(self, body: Any, plan_id: str | None = None) -> str | None:
        asked = {"ensemble": body} | ({"plan": plan_id} if plan_id else {})
        answer = self.project.request("POST", body=asked)
        assert answer.status_code in (202, 409), answer.text
        return str(answer.json()["ensemble"]["id"]) if answer.status_code == 202 else None

    def delete(self, ensemble_id: str) -> None:
        assert self.project.request("DELETE", f"/{ensemble_id}").status_code == 202

    def move(self, server_id: str, kind: str) -> None:
        match kind:
            case "live":
                self._compute.live_migrate_server(server_id, host=None, block_migration="auto")
            case "cold":
                self._compute.migrate_server(server_id)
            case "evacuate":
                self._compute.post(
                    f"/servers/{server_id}/action", json={"evacuate": {}}, microversion=EVACUATED
                ).raise_for_status()
        self._wait(server_id)

    def resize(self, server_id: str, flavor: str) -> None:
        self._compute.resize_server(server_id, flavor)
        self._wait(server_id)

    def confirm(self, server_id: str) -> None:
        self._compute.confirm_server_resize(server_id)
        self._wait(server_id, "ACTIVE")

    def revert(self, server_id: str) -> None:
        self._compute.revert_server_resize(server_id)
        self._wait(server_id, "ACTIVE")

    def shelve(self, server_id: str) -> None:
        self._compute.shelve_server(server_id)
        self._wait(server_id, "SHELVED_OFFLOADED")

    def unshelve(self, server_id: str) -> None:
        self._compute.unshelve_server(server_id)
        self._wait(server_id, "ACTIVE")

    def delete_server(self, server_id: str) -> None:
        self.project.connection.compute.delete_server(server_id)
        until("the server is gone", lambda: self.server(server_id) is None)

    def lock(self, server_id: str, *, locked: bool) -> None:
        compute = self.project.connection.compute
        (compute.lock_server if locked else compute.unlock_server)(server_id)

    def disable(self, host: str, *, disabled: bool) -> None:
        service = self._service(host)
        (self._compute.disable_service if disabled else self._compute.enable_service)(service)

    def stop(self, host: str) -> None:
        assert self._cloud.ensemble_cloud("host", "stop", host).returncode == 0
        self._compute.update_service_forced_down(self._service(host), forced=True)

    def start(self, host: str) -> None:
        assert self._cloud.ensemble_cloud("host", "start", host).returncode == 0

        def is_unforced() -> bool:
            try:
                self._compute.update_service_forced_down(self._service(host), forced=False)
            except openstack.exceptions.BadRequestException:
                return False  # not before it has removed what was evacuated
            return True

        until("it may report again", is_unforced)
        until("it is up", lambda: self._service(host).state == "up")

    # What is seen.

    def rest(self, ensemble_id: str) -> None:
        until("the ensemble is at rest", lambda: self._rests(ensemble_id))

    def rest_gone(self, ensemble_id: str) -> None:
        until("the ensemble is gone", lambda: self.ensemble(ensemble_id) is None)

    def _rests(self, ensemble_id: str) -> bool:
        """Whether nothing is done with it, and what Nova has was observed."""
        found = self.ensemble(ensemble_id)
        if found is None:
            return True
        if not found["settled"]:
            return bool(found["operation"]["type"] == "delete" and found["fault"])
        down = {
            each.host for each in self._compute.services(binary="nova-compute") if is_down(each)
        }
        hosts = self._as_operator.request("GET", "/hosts").json()["hosts"]
        seen = {each["host"] for each in hosts if each["state"] == "down"}
        return seen == down and all(
            (each["server_status"] or "ACTIVE", each["current_host"])
            == (self.server(each["server_id"]) or ("DELETED", None))
            for each in found["members"]
        )

    def ensemble(self, ensemble_id: str) -> Any:
        answer = self._as_operator.request("GET", f"/{ensemble_id}")
        return answer.json()["ensemble"] if answer.status_code == 200 else None

    def operations(self, ensemble_id: str) -> list[tuple[str, str]]:
        found = self._as_operator.request("GET", f"/{ensemble_id}/operations").json()["operations"]
        return [(each["type"], each["status"]) for each in found]

    def server(self, server_id: str) -> tuple[str, str | None] | None:
        found = self._operator.servers().get(server_id)
        return None if found is None else (found.status, found.compute_host)

    def allocations(self, server_id: str) -> dict[str, dict[str, int]]:
        answer = self._operator.connection.placement.get(f"/allocations/{server_id}").json()
        return {
            self._providers[key]: each["resources"] for key, each in answer["allocations"].items()
        }

    def consumers(self) -> set[str]:
        return self._operator.consumers()

    def _service(self, host: str) -> Any:
        return next(iter(self._compute.services(binary="nova-compute", host=host)))

    def _wait(self, server_id: str, *statuses: str) -> None:
        """Until nothing is under way with a server, and it has one of these statuses."""

        def is_quiet() -> bool:
            found = self._operator.servers()[server_id]
            wanted = statuses or ("ACTIVE", "VERIFY_RESIZE", "ERROR")
            return found.task_state is None and found.status in wanted

        until("the server is quiet", is_quiet)


def is_down(service: Any) -> bool:
    """Whether Nova takes a compute service for down."""
    return bool(service.state == "down")
