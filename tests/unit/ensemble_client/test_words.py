# SPDX-License-Identifier: Apache-2.0
"""The sentences of the command line."""

from typing import Any

import pytest
from fake_cloud import SURVIVABILITY

from ensemble_client import words


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        pytest.param(
            {"type": "anti-affinity", "level": "rack", "tiers": ["db"], "max_per_domain": 2},
            "hard anti-affinity by rack: db, at most 2 a rack",
            id="one tier kept apart",
        ),
        pytest.param(
            {"type": "anti-affinity", "level": "host", "tiers": ["a", "b"], "enforcement": "soft"},
            "soft anti-affinity by host: a, b",
            id="two tiers kept apart, softly",
        ),
        pytest.param(
            {"type": "affinity", "level": "zone", "tiers": ["a", "b"], "enforcement": "hard"},
            "hard affinity by zone: a, b",
            id="two tiers kept together",
        ),
    ],
)
def test_a_policy_in_words(policy: dict[str, Any], said: str) -> None:
    assert words.policy_text(policy) == said


def test_survivability_in_words_has_a_line_a_tier() -> None:
    assert words.survivability_lines(SURVIVABILITY) == [
        "web: 1 of 2 left after any host, 1 of 2 left after any rack, may be lost with one zone",
        "cache: may be lost with one host, may be lost with one rack, may be lost with one zone",
    ]


@pytest.mark.parametrize(
    ("survives", "said"),
    [
        pytest.param([("host", True), ("rack", True), ("zone", False)], "any host, any rack"),
        pytest.param([("host", False), ("rack", False)], "none"),
        pytest.param([], "none"),
    ],
    ids=["two levels survived", "no level survived", "nothing known"],
)
def test_what_survives_in_words(survives: list[tuple[str, bool]], said: str) -> None:
    entries = [{"level": level, "survives": alive} for level, alive in survives]
    assert words.survives_text(entries) == said


def test_the_proof_in_words_names_what_is_open() -> None:
    tight = {"name": "worst host loss", "value": 2, "bound": 2, "proved": True}
    loose = {"name": "worst rack loss", "value": 3, "bound": 2, "proved": False}
    assert words.proof_text([tight]) == "proved optimal"
    said = "not proved optimal; worst rack loss: best 3, bound 2"
    assert words.proof_text([tight, loose]) == said


def test_reasons_come_with_their_policy_and_suggestion() -> None:
    reasons: list[dict[str, Any]] = [
        {"message": "Too few racks.", "policy": 1, "suggestion": "Allow 2 a rack."},
        {"message": "No capacity.", "policy": None, "suggestion": None},
    ]
    assert words.reason_lines(reasons, lambda field: f"a.yaml:9 {field}") == [
        "- Too few racks. (a.yaml:9 ensemble.policies[1])",
        "  Suggestion: Allow 2 a rack.",
        "- No capacity.",
    ]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("\x1b[31mred", "\\u001b[31mred", id="an escape sequence"),
        pytest.param("a\u202eb", "a\\u202eb", id="a direction override"),
        pytest.param("Größe <b>日本</b>", "Größe <b>日本</b>", id="letters and HTML stay"),
    ],
)
def test_text_cannot_steer_the_terminal(raw: str, shown: str) -> None:
    assert words.printable(raw) == shown
