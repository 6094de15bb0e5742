# SPDX-License-Identifier: Apache-2.0
"""A failure domain as it is maintained: its hosts, who is on them, and how far a drain is."""

from dataclasses import dataclass
from enum import StrEnum

from ensemble_api.planning.topology import FailureDomain
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.host_impact import DrainAttempt


class DrainState(StrEnum):
    """What is to become of a host, or how far a domain is."""

    NONE = "none"
    DRAINING = "draining"  # its members are to leave it
    DRAINED = "drained"  # they have left it; said of domains alone
    CANCELLED = "cancelled"  # they stay; it takes no servers until somebody enables it


@dataclass(frozen=True, slots=True)
class MaintainedHost:
    """One host of a domain; `members` are how many are on it."""

    name: str
    state: str
    drain: DrainState
    members: int


@dataclass(frozen=True, slots=True)
class MaintainedDomain:
    """A domain with one page of its hosts, of which the first one's number is `first`, from 1.

    `members`, of so many `ensembles`, are on its hosts now. `moving` are the ensembles that are
    just leaving them, with their operations. `tried` is what would come of a drain, None where that
    was not asked.
    """

    domain: FailureDomain
    hosts: tuple[MaintainedHost, ...]
    page: tuple[MaintainedHost, ...]
    first: int
    ensembles: int
    moving: tuple[EnsembleRecord, ...] = ()
    tried: tuple[DrainAttempt, ...] | None = None

    @property
    def members(self) -> int:
        """How many members are on its hosts."""
        return sum(each.members for each in self.hosts)

    @property
    def state(self) -> DrainState:
        """How far its drain is."""
        draining = [each for each in self.hosts if each.drain is DrainState.DRAINING]
        if any(each.members for each in draining):
            return DrainState.DRAINING
        if draining and len(draining) == len(self.hosts):
            return DrainState.DRAINED
        cancelled = any(each.drain is DrainState.CANCELLED for each in self.hosts)
        return DrainState.CANCELLED if cancelled else DrainState.NONE

    @property
    def more(self) -> bool:
        """Whether there are hosts after this page."""
        return self.first - 1 + len(self.page) < len(self.hosts)
