# SPDX-License-Identifier: Apache-2.0
"""A policy: what every kind of it has, and all that planning asks a kind about itself.

Each kind is a subclass in a file of its own in `policies`. What a method here does by itself is
right for a kind that has nothing to say about it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.laminar import reach
from ensemble_api.planning.message import Argument, Message, Sentence
from ensemble_api.planning.topology import BoolArray, IntArray
from ensemble_api.planning.wording import domains, members, quoted, there_are

if TYPE_CHECKING:
    from ensemble_api.planning.milp.formulation import Formulation, Linear
    from ensemble_api.planning.problem import Problem
    from ensemble_api.planning.snapshot import Snapshot


_NO_SUCH_TIER = Sentence(
    "invalid.no-such-tier", "must name a tier of the ensemble, and %(tier)s is none"
)
_SHORTFALL = Sentence("policy.shortfall", "%(policy)s: %(missed)s")
_TOO_FEW_DOMAINS = Sentence(
    "policy.too-few-domains",
    "%(tier)s needs at least %(domains)s with free capacity (%(policy)s), and %(there_are)s.",
)
_TOO_LITTLE_ROOM = Sentence(
    "policy.too-little-room",
    "%(tier)s has %(members)s, and there is room for %(room)s with %(policy)s.",
)
_TOO_LITTLE_ROOM_SHARED = Sentence(
    "policy.too-little-room-beside",
    "%(tier)s has %(members)s, and there is too little room for them with %(policy)s.",
)


def require_tier(name: str, field: str, counts: Mapping[str, int]) -> None:
    """Refuse a name that no tier of the ensemble has."""
    if name not in counts:
        raise ModelError(field, _NO_SUCH_TIER(tier=quoted(name)))


@dataclass(frozen=True, slots=True)
class Shortage:
    """What a policy needs by itself and does not get: the reason's code and words, tiers by row.

    `demand` and `supply` count members or domains; what is not known exactly is not told.
    """

    code: str
    message: Message
    rows: tuple[int, ...]
    demand: int
    supply: int | None


@dataclass(frozen=True, slots=True)
class Policy(ABC):
    """What is asked of where the members of some tiers are, by domains of a level."""

    level: str
    tiers: tuple[str, ...]
    hard: bool = True

    kind: ClassVar[str]

    # What it asks: fields, and words.

    def __post_init__(self) -> None:
        if not isinstance(self.level, str) or not self.level:
            raise ModelError("level", "must be the name of a failure domain level")
        object.__setattr__(self, "tiers", tuple(self.tiers))
        if not self.tiers:
            raise ModelError("tiers", "must name at least one tier")
        if len(set(self.tiers)) != len(self.tiers):
            raise ModelError("tiers", "must not name a tier twice")

    def require(self, counts: Mapping[str, int]) -> None:
        """Refuse what cannot be meant of an ensemble with so many members by tier."""
        for index, name in enumerate(self.tiers):
            require_tier(name, f"tiers[{index}]", counts)

    @abstractmethod
    def describe(self) -> Message:
        """Say in a few plain words what it asks for."""

    @abstractmethod
    def sentence(self) -> Message:
        """Say as a whole sentence what must be, or should be if it is soft."""

    @abstractmethod
    def missed(self, amount: int) -> Message:
        """Say in a few plain words by how much it is missed."""

    def describe_shortfall(self, amount: int) -> Message:
        """Say what it asks for and by how much it is missed."""
        return _SHORTFALL(policy=self.describe(), missed=self.missed(amount))

    def relaxed(self, field: str, value: int | str) -> Argument:
        """Say what `value` is, as one of its fields that tell how much it asks."""
        return value

    def relaxations(self, count: int) -> Iterator[tuple[str, Sequence[int | str]]]:
        """Give the fields that say how much it asks, with the values that ask for less.

        The nearest value comes first; `count` is that of its largest tier.
        """
        yield from ()

    def within(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        """Give new values for the fields that cannot be meant of so few members by tier."""
        return {}

    @property
    def in_limits(self) -> bool:
        """Whether its limits say all that it asks, when it is enforced."""
        return False

    @property
    def counting(self) -> tuple[str, ...]:
        """The tiers of which more members may meet it where fewer do not.

        Of a tier that no policy counts so, one member less is never harder to place.
        """
        return self.tiers if self.required_tier is None else (*self.tiers, self.required_tier)

    # What it means.

    @abstractmethod
    def shortfall(self, problem: "Problem", counts: IntArray) -> int:
        """Count by how much counts [T, H] miss it, as the checker does member by member."""

    def held(self, problem: "Problem", counts: IntArray) -> list[IntArray]:
        """Give the members of each of its tiers in the domains of its level, of counts [T, H]."""
        return [problem.held(counts[row], self.level) for row in problem.rows(self.tiers)]

    def displaced(self, present: Mapping[str, int]) -> "Policy | None":
        """Give what of it binds a member that a failure displaced; None if nothing does.

        `present` are the members that run, by tier. What the failure itself has broken must not
        keep the member down.
        """
        return self

    def renamed(self, names: Mapping[str, str]) -> "Policy | None":
        """Give it for those of its tiers that have a new name; None where it binds none of them."""
        tiers = tuple(names[name] for name in self.tiers if name in names)
        if not tiers or (self.separates and len(tiers) < 2):
            return None
        return replace(self, tiers=tiers)

    @property
    def keeps_out(self) -> str | None:
        """Whose servers must not be in the domains of its tiers, as snapshots mark these hosts."""
        return None

    def barred(self, snapshot: "Snapshot") -> BoolArray | None:
        """Mark the hosts [H] on which it lets no member of its tiers be, whoever else is where.

        That is for a kind that goes by what hosts are alone: a hard one makes them not eligible.
        """
        return None

    # How it binds tiers to each other, which decides where and in which order they are placed.

    @property
    def joins(self) -> bool:
        """Whether all members of its tiers are in one domain."""
        return False

    @property
    def separates(self) -> bool:
        """Whether no two of its tiers are in the same domain."""
        return False

    @property
    def required_tier(self) -> str | None:
        """The tier that is wherever one of its own tiers is, if any."""
        return None

    @property
    def by_tier(self) -> bool:
        """Whether it says something of each tier by itself."""
        return len(self.tiers) == 1

    def evens(self, *, enforced: bool) -> bool:
        """Whether it is met, or missed least, when the domains of its level are filled evenly.

        That is asked where a limit for each domain is not enough.
        """
        return False

    def target(self, count: int) -> int | None:
        """Give the members a domain should hold at most, that it is met easily, of so many."""
        return None

    # What it rules out when it is enforced. None of this may exclude a plan that is allowed.

    def limit(self, problem: "Problem", row: int) -> int | None:
        """Give the most members of a tier that one domain of the level may hold, if it says so."""
        return None

    def quotas(self, problem: "Problem", row: int) -> IntArray | None:
        """Give the most members of a tier that each domain may hold, if it tells them apart."""
        return None

    def closed(self, problem: "Problem", caps: IntArray) -> BoolArray | None:
        """Mark the domains of the level in which its tiers can have no member, caps [T, H] given.

        Policies that have a tier required by theirs are asked after all others.
        """
        return None

    def reachable(self, problem: "Problem") -> Iterator[tuple[int, int, int]]:
        """Give the row of each tier, the most there can be of what it asks for, and what it asks.

        That is for a kind that asks for so many members or domains at least.
        """
        yield from ()

    def impossible(self, problem: "Problem") -> bool:
        """Whether counting alone proves that it cannot be met."""
        return any(most < wanted for _, most, wanted in self.reachable(problem))

    def shortages(self, problem: "Problem") -> Iterator[Shortage]:
        """Say what it needs, where nothing else is enforced, and what there is.

        Here: what the limits it sets are too low for.
        """
        depth = problem.depth(self.level)
        for row in problem.rows(self.tiers):
            tier, limits = problem.ensemble.tiers[row], problem.bounds(row)
            limit = int(problem.limits[row, depth])
            room = int(reach(problem.topology, problem.capped(row), limits))
            if not limit or room >= tier.count:
                continue
            able = problem.able(row, depth)
            needed, present = -(-tier.count // limit), int((able > 0).sum())
            if needed > present:
                message = _TOO_FEW_DOMAINS(
                    tier=quoted(tier.name),
                    domains=domains(needed, self.level),
                    policy=self.describe(),
                    there_are=there_are(present),
                )
                yield Shortage("too-few-domains", message, (row,), needed, present)
                continue
            words: dict[str, Argument] = {
                "tier": quoted(tier.name),
                "members": members(tier.count),
                "policy": self.describe(),
            }
            if self.required_tier is None:
                message = _TOO_LITTLE_ROOM(room=room, **words)
                yield Shortage("too-few-domains", message, (row,), tier.count, room)
            else:
                # The tier beside it takes room as well, so what is left is only known to be less.
                message = _TOO_LITTLE_ROOM_SHARED(**words)
                yield Shortage("too-few-domains", message, (row,), tier.count, None)

    def unreached(self, problem: "Problem") -> Iterator[tuple[int, int, int]]:
        """Give of what is reachable what is too little, where it is not the limits that are."""
        depth = problem.depth(self.level)
        for row, most, wanted in self.reachable(problem):
            limits = problem.bounds(row)
            fits = reach(problem.topology, problem.capped(row), limits) >= problem.counts[row]
            if most < wanted and (fits or not problem.limits[row, depth]):
                yield row, most, wanted

    # What it costs when it is soft: bounds from below.

    def least_missed(self, problem: "Problem") -> int:
        """Bound what it misses, whatever the other soft policies do."""
        return sum(max(0, wanted - most) for _, most, wanted in self.reachable(problem))

    def missed_by_domains(self, problem: "Problem", row: int, number: IntArray) -> IntArray:
        """Bound what it misses of one tier, by the number of domains [N] the tier is in."""
        return np.zeros_like(number)

    # The exact model.

    @abstractmethod
    def add_rows(self, model: "Formulation", cost: "Linear | None") -> None:
        """Write it down as rows; they may be missed at a `cost`, or not at all without one."""
