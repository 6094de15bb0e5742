# SPDX-License-Identifier: Apache-2.0
"""What fits on a host with several providers, and of which of them each member takes."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.parts import Ledger, Offered, Parts, parts
from ensemble_api.shares import by_provider

OWN = "host"
ISOLATE = ("group_policy", "isolate")


def gpus(amount: int, **more: int) -> Demand:
    return Demand({"VCPU": 1, "VGPU": amount, **more})


def granular(*amounts: int, policy: str = "none", **together: int) -> Demand:
    """One group for each amount, with what is taken together with it."""
    groups = tuple(
        (f"resources{number}", ",".join(f"{k}:{v}" for k, v in {"VGPU": n, **together}.items()))
        for number, n in enumerate(amounts, 1)
    )
    both = {name: n * len(amounts) for name, n in together.items()}
    total = {"VCPU": 1, "VGPU": sum(amounts), **both}
    return Demand(total, groups=(("group_policy", policy), *groups))


def offer(demand: Demand, *cards: str, free_choice: bool = True) -> Offered:
    sources = {
        ask: frozenset({OWN} if ask.resource_class == "VCPU" else cards) for ask in demand.asks
    }
    return Offered(demand, sources, free_choice)


def found(offers: Sequence[Offered], **left: int) -> Parts:
    stocks = {OWN: {"VCPU": (64, 0)}}
    stocks |= {card: {"VGPU": (n + 1, 1), "CUSTOM_FPGA": (n, 0)} for card, n in left.items()}
    return parts(OWN, offers, stocks)


CASES = [
    pytest.param([offer(gpus(1), "a", "b")], {"a": 2, "b": 3}, 5, True, id="all of both cards"),
    pytest.param([offer(gpus(2), "a", "b")], {"a": 3, "b": 3}, 4, True, id="pairs of each card"),
    pytest.param(
        [offer(gpus(2), "a", "b"), offer(gpus(3), "a", "b")],
        {"a": 3, "b": 3},
        5,
        False,
        id="three pairs would not fit in what one pair and one of three leave",
    ),
    pytest.param(
        [offer(gpus(2), "a"), offer(gpus(3), "a")], {"a": 6}, 6, True, id="any mix on one card"
    ),
    pytest.param(
        [offer(gpus(1), "a", "b"), offer(gpus(1), "a")],
        {"a": 2, "b": 2},
        2,
        False,
        id="what only one of the tiers can take is not counted",
    ),
    pytest.param(
        [offer(gpus(1), "a"), offer(gpus(1), "b")],
        {"a": 2, "b": 2},
        0,
        False,
        id="nothing is counted of cards of which each is for one tier",
    ),
    pytest.param(
        [offer(granular(1, 1), "a", "b")], {"a": 1, "b": 3}, 4, True, id="groups wherever they fit"
    ),
    pytest.param(
        [offer(granular(1, 1, policy="isolate"), "a", "b")],
        {"a": 1, "b": 3},
        2,
        True,
        id="groups apart: one member, since the other two of b have no match",
    ),
    pytest.param(
        [offer(granular(1, 1, policy="isolate"), "a", "b", "c")],
        {"a": 2, "b": 2, "c": 2},
        4,
        False,
        id="groups apart: two members can leave two units of one card for the third",
    ),
    pytest.param(
        [offer(granular(1, 1, policy="isolate"), "a", "b"), offer(gpus(1), "a", "b")],
        {"a": 2, "b": 2},
        0,
        False,
        id="groups apart beside others are not counted",
    ),
    pytest.param(
        [offer(granular(1, 2, policy="isolate"), "a", "b")],
        {"a": 2, "b": 2},
        0,
        False,
        id="unequal groups apart are not counted",
    ),
    pytest.param(
        [offer(granular(1, CUSTOM_FPGA=1), "a", "b")],
        {"a": 2, "b": 4},
        2,
        False,
        id="of what is taken together one card is counted",
    ),
    pytest.param(
        [offer(gpus(1), "a", "b", free_choice=False)],
        {"a": 2, "b": 2},
        0,
        False,
        id="what depends on what else is taken is not counted",
    ),
]


@pytest.mark.parametrize(("offers", "left", "free", "whole"), CASES)
def test_what_is_free(
    offers: list[Offered], left: Mapping[str, int], free: int, whole: bool
) -> None:
    has = found(offers, **left)
    assert (has.free["VGPU"], has.whole, has.free["VCPU"]) == (free, whole, 64)
    assert "VCPU" not in has.providers, "that is all of the host's own"


def orders(left: tuple[int, ...], amounts: tuple[int, ...]) -> bool:
    """Whether members of these amounts always find room, each on any card that has it."""
    for place in {*amounts}:
        rest = list(amounts)
        rest.remove(place)
        able = [number for number, each in enumerate(left) if each >= place]
        if not able:
            return False
        for number in able:
            after = (*left[:number], left[number] - place, *left[number + 1 :])
            if not orders(tuple(sorted(after)), tuple(rest)):
                return False
    return True


@settings(max_examples=150, deadline=None)
@given(
    left=st.lists(st.integers(0, 5), min_size=1, max_size=3),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=2, unique=True),
    counts=st.lists(st.integers(0, 4), min_size=2, max_size=2),
)
def test_what_is_counted_fits_in_any_order_on_whatever_cards(
    left: list[int], sizes: list[int], counts: list[int]
) -> None:
    cards = {f"c{number}": each for number, each in enumerate(left)}
    has = found([offer(gpus(size), *cards) for size in sizes], **cards)
    amounts = [size for size, count in zip(sizes, counts, strict=False) for _ in range(count)]
    while sum(amounts) > has.free["VGPU"]:
        amounts.pop()
    # A tier of which no card has room for one is not offered the host at all.
    amounts = [each for each in amounts if each <= max(left)]
    assert orders(tuple(sorted(left)), tuple(amounts))
    if len(sizes) == 1 and has.whole:
        most = sum(each // sizes[0] for each in left)
        assert has.free["VGPU"] == most * sizes[0], "all of them, where they are alike"


@settings(max_examples=100, deadline=None)
@given(left=st.lists(st.integers(0, 4), min_size=2, max_size=4), groups=st.integers(2, 3))
def test_groups_apart_are_as_many_as_fit_however_badly_they_choose(
    left: list[int], groups: int
) -> None:
    cards = {f"c{number}": each for number, each in enumerate(left)}
    demand = granular(*[1] * groups, policy="isolate")
    has = found([offer(demand, *cards)], **cards)

    def after(rest: tuple[int, ...]) -> set[tuple[int, ...]]:
        able = [number for number, each in enumerate(rest) if each]
        return {
            tuple(sorted(each - (number in chosen) for number, each in enumerate(rest)))
            for chosen in combinations(able, groups)
        }

    @cache
    def best(rest: tuple[int, ...]) -> int:
        return max((1 + best(each) for each in after(rest)), default=0)

    @cache
    def worst(rest: tuple[int, ...]) -> int:
        return min((1 + worst(each) for each in after(rest)), default=0)

    members, rest = has.free["VGPU"] // groups, tuple(sorted(left))
    assert members == worst(rest)
    assert has.whole == (members == best(rest))
    ledger = Ledger({OWN: has.providers})
    for _ in range(members):
        taken = by_provider(OWN, ledger.take(OWN, OWN, demand))
        assert len(taken) == groups + 1 and all(taken[each] for each in taken)
    assert all(each >= 0 for each in ledger.left(OWN, "VGPU").values())


def test_each_member_is_given_what_others_of_the_plan_have_left() -> None:
    has = found([offer(gpus(2), "a", "b")], a=2, b=4)
    ledger = Ledger({OWN: has.providers})
    taken = [by_provider(OWN, ledger.take(OWN, OWN, gpus(2))) for _ in range(3)]
    assert [each[OWN] for each in taken] == [{"VCPU": 1}] * 3
    assert sorted(card for each in taken for card in each if card != OWN) == ["a", "b", "b"]
    over = by_provider(OWN, ledger.take(OWN, OWN, gpus(2)))
    assert len(over) == 2, "for Placement to refuse"
    assert has.providers["VGPU"] == {"a": 2, "b": 4}, "what was found stays as it was"


def cards(taken: Sequence[Mapping[str, int]]) -> list[str]:
    """The card of each member that takes one."""
    return [uuid for each in taken for uuid in by_provider(OWN, each) if uuid != OWN]


def test_what_others_have_of_a_card_is_given_to_nobody() -> None:
    has = found([offer(gpus(1), "a", "b")], a=2, b=1)
    ledger = Ledger({OWN: has.providers}).without(OWN, {"a": {"VGPU": 2}, OWN: {"VCPU": 1}})
    assert ledger.left(OWN, "VGPU") == {"a": 0, "b": 1}
    assert cards([ledger.take(OWN, OWN, gpus(1))]) == ["b"]
    assert ledger.without("other", {"b": {"VGPU": 1}}).left(OWN, "VGPU") == {"a": 0, "b": 0}


def test_members_of_plans_that_are_held_together_get_different_cards() -> None:
    """Also where one of the plans may take of more cards than the other."""
    one = Ledger({OWN: found([offer(gpus(1), "a", "b")], a=1, b=1).providers})
    other = Ledger({OWN: found([offer(gpus(1), "b", "c")], b=1, c=1).providers}, one.taken)
    taken = [each.take(OWN, OWN, gpus(1)) for each in (one, other, other)]
    assert sorted(cards(taken)) == ["a", "b", "c"]
    assert one.without(OWN, {"a": {"VGPU": 1}}).taken is one.taken


def test_a_host_of_which_nothing_is_apart_gives_of_its_own() -> None:
    assert Ledger().take("other", OWN, gpus(1)) == {"VCPU": 1, "VGPU": 1}


def test_what_is_taken_together_is_taken_of_one_card() -> None:
    demand = granular(1, CUSTOM_FPGA=1)
    has = found([offer(demand, "a", "b"), offer(Demand({"CUSTOM_FPGA": 1}), "b")], a=2, b=4)
    assert {*has.providers["VGPU"]} == {*has.providers["CUSTOM_FPGA"]} == {"b"}
    taken = by_provider(OWN, Ledger({OWN: has.providers}).take(OWN, OWN, demand))
    assert taken == {OWN: {"VCPU": 1}, "b": {"VGPU": 1, "CUSTOM_FPGA": 1}}
