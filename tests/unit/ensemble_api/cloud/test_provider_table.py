# SPDX-License-Identifier: Apache-2.0
"""What is known of providers, row by row, as it changes."""

from dataclasses import replace

import pytest

from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.provider_table import (
    ALLOWED,
    NOT_ASKED,
    REFUSED,
    Provider,
    ProviderTable,
    Stock,
)

ONE = Demand({"VCPU": 1})
FOUR = Demand({"VCPU": 4})


def vcpu(capacity: int, used: int = 0, *traits: str, most: int | None = None) -> Provider:
    limits = None if most is None else (1, most, 1)
    return Provider({"VCPU": Stock(capacity, used, limits)}, frozenset(traits), 7)


def table(**providers: Provider) -> ProviderTable:
    empty = ProviderTable.of(dict.fromkeys((*providers, "full"), 1))
    return empty.having(providers.items())


def test_a_row_has_room_for_what_fits_beside_what_is_used() -> None:
    found = table(a=vcpu(4), b=vcpu(4, 1), c=vcpu(0))
    assert found.room(FOUR).tolist() == [True, False, False, False]
    assert found.room(ONE).tolist() == [True, True, False, False]
    assert not found.room(Demand({"VCPU": 1, "VGPU": 1})).any()


def test_traits_are_those_of_the_row() -> None:
    found = table(a=vcpu(4, 0, "X"), b=vcpu(4), c=vcpu(4, 0, "X", "COMPUTE_STATUS_DISABLED"))
    assert found.room(Demand({"VCPU": 1}, frozenset({"X"}))).tolist() == [True, False, False, False]
    avoids = Demand({"VCPU": 1}, forbidden=frozenset({"X"}))
    assert found.room(avoids).tolist() == [False, True, False, False]


def test_limits_that_are_known_decide_and_others_are_asked_for() -> None:
    found = table(a=vcpu(16, most=2), b=vcpu(16))
    assert found.allowed(FOUR).tolist() == [REFUSED, NOT_ASKED, NOT_ASKED]
    assert found.allowed(ONE).tolist() == [ALLOWED, NOT_ASKED, NOT_ASKED]
    told = found.told(FOUR, ["b"], most=5, when=found)
    assert told.allowed(FOUR).tolist() == [REFUSED, ALLOWED, NOT_ASKED]
    assert found.told(FOUR, [], most=5, when=found).allowed(FOUR).tolist() == [
        REFUSED,
        REFUSED,
        NOT_ASKED,
    ]


def test_what_was_refused_is_asked_for_again_when_something_was_given_back() -> None:
    found = table(a=vcpu(16, 4))
    told = found.told(FOUR, [], most=5, when=found)
    assert told.allowed(FOUR).tolist() == [REFUSED, NOT_ASKED]
    assert told.having([("a", vcpu(16, 2))]).allowed(FOUR).tolist() == [NOT_ASKED, NOT_ASKED]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        pytest.param(vcpu(16, 13), vcpu(16), id="it had no room then"),
        pytest.param(vcpu(16), replace(vcpu(16), generation=8), id="it has changed since"),
        pytest.param(None, vcpu(16), id="it was not there"),
    ],
)
def test_an_answer_refuses_no_provider_that_was_another_when_it_was_asked_for(
    then: Provider | None, now: Provider
) -> None:
    when = table(b=vcpu(16), **({} if then is None else {"a": then}))
    told = table(a=now, b=vcpu(16)).told(FOUR, [], most=5, when=when)
    assert told.allowed(FOUR).tolist() == [NOT_ASKED, REFUSED, NOT_ASKED]


def test_limits_of_a_provider_that_has_grown_are_not_taken_for_known() -> None:
    found = table(a=vcpu(4, most=4)).having([("a", vcpu(8))])
    assert found.allowed(ONE).tolist() == [NOT_ASKED, NOT_ASKED]


def test_no_more_answers_are_kept_than_wanted() -> None:
    found = table(a=vcpu(99))
    for amount in range(1, 9):
        found = found.told(Demand({"VCPU": amount}), ["a"], most=3, when=found)
    assert len(found.listed) == 3
    assert found.allowed(Demand({"VCPU": 8})).tolist() == [ALLOWED, NOT_ASKED]


def test_providers_that_come_and_go_leave_the_others_as_they_are() -> None:
    found = table(a=vcpu(4, 1), b=vcpu(8, 2, "X", most=3))
    found = found.told(ONE, ["a"], most=5, when=found)
    moved = found.among({"new": 5, "b": 9})
    assert moved.changed({"new": 5, "b": 9}) == ["new", "b"]
    assert moved.room(ONE).tolist() == [False, True]
    assert moved.allowed(FOUR).tolist() == [NOT_ASKED, REFUSED]
    assert moved.room(Demand({"VCPU": 1}, frozenset({"X"}))).tolist() == [False, True]
    assert moved.unknown() == ["new"]


def test_generations_tell_which_providers_have_changed() -> None:
    found = table(a=vcpu(4)).at({"a": 3, "full": 4})
    assert found.changed({"a": 3, "full": 4}) == []
    assert found.changed({"a": 4, "full": 4, "more": 1}) == ["a", "more"]
    assert found.read_at == {"a": 3, "full": 4}


def test_a_provider_without_a_free_processor_has_room_for_nobody() -> None:
    found = table(a=vcpu(4, most=4), b=vcpu(4))
    full = found.full(found.room(ONE) & (found.allowed(ONE) == ALLOWED))
    assert full.room(ONE).tolist() == [False, True, False]


def test_what_is_asked_of_other_providers_is_not_answered() -> None:
    found = table(a=vcpu(4))
    assert found.answers_for(ONE)
    for demand in (
        Demand({"MEMORY_MB": 1}),
        Demand({"VCPU": 1}, groups=(("resources1", "VGPU:1"),)),
    ):
        assert not found.answers_for(demand)


def test_what_was_taken_counts_where_nothing_newer_is_known() -> None:
    found = table(a=vcpu(8, 1), b=vcpu(8, 1), c=vcpu(8, 1))
    at = {"a": 7, "b": 6, "c": 7}
    after = found.less({"a": {"VCPU": 4}, "b": {"VCPU": 4}, "gone": {"VCPU": 4}}, at)
    assert after.used[:3, 0].tolist() == [5, 1, 1]
    assert [after.read_at[each] for each in "abc"] == [8, 7, 7]
    assert found.used[:3, 0].tolist() == [1, 1, 1]
