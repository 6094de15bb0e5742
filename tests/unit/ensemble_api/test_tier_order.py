# SPDX-License-Identifier: Apache-2.0
"""The order of tiers: what can be meant, and who comes before whom."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_api import tier_order
from ensemble_api.planning.errors import ModelError


def described(**after: str) -> list[dict[str, object]]:
    """Tiers by their names, with those that they wait for in one text."""
    return [{"name": name, "after": named.split()} for name, named in after.items()]


@pytest.mark.parametrize(
    ("tiers", "field", "reason"),
    [
        pytest.param(
            described(web="web"),
            "tiers[0].after[0]",
            "must name another tier; web cannot wait for itself",
            id="a tier cannot wait for itself",
        ),
        pytest.param(
            described(web="db cache", db=""),
            "tiers[0].after[1]",
            "must name a tier of the ensemble, and “cache” is none",
            id="a tier cannot wait for one that is not there",
        ),
        pytest.param(
            described(web="app", app="db", db="app"),
            "tiers[1].after[0]",
            "must not go round in a circle: app, db, app would wait for each other",
            id="a circle is refused where it begins, and not where somebody waits for it",
        ),
        pytest.param(
            described(a="b", b="x c", c="a", x=""),
            "tiers[0].after[0]",
            "must not go round in a circle: a, b, c, a would wait for each other",
            id="a circle of three is told in its order",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_field(
    tiers: list[dict[str, object]], field: str, reason: str
) -> None:
    with pytest.raises(ModelError) as error:
        tier_order.check(tiers)
    assert (error.value.field, str(error.value.reason)) == (field, reason)


GRAPHS = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdef"), unique=True, max_size=3)
)


@given(GRAPHS)
def test_circles_are_those_that_a_sort_finds_and_what_comes_before_is_sorted_before(
    named: Mapping[str, list[str]],
) -> None:
    """Against the standard library's sorter, and a walk of one step at a time."""
    graph = {name: [each for each in after if each in named] for name, after in named.items()}
    tiers = [{"name": name, "after": after} for name, after in graph.items()]
    try:
        order = [*TopologicalSorter(graph).static_order()]
    except CycleError:
        with pytest.raises(ModelError):
            tier_order.check(tiers)
        return
    tier_order.check(tiers)
    reached: dict[str, set[str]] = {}
    for name in order:
        reached[name] = {*graph[name]}.union(*(reached[each] for each in graph[name]))
    assert tier_order.earlier(tiers) == reached


def test_a_tier_is_stored_with_what_does_not_hold_without_a_word() -> None:
    tier = {"name": "web", "count": 2, "after": ["db"], "gate": {"wait_for": "active"}}
    assert tier_order.completed(tier) == {"name": "web", "count": 2, "after": ["db"]}
    assert tier_order.completed({"name": "web", "after": []}) == {"name": "web"}


def test_nobody_waits_for_what_is_gone() -> None:
    assert tier_order.without({"after": ["db", "cache"]}, {"db"}) == {"after": ["cache"]}
    assert tier_order.without({"after": "db"}, {"db"}) == {"after": "db"}, "no shape is known"
    assert tier_order.without({"name": "web"}, {"db"}) == {"name": "web"}


def test_what_is_stored_of_a_gate_is_what_it_does_not_do_by_itself() -> None:
    signals = {"wait_for": "signal", "timeout": 60, "then": "go-on"}
    assert tier_order.completed({"name": "db", "gate": {"wait_for": "active"}}) == {"name": "db"}
    assert tier_order.completed({"name": "db", "gate": signals}) == {"name": "db", "gate": signals}


def test_a_gate_of_signals_fails_after_half_an_hour_where_nothing_else_is_said() -> None:
    gate = tier_order.Gate.of({"name": "db", "gate": {"wait_for": "signal"}})
    assert (gate.signals, gate.timeout, gate.then) == (True, 1800, "fail")
    assert not tier_order.Gate.of({"name": "db"}).signals
