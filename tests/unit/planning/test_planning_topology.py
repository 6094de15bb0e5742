# SPDX-License-Identifier: Apache-2.0
"""The tree of failure domains, and what a snapshot says over it."""

import numpy as np
import pytest
from planning_clouds import LEVELS, cloud

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Tier
from ensemble_api.planning.snapshot import Packing, Snapshot
from ensemble_api.planning.topology import Topology


def test_hosts_are_in_the_order_of_their_names_and_find_their_domains() -> None:
    tree = Topology.build(LEVELS, {"b": ("r1", "z1"), "a": ("r2", "z1"), "c": ("r1", "z2")})
    assert tree.hosts == ("a", "b", "c")
    assert [domain.path for domain in tree.domains("rack")] == [
        ("z1", "r1"),
        ("z1", "r2"),
        ("z2", "r1"),
    ]
    assert tree.index("rack").tolist() == [1, 0, 2]
    assert tree.parent("rack").tolist() == [0, 0, 1]
    assert tree.domain_of("c", "zone").name == "z2"


def test_a_missing_rack_is_a_rack_of_its_own_and_a_missing_zone_is_that_of_its_rack() -> None:
    tree = Topology.build(
        LEVELS, {"a": (None, "z"), "b": ("", "z"), "c": ("r", None), "d": ("r", None)}
    )
    assert tree.size("rack") == 3
    assert tree.domain_of("c", "zone") == tree.domain_of("d", "zone")
    assert tree.domain_of("a", "zone") == tree.domain_of("b", "zone")


def test_a_cloud_may_have_the_host_level_alone_or_four_levels() -> None:
    flat = Topology.build(("host",), {"a": (), "b": ()})
    assert [domain.path for domain in flat.domains("host")] == [("a",), ("b",)]
    deep = Topology.build(("host", "rack", "row", "zone"), {"a": ("r", "w", "z")})
    assert deep.domain_of("a", "host").path == ("z", "w", "r", "a")


@pytest.mark.parametrize(
    ("levels", "hosts", "field"),
    [
        pytest.param((), {}, "levels", id="no level"),
        pytest.param(("host", "host"), {}, "levels", id="a level twice"),
        pytest.param(("host", "rack"), {"a": ()}, "hosts.a", id="a host without its rack entry"),
    ],
)
def test_refused_trees(
    levels: tuple[str, ...], hosts: dict[str, tuple[str, ...]], field: str
) -> None:
    with pytest.raises(ModelError) as refused:
        Topology.build(levels, hosts)
    assert refused.value.field == field


def test_an_unknown_level_is_refused_with_those_that_there_are() -> None:
    tree = Topology.build(LEVELS, {"a": ("r", "z")})
    with pytest.raises(ModelError, match="host, rack, zone"):
        tree.index("row")


def test_a_snapshot_cannot_be_changed_by_anybody() -> None:
    free = np.array([[4]])
    snapshot = Snapshot(
        Topology.build(("host",), {"a": ()}),
        ("VCPU",),
        np.array([[8]]),
        free,
        (frozenset(),),
        np.array([True]),
    )
    free[0, 0] = 0
    assert snapshot.free.tolist() == [[4]]
    with pytest.raises(ValueError, match="read-only"):
        snapshot.free[0, 0] = 1


@pytest.mark.parametrize("name", ["total", "free", "usable", "traits", "resource_classes"])
def test_a_snapshot_of_the_wrong_shape_is_refused(name: str) -> None:
    values = {
        "resource_classes": ("VCPU",),
        "total": np.array([[8]]),
        "free": np.array([[8]]),
        "traits": (frozenset[str](),),
        "usable": np.array([True]),
    }
    wrong = {
        "resource_classes": ("VCPU", "VCPU"),
        "total": np.array([[8, 8]]),
        "free": np.array([8]),
        "traits": (),
        "usable": np.array([True, False]),
    }
    with pytest.raises(ModelError) as refused:
        Snapshot(Topology.build(("host",), {"a": ()}), **(values | {name: wrong[name]}))  # type: ignore[arg-type]
    assert refused.value.field == name


def test_eligibility_is_by_state_traits_and_zone() -> None:
    snapshot = cloud(
        {"a": ("r", "z1", 1), "b": ("r", "z1", 1), "c": ("r", "z1", 1), "d": ("r", "z2", 1)},
        down=["a"],
        traits={"b": ["SSD"], "c": ["SSD", "OLD"], "d": ["SSD"]},
    )
    wanted = Tier("web", 1, {}, frozenset({"SSD"}), frozenset({"OLD"}), "z1")
    assert snapshot.eligible(wanted).tolist() == [False, True, False, False]


def test_hosts_are_rated_by_what_is_free_as_the_operator_chose() -> None:
    hosts = {"empty": ("r", "z", 8), "full": ("r", "z", 0), "half": ("r", "z", 4)}
    assert cloud(hosts).packing_costs(["VCPU"]).tolist() == [0, 1000, 500]
    stacked = cloud(hosts, packing=Packing.STACK)
    assert stacked.packing_costs(["VCPU"]).tolist() == [1000, 0, 500]


def test_a_class_that_nobody_asks_for_does_not_rate_a_host() -> None:
    snapshot = Snapshot(
        Topology.build(("host",), {"a": (), "b": ()}),
        ("VCPU", "DISK_GB"),
        np.array([[8, 1000], [8, 1000]]),
        np.array([[4, 0], [2, 1000]]),
        (frozenset(),) * 2,
        np.array([True, True]),
    )
    assert snapshot.packing_costs(["VCPU"]).tolist() == [500, 750]
    assert snapshot.packing_costs(["VCPU", "DISK_GB"]).tolist() == [750, 375]
    assert snapshot.packing_costs([]).tolist() == [0, 0]
    assert snapshot.packing_costs(["CUSTOM_GPU"]).tolist() == [0, 0]
