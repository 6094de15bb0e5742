# SPDX-License-Identifier: Apache-2.0
"""Break something: hosts, racks and zones of an embedded cloud are really stopped and started."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext
from django.views import generic

from ensemble_dashboard import rights, words
from ensemble_dashboard.api import embedded_cloud
from ensemble_dashboard.api import host_impact as api
from ensemble_dashboard.content.ensembles.proxy import RefusedRequest, json_body, json_view

ACTIONS: Final = ("stop", "start")


@dataclass(frozen=True, slots=True)
class Choice:
    """A domain that can be stopped: its names by level as data, and what it is called."""

    domain: Mapping[str, str]
    label: str


def panel(summary: Mapping[str, Any], levels: Iterable[str]) -> dict[str, Any] | None:
    """Give the template what can be stopped and what is; None in a cloud that is not embedded.

    `levels` are those above the host, the smallest first.
    """
    if not embedded_cloud.is_there():
        return None
    try:
        stopped = embedded_cloud.stopped()
    except embedded_cloud.ControlError as error:
        return {"trouble": str(error)}
    order = list(levels)
    groups = []
    for at in range(len(order) - 1, -1, -1):
        found = {
            tuple((level, group[level]) for level in order[at:])
            for group in summary["groups"]
            if all(group.get(level) for level in order[at:])
        }
        groups.append((words.level(order[at]), [_choice(each) for each in sorted(found)]))
    hosts = sorted(host["host"] for group in summary["groups"] for host in group["hosts"])
    groups.append((words.level("host"), [Choice({"host": name}, name) for name in hosts]))
    return {
        "groups": [(str(level).capitalize(), each) for level, each in groups if each],
        "stopped": stopped,
        "all_stopped": {"stopped": "all"},
    }


def _choice(path: tuple[tuple[str, str], ...]) -> Choice:
    names = [name for _level, name in reversed(path)]
    return Choice(dict(path), " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(names))


class BreakView(generic.View):
    """Stops or starts the compute services of a domain; there is none in any other cloud."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Do {"action": "stop" or "start", "domain": {level: name}}; give {"hosts", "changed"}.

        The domain {"stopped": "all"} are all hosts that are stopped.
        """
        if not embedded_cloud.is_there():
            raise RefusedRequest(
                404, "dashboard.no_embedded_cloud", gettext("There is no such page.")
            )
        if not rights.may(request, "hosts"):
            raise RefusedRequest(403, "dashboard.forbidden", gettext("Only operators may do this."))
        asked = json_body(request)
        action, domain = asked.get("action"), asked.get("domain")
        if action not in ACTIONS or not isinstance(domain, dict) or not domain:
            raise RefusedRequest(
                400, "dashboard.no_domain", gettext("This names nothing to stop or start.")
            )
        try:
            hosts = _hosts(request, domain)
            changed = embedded_cloud.act(action, hosts)
        except embedded_cloud.ControlError as error:
            raise RefusedRequest(503, "dashboard.embedded_cloud", str(error)) from None
        return {"hosts": hosts, "changed": changed}


def _hosts(request: HttpRequest, domain: Mapping[str, Any]) -> list[str]:
    """Give the hosts of a domain, as the API knows them now."""
    if domain == {"stopped": "all"}:
        return embedded_cloud.stopped()
    groups = api.summary(request)["groups"]
    found = [
        str(host["host"])
        for group in groups
        for host in group["hosts"]
        if all({**group, "host": host["host"]}.get(level) == name for level, name in domain.items())
    ]
    if not found:
        raise RefusedRequest(
            400, "dashboard.no_domain", gettext("This names nothing to stop or start.")
        )
    return found
