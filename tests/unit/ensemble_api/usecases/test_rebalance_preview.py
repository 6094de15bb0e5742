# SPDX-License-Identifier: Apache-2.0
"""What the preview of a rebalancing says in one sentence."""

import pytest

from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.moving import Move
from ensemble_api.planning.result import SOFT_VIOLATIONS, Objective, Plan, pairs, worst_losses
from ensemble_api.planning.topology import Topology
from ensemble_api.results.dry_run import DryRun
from ensemble_api.usecases.rebalance import RebalancePreview

TOPOLOGY = Topology.build(("host", "rack"), {"h0": ("r0",), "h1": ("r1",)})
BEST = (Objective(SOFT_VIOLATIONS, 0, 0), Objective(worst_losses("rack"), 1, 1))
BETTER = (Objective(SOFT_VIOLATIONS, 0, 0), Objective(worst_losses("rack"), 2, 1))


@pytest.mark.parametrize(
    ("objectives", "moving", "told"),
    [
        (BEST, True, "1 member moves to another host, and then failures take the least."),
        (
            (*BEST, Objective(pairs("rack"), 3, 1)),
            True,
            "1 member moves to another host, and then failures take the least.",
        ),
        (BETTER, True, "1 member moves to another host, and then failures take less."),
        (BEST, False, "The members are where failures take the least, as far as is known"),
    ],
)
def test_what_is_told(objectives: tuple[Objective, ...], moving: bool, told: str) -> None:
    web = Member("web", 0)
    plan = Plan(Ensemble((Tier("web", 1, {"VCPU": 1}),)), {web: "h1"}, objectives)
    moves = (Move(web, "h0", "h1"),) if moving else ()
    assert str(RebalancePreview(DryRun(plan, TOPOLOGY), moves).message).startswith(told)
