# SPDX-License-Identifier: Apache-2.0
"""Which hosts are closed to a server: for members that are handed over, and for lost ones."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ensemble_api.cloud.tags import HANDOVER_HINT
from ensemble_api.store import rows
from ensemble_api.store.guards import Guard, Guards
from ensemble_api.store.recovery_holds import Closed

PATIENCE = 3.0  # seconds; a hand-over takes about one
PAUSE = 0.2  # seconds between two looks
MOST_WAITING = 4  # requests of one scheduler; those of the members themselves need the others


class GuardedHosts:
    """Knows a member's own request by its hint, which the database confirms once.

    A move of a member is known by its server, which the guard has from the start.

    A hint is nothing else: one that is made up, was used, or is of another project, flavor or host
    opens no host.
    """

    def __init__(self, guards: Guards, sleep: Callable[[float], None] = time.sleep) -> None:
        self._guards = guards
        self._sleep = sleep
        self._last: Sequence[Guard] = ()
        self._last_closed: Sequence[Closed] = ()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)

    def open_to(
        self,
        hosts: Sequence[Any],
        spec: Any,
        guards: Sequence[Guard],
        closed: Sequence[Closed] = (),
    ) -> tuple[list[Any], str | None]:
        """Those of these HostStates that are open to a server, and whose member it is, if one's.

        ``guards`` are those of this moment. Where they leave no host they are waited for. Hosts
        that are ``closed`` for lost members stay so: what is free there was held for these.
        """
        self._last, self._last_closed = guards, closed
        own = _own(guards, spec)
        if own is not None and self._guards.confirm(own.id, spec.instance_uuid):
            return [each for each in hosts if each.host == own.host], own.ensemble_id
        hosts = _without(hosts, closed, spec.instance_uuid)
        found = _open(hosts, guards)
        if hosts and not found:
            found = self._wait(hosts)
        if hosts and not found and "ignore_hosts" in spec and spec.ignore_hosts:
            # A server that runs already, or did: Nova sets one to ERROR that finds no host in an
            # evacuation, where a member that loses its host for it is given another one.
            return list(hosts), None
        return found, None

    def as_last_read(self, hosts: Iterable[Any], spec: Any) -> list[Any]:
        """What is open by what is remembered, for as long as that was to be so."""
        now = rows.now()
        guards = [each for each in self._last if each.until > now]
        own = _own(guards, spec)
        closed = [each for each in self._last_closed if each.until > now]
        hosts = _without(hosts, closed, spec.instance_uuid, but=own.host if own else None)
        return _open(hosts, [each for each in guards if own is None or each.host != own.host])

    def _wait(self, hosts: Sequence[Any]) -> list[Any]:
        if not self._waiting.acquire(blocking=False):
            return []
        try:
            waited = 0.0
            while waited < PATIENCE:
                self._sleep(PAUSE)
                waited += PAUSE
                self._last = self._guards.live()
                if found := _open(hosts, self._last):
                    return found
        finally:
            self._waiting.release()
        return []


def _own(guards: Iterable[Guard], spec: Any) -> Guard | None:
    """The guard that a RequestSpec may be told by, if there is one."""
    hints = (spec.scheduler_hints if "scheduler_hints" in spec else None) or {}
    given = hints.get(HANDOVER_HINT, ())
    for guard in guards:
        told = guard.id in given or guard.server_id == spec.instance_uuid
        if told and guard.is_for(spec.instance_uuid, spec.project_id, spec.flavor.flavorid):
            return guard
    return None


def _without(
    hosts: Iterable[Any], closed: Iterable[Closed], server_id: str, but: str | None = None
) -> list[Any]:
    """The hosts without those that are closed for other servers."""
    every = [each for each in closed if each.host != but]
    own = {each.host for each in every if server_id in each.servers}
    others = {each.host for each in every} - own
    return [each for each in hosts if each.host not in others]


def _open(hosts: Iterable[Any], guards: Iterable[Guard]) -> list[Any]:
    closed = {each.host for each in guards}
    return [each for each in hosts if each.host not in closed]
