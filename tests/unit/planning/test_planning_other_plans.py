# SPDX-License-Identifier: Apache-2.0
"""Plans that leave a domain free keep to all policies, and claim no more than is proved."""

import random

import pytest
from planning_clouds import cloud

from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.other_plans import MOST, other_plans
from ensemble_api.planning.planner import plan
from ensemble_api.planning.policies import AntiAffinity, Spread
from ensemble_api.planning.result import Plan
from ensemble_api.solver.highs import solve


@pytest.mark.parametrize("level", ["host", "rack"])
@pytest.mark.parametrize("seed", range(20))
def test_each_leaves_a_domain_to_nobody_within_the_policies(seed: int, level: str) -> None:
    generator = random.Random(seed)
    hosts = {f"h{number}": (f"r{number // 2}", "z", generator.randint(0, 4)) for number in range(8)}
    snapshot = cloud(hosts)
    policies = [AntiAffinity("host", ("web",)), Spread("rack", ("web",), max_skew=1)]
    ensemble = Ensemble(
        (Tier("web", 2, {"VCPU": 1}), Tier("db", 1, {"VCPU": 3})),
        tuple(generator.sample(policies, generator.randint(0, 2))),
    )
    best = plan(ensemble, snapshot, solve=solve)
    if not isinstance(best, Plan):
        return
    found = list(other_plans(best, snapshot, level, solve=solve))
    assert len(found) <= MOST
    seen = [dict(best.assignment)]
    for each in found:
        assert not check(ensemble, snapshot, each.assignment)
        used = {snapshot.topology.domain_of(host, level) for host in each.assignment.values()}
        assert set(snapshot.topology.domains(level)) - used
        assert dict(each.assignment) not in seen
        seen.append(dict(each.assignment))
        values = [objective.value for objective in each.objectives]
        assert values >= [objective.bound for objective in best.objectives if best.proved]
        assert not each.proved or values == [objective.value for objective in best.objectives]
