# SPDX-License-Identifier: Apache-2.0
"""The host impact as the ensembles API tells it to operators."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from django.http import HttpRequest
from openstack_dashboard.api import nova
from openstack_dashboard.contrib.developer.profiler import api as profiler
from openstack_dashboard.utils import settings as dashboard_settings

from ensemble_dashboard.api import ensemble

RISING = ("host",)  # what is sorted from the first to the last unless asked otherwise


@dataclass(frozen=True, slots=True)
class HostImpactPage:
    """One page of the hosts that were found: `found` in all, `first` is the first one's number.

    `summary` tells all hosts of the cloud in short, in the groups of the domains they are in;
    `broken` are the promises that do not hold now. `observed_at` is when the hosts and servers were
    last looked at.
    """

    hosts: tuple[dict[str, Any], ...]
    found: int
    first: int
    summary: Mapping[str, Any]
    broken: tuple[Mapping[str, Any], ...] = ()
    observed_at: str | None = None

    @property
    def last(self) -> int:
        """The number of the last host of the page."""
        return self.first + len(self.hosts) - 1

    @property
    def has_next(self) -> bool:
        """Whether hosts follow."""
        return bool(self.hosts) and self.last < self.found

    @property
    def has_previous(self) -> bool:
        """Whether hosts come before."""
        return bool(self.hosts) and self.first > 1


@profiler.trace
def host_impacts(
    request: HttpRequest,
    filters: Mapping[str, str],
    sort_key: str = "impact",
    descending: bool = True,
    marker: str | None = None,
    backwards: bool = False,
) -> HostImpactPage:
    """Give the hosts after the marker, or before it when going backwards.

    A page has as many rows as the person chose in the settings.
    """
    answer = ensemble.manager(request).hosts(
        **filters,
        sort_key=sort_key,
        sort_dir="desc" if descending is not backwards else "asc",
        limit=dashboard_settings.get_page_size(request),
        marker=marker,
        summary=1,
    )
    hosts, found, first = answer["hosts"], answer["found"], answer["first"]
    if backwards and hosts:
        # In the reverse order, the last ones come first.
        hosts, first = hosts[::-1], found - (first + len(hosts) - 1) + 1
    broken = tuple(answer.get("broken") or ())
    seen = answer.get("observed_at")
    return HostImpactPage(tuple(hosts), found, first, answer["summary"], broken, seen)


@dataclass(frozen=True, slots=True)
class Usage:
    """What is in use of a host, as Nova's own list of hypervisors tells it; memory in MiB."""

    vcpus_used: int
    vcpus: int
    memory_used: int
    memory: int

    @property
    def percent(self) -> int:
        """The share of its vCPU that is in use, which may be more than all."""
        return round(100 * self.vcpus_used / self.vcpus) if self.vcpus else 0


@profiler.trace
def usage(request: HttpRequest) -> dict[str, Usage]:
    """Give what is in use of each host, of which a hypervisor tells, in one call to Nova."""
    found: dict[str, Usage] = {}
    for each in nova.hypervisor_list(request):
        figures = (each.vcpus_used, each.vcpus, each.memory_used, each.memory_size)
        host = str(each.service_details["host"])
        before = found.get(host, Usage(0, 0, 0, 0))
        found[host] = Usage(
            *(known + int(more or 0) for known, more in zip(astuple(before), figures, strict=True))
        )
    return found


@profiler.trace
def hosts_within(request: HttpRequest, domains: Mapping[str, str], limit: int) -> dict[str, Any]:
    """Give the first hosts in some domains, by level, with all the members on them."""
    manager = ensemble.manager(request)
    return dict(manager.hosts(**domains, sort_key="members", sort_dir="desc", limit=limit))


@profiler.trace
def summary(request: HttpRequest) -> Mapping[str, Any]:
    """Give all hosts of the cloud in short, in the groups of the domains they are in."""
    manager = ensemble.manager(request)
    answer = manager.hosts(sort_key="host", sort_dir="asc", limit=1, summary=1)
    found: Mapping[str, Any] = answer["summary"]
    return found


@profiler.trace
def headroom(request: HttpRequest, level: str, marker: str | None = None) -> dict[str, Any]:
    """Give a page of the domains of a level, and what their failure leaves without a place."""
    limit = dashboard_settings.get_page_size(request)
    return dict(ensemble.manager(request).headroom(level, limit=limit, marker=marker))


@profiler.trace
def ensemble_drain(request: HttpRequest, host: str, check: bool = False) -> dict[str, Any]:
    """Give one host as in the host impact; with `check`, also whether its members fit elsewhere."""
    manager = ensemble.manager(request)
    return dict(manager.drain(host, check=check))


@profiler.trace
def domain(
    request: HttpRequest, level: str, name: str, above: Mapping[str, str], check: bool = False
) -> dict[str, Any]:
    """Give a host, a rack or a zone and how far its drain is; with `check`, what one comes to."""
    return dict(ensemble.manager(request).domain(level, name, above, check=check))


@profiler.trace
def drain_domain(
    request: HttpRequest, level: str, name: str, above: Mapping[str, str]
) -> dict[str, Any]:
    """Have the members of a domain moved elsewhere, with its hosts disabled."""
    return dict(ensemble.manager(request).drain_domain(level, name, above))


@profiler.trace
def cancel_drain(
    request: HttpRequest, level: str, name: str, above: Mapping[str, str]
) -> dict[str, Any]:
    """Have nobody leave a domain any more."""
    return dict(ensemble.manager(request).cancel_drain(level, name, above))
