# SPDX-License-Identifier: Apache-2.0
"""Neutron, asked for what Nova's own API does not say of a network."""

from typing import Any

from ensemble_api import exception


class Networks:
    """Looks at networks with the service user's eyes."""

    def __init__(self, neutron: Any) -> None:
        self._neutron = neutron

    def external(self, network_id: str) -> bool:
        """Whether only operators may attach a server to this network.

        Nova checks that itself (``_check_external_network_attach`` in nova/network/neutron.py), but
        against the worker's context, which has an operator's rights.

        :raises ensemble_api.exception.Unavailable: when Neutron does not answer.
        """
        response = self._neutron.get(f"/v2.0/networks/{network_id}")
        if response.status_code != 200:
            raise exception.Unavailable("Neutron does not answer; try again later.")
        network = response.json()["network"]
        return bool(network.get("router:external")) and not network["shared"]
