# SPDX-License-Identifier: Apache-2.0
"""What is done by itself: what descriptions say of it, what is refused, and how it is told."""

from typing import Any

import pytest

from ensemble_api.recovery import (
    Locked,
    Mode,
    Recovery,
    Reserve,
    completed,
    planned_tiers,
    rebuilds,
    sentences,
)

WEB = {"name": "web", "count": 2, "server": {}}
DB = {"name": "db", "count": 1, "server": {}, "recovery": {"rebuild": True}}


def body(**recovery: Any) -> dict[str, Any]:
    return {"tiers": [WEB, DB], **({"recovery": recovery} if recovery else {})}


def test_nothing_is_done_by_itself_without_a_word() -> None:
    found = Recovery.of(body())
    assert found == Recovery(Mode.MANUAL, 0, 10, Locked.EVACUATE, Mode.MANUAL)
    assert found.described == {}


def test_what_is_said_is_taken_and_the_rest_filled_in() -> None:
    found = Recovery.of(body(mode="auto", locked="leave"))
    assert (found.mode, found.locked) == (Mode.AUTO, Locked.LEAVE)
    assert found.described == {
        "mode": "auto",
        "delay": 0,
        "at_once": 10,
        "locked": "leave",
        "rebalance": "manual",
    }
    assert Recovery.of({"recovery": found.described}) == found


def test_a_reserve_is_for_one_failure_unless_it_is_for_more() -> None:
    found = Recovery.of(body(reserve={"level": "rack"}))
    assert found.reserve == Reserve("rack", 1)
    assert found.described["reserve"] == {"level": "rack", "failures": 1}
    assert Recovery.of({"recovery": found.described}) == found
    assert str(sentences(body(reserve={"level": "rack"}))[-1]) == (
        "Capacity is held with which all servers find places after the failure of any one rack."
    )
    assert str(sentences(body(reserve={"level": "row", "failures": 2}))[-1]) == (
        "Capacity is held with which all servers find places after the failure of any 2 domains of "
        "level row."
    )


@pytest.mark.parametrize(
    "field, wrong",
    [
        ("level", {"level": ""}),
        ("failures", {"level": "rack", "failures": 0}),
        ("failures", {"level": "rack", "failures": 11}),
        ("failures", {"level": "rack", "failures": True}),
    ],
)
def test_a_reserve_that_is_none_is_refused_with_its_field(field: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        Reserve(**wrong)


@pytest.mark.parametrize(
    "field, value",
    [
        ("mode", "never"),
        ("delay", -1),
        ("delay", 86_401),
        ("delay", True),
        ("delay", 1.5),
        ("at_once", 0),
        ("at_once", 101),
        ("locked", "move"),
        ("rebalance", ""),
    ],
)
def test_bad_values_are_refused_with_their_field(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        Recovery(**{field: value})


def test_a_tier_says_whether_its_servers_are_built_anew() -> None:
    assert not rebuilds(body(), "web")
    assert rebuilds(body(), "db")
    with pytest.raises(KeyError):
        rebuilds(body(), "cache")


def test_a_tier_is_stored_with_what_would_not_hold_without_a_word() -> None:
    assert completed(DB) == DB
    assert completed({**WEB, "recovery": {"rebuild": False}}) == WEB
    assert completed({**WEB, "recovery": {}}) == WEB


def test_recovery_is_no_part_of_what_is_planned() -> None:
    assert planned_tiers(body()) == [WEB, {**WEB, "name": "db", "count": 1}]


@pytest.mark.parametrize(
    "recovery, said",
    [
        ({}, ["Servers that are lost get other places when somebody asks for it."]),
        (
            {"mode": "auto"},
            ["Servers that are lost get other places by themselves, at most 10 at once."],
        ),
        (
            {"mode": "auto", "delay": 1, "at_once": 3},
            [
                (
                    "Servers that are lost for 1 second get other places by themselves, at most 3 "
                    "at once."
                )
            ],
        ),
        (
            {"locked": "leave", "rebalance": "auto"},
            [
                "Servers that are lost get other places when somebody asks for it.",
                "A server that is locked is left where it is.",
                (
                    "Once capacity is back, servers move by themselves to where the ensemble is "
                    "spread best."
                ),
            ],
        ),
    ],
    ids=["nothing said", "at once", "after a second", "by command, without locked ones"],
)
def test_people_are_told_what_is_done(recovery: dict[str, Any], said: list[str]) -> None:
    plain = {"tiers": [WEB], "recovery": recovery}
    assert [str(each) for each in sentences(plain)] == said


def test_people_are_told_what_is_built_anew() -> None:
    assert str(sentences(body())[1]) == (
        "A server of db that cannot be evacuated is built anew by its template."
    )
