# SPDX-License-Identifier: Apache-2.0
"""What is on each host and what its failure breaks, and what came of trying to drain one."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ensemble_api.observed import ObservedHost
from ensemble_api.planning.impact import Break, Effect
from ensemble_api.planning.message import Message
from ensemble_api.planning.moving import Move
from ensemble_api.planning.result import Reason
from ensemble_api.planning.survivability import State
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.store.occupancy import Occupant


@dataclass(frozen=True, slots=True)
class HostImpact:
    """One host: the members on it, and what its failure breaks, the worst first.

    `states` say in one word what its failure leaves of each ensemble on it that promises anything.
    """

    host: ObservedHost
    occupants: tuple[Occupant, ...]
    breaks: tuple[tuple[EnsembleRecord, Break], ...]
    found: bool
    states: Mapping[str, State] = field(default_factory=dict)

    @property
    def ensembles(self) -> int:
        """How many ensembles have members here."""
        return len({each.ensemble_id for each in self.occupants})

    @property
    def worst(self) -> Effect | None:
        """The worst that its failure does."""
        return min((each.effect for _, each in self.breaks), key=lambda e: e.rank, default=None)

    @property
    def counts(self) -> dict[Effect, int]:
        """How many promises or, where tiers end, how many tiers there are of each effect."""
        found = dict.fromkeys(Effect, 0)
        for _, each in self.breaks:
            found[each.effect] += len(each.losses) if each.policy is None else 1
        return found

    def rank(self, sort_key: str) -> tuple[int, ...]:
        """What the host is sorted by, the first in descending order being the least."""
        if sort_key == "host":
            return ()
        if sort_key == "members":
            return (-len(self.occupants),)
        counts = [0] * (2 * len(Effect))
        for _, each in self.breaks:
            effect, soft, _ = each.order
            counts[2 * effect + soft] -= 1
        return (*counts, -len(self.occupants))


@dataclass(frozen=True, slots=True)
class HostImpacts:
    """One page of the hosts that were found, and all hosts by name.

    `found` is how many there are on all pages, and `first` the number of the page's first one,
    from 1. `owners` are all ensembles with members somewhere, whatever was searched for. `broken`
    are the promises that do not hold now, of the ensembles whose members count. `observed_at` is
    when Nova was last observed, empty where it was asked just now.
    """

    page: tuple[HostImpact, ...]
    hosts: tuple[HostImpact, ...]
    owners: Mapping[str, EnsembleRecord]
    found: int
    first: int
    broken: tuple[tuple[EnsembleRecord, Break], ...] = ()
    observed_at: str = ""

    @property
    def more(self) -> bool:
        """Whether there are hosts after this page."""
        return self.first - 1 + len(self.page) < self.found


@dataclass(frozen=True, slots=True)
class DrainAttempt:
    """One ensemble on hosts that are to be drained: its members there, and what was found.

    `fits` is whether those that can leave have other places; None when that is not decided, or when
    it was not `tried`. `moves` are in the order in which they would be made, also of members
    elsewhere. `blocked` are those of the members whose servers cannot be moved as they are now, and
    what would let them; `waits` is why nobody moves before something else has ended.
    """

    record: EnsembleRecord
    members: tuple[MemberRecord, ...]
    fits: bool | None = None
    tried: bool = False
    moves: tuple[Move, ...] = ()
    reasons: tuple[Reason, ...] = ()
    topology: Topology | None = None
    blocked: tuple[tuple[MemberRecord, Message], ...] = ()
    waits: Message | None = None
