# SPDX-License-Identifier: Apache-2.0
"""What the outside observer of drains makes of its looks is right before it is run for an hour."""

from tests.soak.watching import Look, Promise, judge

WEB = Promise("shop web", ("a", "b", "c"), needed=2)
UP = frozenset({"h1", "h2", "h3"})


def look(at: float, up: frozenset[str] = UP, **servers: tuple[str, str]) -> Look:
    usual = {"a": ("ACTIVE", "h1"), "b": ("ACTIVE", "h2"), "c": ("ACTIVE", "h3")}
    return Look(at, usual | servers, up)


def test_one_that_migrates_is_not_available_and_two_at_once_break_the_promise() -> None:
    alone = [look(0), look(1, a=("MIGRATING", "h1")), look(2.5, a=("ACTIVE", "h3"))]
    seen = judge(alone, [WEB], {"h1"})
    assert (seen.looks, seen.gap, seen.least, seen.breaches, seen.within) == (3, 1.5, 0, (), ())
    both = look(3, a=("MIGRATING", "h1"), b=("MIGRATING", "h2"))
    assert judge([both], [WEB], ()).breaches == ("shop web at 3 s: 1 too few",)


def test_what_is_active_on_a_host_that_is_down_is_not_available() -> None:
    seen = judge([look(0, frozenset({"h1"}))], [WEB], ())
    assert (seen.least, len(seen.breaches)) == (-1, 1)


def test_a_server_that_is_gone_is_not_available() -> None:
    gone = Look(0, {"a": ("ACTIVE", "h1")}, UP)
    assert judge([gone], [WEB], ()).breaches == ("shop web at 0 s: 1 too few",)


def test_who_goes_from_one_host_of_the_rack_to_another_is_told() -> None:
    seen = judge([look(0), look(1, a=("ACTIVE", "h2"))], [WEB], {"h1", "h2"})
    assert seen.within == ("a from h1 to h2",)
    assert judge([look(0), look(1, a=("ACTIVE", "h2"))], [WEB], {"h1"}).within == ()
