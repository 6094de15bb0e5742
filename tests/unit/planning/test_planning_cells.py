# SPDX-License-Identifier: Apache-2.0
"""Members that a failure took get places in the cells that they are in, and nowhere else."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from planning_clouds import cloud
from planning_solved import recover

from ensemble_api.planning.cells import within_cells
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import Spread
from ensemble_api.planning.snapshot import Snapshot

CELLS = {"a0": "one", "a1": "one", "b0": "two", "b1": "two"}


def four(free: Mapping[str, int], down: tuple[str, ...] = ("a0",)) -> Snapshot:
    """Two racks of two hosts, each in a cell of its own."""
    snapshot = cloud({name: (name[0], "z", free.get(name, 0)) for name in CELLS}, down=down)
    return replace(snapshot, cells=CELLS)


def web(count: int, *policies: Spread) -> Ensemble:
    return Ensemble((Tier("web", count, {"VCPU": 1}),), policies)


@pytest.mark.parametrize(
    ("free", "place"),
    [
        pytest.param({"a1": 1, "b0": 4}, "a1", id="the less free host of its cell is taken"),
        pytest.param({"b0": 4, "b1": 4}, None, id="room in another cell is none"),
    ],
)
def test_a_lost_member_stays_in_its_cell(free: Mapping[str, int], place: str | None) -> None:
    member = Member("web", 0)
    found = recover([Hit("e", web(1), {}, four(free), homes={member: "a0"})])["e"]
    assert dict(found.moves) == ({member: place} if place else {})
    assert found.fits is (place is not None)


def test_of_a_tier_in_two_cells_those_of_the_smaller_part_wait() -> None:
    homes = {Member("web", 0): "b0", Member("web", 1): "a0", Member("web", 2): "a0"}
    snapshot = four({"a1": 2, "b1": 2}, down=("a0", "b0"))
    hit = Hit("e", web(3), {}, snapshot, homes=homes)
    assert within_cells(hit).waiting == {Member("web", 0)}
    found = recover([hit])["e"]
    assert dict(found.moves) == {Member("web", 1): "a1", Member("web", 2): "a1"}
    assert found.fits is None, "what becomes of the other is for the next repair to tell"


def test_domains_of_other_cells_count_where_members_are_spread() -> None:
    """They are closed to the lost ones, and are domains of the cloud all the same."""
    spread = Spread("rack", ("web",), max_skew=1)
    staying = {Member("web", 0): "b0"}
    snapshot = four({"a1": 1, "b1": 9})
    hit = Hit("e", web(2, spread), staying, snapshot, homes={Member("web", 1): "a0"})
    found = recover([hit])["e"]
    assert (dict(found.moves), found.unmet) == ({Member("web", 1): "a1"}, ())


def test_a_cloud_whose_cells_are_not_told_apart_is_left_as_it_is() -> None:
    snapshot = replace(four({"b0": 1}), cells={})
    hit = Hit("e", web(1), {}, snapshot, homes={Member("web", 0): "a0"})
    assert within_cells(hit) is hit


def two_zones(free: Mapping[str, int]) -> Snapshot:
    """Two zones of two hosts, in one cell; a0 has failed."""
    pins = {Member("web", 0): "a"}
    hosts = {name: (name[0], name[0], free.get(name, 0)) for name in CELLS}
    return replace(cloud(hosts, down=("a0",)), pins=pins)


@pytest.mark.parametrize(
    ("free", "place"),
    [
        pytest.param({"a1": 1, "b0": 4}, "a1", id="the less free host of its zone is taken"),
        pytest.param({"b0": 4, "b1": 4}, None, id="room in another zone is none"),
    ],
)
def test_a_lost_member_that_is_pinned_stays_in_its_zone(
    free: Mapping[str, int], place: str | None
) -> None:
    member = Member("web", 0)
    found = recover([Hit("e", web(1), {}, two_zones(free), homes={member: "a0"})])["e"]
    assert dict(found.moves) == ({member: place} if place else {})


def test_one_of_its_tier_that_is_not_pinned_goes_where_there_is_room() -> None:
    homes = {Member("web", 1): "a0"}
    hit = Hit("e", web(2), {Member("web", 0): "a1"}, two_zones({"b0": 4}), homes=homes)
    assert dict(recover([hit])["e"].moves) == {Member("web", 1): "b0"}
