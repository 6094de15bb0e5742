# SPDX-License-Identifier: Apache-2.0
"""What Nova was seen to have: its hosts and the servers of members."""

from collections.abc import Mapping
from dataclasses import dataclass, field

GONE = "DELETED"  # as Nova calls it in what it lists of changes


@dataclass(frozen=True, slots=True)
class ObservedHost:
    """One host as Nova has it now: its domain's name at each level above, smallest first.

    A host whose cell does not answer is ``silent``; it is up if it was when it was last seen. One
    that is ``disabled`` gets no new servers. ``selectors`` has, for each key that policies may ask
    for, the values that the host's aggregates give it. ``down_since`` is when it was first seen
    down (ISO 8601 in UTC), empty while it is up and where that is not known, ``back_at`` when it
    was seen to be up again; they are no part of what Nova says, and so of no comparison.
    ``provider`` is the UUID of its resource provider, empty where that is not known.
    """

    name: str
    above: tuple[str | None, ...]
    up: bool
    silent: bool = False
    disabled: bool = False
    selectors: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    down_since: str = field(default="", compare=False)
    back_at: str = field(default="", compare=False)
    provider: str = ""

    @property
    def state(self) -> str:
        """The state in a word: of several the one that concerns its servers most."""
        if self.silent:
            return "unknown"
        if not self.up:
            return "down"
        return "disabled" if self.disabled else "up"


@dataclass(frozen=True, slots=True)
class ObservedServer:
    """One server as Nova has it now; ``moving`` is whether another host may still become its own.

    ``host`` is None while no host has it. ``flavor`` is its name, ``pinned_zone`` the availability
    zone that Nova keeps it in, if any; ``addresses`` are pairs of a network's name and an address.
    """

    id: str
    host: str | None
    status: str
    moving: bool
    flavor: str | None = None
    pinned_zone: str | None = None
    addresses: tuple[tuple[str, str], ...] = ()
