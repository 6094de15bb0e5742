# SPDX-License-Identifier: Apache-2.0
"""Which hosts are to be drained: those whose compute service was disabled for that."""

from collections.abc import Mapping
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence
from ensemble_api.usecases.hosts import NO_HOST

REASON = "drain: ensembles"
"""Why a service is disabled: Nova has the only record of what is to be drained."""

_DENIED = Sentence(
    "forbidden.disable-service", "Nova does not let you disable the compute service of this host."
)
_FORBIDDEN_STATUS = 403


class HostDrains:
    """Has hosts drained, and knows which are to be; enabling one ends that, and is never ours."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def begin(self, context: Context, host: str) -> None:
        """Disable the compute service of a host, in the caller's name, so that it is drained.

        Another reason for which it is disabled already makes way for ours.

        :raises ensemble_api.exception.NotFound: if there is no such host.
        :raises ensemble_api.exception.Forbidden: when Nova does not let the caller do that.
        """
        found = [each for each in self._compute.services(context) if each["host"] == host]
        if not found:
            raise exception.NotFound(NO_HOST(host=host))
        for each in found:
            if is_draining(each):
                continue
            try:
                self._compute.disable_service(context, str(each["id"]), REASON)
            except exception.CloudError as error:
                if error.status != _FORBIDDEN_STATUS:
                    raise
                raise exception.Forbidden(_DENIED()) from error

    def hosts(self, context: Context) -> frozenset[str]:
        """Give the hosts that are to be drained and whose compute service reports."""
        return frozenset(
            each["host"]
            for each in self._compute.services(context)
            if is_draining(each) and each.get("state") == "up"
        )


def is_draining(service: Mapping[str, Any]) -> bool:
    """Whether a compute service, as Nova shows it, is disabled for a drain."""
    return service.get("status") == "disabled" and service.get("disabled_reason") == REASON
