# SPDX-License-Identifier: Apache-2.0
"""What fails is drawn by seed, and a drill is passed or not by what is judged."""

import json
from dataclasses import replace

import pytest
from drilled import HEAPED, LAYOUT, SERVICE, SPREAD, drill, losses, outcome

from ensemble_drill.result import choose

RACKS = LAYOUT.domains("rack")


def test_a_rack_is_drawn_from_those_that_put_all_to_the_test() -> None:
    drawn = {choose(seed, RACKS, [losses(SPREAD), losses(HEAPED)]) for seed in range(50)}
    assert {domain.name for domain, _ in drawn} == {"r1", "r3"}, "r2 has none of the heaped ones"
    one = choose(1, RACKS, [losses(SPREAD), losses(HEAPED)])
    assert one == choose(1, RACKS, [losses(SPREAD), losses(HEAPED)])
    assert one[1] == "by seed 1 among the racks in which each of them has servers: r1, r3"


@pytest.mark.parametrize(
    ("placements", "names", "said"),
    [
        pytest.param([{"web-0": "h1"}, {"web-0": "h4"}], {"r1", "r3"}, "one of them", id="any"),
        pytest.param([{}], {"r1", "r2", "r3"}, "all racks", id="none has servers"),
    ],
)
def test_where_no_rack_has_servers_of_all_the_next_best_are_drawn_from(
    placements: list[dict[str, str]], names: set[str], said: str
) -> None:
    predicted = [losses(each) for each in placements]
    drawn = [choose(seed, RACKS, predicted) for seed in range(50)]
    assert {domain.name for domain, _ in drawn} == names
    assert all(said in why for _, why in drawn)


GOOD = outcome("ensemble", SPREAD, repaired=True)
ELSEWHERE = replace(GOOD, predicted_places={"web-0": "h3", "db-0": "h4"})
WRONG = replace(GOOD, loss=SERVICE.without(["web-0"]))
RESULTS = [
    ("the ensemble met all", (GOOD,), True),
    ("the others may fail", (outcome("plain", HEAPED), GOOD), True),
    ("the ensemble was not healed", (outcome("ensemble", SPREAD),), False),
    ("the ensemble lost too many", (outcome("ensemble", HEAPED, repaired=True),), False),
    ("its prediction did not come true", (WRONG,), False),
    ("its repair went elsewhere", (ELSEWHERE,), False),
    ("another's prediction did not", (replace(WRONG, method="plain", judged=False), GOOD), False),
]


@pytest.mark.parametrize(
    ("outcomes", "passed"), [each[1:] for each in RESULTS], ids=[each[0] for each in RESULTS]
)
def test_a_drill_is_passed_when_all_that_is_judged_is_met(outcomes: tuple, passed: bool) -> None:  # type: ignore[type-arg]
    assert drill(*outcomes).passed is passed


def test_all_of_a_drill_is_in_its_json() -> None:
    found = json.loads(json.dumps(drill(outcome("plain", HEAPED), GOOD).json()))
    assert (found["format"], found["passed"], found["agreed"]) == (1, True, True)
    assert found["domain"] == {"level": "rack", "name": "r1", "hosts": ["h1", "h2"]}
    plain, ensemble = found["outcomes"]
    assert (plain["passed"], ensemble["passed"], ensemble["healed_after"]) == (False, True, 31.4)
    assert plain["loss"]["broken"] == ["web", "db"]
    assert ensemble["predicted"]["r1"]["lost"] == ["web-0", "db-0"]
    assert [each["passed"] for each in ensemble["verdicts"]] == [True, True, True]
