# SPDX-License-Identifier: Apache-2.0
"""What planning gives: a plan with its proofs and shortfalls, or reasons why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from ensemble_api.planning.message import Argument, Message, Sentence
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.planning.wording import in_one, lost_with_worst

# The codes of reasons that prove nothing: the work of the search was spent, or it was given up.
NOT_DECIDED, NO_ANSWER = "not-decided", "no-answer"
UNDECIDED = frozenset({NOT_DECIDED, NO_ANSWER})

Assignment: TypeAlias = Mapping[Member, str]

SOFT_VIOLATIONS: Final = "soft violations"
MOVES: Final = "moves"
PACKING: Final = "packing"
_LABELS: Final[Mapping[str, Message]] = {
    SOFT_VIOLATIONS: Sentence("objective.soft-violations", "shortfalls of soft policies")(),
    MOVES: Sentence("objective.moves", "members that must move")(),
    PACKING: Sentence("objective.packing", "packing of hosts")(),
}
_PAIRS = Sentence("objective.pairs", "pairs of a tier's members %(in_one)s")
_PROVED = Sentence("objective.proved", "%(what)s: %(value)s, proved optimal")
_VALUE = Sentence("objective.value", "%(what)s: %(value)s")
_OPEN = Sentence("objective.open", "%(what)s: best %(value)s, bound %(bound)s")
_STOPPED = Sentence(
    "objective.stopped",
    "%(what)s: best %(value)s, bound %(bound)s (no answer of the solver in %(count)s second)",
    "%(what)s: best %(value)s, bound %(bound)s (no answer of the solver in %(count)s seconds)",
)


def worst_losses(level: str) -> str:
    """Name the objective of what the worst failure of a level takes of each tier."""
    return f"worst losses by one {level}, summed over tiers"


def pairs(level: str) -> str:
    """Name the objective of members of a tier that share a domain of a level."""
    return f"pairs of a tier's members {in_one(level)}"


def objective_label(name: str, levels: Sequence[str]) -> Argument:
    """Say what an objective counts; one that has no words any more keeps its name."""
    known: dict[str, Argument] = {**_LABELS}
    for level in levels:
        known[worst_losses(level)] = lost_with_worst(level)
        known[pairs(level)] = _PAIRS(in_one=in_one(level))
    return known.get(name, name)


@dataclass(frozen=True, slots=True)
class Objective:
    """One stage of what is minimised: the plan's value, and the least that any plan could have.

    The bound holds among the plans that are as good in all earlier stages. `stopped` are the
    seconds after which a solver was given up that did not answer, if that left the stage open.
    A plan that does not look at all that its members need is `incomplete`: nothing of it is proved.
    """

    name: str
    value: int
    bound: int
    stopped: int | None = None
    incomplete: bool = False

    @property
    def proved(self) -> bool:
        """Whether it is the plan that can be built with the least."""
        return self.value <= self.bound and not self.incomplete

    def message(self, levels: Sequence[str]) -> Message:
        """Say what it counts, and what is known of it."""
        what = objective_label(self.name, levels)
        if self.proved:
            return _PROVED(what=what, value=self.value)
        if self.value <= self.bound:
            return _VALUE(what=what, value=self.value)
        if self.stopped is None:
            return _OPEN(what=what, value=self.value, bound=self.bound)
        return _STOPPED(what=what, value=self.value, bound=self.bound, count=self.stopped)


@dataclass(frozen=True, slots=True)
class Violation:
    """One policy that an assignment does not meet (policy None: a rule of the cloud itself).

    `amount` counts what is too many or missing, in members or domains as the policy counts.
    """

    policy: int | None
    level: str | None
    domains: tuple[FailureDomain, ...]
    tiers: tuple[str, ...]
    amount: int
    message: Message


@dataclass(frozen=True, slots=True)
class Plan:
    """A place for every member, the state of each objective, and the soft policies not met."""

    ensemble: Ensemble
    assignment: Assignment
    objectives: tuple[Objective, ...]
    violations: tuple[Violation, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "assignment", MappingProxyType(dict(self.assignment)))

    @property
    def proved(self) -> bool:
        """Whether every objective is proved optimal."""
        return all(objective.proved for objective in self.objectives)


@dataclass(frozen=True, slots=True)
class Edit:
    """A new value for one field, named as in the API's body: `policies[1].max_per_domain`.

    None takes the field out.
    """

    field: str
    value: int | str | None


@dataclass(frozen=True, slots=True)
class Change:
    """Edits that together give the whole ensemble a plan: it has been planned with them."""

    message: Message
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a refusal in plain words; demand and supply count members or domains.

    `changes` are up to five ways out, the smallest first; `suggestion` is the first one in words.
    `described` is the policy in words.
    """

    code: str
    message: Message
    policy: int | None = None
    level: str | None = None
    tiers: tuple[str, ...] = ()
    demand: int | None = None
    supply: int | None = None
    suggestion: Message | None = None
    changes: tuple[Change, ...] = ()
    described: "Argument | None" = None


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No plan: why, and whether it is proved that there is none."""

    reasons: tuple[Reason, ...]
    proved: bool
