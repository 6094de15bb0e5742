# SPDX-License-Identifier: Apache-2.0
"""The hosts with their resource providers, also while the database of a cell is away.

Nova lists hypervisors of all cells or, when one of their databases does not answer, of none; the
compute services it lists even so. Which provider a host has does not change while it is there.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context

LOG = logging.getLogger(__name__)

SILENT: Final = "silent"
_BARE_METAL = "ironic"  # the hypervisor_type
_FAILED = 500  # Nova's answers from this one on are not about what was asked
_NOTHING: Final[Mapping[str, str]] = {}


class KnownHosts:
    """Remembers the resource provider of each host, as Nova has last listed them.

    ``stored`` gives what processes before this one have learned of that.
    """

    def __init__(
        self, compute: Compute, stored: Callable[[], Mapping[str, str]] = lambda: _NOTHING
    ) -> None:
        self._compute = compute
        self._stored = stored
        self._providers = _NOTHING
        self._left_out = frozenset[str]()  # whose nodes are servers by themselves
        self._learned_of = frozenset[str]()

    def hosts(self, context: Context) -> Mapping[str, tuple[str, str]]:
        """The provider and the state of each host, by name, but for hosts of bare metal (Ironic).

        Those have many hypervisors, perhaps none or one for now, each of which is a whole server.

        While Nova fails to list hypervisors, those it has services of: with what is remembered, and
        "silent" as the state of one of a cell that does not answer, or that was not listed before.
        The latter have no provider.

        :raises ensemble_api.exception.CloudError: when nothing is remembered or stored either.
        """
        try:
            return self._listed(context)
        except exception.CloudError as error:
            if error.status >= _FAILED and not self._providers:
                self._providers = self._stored()
            if error.status < _FAILED or not self._providers:
                raise
            LOG.warning("Nova lists no hypervisors, and the last ones are taken: %s", error)
        services = self._compute.services(context)
        return {
            each["host"]: _remembered(each, self._providers.get(each["host"], ""))
            for each in services
            if each["host"] not in self._left_out
        }

    def provider(self, host: str) -> str:
        """The resource provider of a host, empty where it is not known."""
        return self._providers.get(host, "")

    def learn(self, context: Context, services: Sequence[Mapping[str, Any]]) -> None:
        """Remember the hosts of these services, if these are others than those of the last time.

        It is for who looks at the cloud again and again, to be prepared for when a cell is away.
        """
        names = frozenset(each["host"] for each in services)
        if names in (self._learned_of, self._providers.keys() | self._left_out):
            return
        if any("state" not in each for each in services):
            return
        try:
            self._listed(context)
        except exception.CloudError as error:
            LOG.warning("Nova lists no hypervisors: %s", error)
        else:
            self._learned_of = names

    def _listed(self, context: Context) -> Mapping[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        left_out: set[str] = set()
        for each in self._compute.hypervisors(context):
            name = each["service"]["host"]
            if name in found or each.get("hypervisor_type") == _BARE_METAL:
                left_out.add(name)
            state = "disabled" if each["status"] == "disabled" else each["state"]
            found[name] = each["id"], state
        found = _without(found, left_out)
        self._providers = {name: provider for name, (provider, _) in found.items()}
        if left_out - self._left_out:
            LOG.info("No ensembles are planned on bare metal (Ironic): %s", sorted(left_out))
        self._left_out = frozenset(left_out)
        return found


def _remembered(service: Mapping[str, Any], provider: str) -> tuple[str, str]:
    if not provider or "state" not in service:
        return provider, SILENT
    return provider, "disabled" if service["status"] == "disabled" else service["state"]


def _without(
    found: Mapping[str, tuple[str, str]], several: Collection[str]
) -> dict[str, tuple[str, str]]:
    return {name: each for name, each in found.items() if name not in several}
