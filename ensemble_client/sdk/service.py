# SPDX-License-Identifier: Apache-2.0
"""Where a connection finds the ensembles API."""

from typing import Any

from openstack import service_description

from ensemble_client.client import COMPUTE, SERVICE_TYPE, service_type
from ensemble_client.sdk.proxy import Proxy

_COMPUTE_VERSIONS = {"min_version": "2", "max_version": "2.latest"}


class EnsembleService(service_description.ServiceDescription[Proxy]):
    """The service that `Connection.add_service` takes.

    The API is a service of its own where the catalog has that in the connection's region, or where
    `ensemble_endpoint_override` is; else it is below the compute endpoint.
    """

    supported_versions = {"1": Proxy}  # noqa: RUF012 - as openstacksdk has it

    def __init__(self, name: str = SERVICE_TYPE) -> None:
        super().__init__(name)

    def _make_proxy(self, instance: Any) -> Any:
        config = instance.config
        alone = (
            config.get_endpoint(SERVICE_TYPE)
            or service_type(
                config.get_session(),
                region_name=config.get_region_name(SERVICE_TYPE),
                interface=config.get_interface(SERVICE_TYPE),
            )
            == SERVICE_TYPE
        )
        if alone:
            return config.get_session_client(SERVICE_TYPE, constructor=Proxy)
        return config.get_session_client(
            COMPUTE, constructor=Proxy, allow_version_hack=True, **_COMPUTE_VERSIONS
        )
