# SPDX-License-Identifier: Apache-2.0
"""Planning with members that run: they stay where they can."""

import pytest
from planning_clouds import cloud
from planning_solved import plan

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity
from ensemble_api.planning.result import Plan


def tier(name: str, count: int, vcpu: int = 1) -> Tier:
    return Tier(name, count, {"VCPU": vcpu})


class TestExistingMembers:
    def test_they_stay_when_the_tier_grows(self) -> None:
        snapshot = cloud({"a": ("r1", "z1", 2), "b": ("r2", "z1", 3), "c": ("r3", "z2", 3)})
        running = {Member("web", 0): "b", Member("web", 1): "c"}
        result = plan(Ensemble((tier("web", 4),)), snapshot, running)
        assert isinstance(result, Plan)
        assert {member: result.assignment[member] for member in running} == running

    def test_only_those_on_a_failed_host_move(self) -> None:
        snapshot = cloud(
            {"a": ("r1", "z", 2), "b": ("r2", "z", 2), "c": ("r3", "z", 2)}, down=["a"]
        )
        running = {Member("web", 0): "a", Member("web", 1): "b"}
        ensemble = Ensemble((tier("web", 2),), (AntiAffinity("host", ("web",)),))
        result = plan(ensemble, snapshot, running)
        assert isinstance(result, Plan)
        assert result.assignment == {Member("web", 0): "c", Member("web", 1): "b"}
        moves = {objective.name: objective for objective in result.objectives}["moves"]
        assert (moves.value, moves.proved) == (1, True)

    def test_what_they_use_counts_as_theirs(self) -> None:
        snapshot = cloud({"a": ("r", "z", 0)})
        running = {Member("web", 0): "a"}
        result = plan(Ensemble((tier("web", 1, 8),)), snapshot, running)
        assert isinstance(result, Plan)
        assert result.assignment == running

    def test_they_may_stay_on_a_host_that_uses_more_than_it_has(self) -> None:
        snapshot = cloud({"a": ("r", "z", -2), "b": ("r", "z", 4)})
        running = {Member("web", 0): "a"}
        result = plan(Ensemble((tier("web", 2),)), snapshot, running)
        assert isinstance(result, Plan)
        assert result.assignment == {Member("web", 0): "a", Member("web", 1): "b"}

    def test_foreign_members_and_unknown_hosts_are_refused(self) -> None:
        snapshot = cloud({"a": ("r", "z", 4)})
        for running in ({Member("db", 0): "a"}, {Member("web", 0): "b"}, {Member("web", 7): "a"}):
            with pytest.raises(ModelError, match="existing"):
                plan(Ensemble((tier("web", 1),)), snapshot, running)
