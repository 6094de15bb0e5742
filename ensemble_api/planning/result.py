# SPDX-License-Identifier: Apache-2.0
"""What planning gives: a plan with its proofs and shortfalls, or reasons why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from ensemble_api.planning.message import Message
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.topology import FailureDomain

# The codes of reasons that prove nothing: the work of the search was spent, or it was given up.
NOT_DECIDED, NO_ANSWER = "not-decided", "no-answer"
UNDECIDED = frozenset({NOT_DECIDED, NO_ANSWER})

Assignment: TypeAlias = Mapping[Member, str]


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

    @property
    def text(self) -> str:
        """What is known, in words."""
        if self.proved:
            return "proved optimal"
        known = f"best {self.value}, bound {self.bound}"
        return known if self.stopped is None else f"{known}; {no_answer(self.stopped)}"


def no_answer(seconds: int) -> str:
    """Say that the solver was given up, which is no limit of its work."""
    return f"stopped: no answer of the solver in {seconds} s"


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


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No plan: why, and whether it is proved that there is none."""

    reasons: tuple[Reason, ...]
    proved: bool
