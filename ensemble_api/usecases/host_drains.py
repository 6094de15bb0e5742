# SPDX-License-Identifier: Apache-2.0
"""Which hosts are to be drained: those whose compute service was disabled for that."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.results.maintenance import DrainState
from ensemble_api.usecases.hosts import NO_HOST

REASON: Final = "drain: ensembles"
"""Why a service is disabled: Nova has the only record of what is to be drained. Where a whole
domain is, its level and its names follow."""
CANCELLED: Final = "drain cancelled: ensembles"
LONGEST: Final = 255  # characters of a reason that Nova takes

_DENIED = Sentence(
    "forbidden.disable-service", "Nova does not let you disable the compute service of this host."
)
_SILENT = Sentence(
    "conflict.silent-host-to-drain",
    "Nova says nothing of host %(host)s now, since the database of its cell does not answer, so "
    "nothing was changed. Try again when it does, or name the other hosts one by one.",
    "Nova says nothing of %(count)s of these hosts now, as %(host)s, since the database of their "
    "cell does not answer, so nothing was changed. Try again when it does, or name the other hosts "
    "one by one.",
)
_FORBIDDEN_STATUS = 403


class HostDrains:
    """Has hosts drained, and knows which are to be; enabling one ends that, and is never ours."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def begin(
        self, context: Context, hosts: Collection[str], domain: FailureDomain | None = None
    ) -> bool:
        """Disable the compute services of hosts, in the caller's name, so that they are drained.

        Those of a whole ``domain`` say so: nobody goes from one of its hosts to another, from the
        first of them that is disabled. Another reason makes way for ours. Gives whether any host
        was not to be drained before.

        :raises ensemble_api.exception.NotFound: if there is no such host.
        :raises ensemble_api.exception.Conflict: when the cell of one does not answer.
        :raises ensemble_api.exception.Forbidden: when Nova does not let the caller do that.
        """
        services = self._services(context, hosts)
        for host in sorted(set(hosts) - {each["host"] for each in services}):
            raise exception.NotFound(NO_HOST(host=host))
        why, fresh = reason(domain), False
        for each in services:
            is_new = state(each) is not DrainState.DRAINING
            if is_new or (domain is not None and each["disabled_reason"] != why):
                self._disable(context, each, why)
            fresh = fresh or is_new
        return fresh

    def cancel(self, context: Context, hosts: Collection[str]) -> bool:
        """Let nobody leave these hosts any more, which stay disabled; gives whether any was to.

        :raises ensemble_api.exception.Conflict: when the cell of one does not answer.
        :raises ensemble_api.exception.Forbidden: when Nova does not let the caller do that.
        """
        draining = [
            each for each in self._services(context, hosts) if state(each) is DrainState.DRAINING
        ]
        for each in draining:
            self._disable(context, each, CANCELLED)
        return bool(draining)

    def states(self, context: Context, hosts: Collection[str]) -> Mapping[str, DrainState]:
        """What is to become of each of these hosts."""
        return {
            each["host"]: state(each)
            for each in self._compute.services(context)
            if each["host"] in hosts
        }

    def draining(self, context: Context) -> Mapping[str, str]:
        """Give the hosts that are to be drained and whose compute service reports, with why."""
        return {
            each["host"]: each["disabled_reason"]
            for each in self._compute.services(context)
            if state(each) is DrainState.DRAINING and each.get("state") == "up"
        }

    def _services(self, context: Context, hosts: Collection[str]) -> Sequence[Mapping[str, Any]]:
        """The compute services of these hosts, each of which can be disabled."""
        found = [each for each in self._compute.services(context) if each["host"] in hosts]
        silent = sorted(each["host"] for each in found if "state" not in each)
        if silent:
            raise exception.Conflict(_SILENT(host=silent[0], count=len(silent)))
        return found

    def _disable(self, context: Context, service: Mapping[str, Any], why: str) -> None:
        try:
            self._compute.disable_service(context, str(service["id"]), why)
        except exception.CloudError as error:
            if error.status != _FORBIDDEN_STATUS:
                raise
            raise exception.Forbidden(_DENIED()) from error


def reason(domain: FailureDomain | None) -> str:
    """Why a host is disabled that is drained, with all of a domain or by itself."""
    if domain is None:
        return REASON
    return f"{REASON}, {domain.level} {'/'.join(domain.path)}"[:LONGEST]


def state(service: Mapping[str, Any]) -> DrainState:
    """What is to become of the host of a compute service, as Nova shows it."""
    why = service.get("disabled_reason") or ""
    if service.get("status") == "disabled":
        if why == REASON or why.startswith(f"{REASON}, "):
            return DrainState.DRAINING
        if why == CANCELLED:
            return DrainState.CANCELLED
    return DrainState.NONE


def beside(reasons: Iterable[str], topology: Topology) -> frozenset[str]:
    """Give all hosts of the domains that are drained as a whole, by why hosts are disabled.

    Also those that somebody has enabled again: who leaves the domain goes to none of its hosts.
    """
    wanted = set(reasons) - {REASON}
    if not wanted:
        return frozenset()
    return frozenset(
        host
        for level in topology.levels[1:]
        for host in topology.hosts
        if reason(topology.domain_of(host, level)) in wanted
    )
