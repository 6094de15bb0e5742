# SPDX-License-Identifier: Apache-2.0
"""What the fake Nova tells of all but servers: flavors, images, limits, hosts and services."""

from typing import Any

from tests.fakes.nova_objects import Refused
from tests.fakes.nova_state import NovaState


class NovaCatalog(NovaState):
    """What requests refer to, and the hosts."""

    def flavor(self, request: Any, context: Any, flavor_id: str) -> tuple[int, Any]:
        self.asked_by_tenant.append(f"flavor {context.is_admin}")
        found = self._known(self.flavors, flavor_id, "Flavor")
        if found.get("private") and not context.is_admin:
            raise Refused(404, f"Flavor {flavor_id} could not be found.")
        return 200, {"flavor": {key: found[key] for key in found if key != "extra_specs"}}

    def listed_flavors(self, request: Any, context: Any) -> tuple[int, Any]:
        self.asked_by_tenant.append(f"flavors {context.is_admin}")
        seen = [each for each in self.flavors.values() if not each.get("private")]
        shown = [{key: each[key] for key in each if key != "extra_specs"} for each in seen]
        return 200, {"flavors": shown}

    def extra_specs(self, request: Any, context: Any, flavor_id: str) -> tuple[int, Any]:
        return 200, {"extra_specs": self._known(self.flavors, flavor_id, "Flavor")["extra_specs"]}

    def image(self, request: Any, context: Any, image_id: str) -> tuple[int, Any]:
        return 200, {"image": self._known(self.images, image_id, "Image")}

    def network(self, request: Any, context: Any, network_id: str) -> tuple[int, Any]:
        if network_id not in self.networks:
            raise Refused(404, "Network not found")
        return 200, {"network": {"id": network_id, "label": "private"}}

    def key_pair(self, request: Any, context: Any, name: str) -> tuple[int, Any]:
        if name not in self.key_pairs:
            raise Refused(404, "Keypair not found")
        return 200, {"keypair": {"name": name}}

    def groups(self, request: Any, context: Any) -> tuple[int, Any]:
        groups = [{"id": key, "name": name} for key, name in self.security_groups.items()]
        return 200, {"security_groups": groups}

    def absolute_limits(self, request: Any, context: Any) -> tuple[int, Any]:
        return 200, {"limits": {"absolute": self.limits}}

    def hypervisors(self, request: Any, context: Any) -> tuple[int, Any]:
        self._admin(context)
        if any(host.silent for host in self.hosts):  # the list has no part of what Nova knows
            raise Refused(500, "Unexpected API Error. DBConnectionError")
        shown = [
            {
                "id": host.provider,
                "service": {"host": host.name},
                "state": host.state,
                "status": host.status,
                "hypervisor_type": host.hypervisor_type,
            }
            for host in self.hosts
        ]
        return 200, self._page(request, shown, "hypervisors")

    def services(self, request: Any, context: Any) -> tuple[int, Any]:
        self._admin(context)
        assert request.GET.get("binary") == "nova-compute"
        shown = [
            {"host": host.name, "status": "UNKNOWN"}
            if host.silent
            else {
                "id": host.provider,
                "host": host.name,
                "state": host.state,
                "status": host.status,
                "disabled_reason": host.disabled_reason,
                "forced_down": host.forced_down,
                "updated_at": f"2026-01-01T00:0{0 if host.unheard else 5}:00.000000",
            }
            for host in self.hosts
        ]
        return 200, {"services": shown}

    def update_service(self, request: Any, context: Any, service_id: str) -> tuple[int, Any]:
        self._admin(context)
        found = [host for host in self.hosts if host.provider == service_id]
        if not found:
            raise Refused(404, f"Service {service_id} could not be found.")
        status = request.json["status"]
        assert status == "disabled", "hosts are enabled by operators alone"
        found[0].status, found[0].disabled_reason = status, request.json["disabled_reason"]
        return 200, {"service": {"id": service_id}}

    def enable(self, name: str) -> None:
        """An operator enables a host again, by which Nova forgets why it was disabled."""
        self.host(name).status, self.host(name).disabled_reason = "enabled", None

    def aggregates(self, request: Any, context: Any) -> tuple[int, Any]:
        self._admin(context)
        found = list(self.aggregates_beside)
        for key, of in (("rack", lambda h: h.rack), ("availability_zone", lambda h: h.zone)):
            for domain in sorted({of(host) for host in self.hosts} - {None}):
                hosts = [host.name for host in self.hosts if of(host) == domain]
                found.append({"name": domain, "metadata": {key: domain}, "hosts": hosts})
        return 200, {"aggregates": found}
