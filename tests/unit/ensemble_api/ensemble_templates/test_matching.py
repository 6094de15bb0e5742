# SPDX-License-Identifier: Apache-2.0
"""Patterns of tenants: as Python's own, but in bounded time and without what needs to go back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_api import limits
from ensemble_api.ensemble_templates import matching
from ensemble_api.ensemble_templates.matching import TextPattern
from ensemble_api.planning.errors import ModelError


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        pytest.param("[a-z][a-z0-9-]*", "web-1", True, id="a name"),
        pytest.param("[a-z][a-z0-9-]*", "1-web", False, id="no name"),
        pytest.param("[a-z]+", "web1", False, id="the start of a text is not the whole"),
        pytest.param("^[a-z]+$", "web", True, id="edges may be said"),
        pytest.param("^a$|^b$", "b", True, id="edges in each choice"),
        pytest.param("a^b", "ab", False, id="an edge in the middle is never there"),
        pytest.param(r"\d{1,3}(\.\d{1,3}){3}", "10.0.0.1", True, id="an address"),
        pytest.param(r"\d{1,3}(\.\d{1,3}){3}", "10.0.0", False, id="half an address"),
        pytest.param("", "", True, id="nothing"),
        pytest.param("", "a", False, id="something that is not nothing"),
        pytest.param("[]a]+", "]a", True, id="a bracket that comes first"),
        pytest.param("[^a-c]", "d", True, id="all others"),
        pytest.param(r"[\w.-]+@[\w.-]+", "ada@example.org", True, id="classes in a set"),
        pytest.param(r"\S+", "a b", False, id="all others of a class"),
        pytest.param("a{2,}", "aaa", True, id="at least so many"),
        pytest.param("a{,2}", "aaa", False, id="at most so many"),
        pytest.param(".", "\n", False, id="any character of a line"),
        pytest.param(
            "(?:ab|c)+?", "abc", True, id="a group without a number, and as few as can be"
        ),
        pytest.param("(a*)*", "aaaa", True, id="nothing, repeated"),
        pytest.param("(){999}", "", True, id="nothing, so often"),
    ],
)
def test_a_whole_text_matches_or_does_not(pattern: str, text: str, matches: bool) -> None:
    assert TextPattern(pattern).matches(text) is matches


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        pytest.param(r"(a)\1", "invalid.pattern", id="what a group has matched"),
        pytest.param("a(?=b)", "invalid.pattern", id="a look ahead"),
        pytest.param("(?P<n>a)", "invalid.pattern", id="a group with a name"),
        pytest.param("(?i)a", "invalid.pattern", id="a flag"),
        pytest.param("a++", "invalid.pattern", id="twice repeated"),
        pytest.param("*a", "invalid.pattern", id="nothing repeated"),
        pytest.param("a{3,2}", "invalid.pattern", id="bounds that cross"),
        pytest.param("a{", "invalid.pattern", id="a brace that is not closed"),
        pytest.param("a)", "invalid.pattern", id="a group that was not begun"),
        pytest.param("(a", "invalid.pattern-ends", id="a group that does not end"),
        pytest.param("[a", "invalid.pattern-ends", id="a set that does not end"),
        pytest.param("a\\", "invalid.pattern-ends", id="an escape of nothing"),
        pytest.param("[z-a]", "invalid.pattern", id="a range that goes back"),
        pytest.param("(((a{99}){99}){99})", "invalid.costly-pattern", id="repeats of repeats"),
        pytest.param("a{501}", "invalid.costly-pattern", id="too many repeats"),
        pytest.param(r"[\d-x]", "invalid.pattern", id="a range from a class"),
        pytest.param("a" * 256, "invalid.long-pattern", id="a long one"),
        pytest.param("(" * 60 + ")" * 60, "invalid.deep-pattern", id="deep groups"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(pattern: str, code: str) -> None:
    with pytest.raises(ModelError) as caught:
        TextPattern(pattern)
    assert caught.value.field == "allowed_pattern"
    assert caught.value.reason.code == code  # type: ignore[union-attr]


ATOM = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\W", "^", "$"])
PATTERNS = st.recursive(
    ATOM,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: f"({'|'.join(each)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?"])).map(
            lambda each: f"(?:{each[0]}){each[1]}"
        ),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.text("ab1-", max_size=6))
def test_it_matches_as_python_does(pattern: str, text: str) -> None:
    expected = re.fullmatch(pattern, text, re.ASCII) is not None
    assert TextPattern(pattern).matches(text) is expected


@given(st.text(max_size=40))
def test_whatever_is_read_is_read_by_python_too(pattern: str) -> None:
    try:
        TextPattern(pattern)
    except ModelError:
        return
    re.compile(pattern)


class Counted(matching.CharacterSet):
    """A set that counts how often it is asked."""

    asked = 0

    def holds(self, character: str) -> bool:
        Counted.asked += 1
        return super().holds(character)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+$", "(.*)(.*)(.*)(.*)x"])
def test_what_takes_python_for_ever_takes_as_many_steps_as_the_text_is_long(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = TextPattern(pattern)
    steps = tuple(
        Counted(each.ranges, each.classes, each.negated)
        if isinstance(each, matching.CharacterSet)
        else each
        for each in made._steps
    )
    object.__setattr__(made, "_steps", steps)
    Counted.asked = 0
    made.matches("a" * limits.PATTERN)
    assert 0 < Counted.asked <= len(steps) * limits.PATTERN
