# SPDX-License-Identifier: Apache-2.0
"""From a plan to its build to its current state, with the commands through the real shell."""

import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.ensemble_answers import (
    CURRENT_STATE,
    SURVIVABILITY,
    ensemble,
    plan,
    refusal,
)
from tests.fakes.scripted_cloud import LOST, ScriptedCloud

THREE_TIER = str(Path(__file__).parents[3] / "examples" / "three-tier.yaml")
KEY = ensemble("ACTIVE")["id"]
ONE = f"/{KEY}"
MOVED = "web-0 would get rack B in place of rack A."
WORSE = "The loss of any one rack would leave 0 of 2 of web at worst; by the earlier plan, 1 of 2."

Run = Callable[..., Any]


def test_plan_tells_how_to_build_it_so(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/plans", (200, {"plan": plan(id="p1")}))
    done = openstack("ensemble", "plan", THREE_TIER)
    assert done.out.splitlines()[-1] == (
        "To build it so, within minutes: "
        f"openstack --os-cloud fake ensemble create {THREE_TIER} --plan p1"
    )


def test_a_plan_under_another_name_is_built_under_it(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/plans", (200, {"plan": plan(id="p1")}))
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    said = openstack("ensemble", "plan", THREE_TIER, "--name", "my shop").out.splitlines()[-1]
    built = openstack(*shlex.split(said.partition(": openstack ")[2]))
    assert built.code == 0, built.err
    assert fake.asked[-1].body["ensemble"]["name"] == "my shop"


def test_a_plan_beyond_the_quota_says_so_first_and_not_how_to_build_it(
    fake: ScriptedCloud, openstack: Run
) -> None:
    words = "The quota allows 3 servers, 2 are in use, and this ensemble needs 4."
    over = [{"resource": "Instances", "limit": 3, "used": 2, "needed": 4, "message": words}]
    told = f"It fits the cloud, but not the quota: {words}"
    fake.on("POST", "/plans", (200, {"plan": plan(id="p1", over_quota=over, message=told)}))
    done = openstack("ensemble", "plan", THREE_TIER)
    assert told in done.out.splitlines()
    assert "To build it so" not in done.out


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("my shop.yaml", "'my shop.yaml'"),
        ("--debug", "./--debug"),
        ("$(x).yaml", "'$(x).yaml'"),
    ],
)
def test_what_plan_tells_is_a_command_whatever_the_file_s_name(
    fake: ScriptedCloud,
    openstack: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    named: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / file).write_text(Path(THREE_TIER).read_text())
    fake.on("POST", "/plans", (200, {"plan": plan(id="p1")}))
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    done = openstack("ensemble", "plan", f"--file={file}")
    said = done.out.splitlines()[-1]
    create = f"openstack --os-cloud fake ensemble create {named} --plan p1"
    assert said == f"To build it so, within minutes: {create}"
    built = openstack(*shlex.split(said.partition(": openstack ")[2]))
    assert built.code == 0, built.err
    assert fake.asked[-1].body["plan"] == "p1"


def test_standard_input_is_a_file_too(
    fake: ScriptedCloud, openstack: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = Path(THREE_TIER).read_bytes()
    fake.on("POST", "/plans", (200, {"plan": plan(id="p1")}))
    for words in (("-",), ("-f", "json", "-"), ("--file", "-", "-f", "json")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        done = openstack("ensemble", "plan", *words)
        assert done.code == 0, done.err
        sentences = (done.out if words == ("-",) else done.err).splitlines()
        assert sentences[-1].endswith("openstack --os-cloud fake ensemble create - --plan p1")


def test_a_create_whose_answer_is_lost_ends_as_if_it_had_come(
    fake: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    fake.on("POST", "", LOST, (202, {"ensemble": ensemble("BUILDING")}))
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    done = openstack("ensemble", "create", THREE_TIER, "--wait")
    assert done.code == 0, done.err
    asked = [each.headers["idempotency-key"] for each in fake.asked if each.method == "POST"]
    assert len(asked) == 2
    assert len(set(asked)) == 1


def test_a_create_that_is_never_answered_says_that_it_may_have_begun(
    fake: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    fake.on("POST", "", LOST)
    done = openstack("ensemble", "create", THREE_TIER, "--wait")
    assert done.code == 1
    assert "The build may have begun: openstack --os-cloud fake ensemble list" in done.err
    assert "Traceback" not in done.err


def test_plan_tells_what_several_failures_leave(fake: ScriptedCloud, openstack: Run) -> None:
    rack = plan()["survivability"][1] | {
        "any": [
            {"failures": 1, "left": {"web": 1, "cache": 0}, "message": "Any rack ..."},
            {"failures": 2, "left": {"web": 1, "cache": 0}, "message": "Any 2 racks ..."},
            {"failures": 3, "left": {"web": 0, "cache": 0}, "message": "Any 3 racks ..."},
        ]
    }
    fake.on("POST", "/plans", (200, {"plan": plan(survivability=[rack])}))
    done = openstack("ensemble", "plan", THREE_TIER)
    said = [line for line in done.out.splitlines() if line.startswith("Any ")]
    assert said == ["Any 2 racks ..."]


def test_create_builds_a_plan_by_its_id(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    done = openstack("ensemble", "create", THREE_TIER, "--plan", "p1")
    assert (done.code, fake.asked[0].body["plan"]) == (0, "p1")


@pytest.mark.parametrize(
    ("worst", "told"),
    [
        pytest.param([{"message": WORSE}], [f"- {MOVED}", f"- {WORSE}"], id="failures leave less"),
        pytest.param(None, [f"- {MOVED}"], id="the old plan is unknown"),
    ],
)
def test_create_tells_what_changed_since_the_plan(
    fake: ScriptedCloud, openstack: Run, worst: Any, told: list[str]
) -> None:
    facts = {
        "code": "ensemble.plan_changed",
        "plan": plan(id="p2"),
        "moved": [{"member": "web-0", "tier": "web", "message": MOVED}],
        "worst": worst,
    }
    fake.on("POST", "", refusal(409, "Changed.", **facts))
    done = openstack("ensemble", "create", THREE_TIER, "--plan", "p1")
    assert done.code == 1
    assert done.err.splitlines() == [
        "Changed.",
        *told,
        "To build the new plan, give --plan p2 instead.",
    ]


def test_survivability_shows_where_servers_are_and_what_that_breaks(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE", 3)}))
    fake.on("GET", f"{ONE}/survivability", (200, {"survivability": CURRENT_STATE}))
    done = openstack("ensemble", "survivability", KEY, "--failures", "2")
    assert (done.code, fake.asked[-1].query) == (0, {"failures": ["2"]})
    table = [
        [cell.strip() for cell in line.split("|")[1:-2]] for line in done.out.splitlines()[3:6]
    ]
    assert table == [
        ["web-0", "ACTIVE", "zone A", "rack A", "host A", ""],
        ["web-1", "ACTIVE", "zone A", "rack A", "host A", "zone A / rack B / host B"],
        ["cache-0", "no server", "", "", "", "zone A / rack A / host A"],
    ]
    assert done.out.splitlines()[7:] == [
        "As of 2026-11-22T12:03:00Z: 1 of 3 members run where they were planned.",
        "web-1 is now in rack A.",
        "cache-0 is gone.",
        "The loss of rack A now leaves nothing of web.",
        *(line for level in SURVIVABILITY for line in (level["message"], level["worst_message"])),
        "Not met: No two members of web may share a host.",
        "  1 web too many.",
    ]


def test_survivability_as_json_is_only_the_rows(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE", 3)}))
    fake.on("GET", f"{ONE}/survivability", (200, {"survivability": CURRENT_STATE}))
    done = openstack("ensemble", "survivability", KEY, "-f", "json")
    assert [row["Status"] for row in json.loads(done.out)] == ["ACTIVE", "ACTIVE", ""]
    assert "As of" in done.err
