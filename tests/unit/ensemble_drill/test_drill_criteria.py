# SPDX-License-Identifier: Apache-2.0
"""Criteria are read from a file, and drills judged by them."""

from pathlib import Path

import pytest
from drilled import HEAPED, RACK, SERVICE, SPREAD

from ensemble_drill.criteria import Criteria, CriteriaError, judge, parse, read
from ensemble_drill.main import service_of

TOP = Path(__file__).parents[3]
BODY = {"tiers": [{"name": "web", "count": 2}, {"name": "db", "count": 3}]}


def test_the_criteria_of_the_demonstration_are_those_of_its_service() -> None:
    from ensemble_client.file import read as read_service

    body = read_service(str(TOP / "examples/drilled-shop.yaml")).body
    service = service_of(body, read(TOP / "etc/drill-criteria.yaml"))
    assert {each.name: (each.minimum, each.count) for each in service.tiers} == {
        "web": (3, 4),
        "cache": (2, 3),
        "database": (2, 3),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("{}", Criteria(), id="nothing is judged but that each tier has one left"),
        pytest.param("max_servers_lost: 0", Criteria(0), id="none may be lost"),
        pytest.param(
            "tiers_kept: {db: 2}\nhealed_within: 90", Criteria(None, {"db": 2}, 90), id="the rest"
        ),
    ],
)
def test_a_file_says_what_is_judged(text: str, found: Criteria) -> None:
    assert parse(text.encode()) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "must be a mapping", id="an empty file"),
        pytest.param("- 1", "must be a mapping", id="a list"),
        pytest.param("healed: 9", "healed: there is no such field", id="an unknown field"),
        pytest.param("max_servers_lost: -1", "max_servers_lost: must be a whole", id="below zero"),
        pytest.param("max_servers_lost: many", "max_servers_lost: must be a whole", id="a word"),
        pytest.param("max_servers_lost: true", "max_servers_lost: must be a whole", id="a truth"),
        pytest.param("healed_within: 1.5", "healed_within: must be a whole", id="a fraction"),
        pytest.param("tiers_kept: 2", "tiers_kept: must be a mapping", id="no tiers"),
        pytest.param("tiers_kept: {db: 0}", "tiers_kept.db: must be a whole", id="none of a tier"),
        pytest.param("tiers_kept: {db: }", "tiers_kept.db: must be a whole", id="nothing"),
        pytest.param("a: [", "is not YAML", id="no YAML"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(text: str, said: str) -> None:
    with pytest.raises(CriteriaError, match=said):
        parse(text.encode())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CriteriaError, match="nowhere: cannot be read: No such file"):
        read(tmp_path / "nowhere")


def test_a_tier_that_the_service_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tiers_kept\.cache: there is no such tier"):
        service_of(BODY, Criteria(tiers_kept={"cache": 1}))


CRITERIA = Criteria(2, {"db": 2}, 60)
JUDGED = [
    ("all is well", SPREAD, 31.4, True, ["PASSED", "PASSED", "PASSED"], "31 s"),
    ("healed too late", SPREAD, 60.5, True, ["PASSED", "PASSED", "FAILED"], "60 s"),
    ("never healed", SPREAD, None, True, ["PASSED", "PASSED", "FAILED"], "not healed"),
    ("nobody there", SPREAD, None, False, ["PASSED", "PASSED", "FAILED"], "not healed: nobody"),
    ("too many lost", HEAPED, None, False, ["FAILED", "FAILED", "FAILED"], "not healed: nobody"),
    ("nothing lost", {}, 16.0, False, ["PASSED", "PASSED", "PASSED"], "nothing to heal"),
]


@pytest.mark.parametrize(
    ("placement", "healed", "repaired", "words", "said"),
    [each[1:] for each in JUDGED],
    ids=[each[0] for each in JUDGED],
)
def test_a_failure_is_judged_by_each_criterion(
    placement: dict[str, str], healed: float | None, repaired: bool, words: list[str], said: str
) -> None:
    found = judge(CRITERIA, SERVICE.failing(placement, RACK), healed, repaired=repaired)
    assert [each.word for each in found] == words
    assert [each.criterion for each in found] == ["servers lost", "service", "healed"]
    assert found[-1].found.startswith(said)


def test_what_is_not_asked_for_is_not_judged() -> None:
    (only,) = judge(Criteria(), SERVICE.failing(HEAPED, RACK), None, repaired=False)
    assert (only.criterion, only.word) == ("service", "FAILED")
    assert only.wanted == "at least web 1, db 1 left"
