# SPDX-License-Identifier: Apache-2.0
"""How resources of Heat get a client of ensembles, with the session of their stack's owner."""

from typing import Any, ClassVar

from heat.engine.clients import client_plugin
from novaclient import exceptions
from oslo_config import cfg

from ensemble_client.client import COMPUTE, SERVICE_TYPE, make_client

EXTENSION = "os-ensembles"


class EnsembleClientPlugin(client_plugin.ClientPlugin):
    """The client of ensembles, wherever the cloud has them; its errors are novaclient's."""

    exceptions_module = exceptions
    service_types: ClassVar[list[str]] = [SERVICE_TYPE, COMPUTE]

    def _create(self, version: str | None = None) -> Any:
        return make_client(
            self.context.keystone_session,
            interface=self._get_client_option(SERVICE_TYPE, "endpoint_type"),
            region_name=self._get_region_name(),
            connect_retries=cfg.CONF.client_retry_limit,
        )

    def has_extension(self, name: str) -> bool:
        """Tell whether this cloud has ensembles; the only extension that is asked for."""
        assert name == EXTENSION
        try:
            self.client().ensembles.capabilities()
        except exceptions.NotFound:
            return False
        return True

    def is_not_found(self, ex: BaseException) -> bool:
        """Tell whether there is no such ensemble."""
        return isinstance(ex, exceptions.NotFound)

    def is_over_limit(self, ex: BaseException) -> bool:
        """Tell whether there were too many requests, or too long a one."""
        return isinstance(ex, exceptions.OverLimit)

    def is_conflict(self, ex: BaseException) -> bool:
        """Tell whether the ensemble's status is in the way; a later try may go through.

        That an ensemble does not fit is no such conflict: Heat would plan it again and again.
        """
        return isinstance(ex, exceptions.Conflict) and code_of(ex) == "ensemble.conflict"


def code_of(error: exceptions.ClientException) -> str:
    """Give the stable code of a refusal; empty where it is not of the ensembles API."""
    details = error.details if isinstance(error.details, dict) else {}
    return str(details.get("code", ""))
