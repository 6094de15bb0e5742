# SPDX-License-Identifier: Apache-2.0
"""Where members go when their host is drained."""

import random

import pytest
from planning_running import RACKS, at, cloud, web
from planning_solved import drain

from ensemble_api.planning.check import check
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Survive
from ensemble_api.planning.policy import Policy

APART = AntiAffinity("host", ("web",))
APART_RACKS = AntiAffinity("rack", ("web",))


def test_only_the_members_of_the_host_move() -> None:
    found = drain(web(3, APART), at("h0", "h2", "h4"), cloud(), "h2")
    assert found.fits and list(found.moves) == [Member("web", 1)]
    assert found.moves[Member("web", 1)] in {"h1", "h3", "h5"}


def test_a_host_without_members_is_drained_by_nothing() -> None:
    found = drain(web(1), at("h0"), cloud(), "h2")
    assert (found.fits, dict(found.moves)) == (True, {})


def test_what_does_not_fit_has_reasons_with_the_policy_s_own_number() -> None:
    ensemble = web(3, AntiAffinity("host", ("web",), hard=False), APART_RACKS)
    found = drain(ensemble, at("h0", "h2", "h4"), cloud({"h0": 4, "h2": 4, "h4": 4}), "h4")
    assert (found.fits, dict(found.moves)) == (False, {})
    assert [reason.policy for reason in found.reasons] == [1]


def test_soft_policies_do_not_hold_a_drain_up() -> None:
    ensemble = web(2, AntiAffinity("host", ("web",), hard=False))
    assert drain(ensemble, at("h0", "h1"), cloud({"h0": 1}), "h1").moves == {Member("web", 1): "h0"}


def test_a_disabled_host_keeps_what_it_has_and_takes_nothing() -> None:
    found = drain(
        web(2, APART), at("h0", "h1"), cloud({"h0": 9, "h2": 9, "h5": 9}, ("h0", "h2")), "h1"
    )
    assert dict(found.moves) == {Member("web", 1): "h5"}


def test_members_elsewhere_move_where_it_takes_that() -> None:
    # The rack of h0 has room for the small tier only, so that the large one can take its place.
    ensemble = Ensemble((Tier("big", 1, {"VCPU": 4}), Tier("web", 1, {"VCPU": 1})), ())
    assignment = {Member("big", 0): "h0", Member("web", 0): "h2"}
    found = drain(ensemble, assignment, cloud({"h2": 3, "h4": 1}), "h0")
    assert dict(found.moves) == {Member("big", 0): "h2", Member("web", 0): "h4"}


def test_a_member_on_a_host_that_is_gone_is_placed_too() -> None:
    found = drain(web(2, APART), at("gone", "h1"), cloud(), "h1")
    assert found.fits and set(found.moves) == {Member("web", 0), Member("web", 1)}


def test_an_unknown_host_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        drain(web(1), at("h0"), cloud(), "h9")


@pytest.mark.parametrize("seed", range(40))
def test_moves_keep_every_hard_policy_and_the_capacity(seed: int) -> None:
    dice = random.Random(seed)
    policies: list[Policy] = [
        AntiAffinity("host", ("web",), max_per_domain=2),
        Survive("rack", ("web",), min_available=1),
    ]
    ensemble = web(dice.randint(2, 5), *policies[: dice.randint(0, 2)])
    hosts = [dice.choice(list(RACKS)) for _ in ensemble.members]
    snapshot = cloud({host: dice.randint(0, 2) for host in RACKS})
    assignment = at(*hosts)
    found = drain(ensemble, assignment, snapshot, hosts[0])
    if not found.fits:
        assert found.reasons
        return
    after = {**assignment, **found.moves}
    assert hosts[0] not in after.values()
    assert not check(ensemble, snapshot, after, assignment)
