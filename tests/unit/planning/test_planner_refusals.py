# SPDX-License-Identifier: Apache-2.0
"""Refusals of planning that a reader can judge by eye, each with its reasons and figures."""

import pytest
from planning_clouds import cloud, racks
from planning_solved import plan

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.snapshot import Snapshot


def tier(name: str, count: int) -> Tier:
    return Tier(name, count, {"VCPU": 1})


REFUSED = [
    (
        "a cloud without hosts has no eligible host",
        cloud({}),
        (tier("web", 1),),
        (),
        [("no-eligible-host", None, 1, 0)],
    ),
    (
        "hosts that are down are not eligible",
        cloud({"a": ("r", "z", 4)}, down=["a"]),
        (tier("web", 1),),
        (),
        [("no-eligible-host", None, 1, 0)],
    ),
    (
        "nothing free is no capacity, with zero supply",
        cloud({"a": ("r", "z", 0)}),
        (tier("web", 1),),
        (),
        [("no-capacity", None, 1, 0)],
    ),
    (
        "a tier larger than the cloud is told how many fit",
        racks(("z", 2, 2)),
        (tier("web", 200),),
        (),
        [("no-capacity", None, 200, 16)],
    ),
    (
        "tiers that fit alone and not together",
        cloud({"a": ("r", "z", 4)}),
        (tier("web", 3), tier("app", 3)),
        (),
        [("no-capacity", None, 6, None)],
    ),
    (
        "more members than hosts for host anti-affinity",
        racks(("z", 1, 3)),
        (tier("web", 4),),
        (AntiAffinity("host", ("web",)),),
        [("too-few-domains", 0, 4, 3)],
    ),
    (
        "anti-affinity on a level with one domain",
        racks(("z", 3, 3)),
        (tier("web", 2),),
        (AntiAffinity("zone", ("web",)),),
        [("too-few-domains", 0, 2, 1)],
    ),
    (
        "no single host is large enough for affinity",
        racks(("z", 1, 3)),
        (tier("web", 6),),
        (Affinity("host", ("web",)),),
        [("no-single-domain", 0, 6, 4)],
    ),
    (
        "a zone that does not exist",
        racks(("z", 1, 3)),
        (Tier("web", 1, {"VCPU": 1}, zone="elsewhere"),),
        (),
        [("no-eligible-host", None, 1, 0)],
    ),
    (
        "affinity and anti-affinity on the same level contradict each other",
        racks(("z", 3, 3)),
        (tier("web", 2),),
        (
            Affinity("rack", ("web",)),
            AntiAffinity("rack", ("web",)),
            AntiAffinity("host", ("web",)),
        ),
        [("conflict", 0, 2, None), ("conflict", 1, 2, None)],
    ),
    (
        "two tiers that must be together and apart",
        racks(("z", 3, 3)),
        (tier("web", 2), tier("db", 1)),
        (Affinity("zone", ("web", "db")), AntiAffinity("zone", ("web", "db"))),
        [("too-few-domains", 1, 2, 1)],
    ),
]


@pytest.mark.parametrize(
    ("snapshot", "tiers", "policies", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in REFUSED],
)
def test_refused(
    snapshot: Snapshot,
    tiers: tuple[Tier, ...],
    policies: tuple[Policy, ...],
    expected: list[tuple[object, ...]],
) -> None:
    result = plan(Ensemble(tiers, policies), snapshot)
    assert isinstance(result, Infeasible), result
    assert result.proved
    assert [(r.code, r.policy, r.demand, r.supply) for r in result.reasons] == expected
    for reason in result.reasons:
        assert str(reason.message).endswith(".")
        for host in snapshot.topology.hosts:
            assert host not in str(reason.message).split()


def test_a_policy_at_a_level_the_cloud_lacks_is_refused_with_its_place() -> None:
    ensemble = Ensemble((tier("web", 1),), (Affinity("row", ("web",)),))
    with pytest.raises(ModelError) as refused:
        plan(ensemble, racks(("z", 3, 3)))
    assert refused.value.field == "policies[0].level"
