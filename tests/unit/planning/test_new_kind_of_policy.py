# SPDX-License-Identifier: Apache-2.0
"""A new kind of policy that says no more than it must is planned, refused and explained at once."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from planning_clouds import racks
from planning_solved import plan

from ensemble_api.planning import check
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.milp.formulation import Formulation, Linear
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import AntiAffinity
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.result import Infeasible, Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain, IntArray

ASKS = Sentence("packed.asks", "%(tier)s in at most %(most)s")
MUST = Sentence("packed.must", "%(tier)s must be in at most %(most)s.")
MISSED = Sentence("packed.missed", "%(number)s more")


@dataclass(frozen=True, slots=True)
class Packed(Policy):
    """Each tier is in at most `most` domains."""

    most: int = 1
    kind: ClassVar[str] = "packed"

    def describe(self) -> Message:
        return ASKS(tier=self.tiers[0], most=self.most)

    def sentence(self) -> Message:
        return MUST(tier=self.tiers[0], most=self.most)

    def missed(self, amount: int) -> Message:
        return MISSED(number=amount)

    def shortfall(self, problem: Problem, counts: IntArray) -> int:
        held = [problem.held(counts[row], self.level) for row in problem.rows(self.tiers)]
        return sum(max(0, int((values > 0).sum()) - self.most) for values in held)

    def add_rows(self, model: Formulation, cost: Linear | None) -> None:
        depth = model.problem.depth(self.level)
        if depth == 0 and not model.whole:
            return
        for row in model.problem.rows(self.tiers):
            used = list(model.used(row, depth).values())
            slack, factor = model.slack(cost, len(used))
            model.row([*used, *slack], [1] * len(used) + factor, high=self.most)


@pytest.fixture(autouse=True)
def second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Teach the checker the kind, as whoever adds one does."""
    known = check._shortfall

    def shortfall(
        policy: Policy, ensemble: Ensemble, snapshot: Snapshot, held: dict[Any, Any], *more: Any
    ) -> tuple[int, set[FailureDomain]]:
        if not isinstance(policy, Packed):
            return known(policy, ensemble, snapshot, held, *more)
        used = sum(any(tiers[name] for name in policy.tiers) for tiers in held.values())
        return max(0, used - policy.most), set()

    monkeypatch.setattr(check, "_shortfall", shortfall)


FOUR_HOSTS = racks(("z", 2, 2), free=2)
WEB = Tier("web", 4, {"VCPU": 1})


def hosts(found: Plan | Infeasible) -> int:
    assert isinstance(found, Plan)
    assert found.proved
    return len(set(found.assignment.values()))


def test_it_is_met_by_the_exact_model_alone() -> None:
    assert hosts(plan(Ensemble((WEB,)), FOUR_HOSTS)) == 4
    assert hosts(plan(Ensemble((WEB,), (Packed("host", ("web",), most=2),)), FOUR_HOSTS)) == 2


def test_what_it_misses_is_least_and_said() -> None:
    anti_affinity = AntiAffinity("host", ("web",))
    found = plan(Ensemble((WEB,), (anti_affinity, Packed("rack", ("web",), False))), FOUR_HOSTS)
    assert hosts(found) == 4
    assert [str(each.message) for each in found.violations] == ["web in at most 1: 1 more"]


def test_it_is_refused_with_a_reason_and_a_change() -> None:
    found = plan(Ensemble((WEB,), (Packed("host", ("web",)),)), FOUR_HOSTS)
    assert isinstance(found, Infeasible)
    assert found.proved
    (reason,) = found.reasons
    assert str(reason.message) == (
        "“web in at most 1” cannot be met with the free capacity: 2 of the 4 members fit."
    )
    assert str(reason.suggestion) == "Make “web in at most 1” soft."
