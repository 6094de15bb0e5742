# SPDX-License-Identifier: Apache-2.0
"""Members that run stay in their cells, whatever moves them; new ones may be in any."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import pytest
from brute_force import assignments, objective
from planning_running import at, cloud, web
from planning_solved import mend, scale
from test_planning_rebalancing import small

from ensemble_api.planning.check import check
from ensemble_api.planning.homes import paired
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.moving import Moved
from ensemble_api.planning.planner import plan
from ensemble_api.planning.policies import AntiAffinity, Spread
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.planning.scaling import Scaled
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.solver.highs import solve

CELLS = {f"h{number}": "one" if number < 3 else "two" for number in range(6)}
APART = AntiAffinity("host", ("web",))


def two_cells(free: dict[str, int] | int = 4) -> Snapshot:
    return replace(cloud(free), cells=CELLS)


def mended(ensemble: Ensemble, running: Assignment, snapshot: Snapshot) -> Moved:
    found = mend(ensemble, running, snapshot)
    assert not isinstance(found, Infeasible), found.reasons
    return found


def test_a_policy_is_mended_within_the_cell_though_another_has_more_room() -> None:
    _, moves = mended(web(2, APART), at("h0", "h0"), two_cells({"h1": 1, "h4": 8, "h5": 8}))
    assert [(each.source, each.target) for each in moves] == [("h0", "h1")]


def test_members_of_two_cells_are_mended_at_once() -> None:
    _, moves = mended(web(4, APART), at("h0", "h0", "h5", "h5"), two_cells())
    assert Counter(CELLS[each.target] for each in moves) == {"one": 1, "two": 1}
    assert all(CELLS[each.source] == CELLS[each.target] for each in moves)


def test_where_another_cell_alone_has_room_that_is_said() -> None:
    found = mend(web(2, APART), at("h0", "h0"), two_cells({"h4": 8, "h5": 8}))
    assert isinstance(found, Infeasible)
    assert [each.code for each in found.reasons] == ["other-cell"]


def test_a_new_member_may_be_in_another_cell() -> None:
    found = scale(web(3, APART), at("h0", "h1"), two_cells({"h4": 8}))
    assert isinstance(found, Scaled)
    assert found.moved == ()
    assert found.plan.assignment[Member("web", 2)] == "h4"


def test_a_change_moves_nobody_to_another_cell() -> None:
    """Of the three in the first rack one has to leave it, and the second is in both cells."""
    spread = Spread("rack", ("web",), max_skew=1)
    found = scale(web(4, spread), at("h0", "h0", "h0"), two_cells({"h2": 1, "h3": 8, "h4": 8}))
    assert isinstance(found, Scaled)
    assert [(each.source, each.target) for each in found.moved] == [("h0", "h2")]
    assert found.plan.assignment[Member("web", 3)] == "h4"


def test_a_host_of_no_known_cell_keeps_nobody() -> None:
    known = {host: cell for host, cell in CELLS.items() if host != "h0"}
    snapshot = replace(cloud({"h4": 8}), cells=known)
    _, moves = mended(web(2, APART), at("h0", "h0"), snapshot)
    assert [each.target for each in moves] == ["h4"]


def test_who_would_leave_its_cell_is_not_paired() -> None:
    with pytest.raises(ValueError, match="web-0 would leave its cell"):
        list(paired([Member("web", 0)], ["h4"], two_cells(), at("h0")))


def test_the_checker_sees_who_has_left_its_cell() -> None:
    [broken] = check(web(1), two_cells(), at("h4"), at("h0"))
    assert broken.message.code == "check.other-cell"


def _by_cell(assignment: Assignment, cells: Mapping[str, str]) -> Counter[tuple[str, str]]:
    return Counter((each.tier, cells[host]) for each, host in assignment.items())


@pytest.mark.parametrize("seed", range(80))
def test_no_plan_that_keeps_to_the_cells_is_better(seed: int) -> None:
    generator = random.Random(seed)
    ensemble, snapshot, running = small(generator)
    cells = {host: generator.choice(("one", "two")) for host in snapshot.topology.hosts}
    parted = replace(snapshot, cells=cells)
    existing = {each: host for each, host in running.items() if generator.random() < 0.8}
    least = _by_cell(existing, cells)
    best = min(
        (
            objective(ensemble, snapshot, each, existing)
            for each in assignments(ensemble, snapshot)
            if not least - _by_cell(each, cells) and not check(ensemble, snapshot, each, existing)
        ),
        default=None,
    )
    found = plan(ensemble, parted, existing, solve=solve, changes=False)
    if isinstance(found, Infeasible):
        assert best is None
        return
    assert all(cells[found.assignment[each]] == cells[host] for each, host in existing.items())
    assert tuple(each.value for each in found.objectives) == best


def test_tiers_have_homes_of_their_own() -> None:
    """That web fills a cell says nothing of db."""
    tiers = (Tier("web", 1, {"VCPU": 1}), Tier("db", 1, {"VCPU": 1}))
    running = {Member("web", 0): "h0", Member("db", 0): "h5"}
    found = plan(Ensemble(tiers, ()), two_cells(), running, solve=solve)
    assert not isinstance(found, Infeasible)
    assert dict(found.assignment) == running


def _by_zone(assignment: Assignment, zones: Mapping[str, str]) -> Counter[tuple[str, str]]:
    return Counter((member.tier, zones[host]) for member, host in assignment.items())


@pytest.mark.parametrize("seed", range(60))
def test_no_plan_that_keeps_pinned_members_in_their_zones_is_better(seed: int) -> None:
    generator = random.Random(seed)
    ensemble, snapshot, running = small(generator)
    topology = snapshot.topology
    zones = {host: topology.domain_of(host, "rack").name for host in topology.hosts}
    in_zones = Topology.build(topology.levels, {h: (zones[h],) for h in zones}, "rack")
    pins = {m: zones[host] for m, host in running.items() if generator.random() < 0.6}
    parted = replace(snapshot, topology=in_zones, pins=pins)
    # Who is with a pinned one of its tier is pinned as well.
    kept = {(member.tier, zone) for member, zone in pins.items()}
    stay = {m: host for m, host in running.items() if (m.tier, zones[host]) in kept}
    least = _by_zone(stay, zones)
    best = min(
        (
            objective(ensemble, snapshot, each, running)
            for each in assignments(ensemble, snapshot)
            if not least - _by_zone(each, zones) and not check(ensemble, snapshot, each, running)
        ),
        default=None,
    )
    found = plan(ensemble, parted, running, solve=solve, changes=False)
    if isinstance(found, Infeasible):
        assert best is None
        return
    assert all(zones[found.assignment[member]] == zone for member, zone in pins.items())
    assert not check(ensemble, parted, found.assignment, running)
    assert tuple(each.value for each in found.objectives) == best
