# SPDX-License-Identifier: Apache-2.0
"""Neutron, asked for what Nova's own API does not say of a network."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from ensemble_api.cloud.answers import unavailable
from ensemble_api.context import Context

ADDRESSES_ASKED: Final = 50  # in one request, whose line has its limits


class Networks:
    """Reads networks with the service user's rights."""

    def __init__(self, neutron: Any) -> None:
        self._neutron = neutron

    def external(self, network_id: str) -> bool:
        """Whether only operators may attach a server to this network.

        Nova checks that itself (``_check_external_network_attach`` in nova/network/neutron.py), but
        when it builds; here the field is named before anything is reserved.

        :raises ensemble_api.exception.Unavailable: when Neutron does not answer.
        """
        network = self._show("network", network_id)
        return bool(network) and bool(network.get("router:external")) and not network["shared"]

    def port(self, context: Context, port_id: str) -> dict[str, Any] | None:
        """A port of the tenant's project, None if it has no such port.

        Nova attaches no others, even if the tenant may see them (``PortNotUsable``).

        :raises ensemble_api.exception.Unavailable: when Neutron does not answer.
        """
        port = self._show("port", port_id)
        return port if port and port["project_id"] == context.project_id else None

    def owner(self, network_id: str) -> str | None:
        """The project that a network is of.

        :raises ensemble_api.exception.Unavailable: when Neutron does not answer.
        """
        return self._show("network", network_id).get("project_id")

    def subnets(self, network_id: str) -> list[dict[str, Any]]:
        """The subnets of a network.

        :raises ensemble_api.exception.Unavailable: when Neutron does not answer.
        """
        found = self._get(f"/v2.0/subnets?network_id={network_id}").get("subnets", ())
        return [dict(each) for each in found]

    def taken(self, network_id: str, addresses: Sequence[str]) -> dict[str, str]:
        """Which of these addresses are taken, and by which server or router, by the address.

        Of all projects: a tenant does not see all ports that are on a network, and Neutron refuses
        an address for theirs too.

        :raises ensemble_api.exception.Unavailable: when Neutron does not answer.
        """
        found: dict[str, str] = {}
        for first in range(0, len(addresses), ADDRESSES_ASKED):
            asked = "".join(
                f"&fixed_ips=ip_address%3D{quote(each)}"
                for each in addresses[first : first + ADDRESSES_ASKED]
            )
            path = f"/v2.0/ports?network_id={network_id}&fields=fixed_ips&fields=device_id{asked}"
            for port in self._get(path).get("ports", ()):
                for each in port["fixed_ips"]:
                    found[each["ip_address"]] = port["device_id"]
        return found

    def port_quota(self, project_id: str) -> tuple[int, int]:
        """How many ports the project may have, -1 for any number, and how many it has.

        :raises ensemble_api.exception.Unavailable: when Neutron does not answer.
        """
        quota = self._get(f"/v2.0/quotas/{project_id}/details.json").get("quota", {})
        port = quota.get("port", {"limit": -1, "used": 0})
        return int(port["limit"]), int(port["used"])

    def _show(self, kind: str, name: str) -> dict[str, Any]:
        """What Neutron says of a thing; nothing, if there is no such thing."""
        return dict(self._get(f"/v2.0/{kind}s/{name}").get(kind, {}))

    def _get(self, path: str) -> dict[str, Any]:
        response = self._neutron.get(path)
        if response.status_code == 404:
            return {}
        if response.status_code != 200:
            raise unavailable("Neutron", response)
        return dict(response.json())
