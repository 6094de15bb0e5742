# SPDX-License-Identifier: Apache-2.0
"""Observes where Nova has the members and the hosts: one process at a time, for all of them."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from ensemble_api import advice, exception, request_ids
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.session import observing
from ensemble_api.context import Context
from ensemble_api.observed import GONE, ObservedServer
from ensemble_api.store import rows
from ensemble_api.store.history import History
from ensemble_api.store.observations import Observations, Turn

LOG = logging.getLogger(__name__)

OVERLAP = timedelta(seconds=60)  # by which cells' clocks may differ
COMPARED = 600.0  # seconds between two comparisons of everything
MOST_HINTS = 10_000  # that are kept; the next look sees what others were about
SOON = 1.0  # seconds from a hint until the next look, in which others are gathered
LEASE_PERIODS = 4  # for which a process that ended keeps others from observing
_UNDER_WAY = frozenset(("MIGRATING", "RESIZE", "VERIFY_RESIZE", "REVERT_RESIZE", "REBUILD"))
_UNKNOWN = "UNKNOWN"  # of a server whose cell does not answer


class Hints(Protocol):
    """Where somebody tells that something may have changed: see ``cloud/notifications``."""

    def start(self, hearer: Callable[..., None]) -> None:
        """Call ``hearer`` from now on, if that is not so yet."""

    def stop(self) -> None:
        """Call it no more."""


class LateServers(Protocol):
    """Who looks for servers that came when nobody waited for them: see ``late_servers``."""

    def projects(self) -> Sequence[str]:
        """The projects in which one may have come."""

    def discard(self, context: Context, listed: Iterable[Mapping[str, Any]]) -> None:
        """Ask for the end of those that are among the servers that Nova has ``listed``."""


class CloudObserver:
    """Writes down what Nova says, with an operator's eyes, every ``period`` seconds.

    What Nova does not list is not gone: only its word that a server does not exist says so.
    ``hints`` of what may have changed have it look sooner, and nothing else. ``late_servers`` are
    told of all servers that are seen. After each look ``reserve`` sees to what is held for
    recovery, ``repair`` begins what is to be done about members that are lost, and ``correct`` sees
    to servers of which Nova says what is not so.
    """

    def __init__(
        self,
        states: Observations,
        compute: Compute,
        inventory: Inventory,
        history: History,
        *,
        owner: str,
        period: float,
        clock: Callable[[], float] = time.monotonic,
        hints: Hints | None = None,
        late_servers: LateServers | None = None,
        tell: Callable[[Collection[str]], None] = lambda _: None,
        reserve: Callable[[], object] = lambda: None,
        correct: Callable[[], object] = lambda: None,
        repair: Callable[[], object] = lambda: None,
        drain: Callable[[], object] = lambda: None,
        rebalance: Callable[[], object] = lambda: None,
        measure: Callable[[], object] = lambda: None,
        trusts: Callable[[], object] = lambda: None,
    ) -> None:
        self._states = states
        self._compute = compute
        self._inventory = inventory
        self._history = history
        self._owner = owner
        self._period = period
        self._clock = clock
        self._newest: tuple[datetime, float] | None = None  # and when it was first heard of
        self._hints = hints
        self._late_servers = late_servers
        self._tell = tell
        self._then = (
            (reserve, "Capacity for recovery could not be looked after; trying again"),
            (repair, "Lost members could not be repaired; trying again"),
            (correct, "The states of servers could not be corrected; trying again"),
            (drain, "Hosts could not be drained; trying again"),
            (rebalance, "Ensembles could not be spread anew; trying again"),
            (measure, "Headroom could not be measured; trying again"),
            (trusts, "Trusts that nothing needs could not be given back; trying again"),
        )
        self._hinted = threading.Event()
        self._heard: deque[tuple[str | None, str | None]] = deque(maxlen=MOST_HINTS)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Observe from now on, in a thread."""
        threading.Thread(target=self._run, name="ensemble-observer", daemon=True).start()

    def stop(self) -> None:
        """Observe no more."""
        self._stopping.set()
        self._hinted.set()
        if self._hints is not None:
            self._hints.stop()

    def hear(self, *, server_id: str | None, host: str | None) -> None:
        """Look soon if this server, or the compute service of this host, is one of ours."""
        self._heard.append((server_id, host))
        self._hinted.set()

    def observe(self) -> bool:
        """Observe once, if it is this process's turn; say whether it was, and still is.

        Who was so slow that another process has taken the turn writes nothing and begins nothing.
        """
        try:
            return self._observe()
        except exception.LeaseLost:
            LOG.warning("Another process observes the cloud now, since this one was too slow")
            return False

    def _observe(self) -> bool:
        turn = self._states.take(self._owner, LEASE_PERIODS * self._period, COMPARED)
        if turn is None:
            return False
        context = observing()
        request_ids.work_for(context)
        hosts = self._inventory.observed(context)
        silent = any(each.silent for each in hosts)
        self._states.save_hosts(hosts, turn)
        listed: list[Mapping[str, Any]] = []
        if turn.watermark is None:
            self._compare(context, turn, silent=silent)
            while self._history.purge() and not self._stopping.is_set():
                pass
        else:
            since = self._since(turn.watermark).strftime("%Y-%m-%dT%H:%M:%SZ")
            listed = [
                {"id": server_id, "status": GONE}
                for server_id in self._compute.deleted_since(context, since)
            ]
            listed += self._compute.changed_since(context, since)
            # What is under way may end without a change that Nova dates.
            listed += self._one_by_one(context, self._states.unsettled(), listed)
            # What changes in a cell that does not answer is asked for when it does again.
            newest = None if silent else _newest(listed)
            self._states.save_servers(_servers(listed), newest, turn, whole=False)
            # What is going is asked for again by the next comparison alone.
            there = [each for each in listed if each.get("OS-EXT-STS:task_state") != "deleting"]
            self._discard_late(context, there)
        while self._states.judge(turn):
            pass
        self._tell([each["id"] for each in listed])
        for begin, failed in self._then:
            try:
                begin()
            except Exception as error:  # noqa: BLE001
                # What cannot be done now must not keep anybody from seeing what happens.
                advice.log(LOG, failed, error)
        return True

    def _since(self, newest: datetime) -> datetime:
        """From when on changes may not have been listed yet: by Nova's clocks, and never by ours.

        A change that comes later than the newest may be dated before it by as much as clocks
        differ, less the time that has gone by since. So a cloud in which nothing changes is soon
        asked for what is newer alone: Nova asks Neutron for each server that it lists in detail.
        """
        now = self._clock()
        if self._newest is None or self._newest[0] != newest:
            self._newest = (newest, now)
        quiet = timedelta(seconds=now - self._newest[1])
        return newest - max(OVERLAP - quiet, -timedelta(seconds=1))

    def _compare(self, context: Context, turn: Turn, *, silent: bool) -> None:
        """Ask for all servers of ours, and singly for those that Nova does not list."""
        expected = self._states.expected()
        listed: list[Mapping[str, Any]] = []
        late = self._late_servers.projects() if self._late_servers else ()
        for project_id in sorted({*expected.values(), *late}):
            listed += self._compute.all_servers(context, project_id)
        ours = [each for each in listed if each["id"] in expected]
        ours += self._one_by_one(context, expected, ours)
        # What changes from here on is newer than what was listed, however little that is.
        newest = _newest(listed) or rows.now() - OVERLAP
        self._states.save_servers(_servers(ours), None if silent else newest, turn, whole=True)
        self._discard_late(context, listed)

    def _discard_late(self, context: Context, listed: Iterable[Mapping[str, Any]]) -> None:
        if self._late_servers is not None:
            self._late_servers.discard(context, listed)

    def _one_by_one(
        self, context: Context, ids: Iterable[str], listed: Iterable[Mapping[str, Any]]
    ) -> Iterable[Mapping[str, Any]]:
        for server_id in sorted(set(ids) - {each["id"] for each in listed}):
            found = self._compute.server(context, server_id)
            yield {"id": server_id, "status": GONE} if found is None else found

    def _run(self) -> None:
        told = ""
        while not self._stopping.is_set():
            self._wait()
            if self._stopping.is_set():
                break
            try:
                turn = self.observe()
                if self._hints is not None:
                    # What is heard is of use to the one process that may look.
                    self._hints.start(self.hear) if turn else self._hints.stop()
            except Exception as error:  # noqa: BLE001
                # Once for each reason: Nova or the database may be away for a while.
                if repr(error) != told and not self._stopping.is_set():
                    advice.log(LOG, "Members cannot be observed; trying again", error)
                told = repr(error)
            else:
                told = ""
        if self._hints is not None:
            self._hints.stop()  # perhaps just started

    def _wait(self) -> None:
        """Wait for the next look: for the period, or until soon after a hint at one of ours."""
        end = self._clock() + self._period
        while (left := end - self._clock()) > 0 and self._hinted.wait(left):
            if self._stopping.wait(SOON):
                return
            self._hinted.clear()
            heard = [self._heard.popleft() for _ in range(len(self._heard))]
            servers = {server_id for server_id, _ in heard if server_id is not None}
            hosts = {host for _, host in heard if host is not None}
            try:
                if self._states.concerned(servers, hosts):
                    return
            except exception.Unavailable:
                return  # the look says why


def _servers(listed: Iterable[Mapping[str, Any]]) -> Iterable[ObservedServer]:
    for server in listed:
        if server["status"] == _UNKNOWN:
            continue
        gone = server["status"] == GONE
        yield ObservedServer(
            server["id"],
            None if gone else server.get("OS-EXT-SRV-ATTR:host"),
            server["status"],
            moving=not gone
            and (server["status"] in _UNDER_WAY or server.get("OS-EXT-STS:task_state") is not None),
            flavor=server.get("flavor", {}).get("original_name"),
            pinned_zone=server.get("pinned_availability_zone"),
            addresses=tuple(_addresses(server)),
        )


def _addresses(server: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """The network's name and the address, of each address that a server has."""
    for network, found in server.get("addresses", {}).items():
        for each in found:
            yield network, each["addr"]


def _newest(listed: Iterable[Mapping[str, Any]]) -> datetime | None:
    moments = [each["updated"] for each in listed if each.get("updated")]
    return max(map(datetime.fromisoformat, moments), default=None)
