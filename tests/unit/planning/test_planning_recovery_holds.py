# SPDX-License-Identifier: Apache-2.0
"""What is to be held so that all members find places after any failure, proved by trying all."""

from dataclasses import replace

import numpy as np
import pytest
from every_recovery import allowed, groups
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import cloud
from planning_strategies import MANY, clouds, policies

from ensemble_api.planning import recovery_holds as holds_of
from ensemble_api.planning.check import _suits
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.recovery_holds import RecoveryHolds, recovery_holds
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.solver.process import solve


def six(free: int = 4) -> Snapshot:
    """Three racks of two hosts."""
    return cloud({f"{rack}{n}": (rack, "z", free) for rack in "abc" for n in (0, 1)})


def web(snapshot: Snapshot, *hosts: str, over: tuple[Policy, ...] = ()) -> Hit:
    ensemble = Ensemble((Tier("web", len(hosts), {"VCPU": 2}),), over)
    return Hit("e", ensemble, dict(zip(ensemble.members, hosts, strict=True)), snapshot)


def only(snapshot: Snapshot, found: RecoveryHolds) -> Snapshot:
    """The cloud of which nothing is free but what is held."""
    free = np.zeros_like(snapshot.free)
    for host, amounts in (found.holds or {}).items():
        free[snapshot.topology.host_number(host)] = [
            amounts.get(name, 0) for name in snapshot.resource_classes
        ]
    return replace(snapshot, free=free)


def failing(hit: Hit, domain: FailureDomain, snapshot: Snapshot) -> Hit:
    topology = snapshot.topology
    staying = {
        member: host
        for member, host in hit.staying.items()
        if topology.domain_of(host, domain.level) != domain
    }
    return replace(hit, staying=staying, snapshot=snapshot.failing(domain))


def test_what_one_failure_needs_the_next_one_uses_too() -> None:
    found = recovery_holds(web(six(), "a0", "b0", "b1"), "host", solve=solve)
    # It is held where no member is, and so does not fail with one.
    assert found.needed == {"VCPU": 2}
    assert found.total == {"VCPU": 2}


def test_of_a_rack_all_that_it_holds_is_held_elsewhere() -> None:
    found = recovery_holds(web(six(), "a0", "a1", "b0"), "rack", solve=solve)
    assert found.needed == {"VCPU": 4} and found.total == {"VCPU": 4}
    assert {host[0] for host in found.holds or {}} == {"c"}


def test_two_failures_at_once_need_more() -> None:
    found = recovery_holds(web(six(), "a0", "b0", "c0"), "rack", 2, solve=solve)
    assert found.needed == {"VCPU": 4}
    assert found.total["VCPU"] >= 6, "whichever rack is left holds room for two"


def test_a_failure_after_which_not_all_find_places_is_named() -> None:
    apart = AntiAffinity("rack", ("web",))
    found = recovery_holds(web(six(), "a0", "b0", "c0", over=(apart,)), "rack", solve=solve)
    assert found.holds is None and found.repair is not None
    assert (len(found.failed), found.repair.fits) == (1, False)


def test_too_many_failures_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds_of, "MOST", 2)
    found = recovery_holds(web(six(), "a0", "b0", "c0"), "rack", solve=solve)
    assert (found.holds, found.failed) == (None, ())


def test_an_unknown_level_is_a_model_error() -> None:
    with pytest.raises(ModelError):
        recovery_holds(web(six(), "a0"), "row", solve=solve)


def is_possible(hit: Hit) -> bool:
    """Whether all lost members have places, by trying all."""
    size = len(hit.staying) + len(hit.lost)
    return any(
        len(group[0]) == size and allowed([hit], group, strict=False) for group in groups([hit])
    )


@st.composite
def running(draw: st.DrawFn) -> Hit:
    snapshot = draw(clouds(most=4))
    hosts = snapshot.topology.hosts
    names = ["t0", "t1"][: draw(st.integers(1, 2))]
    tiers = tuple(
        Tier(name, draw(st.integers(1, 2)), {"VCPU": draw(st.integers(1, 2))}) for name in names
    )
    drawn = [draw(policies(names)) for _ in range(draw(st.integers(0, 2)))]
    try:
        ensemble = Ensemble(tiers, tuple(replace(p, hard=True) for p in drawn if p))
    except ModelError:
        ensemble = Ensemble(tiers)
    staying: dict[Member, str] = {}
    for member in ensemble.members:
        tier = ensemble.tier(member.tier)
        fine = [host for host in hosts if _suits(tier, host, snapshot)]
        if fine:
            staying[member] = draw(st.sampled_from(fine))
    return Hit("e", ensemble, staying, snapshot, waiting=frozenset(ensemble.members) - set(staying))


@MANY
@given(running(), st.sampled_from(["host", "rack"]))
def test_holds_are_enough_for_any_failure_and_a_refusal_is_true(hit: Hit, level: str) -> None:
    found = recovery_holds(hit, level, solve=solve)
    topology = hit.snapshot.topology
    used = {topology.domain_of(host, level) for host in hit.staying.values()}
    if found.holds is None:
        (failed,) = found.failed
        assert not is_possible(failing(hit, failed, hit.snapshot))
        return
    for name, amount in found.needed.items():
        assert found.total.get(name, 0) >= amount
    for host, amounts in found.holds.items():
        row = topology.host_number(host)
        assert amounts["VCPU"] <= hit.snapshot.amounts("VCPU")[row], "only what is free is held"
    for domain in used:
        assert is_possible(failing(hit, domain, only(hit.snapshot, found)))
