# SPDX-License-Identifier: Apache-2.0
"""Where a connection finds the ensembles API."""

from typing import Any

from openstack import service_description

from ensemble_client.sdk.proxy import Proxy

SERVICE_TYPE = "ensemble"
_COMPUTE_VERSIONS = {"min_version": "2", "max_version": "2.latest"}


class EnsembleService(service_description.ServiceDescription[Proxy]):
    """The service that `Connection.add_service` takes.

    The API is below the compute endpoint of the connection's region.
    """

    supported_versions = {"1": Proxy}  # noqa: RUF012 - as openstacksdk has it

    def __init__(self, service_type: str = SERVICE_TYPE) -> None:
        super().__init__(service_type)

    def _make_proxy(self, instance: Any) -> Any:
        return instance.config.get_session_client(
            "compute", constructor=Proxy, allow_version_hack=True, **_COMPUTE_VERSIONS
        )
