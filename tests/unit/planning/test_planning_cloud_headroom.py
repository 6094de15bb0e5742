# SPDX-License-Identifier: Apache-2.0
"""Which failures would leave ensembles without places, over all of them together."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning_clouds import cloud
from planning_solved import cloud_headroom, recover
from planning_strategies import MANY, clouds, policies

from ensemble_api.planning import cloud_headroom as rooms
from ensemble_api.planning.check import _suits
from ensemble_api.planning.cloud_headroom import Without
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import AntiAffinity, Exclusive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.snapshot import Snapshot

HOSTS = ("a0", "a1", "b0", "b1", "c0", "c1")


def six(free: dict[str, int] | int) -> Snapshot:
    amounts = {n: free if isinstance(free, int) else free.get(n, 0) for n in HOSTS}
    return cloud({n: (n[0], "z", amounts[n]) for n in HOSTS})


def web(key: str, snapshot: Snapshot, *hosts: str, size: int = 1, over: tuple[Policy, ...] = ()):
    ensemble = Ensemble((Tier("web", len(hosts), {"VCPU": size}),), over)
    staying = {Member("web", n): host for n, host in enumerate(hosts)}
    return Hit(key, ensemble, staying, snapshot)


def test_each_domain_that_holds_members_fails_by_itself() -> None:
    snapshot = six({"c0": 2})
    found = cloud_headroom([web("e", snapshot, "a0", "a1", "b0")], "rack")
    assert [(each.domain.name, each.lost, each.ensembles, each.fits) for each in found] == [
        ("a", 2, 1, True),
        ("b", 1, 1, True),
    ]


def test_what_one_takes_the_others_lack_and_the_first_has_precedence() -> None:
    snapshot = six({"c0": 1})
    running = [web("old", snapshot, "a0"), web("new", snapshot, "a0")]
    (room,) = cloud_headroom(running, "host")
    assert room.fits is False
    assert room.without == (Without("new", 1, 1, fits=False),)
    assert room.cure is not None and room.cure.resources == {"VCPU": 1}


def test_what_would_be_enough_is_enough() -> None:
    apart = AntiAffinity("rack", ("web",))
    running = [web("e", six({}), "a0", "b0", over=(apart,), size=2)]
    first, _ = cloud_headroom(running, "rack")
    assert first.cure is not None and first.cure.host[0] == "c"
    more = six({first.cure.host: first.cure.resources["VCPU"]})
    again, _ = cloud_headroom([replace(running[0], snapshot=more)], "rack")
    assert again.fits


def test_where_a_policy_asks_for_another_domain_no_capacity_is_a_cure() -> None:
    apart = AntiAffinity("rack", ("web",))
    (room, *_) = cloud_headroom([web("e", six(4), "a0", "b0", "c0", over=(apart,))], "rack")
    assert (room.domain.name, room.fits, room.cure) == ("a", False, None)


def test_a_member_without_a_place_has_no_part_in_it() -> None:
    hit = web("e", six({"c0": 1}), "a0", "b0")
    lame = replace(hit, staying={Member("web", 0): "a0"}, waiting=frozenset({Member("web", 1)}))
    (room,) = cloud_headroom([lame], "host")
    assert (room.lost, room.fits) == (1, True)


def test_an_ensemble_that_wants_domains_for_itself_is_looked_at_with_the_others() -> None:
    snapshot = six({"b0": 2})
    alone = web("alone", snapshot, "a0", over=(Exclusive("rack", ("web",), other="ensemble"),))
    (room,) = cloud_headroom([alone, web("other", snapshot, "a0")], "host")
    assert [each.key for each in room.without] == ["other"]


def test_a_domain_that_is_shared_already_has_places_for_its_own_members() -> None:
    snapshot = cloud(
        {n: (n[0], "z", 2 if n == "a0" else 0) for n in HOSTS}, others={"ensemble": ["a1"]}
    )
    alone = Exclusive("rack", ("web",), other="ensemble")
    rooms_found = cloud_headroom([web("e", snapshot, "a0", "b0", over=(alone,))], "rack")
    assert [(each.domain.name, each.fits) for each in rooms_found] == [("a", False), ("b", True)]
    assert rooms_found[1].without == ()


def test_beyond_the_work_limit_it_is_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "WORK", 0)
    monkeypatch.setattr(rooms, "LEAST", 1)
    apart = AntiAffinity("rack", ("web",))
    found = cloud_headroom([web("e", six(1), "a0", "b0", "c0", over=(apart,))], "rack")
    assert [each.fits for each in found] == [False, None, None]


def test_that_there_is_no_room_at_all_is_seen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "EFFORT", 0)
    (room, _) = cloud_headroom([web("e", six({}), "a0", "a0", "b0")], "host")
    assert (room.fits, room.without) == (False, (Without("e", 2, 2, fits=False),))


def test_no_ensembles_need_nothing_and_an_unknown_level_is_refused() -> None:
    assert cloud_headroom([], "rack") == ()
    with pytest.raises(ModelError):
        cloud_headroom([web("e", six(1), "a0")], "row")


@st.composite
def running(draw: st.DrawFn) -> list[Hit]:
    """One to three ensembles that run in one small cloud, some with a member less."""
    snapshot = draw(clouds(most=4))
    found = []
    for key in ("one", "two", "three")[: draw(st.integers(1, 3))]:
        names = ["t0", "t1"][: draw(st.integers(1, 2))]
        tiers = tuple(
            Tier(name, draw(st.integers(1, 3)), {"VCPU": draw(st.integers(1, 2))}) for name in names
        )
        drawn = [draw(policies(names)) for _ in range(draw(st.integers(0, 2)))]
        try:
            ensemble = Ensemble(tiers, tuple(replace(p, hard=True) for p in drawn if p))
        except ModelError:
            ensemble = Ensemble(tiers)
        staying, waiting = {}, set()
        for member in ensemble.members:
            tier = ensemble.tier(member.tier)
            fine = [host for host in snapshot.topology.hosts if _suits(tier, host, snapshot)]
            if fine and draw(st.integers(0, 9)):
                staying[member] = draw(st.sampled_from(fine))
            else:
                waiting.add(member)
        project = draw(st.sampled_from(["p", "q"]))
        found.append(Hit(key, ensemble, staying, snapshot, project, frozenset(waiting)))
    return found


@MANY
@given(running(), st.sampled_from(["host", "rack", "zone"]))
def test_it_is_what_a_recovery_of_each_failure_would_find(drawn: list[Hit], level: str) -> None:
    topology = drawn[0].snapshot.topology
    found = {each.domain: each for each in cloud_headroom(drawn, level)}
    for domain in topology.domains(level):
        hits = []
        for hit in drawn:
            left = {
                member: host
                for member, host in hit.staying.items()
                if topology.domain_of(host, level) != domain
            }
            if len(left) < len(hit.staying):
                hits.append(replace(hit, staying=left, snapshot=hit.snapshot.failing(domain)))
        assert (domain in found) is bool(hits)
        if hits:
            room, repairs = found[domain], recover(hits)
            assert room.lost == sum(len(hit.lost) for hit in hits)
            assert room.fits is all(each.fits for each in repairs.values())
            placed = {each.key: each.lost - each.missing for each in room.without}
            assert placed == {k: len(each.moves) for k, each in repairs.items() if not each.fits}


def test_room_in_another_cell_is_none() -> None:
    cells = {host: "one" if host < "c" else "two" for host in HOSTS}
    snapshot = replace(six({"c0": 4}), cells=cells)
    (room,) = cloud_headroom([web("e", snapshot, "a0")], "host")
    assert (room.fits, room.without) == (False, (Without("e", 1, 1, fits=False),))
    (room,) = cloud_headroom([web("e", replace(snapshot, cells={}), "a0")], "host")
    assert room.fits
