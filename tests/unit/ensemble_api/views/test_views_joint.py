# SPDX-License-Identifier: Apache-2.0
"""What is shown of ensembles that are planned as one, and what their fields are called."""

from dataclasses import replace
from typing import Any

import pytest

from ensemble_api import views
from ensemble_api.planning import result
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity
from ensemble_api.planning.several import Several
from ensemble_api.planning.topology import Topology
from ensemble_api.results.dry_run import DryRun, JointDryRun, Move
from ensemble_api.results.quota import QuotaShortage
from ensemble_api.views.fields import label
from ensemble_api.views.joint_plans import OF_ALL

HOSTS = {"secret1": ("secretrack1",), "secret2": ("secretrack2",)}
TOPOLOGY = Topology.build(("host", "rack"), HOSTS)
WEB = Ensemble((Tier("web", 1, {"VCPU": 1}),), (AntiAffinity("host", ("web",)),))
SEVERAL = Several.of((WEB, WEB))
BODIES: Any = [
    {"name": name, "tiers": [], "policies": [], "template": {"id": "t1"}} for name in ("a", "b")
]


def found(**changes: Any) -> JointDryRun:
    """Both on hosts of their own."""
    first, second = (tier.name for tier in SEVERAL.whole.tiers)
    places = {Member(first, 0): "secret1", Member(second, 0): "secret2"}
    objectives = (result.Objective(result.SOFT_VIOLATIONS, 0, 0),)
    whole = DryRun(
        result.Plan(SEVERAL.whole, places, objectives), TOPOLOGY, id="p1", at="now", **changes
    )
    return JointDryRun(
        whole,
        tuple(
            DryRun(result.Plan(WEB, own, objectives), TOPOLOGY, policies=WEB.policies, name=name)
            for own, name in zip(SEVERAL.assignments(places), "ab", strict=True)
        ),
    )


def preview(shown: JointDryRun) -> Any:
    answer = views.joint_preview(shown, BODIES, "shop-project", names=False)
    return views.translated(answer)


def test_of_all_is_said_what_names_no_tier_and_no_domain() -> None:
    answer = preview(found())
    assert answer["plan"].keys() == set(OF_ALL)
    assert (answer["plan"]["id"], answer["plan"]["message"]) == (
        "p1",
        "2 members fit on 2 hosts and in 2 racks.",
    )
    assert SEVERAL.whole.tiers[0].name not in str(answer)
    assert "secret" not in str(answer)


def test_each_has_its_own_plan_beside_what_its_values_give() -> None:
    for name, each in zip("ab", preview(found())["instances"], strict=True):
        assert each["ensemble"] == {"name": name, "tiers": [], "policies": []}
        assert [one["member"] for one in each["plan"]["assignments"]] == ["web-0"]
        assert each["plan"]["policies"][0]["holds"] is True
        assert each["plan"]["id"] is None


def test_the_quota_is_said_of_all() -> None:
    short = QuotaShortage("Instances", 1, 0, 2)
    answer = preview(found(over_quota=(short,)))
    assert [each["needed"] for each in answer["plan"]["over_quota"]] == [2]
    assert [each["plan"]["over_quota"] for each in answer["instances"]] == [[], []]


def test_without_a_plan_of_all_there_is_none_of_any() -> None:
    refused = result.Infeasible((), proved=True)
    answer = preview(JointDryRun(replace(found().whole, result=refused, id=None)))
    assert (answer["plan"]["feasible"], answer["plan"]["id"]) == (False, None)
    assert [each["plan"] for each in answer["instances"]] == [None, None]


def test_another_plan_says_of_each_who_would_be_elsewhere() -> None:
    shown = found()
    here = {"host": TOPOLOGY.domain_of("secret2", "host")}
    moves = [[], [Move(Member("web", 0), None, here)]]
    parts = list(zip(shown.parts, moves, strict=True))
    answer: Any = views.translated(
        views.jointly_changed(shown.whole, parts, "shop-project", names=False)
    )
    assert answer["plan"]["id"] == "p1"
    assert [each["name"] for each in answer["instances"]] == ["a", "b"]
    first, second = answer["instances"]
    assert first["moved"] == []
    assert second["moved"][0]["to"]["host"] == second["plan"]["assignments"][0]["domains"]["host"]
    assert "secret" not in str(answer)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("instances[1].parameters.count", "instance 2, parameters, count"),
        ("instances[0].ensemble.tiers[1].server.image", "instance 1, tier 2, image"),
        ("instances[2].name", "instance 3, name"),
        ("instances", "instances"),
    ],
)
def test_a_field_says_of_which_instance_it_is(field: str, said: str) -> None:
    assert str(label(field)) == said
