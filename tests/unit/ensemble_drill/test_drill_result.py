# SPDX-License-Identifier: Apache-2.0
"""What fails is drawn by seed, and a drill is passed or not by what is judged."""

import json
from dataclasses import replace

import pytest
from drilled import HEAPED, LAYOUT, SERVICE, SPREAD, drill, losses, outcome

from ensemble_drill.result import choose

RACKS = LAYOUT.domains("rack")


def test_a_rack_is_drawn_from_those_that_put_all_to_the_test() -> None:
    predicted = {"ensemble": losses(SPREAD), "plain": losses(HEAPED)}
    drawn = {choose(seed, RACKS, predicted, "ensemble") for seed in range(50)}
    assert {domain.name for domain, _ in drawn} == {"r1", "r3"}, "r2 has none of the heaped ones"
    one = choose(1, RACKS, predicted, "ensemble")
    assert one == choose(1, RACKS, predicted, "ensemble")
    assert one[1] == "by seed 1 among the racks in which each of them has servers: r1, r3"


def test_where_no_rack_has_servers_of_all_one_is_drawn_that_has_members_of_the_ensemble() -> None:
    predicted = {"ensemble": losses({"web-0": "h1"}), "plain": losses({"web-0": "h4"})}
    drawn = [choose(seed, RACKS, predicted, "ensemble") for seed in range(50)]
    assert {domain.name for domain, _ in drawn} == {"r1"}
    assert all("in which the ensemble has servers: r1" in why for _, why in drawn)


def test_where_no_rack_has_members_of_the_ensemble_none_is_drawn() -> None:
    predicted = {"ensemble": losses({}), "plain": losses({"web-0": "h4"})}
    with pytest.raises(ValueError, match="no rack has a member of the ensemble"):
        choose(1, RACKS, predicted, "ensemble")


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
    ("nothing was judged", (replace(GOOD, method="plain", judged=False),), False),
    ("another's prediction did not", (replace(WRONG, method="plain", judged=False), GOOD), False),
]


@pytest.mark.parametrize(
    ("outcomes", "passed"), [each[1:] for each in RESULTS], ids=[each[0] for each in RESULTS]
)
def test_a_drill_is_passed_when_all_that_is_judged_is_met(outcomes: tuple, passed: bool) -> None:  # type: ignore[type-arg]
    assert drill(*outcomes).passed is passed


def test_all_of_a_drill_is_in_its_json() -> None:
    found = json.loads(json.dumps(drill(outcome("plain", HEAPED), GOOD).json()))
    assert (found["format"], found["passed"], found["agreed"]) == (2, True, True)
    assert found["domain"] == {"level": "rack", "name": "r1", "hosts": ["h1", "h2"]}
    plain, ensemble = found["outcomes"]
    assert (plain["passed"], ensemble["passed"], ensemble["healed_after"]) == (False, True, 31.4)
    assert plain["loss"]["broken"] == ["web", "db"]
    assert ensemble["predicted"]["r1"]["lost"] == ["web-0", "db-0"]
    assert [each["passed"] for each in ensemble["verdicts"]] == [True, True, True]
    off, on = found["commands"]
    assert (off["command"], off["said"]) == ('off "$DRILL_HOSTS"', ["h1 <is> off"])
    assert (on["at"], on["given"]) == (44.7, {"DRILL_HOSTS": "h1 h2"})
