# SPDX-License-Identifier: Apache-2.0
"""Nova's compute services: which report, which do not, and how one is disabled."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from ensemble_api.cloud.nova_api import NovaApi, quote
from ensemble_api.context import Context


class ComputeServices(NovaApi):
    """What Nova knows of its compute services, which only an operator sees."""

    def services(self, context: Context) -> list[dict[str, Any]]:
        """All compute services: id, host, state, status and why it is disabled."""
        return list(self._get_as_operator(context, "/os-services?binary=nova-compute")["services"])

    def down_and_silent(self, context: Context) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the hosts whose compute service does not report, and whose cell does not.

        Of the latter Nova tells no state, which is not that they are down.
        """
        states = {each["host"]: each.get("state") for each in self.services(context)}
        down = frozenset(host for host, state in states.items() if state not in (None, "up"))
        return down, frozenset(host for host, state in states.items() if state is None)

    def forced_down(self, context: Context) -> frozenset[str]:
        """The names of the hosts that somebody has told Nova to take for down."""
        services = self.services(context)
        return frozenset(each["host"] for each in services if each.get("forced_down"))

    def unheard(
        self,
        context: Context,
        seconds: float,
        cells: Callable[[Collection[str]], Mapping[str, str]] = lambda _: {},
    ) -> frozenset[str]:
        """The names of the hosts of which Nova heard that much earlier than of the last one.

        Nova takes them for up still, and may not for long: a rack does not fail at once for it.
        ``cells`` gives those of hosts: the conductors of each write by a clock of their own.
        """
        reports = {
            each["host"]: datetime.fromisoformat(each["updated_at"])
            for each in self.services(context)
            if each.get("updated_at")
        }
        of, last = cells(reports), dict[str, datetime]()
        for host, at in reports.items():
            cell = of.get(host, "")
            last[cell] = max(at, last.get(cell, at))
        return frozenset(
            host
            for host, at in reports.items()
            if (last[of.get(host, "")] - at).total_seconds() > seconds
        )

    def disable_service(self, context: Context, service_id: str, reason: str) -> None:
        """Let a compute service take no more servers, and say why.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as to who may not do this.
        """
        path = f"/os-services/{quote(service_id)}"
        self._call(context, "PUT", path, {"status": "disabled", "disabled_reason": reason})
