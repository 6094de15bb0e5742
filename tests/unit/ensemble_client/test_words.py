# SPDX-License-Identifier: Apache-2.0
"""Answers laid out for a terminal; what they say is the API's."""

from collections.abc import Callable
from typing import Any

import pytest

from ensemble_client import words
from tests.fakes.ensemble_answers import SURVIVABILITY


@pytest.mark.parametrize(
    ("states", "said"),
    [
        pytest.param(
            [("host", "works"), ("rack", "degraded"), ("zone", "down")],
            "host: works, rack: degraded, zone: down",
            id="each level",
        ),
        pytest.param([], "", id="nothing known"),
    ],
)
def test_what_one_failure_leaves_is_a_word_a_level(
    states: list[tuple[str, str]], said: str
) -> None:
    assert words.states_text({"level": level, "label": label} for level, label in states) == said


SURVIVES = {
    "message": "The ensemble works after the loss of any one rack.",
    "worst_message": "At worst, 2 of 3 web are left.",
    "any": [
        {"failures": 1, "left": {"web": 2}, "message": "At worst, 2 of 3 web are left."},
        {"failures": 2, "left": {"web": 1}, "message": "Any 2 racks leave 1 of 3 web."},
        {"failures": 3, "left": {"web": 0}, "message": "Any 3 racks leave nothing."},
    ],
}


@pytest.mark.parametrize(
    ("level", "said"),
    [
        pytest.param(
            SURVIVES,
            [SURVIVES["message"], SURVIVES["worst_message"], "Any 2 racks leave 1 of 3 web."],
            id="as long as something is left",
        ),
        pytest.param(
            {
                **SURVIVES,
                "message": "After 2\x1b.",
                "worst_message": "Any 2 racks leave 1 of 3 web.",
            },
            ["After 2\\u001b.", "Any 2 racks leave 1 of 3 web."],
            id="the same once, when two failures were asked for",
        ),
    ],
)
def test_what_failures_leave_is_said_as_the_api_says_it(level: Any, said: list[str]) -> None:
    assert words.survival_lines([level]) == said


def test_each_policy_is_said_with_whether_it_holds_and_how_it_is_missed() -> None:
    answer = {
        "policies": [
            {"holds": True, "message": "All of web in one zone."},
            {"holds": False, "message": "No two of web in one rack."},
            {"holds": None, "message": "Nobody\x1b knows."},
        ],
        "violations": [{"policy": 1, "message": "1 too many."}],
    }
    assert words.policy_lines(answer) == [
        "Kept: All of web in one zone.",
        "Not met: No two of web in one rack.",
        "  1 too many.",
        "Nobody\\u001b knows.",
    ]


def level(fits: bool | None, *rooms: tuple[bool | None, int]) -> dict[str, Any]:
    """Build a rack level with headroom and one loss of a web member for each room."""
    losses = [
        {
            "domain": f"r{number}",
            "left": {"web": 1, "cache": 1},
            "lost": {"web": 1, "cache": 0},
            "room": {"fits": each, "others": others, "message": f"Placed again: {each}."},
        }
        for number, (each, others) in enumerate(rooms)
    ]
    return {
        "level": "rack",
        "worst": [],
        "headroom": {"fits": fits, "message": f"Headroom: {fits}."},
        "losses": losses,
    }


@pytest.mark.parametrize(
    ("survivability", "said"),
    [
        pytest.param(
            [level(True, (True, 0), (True, 0))],
            ["Headroom: True."],
            id="room for all",
        ),
        pytest.param(
            [level(False, (True, 0), (False, 0), (True, 1), (True, 2), (None, 0))],
            [
                "Headroom: False.",
                "  [r1] (web 1): Placed again: False.",
                "  [r2] (web 1): Placed again: True.",
                "  [r3] (web 1): Placed again: True.",
                "  [r4] (web 1): Placed again: None.",
            ],
            id="each loss that is not simply placed again",
        ),
        pytest.param(
            [level(None)],
            ["Headroom: None."],
            id="not decided",
        ),
        pytest.param(
            [level(False, *[(False, 0)] * 7)],
            [
                "Headroom: False.",
                *(f"  [r{number}] (web 1): Placed again: False." for number in range(5)),
                "  and 2 more",
            ],
            id="many losses are summed up",
        ),
        pytest.param(SURVIVABILITY, [], id="nothing is told"),
    ],
)
def test_the_head_room_in_words(survivability: list[Any], said: list[str]) -> None:
    assert words.headroom_lines(survivability, lambda ref: f"[{ref}]") == said


def test_the_head_room_names_domains_in_the_order_of_their_letters() -> None:
    labels = {"r0": "rack AA", "r1": "rack B", "r2": "rack A"}
    racks = level(False, (False, 0), (False, 0), (False, 0))
    said = words.headroom_lines([racks], labels.__getitem__)
    assert [line.partition(" (")[0] for line in said[1:]] == ["  rack A", "  rack B", "  rack AA"]


CHANGES = [
    {
        "message": "Make it soft.",
        "edits": [{"field": "ensemble.policies[1].enforcement", "value": "soft"}],
    },
    {
        "message": "Take fewer.",
        "edits": [
            {"field": "ensemble.tiers[0].count", "value": 2},
            {"field": "ensemble.tiers[1].count", "value": 1},
        ],
    },
    {"message": "Ask\x1b for less."},
]


def place(field: str) -> str:
    """Stand for the file an ensemble came from."""
    return f"a.yaml:{len(field)}"


@pytest.mark.parametrize(
    ("reason", "where", "said"),
    [
        pytest.param(
            {"message": "Too few racks.", "policy": 1, "suggestion": "Allow 2 a rack."},
            place,
            ["- Too few racks. (a.yaml:20)", "  Allow 2 a rack."],
            id="a suggestion",
        ),
        pytest.param(
            {"message": "No capacity.", "policy": None, "suggestion": None, "changes": []},
            place,
            ["- No capacity."],
            id="nothing would help",
        ),
        pytest.param(
            {"message": "No.", "policy": 1, "suggestion": "Make it soft.", "changes": CHANGES},
            place,
            [
                "- No. (a.yaml:20)",
                "  This would fit: Make it soft. (a.yaml:32, enforcement: soft)",
                "  This would fit: Take fewer. (a.yaml:23, count: 2; a.yaml:23, count: 1)",
                "  This would fit: Ask\\u001b for less.",
            ],
            id="changes with what to write where",
        ),
        pytest.param(
            {"message": "No.", "policy": 1, "changes": CHANGES[:2]},
            None,
            [
                "- No.",
                "  This would fit: Make it soft.",
                "  This would fit: Take fewer.",
            ],
            id="changes without a file",
        ),
    ],
)
def test_a_reason_comes_with_all_that_would_help(
    reason: dict[str, Any], where: Callable[[str], str] | None, said: list[str]
) -> None:
    assert words.reason_lines([reason], where) == said


def test_changes_that_reasons_share_are_said_once() -> None:
    reasons = [
        {"message": "Too few racks.", "changes": CHANGES[:2]},
        {"message": "Too few zones.", "changes": CHANGES[:2]},
        {"message": "No capacity.", "changes": CHANGES[2:]},
    ]
    assert words.reason_lines(reasons) == [
        "- Too few racks.",
        "- Too few zones.",
        "  This would fit: Make it soft.",
        "  This would fit: Take fewer.",
        "- No capacity.",
        "  This would fit: Ask\\u001b for less.",
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
