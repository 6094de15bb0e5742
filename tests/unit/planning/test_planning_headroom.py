# SPDX-License-Identifier: Apache-2.0
"""Whether what is lost finds room elsewhere."""

import pytest
from planning_clouds import cloud
from planning_solved import headroom, loss

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.headroom import demand
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity

WEB = Tier("web", 2, {"VCPU": 2})
APART = AntiAffinity("host", ("web",))


def running(ensemble: Ensemble, *hosts: str) -> dict[Member, str]:
    return dict(zip(ensemble.members, hosts, strict=True))


def test_a_spare_host_takes_the_members_of_any_other() -> None:
    ensemble = Ensemble((WEB,), (APART,))
    snapshot = cloud({"a": ("r1", "z", 0), "b": ("r2", "z", 0), "c": ("r3", "z", 2)})
    room = headroom(ensemble, running(ensemble, "a", "b"), snapshot, "host")
    assert room.fits
    assert [(entry.domain.name, entry.lost, entry.fits) for entry in room.domains] == [
        ("a", 1, True),
        ("b", 1, True),
    ]


def test_without_a_spare_host_anti_affinity_cannot_be_kept_and_it_is_said_why() -> None:
    ensemble = Ensemble((WEB,), (APART,))
    snapshot = cloud({"a": ("r1", "z", 4), "b": ("r2", "z", 4)})
    room = headroom(ensemble, running(ensemble, "a", "b"), snapshot, "host")
    assert not room.fits
    assert {entry.fits for entry in room.domains} == {False}
    assert room.domains[0].reasons[0].code == "too-few-domains"


def test_a_reason_names_the_policy_as_the_ensemble_numbers_it() -> None:
    soft = AntiAffinity("rack", ("web",), False)
    ensemble = Ensemble((WEB,), (soft, APART))
    snapshot = cloud({"a": ("r1", "z", 4), "b": ("r2", "z", 4)})
    room = headroom(ensemble, running(ensemble, "a", "b"), snapshot, "host")
    assert [(each.policy, each.changes) for each in room.domains[0].reasons] == [(1, ())]


def test_the_loss_of_everything_leaves_no_room() -> None:
    ensemble = Ensemble((WEB,))
    snapshot = cloud({"a": ("r1", "z", 4), "b": ("r2", "z", 4)})
    room = headroom(ensemble, running(ensemble, "a", "b"), snapshot, "zone")
    assert [(entry.lost, entry.fits) for entry in room.domains] == [(2, False)]


def test_room_that_needs_another_member_to_move_is_told_apart() -> None:
    ensemble = Ensemble((Tier("big", 1, {"VCPU": 4}), Tier("small", 1, {"VCPU": 2})))
    snapshot = cloud({"a": ("r1", "z", 0), "b": ("r2", "z", 2), "c": ("r3", "z", 2)})
    room = headroom(ensemble, running(ensemble, "a", "b"), snapshot, "host")
    by_host = {entry.domain.name: entry for entry in room.domains}
    assert (by_host["a"].fits, by_host["a"].others) == (True, 1)
    assert (by_host["b"].fits, by_host["b"].others) == (True, 0)
    assert room.fits
    assert str(room.message) == (
        "Lost members can be placed again after the loss of any one host, but others may have to "
        "move too."
    )


def test_a_plan_that_is_not_built_yet_is_judged_with_what_it_will_use() -> None:
    ensemble = Ensemble((WEB,), (APART,))
    snapshot = cloud({"a": ("r1", "z", 2), "b": ("r2", "z", 2), "c": ("r3", "z", 1)})
    assignment = running(ensemble, "a", "b")
    used = snapshot.carrying(demand(ensemble, assignment))
    assert used.free.tolist() == [[0], [0], [1]]
    assert not headroom(ensemble, assignment, used, "host").fits


def test_an_unknown_level_is_refused() -> None:
    ensemble = Ensemble((WEB,))
    with pytest.raises(ModelError, match="level"):
        headroom(ensemble, {}, cloud({"a": ("r", "z", 1)}), "row")


def test_beyond_the_work_limit_the_least_losses_are_not_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What fits beside the others costs next to nothing, and is told for all domains."""
    monkeypatch.setattr("ensemble_api.planning.headroom._LEAST", 1)
    monkeypatch.setattr("ensemble_api.planning.headroom._WORK", 1)
    ensemble = Ensemble((Tier("big", 2, {"VCPU": 4}), Tier("small", 3, {"VCPU": 1})))
    free = {"a": 0, "b": 0, "c": 2, "d": 1}
    snapshot = cloud({name: (f"r-{name}", "z", left) for name, left in free.items()})
    placed = dict(zip(ensemble.members, "abaca", strict=True))
    found = headroom(ensemble, placed, snapshot, "host").domains
    assert [(each.domain.name, each.lost, each.fits) for each in found] == [
        ("a", 3, False),
        ("b", 1, None),
        ("c", 1, True),
    ]


@pytest.mark.parametrize(
    ("names", "left", "lost", "fits"),
    [
        pytest.param((), 3, 0, True, id="none"),
        pytest.param(("d",), 3, 0, True, id="one that is not used"),
        pytest.param(("a",), 2, 1, True, id="a host"),
        pytest.param(("a", "c"), 1, 2, True, id="two hosts"),
        pytest.param(("r1",), 1, 2, True, id="a rack"),
        pytest.param(("r1", "a", "a"), 1, 2, True, id="a rack and a host in it, twice"),
        pytest.param(("r1", "c"), 0, 3, False, id="a rack and a host elsewhere"),
        pytest.param(("y", "z"), 0, 3, False, id="everything"),
    ],
)
def test_several_domains_of_any_level_fail_at_once(
    names: tuple[str, ...], left: int, lost: int, fits: bool
) -> None:
    ensemble = Ensemble((Tier("web", 3, {"VCPU": 2}),))
    snapshot = cloud(
        {"a": ("r1", "y", 0), "b": ("r1", "y", 0), "c": ("r2", "z", 0), "d": ("r2", "z", 4)}
    )
    domains = {
        domain.name: domain
        for level in snapshot.topology.levels
        for domain in snapshot.topology.domains(level)
    }
    found = loss(
        ensemble, running(ensemble, "a", "b", "c"), snapshot, [domains[name] for name in names]
    )
    assert (dict(found.left), found.lost, found.fits) == ({"web": left}, lost, fits)
    assert found.domains == tuple(dict.fromkeys(domains[name] for name in names))
