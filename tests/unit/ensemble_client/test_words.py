# SPDX-License-Identifier: Apache-2.0
"""The sentences of the command line."""

from collections.abc import Callable
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
            "soft anti-affinity by host: a, b, never two of them in one host",
            id="two tiers kept apart, softly",
        ),
        pytest.param(
            {"type": "affinity", "level": "zone", "tiers": ["a", "b"], "enforcement": "hard"},
            "hard affinity by zone: a, b, all in one zone",
            id="two tiers kept together",
        ),
        pytest.param(
            {"type": "spread", "level": "rack", "tiers": ["a"], "max_skew": 1, "min_domains": 3},
            "hard spread by rack: a, uneven by at most 1, in at least 3 racks",
            id="a tier spread in both ways",
        ),
        pytest.param(
            {"type": "spread", "level": "rack", "tiers": ["a"], "max_skew": None, "min_domains": 1},
            "hard spread by rack: a, in at least 1 rack",
            id="a tier spread in one way",
        ),
        pytest.param(
            {"type": "near", "level": "rack", "tiers": ["a", "b"], "to": "c"},
            "hard near by rack: a, b only in a rack that holds c",
            id="two tiers near a third",
        ),
        pytest.param(
            {"type": "survive", "level": "rack", "tiers": ["database"], "min_available": 2},
            "hard survive by rack: database keeps at least 2 after any 1 loss",
            id="a tier that survives one loss",
        ),
        pytest.param(
            {
                "type": "survive",
                "level": "host",
                "tiers": ["a", "b"],
                "failures": 2,
                "min_available": "50%",
                "enforcement": "soft",
            },
            "soft survive by host: a, b keep each at least 50% after any 2 losses",
            id="two tiers that survive two losses by a share",
        ),
        pytest.param(
            {"type": "survive", "level": "rack", "tiers": ["a"]},
            "hard survive by rack: a keeps at least 1 after any 1 loss",
            id="survival with nothing said",
        ),
        pytest.param(
            {"type": "exclusive", "level": "host", "tiers": ["a"]},
            "hard exclusive by host: a, with no server of another project",
            id="hosts of its own",
        ),
        pytest.param(
            {"type": "quiet\x1b", "level": "rack", "tiers": ["a"], "loudness": 3},
            "hard quiet\\u001b by rack: a",
            id="a type that only a newer cloud knows",
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
    ("states", "said"),
    [
        pytest.param(
            [("host", "works"), ("rack", "degraded"), ("zone", "down")],
            "host: works, rack: degraded, zone: down (as planned)",
            id="each level",
        ),
        pytest.param([], "", id="nothing known"),
    ],
)
def test_what_one_failure_leaves_is_a_word_a_level(
    states: list[tuple[str, str]], said: str
) -> None:
    assert words.states_text({"level": level, "state": state} for level, state in states) == said


@pytest.mark.parametrize(
    ("failures", "said"),
    [
        pytest.param(
            1,
            [
                "After the loss of any host: works",
                "After the loss of any rack: degraded, fewer of db than needed",
                "After the loss of any zone: down, nothing of web and fewer of db than needed",
            ],
            id="one failure",
        ),
        pytest.param(
            2,
            [
                "After the loss of any 2 hosts: works",
                "After the loss of any 2 racks: degraded, fewer of db than needed",
                "After the loss of any 2 zones: down, nothing of web and fewer of db than needed",
            ],
            id="two at once",
        ),
    ],
)
def test_what_a_loss_leaves_is_said_as_the_api_judges(failures: int, said: list[str]) -> None:
    levels = [
        {"level": "host", "state": "works", "ends": [], "short": []},
        {"level": "rack", "state": "degraded", "ends": [], "short": ["db"]},
        {"level": "zone", "state": "down", "ends": ["web"], "short": ["db"]},
    ]
    assert words.verdict_lines(levels, failures) == said


TIGHT = {"name": "worst host loss", "value": 2, "bound": 2, "proved": True}
LOOSE = {"name": "worst rack loss", "value": 3, "bound": 2, "proved": False}


@pytest.mark.parametrize(
    ("objectives", "proved", "said"),
    [
        pytest.param([TIGHT], True, "proved optimal", id="all is proved"),
        pytest.param([TIGHT], None, "proved optimal", id="all is proved, says an older cloud"),
        pytest.param(
            [TIGHT, LOOSE],
            False,
            "not proved optimal; worst rack loss: best 3, bound 2",
            id="one is open",
        ),
        pytest.param(
            [TIGHT],
            False,
            "not proved optimal; what is open is shown to administrators only",
            id="one is open that a tenant does not see",
        ),
        pytest.param([], None, "not known whether it is optimal", id="nothing is told"),
    ],
)
def test_the_proof_in_words_names_what_is_open(
    objectives: list[Any], proved: bool | None, said: str
) -> None:
    assert words.proof_text(objectives, proved) == said


def test_each_objective_has_its_proof_in_words() -> None:
    assert words.objective_lines([TIGHT, LOOSE]) == [
        "worst host loss: 2, proved optimal",
        "worst rack loss: best 3, bound 2",
    ]


def level(fits: bool | None, *rooms: tuple[bool | None, int]) -> dict[str, Any]:
    """Build a rack level with headroom and one loss of a web member for each room."""
    losses = [
        {
            "domain": f"r{number}",
            "left": {"web": 1, "cache": 1},
            "lost": {"web": 1, "cache": 0},
            "room": {"fits": each, "others": others},
        }
        for number, (each, others) in enumerate(rooms)
    ]
    return {"level": "rack", "worst": [], "headroom": {"fits": fits}, "losses": losses}


@pytest.mark.parametrize(
    ("survivability", "said"),
    [
        pytest.param(
            [level(True, (True, 0), (True, 0))],
            ["Headroom after any rack: lost members can be placed again"],
            id="room for all",
        ),
        pytest.param(
            [level(False, (True, 0), (False, 0), (True, 1), (True, 2), (None, 0))],
            [
                "Headroom after any rack: lost members cannot always be placed again",
                "  [r1] (web 1): does not fit again",
                "  [r2] (web 1): fits again only if 1 other member moved too",
                "  [r3] (web 1): fits again only if 2 other members moved too",
                "  [r4] (web 1): not decided",
            ],
            id="each loss that is not simply placed again",
        ),
        pytest.param(
            [level(None)],
            ["Headroom after any rack: not decided whether lost members can be placed again"],
            id="not decided",
        ),
        pytest.param(
            [level(False, *[(False, 0)] * 7)],
            [
                "Headroom after any rack: lost members cannot always be placed again",
                *(f"  [r{number}] (web 1): does not fit again" for number in range(5)),
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
            ["- Too few racks. (a.yaml:20)", "  Suggestion: Allow 2 a rack."],
            id="a suggestion of an older cloud",
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
                "- No. (policies[1])",
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
