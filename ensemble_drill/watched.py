# SPDX-License-Identifier: Apache-2.0
"""What Nova showed second by second around a failure, and what follows from it."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ensemble_drill.service import Placement

FAILURE, NOTICED, REPAIR, HEALED, RETURN = "failure", "noticed", "repair", "healed", "return"


@dataclass(frozen=True, slots=True)
class Seen:
    """A server as Nova showed it: its host, None for none, and its status."""

    host: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look at Nova, `at` so many seconds after the failure began.

    `down` are the hosts whose compute service Nova took for down. `servers` has each method's
    members by name; one that is not there Nova did not have. `told` is what the cloud said of an
    ensemble, by method: its status.
    """

    at: float
    down: frozenset[str]
    servers: Mapping[str, Mapping[str, Seen]]
    told: Mapping[str, str] = field(default_factory=dict)

    def running(self, method: str) -> tuple[str, ...]:
        """The members that are ACTIVE on a host that is not down."""
        return tuple(
            name
            for name, seen in self.servers[method].items()
            if seen.status == "ACTIVE" and seen.host is not None and seen.host not in self.down
        )

    def lost(self, method: str) -> frozenset[str]:
        """The members whose host is down."""
        return frozenset(
            name for name, seen in self.servers[method].items() if seen.host in self.down
        )

    def placement(self, method: str) -> Placement:
        """The host of each member that has one."""
        return {
            name: seen.host for name, seen in self.servers[method].items() if seen.host is not None
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a look showed first; `method` is whom it concerns, empty for all."""

    at: float
    kind: str
    text: str
    method: str = ""


def lost_in(looks: Iterable[Look], method: str, failed: frozenset[str]) -> frozenset[str]:
    """The members that any look showed on one of the failed hosts while that was down."""
    lost: set[str] = set()
    for look in looks:
        lost |= {name for name in look.lost(method) if look.servers[method][name].host in failed}
    return frozenset(lost)


def noticed_at(looks: Iterable[Look], failed: frozenset[str]) -> float | None:
    """When all failed hosts were down in Nova first."""
    return next((look.at for look in looks if failed <= look.down), None)


def healed_at(
    looks: Sequence[Look], method: str, failed: frozenset[str], members: int
) -> float | None:
    """When all members ran again and it stayed so to the last look.

    Counts from where Nova had noticed the failure; before that everything seems to run.
    """
    noticed = noticed_at(looks, failed)
    healed: float | None = None
    for look in looks:
        if noticed is None or look.at < noticed or len(look.running(method)) < members:
            healed = None
        elif healed is None:
            healed = look.at
    return healed


def events(looks: Sequence[Look], titles: Mapping[str, str]) -> Iterator[Event]:
    """Tell what became otherwise from one look to the next; `titles` names the methods."""
    for before, now in itertools.pairwise(looks):
        if newly := now.down - before.down:
            yield Event(now.at, NOTICED, f"Nova takes {_listed(newly)} for down.")
        if back := before.down - now.down:
            yield Event(now.at, RETURN, f"Nova takes {_listed(back)} for up again.")
        for method, title in titles.items():
            yield from _of_method(before, now, method, title)


def _of_method(before: Look, now: Look, method: str, title: str) -> Iterator[Event]:
    if lost := now.lost(method) - before.lost(method):
        count = len(now.running(method))
        text = f"{title}: {_listed(lost)} lost; {count} of {len(now.servers[method])} run."
        yield Event(now.at, NOTICED, text, method)
    running = set(now.running(method)) - set(before.running(method))
    for name, seen in now.servers[method].items():
        was = before.servers[method].get(name)
        if name in running:
            text = f"{title}: {name} runs again, on {seen.host}."
            yield Event(now.at, REPAIR, text, method)
        elif was is not None and _has_moved(was, seen):
            yield Event(now.at, REPAIR, f"{title}: {name} is put on {seen.host}.", method)
    if now.told.get(method) != before.told.get(method) and now.told.get(method):
        kind = HEALED if now.told[method] == "ACTIVE" else REPAIR
        yield Event(now.at, kind, f"{title}: its status is {now.told[method]}.", method)
    whole = len(now.servers[method])
    if len(now.running(method)) == whole > len(before.running(method)):
        yield Event(now.at, HEALED, f"{title}: all {whole} members run.", method)


def _has_moved(before: Seen, now: Seen) -> bool:
    return None not in (before.host, now.host) and before.host != now.host


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
