# SPDX-License-Identifier: Apache-2.0
"""The command drill, and its report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ensemble_answers import ensemble, listed, refusal
from tests.fakes.scripted_cloud import ScriptedCloud

KEY = ensemble("ACTIVE")["id"]
Run = Callable[..., Any]
RACKS = [
    {"ref": "aa", "level": "rack", "parent": None, "label": "rack A"},
    {"ref": "bb", "level": "rack", "parent": None, "label": "rack B"},
    {"ref": "cc", "level": "host", "parent": "bb", "label": "host <C>"},
]


def drilled(**repair: Any) -> dict[str, Any]:
    kept = {"tier": "web", "left": 1, "needed": 2, "message": "1 of web would be left."}
    return {
        "as_of": "2026-11-28T12:00:00Z",
        "level": "rack",
        "failures": [
            {
                "domains": ["aa"],
                "title": "rack A",
                "state": "degraded",
                "label": "degraded",
                "lost": ["web-0", "web-1"],
                "left": {"web": 1},
                "message": "2 members are lost; 1 of 3 web is left.",
                "promises": [
                    {
                        "policy": 0,
                        "level": "rack",
                        "failures": 1,
                        "tiers": [kept],
                        "holds": False,
                    }
                ],
                "repair": {
                    "fits": True,
                    "message": "A repair places 2 members again.",
                    "moves": [
                        {"member": "web-0", "lost": True, "domains": {"rack": "bb", "host": "cc"}}
                    ],
                    "unmet": [{"policy": 0, "message": "2 racks are needed."}],
                    "reasons": [],
                    **repair,
                },
            }
        ],
        "domains": RACKS,
    }


@pytest.fixture
def shop(fake: ScriptedCloud) -> ScriptedCloud:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE")]}))
    fake.on("POST", f"/{KEY}/action", (200, {"drill": drilled()}))
    return fake


def test_drill_says_what_the_worst_failure_does(shop: ScriptedCloud, openstack: Run) -> None:
    done = openstack("ensemble", "drill", "shop", "--level", "rack")
    assert done.code == 0, done.err
    assert shop.asked[-1].body == {"drill": {"level": "rack"}}
    for each in ("rack A", "degraded", "web-0, web-1", "web 1", "0 of 1 hold"):
        assert each in done.out
    assert done.out.splitlines()[-5:] == [
        "rack A: 2 members are lost; 1 of 3 web is left.",
        "Not kept: 1 of web would be left.",
        "A repair places 2 members again.",
        "  web-0 to rack B / host <C>",
        "  2 racks are needed.",
    ]


def test_without_a_level_each_host_fails(shop: ScriptedCloud, openstack: Run) -> None:
    assert openstack("ensemble", "drill", "shop").code == 0
    assert shop.asked[-1].body == {"drill": {"level": "host"}}


def test_json_has_the_answer_as_data(shop: ScriptedCloud, openstack: Run) -> None:
    (row,) = json.loads(openstack("ensemble", "drill", "shop", "-f", "json").out)
    assert row["Repair"] == drilled()["failures"][0]["repair"]
    assert (row["Failure"], row["Lost"]) == ("rack A", ["web-0", "web-1"])


def test_domains_are_named_by_their_labels(shop: ScriptedCloud, openstack: Run) -> None:
    shop.on("GET", f"/{KEY}/survivability", (200, {"survivability": {"domains": RACKS}}))
    done = openstack("ensemble", "drill", "shop", "--domain", "Rack A", "--domain", "host <C>")
    assert done.code == 0, done.err
    assert shop.asked[-1].body == {"drill": {"domains": ["aa", "cc"]}}


def test_a_domain_in_which_no_member_is_is_refused(shop: ScriptedCloud, openstack: Run) -> None:
    shop.on("GET", f"/{KEY}/survivability", (200, {"survivability": {"domains": RACKS}}))
    done = openstack("ensemble", "drill", "shop", "--domain", "rack Z")
    assert done.code == 1
    assert "No member of the ensemble is in rack Z" in done.err


def test_an_ensemble_of_which_nothing_runs_has_nothing_to_lose(
    shop: ScriptedCloud, openstack: Run
) -> None:
    shop.on("POST", f"/{KEY}/action", (200, {"drill": drilled() | {"failures": []}}))
    assert "No member runs" in openstack("ensemble", "drill", "shop").out


def test_the_report_is_one_page_that_says_the_same(
    shop: ScriptedCloud, openstack: Run, tmp_path: Path
) -> None:
    file = tmp_path / "drill.html"
    done = openstack("ensemble", "drill", "shop", "--report", str(file))
    assert done.code == 0, done.err
    page = file.read_text()
    assert "<h1>What failures do to shop</h1>" in page
    assert "web-0 to rack B / host &lt;C&gt;" in page and "host <C>" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_report_that_cannot_be_written_is_said(shop: ScriptedCloud, openstack: Run) -> None:
    done = openstack("ensemble", "drill", "shop", "--report", "/no/such/place.html")
    assert (done.code, "cannot be written" in done.err) == (1, True)


def test_a_refusal_is_said_in_plain_words(shop: ScriptedCloud, openstack: Run) -> None:
    shop.on("POST", f"/{KEY}/action", refusal(400, "must be one of", field="drill.level"))
    done = openstack("ensemble", "drill", "shop", "--level", "row")
    assert (done.code, "must be one of" in done.err) == (1, True)
