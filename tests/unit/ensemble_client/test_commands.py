# SPDX-License-Identifier: Apache-2.0
"""`openstack ensemble ...` through the real shell, against scripted answers over HTTP."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_plan_command import REASON, policy_line, with_room

from tests.fakes.ensemble_answers import (
    CAPABILITIES,
    ensemble,
    listed,
    not_found,
    plan,
    refusal,
)
from tests.fakes.scripted_cloud import ScriptedCloud

THREE_TIER = str(Path(__file__).parents[3] / "examples" / "three-tier.yaml")
KEY = ensemble("ACTIVE")["id"]
ONE = f"/{KEY}"
OTHER = "00000000-0000-0000-0000-000000000008"
Run = Callable[..., Any]


def test_create_wait_tells_progress_and_ends_active(
    fake: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    fake.on("POST", "", (202, {"ensemble": ensemble("RESERVING")}))
    fake.on(
        "GET", ONE,
        (200, {"ensemble": ensemble("BUILDING", 1)}), (200, {"ensemble": ensemble("ACTIVE", 3)}),
    )  # fmt: skip
    done = openstack("ensemble", "create", THREE_TIER, "--wait", "--format", "json")
    assert done.code == 0
    assert [line.rpartition(" (")[0] for line in done.err.splitlines()] == [
        "shop: The capacity of 3 members is being reserved.",
        "shop: 1 of 3 members are active.",
        "shop: 3 of 3 members are active.",
    ]  # fmt: skip
    shown = json.loads(done.out)
    assert shown["status"] == "ACTIVE"
    assert [member["name"] for member in shown["members"]] == ["web-0", "web-1", "cache-0"]
    assert pauses == [2.0, 2.5]


def test_create_without_wait_returns_at_once(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    given = ("--name", "mine", "--property", "owner=ops", "--property", "site=b")
    done = openstack("ensemble", "create", THREE_TIER, *given)
    assert (done.code, done.err, len(fake.asked)) == (0, "", 1)
    assert fake.asked[0].body["ensemble"]["name"] == "mine"
    assert fake.asked[0].body["ensemble"]["metadata"] == {"owner": "ops", "site": "b"}
    assert fake.asked[0].body["ensemble"]["tiers"][2]["server"]["flavor"] == "3"


def test_a_build_that_fails_ends_with_its_reasons(
    fake: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    fault = {"message": "web-1 did not start; all was undone.", "reasons": [REASON]}
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    fake.on(
        "GET", ONE,
        (200, {"ensemble": ensemble("ROLLING_BACK", 1)}),
        (200, {"ensemble": ensemble("ERROR", fault=fault)}),
    )  # fmt: skip
    done = openstack("ensemble", "create", THREE_TIER, "--wait")
    assert (done.code, done.out) == (1, "")
    assert "shop: The build failed; 0 of 3 members are removed." in done.err
    assert "shop could not be built: web-1 did not start; all was undone." in done.err
    assert "  Allow 2 members a rack." in done.err
    assert f"openstack --os-cloud fake ensemble delete {KEY}" in done.err


def test_a_refused_create_says_why_and_where(fake: ScriptedCloud, openstack: Run) -> None:
    message = f"The ensemble does not fit: {REASON['message']}"
    fake.on("POST", "", refusal(409, message, code="ensemble.infeasible", reasons=[REASON]))
    done = openstack("ensemble", "create", THREE_TIER)
    assert done.code == 1
    assert done.err.splitlines() == [
        "shop: The ensemble does not fit.",
        f"- 3 members of database need 3 racks; 2 can hold one. ({THREE_TIER}:{policy_line(3)})",
        "  Allow 2 members a rack.",
    ]


def test_a_field_the_api_refuses_is_traced_to_its_line(
    fake: ScriptedCloud, openstack: Run, tmp_path: Path
) -> None:
    field = "ensemble.tiers[0].count"
    facts = {"field": field, "label": "tier 1, count", "reason": "must be at least 1"}
    fake.on("POST", "", refusal(400, "...", code="ensemble.invalid", **facts))
    path = tmp_path / "zero.yaml"
    path.write_text(Path(THREE_TIER).read_text().replace("count: 3", "count: 0", 1))
    line = path.read_text()[: path.read_text().index("count: 0")].count("\n") + 1
    done = openstack("ensemble", "create", str(path))
    said = f"{path}:{line}: tier 1, count: must be at least 1\n"
    assert (done.code, done.err) == (1, said)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(
            refusal(403, "Quota exceeded for cores.", code="ensemble.quota"),
            "Quota exceeded for cores.\n",
            id="a quota",
        ),
        pytest.param(
            refusal(400, "...", code="ensemble.invalid", field="ensemble.name", label="name"),
            "--name: name: ...\n",
            id="a name from the command line",
        ),
        pytest.param(
            (500, {"computeFault": {"code": 500, "message": "Unexpected."}}),
            "Unexpected. (HTTP 500, request req-1)\n",
            id="a defect of the cloud",
        ),
        pytest.param(
            (404, {"itemNotFound": {"code": 404, "message": "Not found."}}),
            "The compute service of this cloud does not offer ensembles (HTTP 404 for "
            "/os-ensembles).\n",
            id="a cloud without the extension",
        ),
    ],
)
def test_an_error_ends_in_one_clear_sentence(
    fake: ScriptedCloud, openstack: Run, answer: Any, said: str
) -> None:
    fake.on("POST", "", answer)
    done = openstack("ensemble", "create", THREE_TIER, "--name", "x")
    assert (done.code, done.out, done.err) == (1, "", said)


def test_a_mistake_in_the_file_asks_the_api_nothing(
    fake: ScriptedCloud, openstack: Run, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("name: shop\ntires: []\n")
    done = openstack("ensemble", "create", str(path))
    said = f"{path}:2: ensemble.tires: unknown name; did you mean 'tiers'?\n"
    assert (done.code, done.err) == (1, said)
    assert fake.asked == []


def test_show_says_that_nothing_is_promised_of_what_is_removed(
    fake: ScriptedCloud, openstack: Run
) -> None:
    said = "Nothing is promised while the ensemble is removed."
    shown = ensemble("DELETING", 3, survivability=[], survivability_message=said)
    fake.on("GET", ONE, (200, {"ensemble": shown}))
    assert f"| {said} " in openstack("ensemble", "show", KEY).out


def test_show_says_policies_head_room_and_objectives_in_words(
    fake: ScriptedCloud, openstack: Run
) -> None:
    survive = {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": 1}
    survive |= {"message": "1 of web must be left.", "holds": True}
    shown = ensemble(
        "ACTIVE",
        3,
        policies=[survive],
        survivability=with_room(True),
        objectives=plan()["objectives"],
    )
    fake.on("GET", ONE, (200, {"ensemble": shown}))
    done = openstack("ensemble", "show", KEY)
    assert "| 1 of web must be left. " in done.out
    assert "| Room after any rack: True. " in done.out
    assert "| worst host loss: 2, proved optimal " in done.out
    data = json.loads(openstack("ensemble", "show", KEY, "-f", "json").out)
    assert data["survivability"] == with_room(True)
    assert data["policies"] == [survive]


def test_show_of_an_older_cloud_without_objectives_works(
    fake: ScriptedCloud, openstack: Run
) -> None:
    shown = ensemble("ACTIVE", 3)
    del shown["objectives"]
    fake.on("GET", ONE, (200, {"ensemble": shown}))
    done = openstack("ensemble", "show", KEY)
    assert (done.code, done.err) == (0, "")


def test_list_sends_its_options_and_shows_what_survives(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("BUILDING", 2)]}))
    done = openstack(
        "ensemble", "list", "--status", "building", "--sort", "name:desc", "--limit", "5",
        "--marker", OTHER, "--all-projects", "--format", "value",
    )  # fmt: skip
    assert done.code == 0
    assert fake.asked[0].query == {
        "status": ["BUILDING"], "sort_key": ["name"], "sort_dir": ["desc"], "limit": ["5"],
        "marker": [OTHER], "all_projects": ["1"],
    }  # fmt: skip
    table = openstack("ensemble", "list", "--long").out
    assert "| 2 of 3  | host: works, rack: works, zone: down | web 2, cache 1 |" in table


@pytest.mark.parametrize(
    ("column", "order"),
    [("Running", ["one", "two"]), ("After One Failure", ["two", "one"]), ("Name", ["one", "two"])],
)
def test_a_list_can_be_sorted_by_any_of_its_columns(
    fake: ScriptedCloud, openstack: Run, column: str, order: list[str]
) -> None:
    two = listed("BUILDING", 2, name="two", survives=[{"level": "host", "label": "works"}])
    one = listed("BUILDING", 1, name="one", id=OTHER)
    fake.on("GET", "", (200, {"ensembles": [two, one]}))
    words = ("--sort-column", column, "-f", "value", "-c", "Name")
    done = openstack("ensemble", "list", *words)
    assert (done.out.split(), done.err) == (order, "")


@pytest.mark.parametrize(
    "words",
    [["--sort", "name:up"], ["--sort", ":asc"], ["--limit", "0"]],
    ids=["an unknown direction", "no key", "a limit of nothing"],
)
def test_list_refuses_options_without_meaning(
    fake: ScriptedCloud, openstack: Run, words: list[str]
) -> None:
    assert openstack("ensemble", "list", *words).code == 2
    assert fake.asked == []


@pytest.mark.parametrize(
    ("words", "field"),
    [(["--sort", "size:asc"], "sort_key"), (["--status", "happy"], "status")],
)
def test_which_keys_and_statuses_there_are_the_cloud_says(
    fake: ScriptedCloud, openstack: Run, words: list[str], field: str
) -> None:
    told = f"{field}: must be one of those that this cloud has"
    fake.on("GET", "", refusal(400, told, code="ensemble.invalid", field=field))
    done = openstack("ensemble", "list", *words)
    assert (done.code, done.err.strip()) == (1, told)
    assert fake.asked[0].query[field] == ["HAPPY" if field == "status" else "size"]


def test_capabilities_are_shown_in_words_and_as_data(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", "/capabilities", (200, {"capabilities": CAPABILITIES}))
    done = openstack("ensemble", "capabilities", "show")
    assert done.code == 0, done.err
    for words in (
        "max_members: 500",
        "az (availability zone)",
        "spread: max_skew",
        "affinity: no",
        "service",
        "disk: hdd, nvme",
    ):
        assert words in done.out
    as_data = openstack("ensemble", "capabilities", "show", "-f", "json")
    assert json.loads(as_data.out) == CAPABILITIES


def test_a_request_that_is_too_long_for_the_cloud_is_not_sent(
    fake: ScriptedCloud, openstack: Run, tmp_path: Path
) -> None:
    fake.on("GET", "/capabilities", (200, {"capabilities": CAPABILITIES}))
    fake.on("POST", "/plans", (413, None))
    server = {"flavor": "m1.tiny", "image": "cirros", "user_data": "eHh4" * 15_000}
    tiers = [{"name": name, "count": 1, "server": server} for name in ("web", "db")]
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"name": "shop", "tiers": tiers}))
    done = openstack("ensemble", "plan", str(file))
    assert done.code == 1
    assert "this cloud takes 114,688 at most. Make the user data shorter" in done.err
    assert [each.method for each in fake.asked] == ["GET"]


def test_show_finds_by_name_and_by_id(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE", name="shop2"), listed("ACTIVE")]}))
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE", 3)}))
    by_name = openstack("ensemble", "show", "shop")
    by_id = openstack("ensemble", "show", KEY)
    assert by_name.code == by_id.code == 0
    assert by_name.out == by_id.out
    assert "web-1    ACTIVE  zone A / rack B / host B" in by_name.out


def test_a_name_in_html_is_text_and_one_with_an_escape_is_harmless(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE", name="<b>\x1b[2Jshop")]}))
    assert "| <b>\\u001b[2Jshop |" in openstack("ensemble", "list").out


def test_a_name_that_several_have_must_be_made_clear(fake: ScriptedCloud, openstack: Run) -> None:
    both = [listed("ACTIVE"), listed("ERROR", id=OTHER)]
    fake.on("GET", "", (200, {"ensembles": both}))
    done = openstack("ensemble", "show", "shop")
    assert done.code == 1
    assert done.err.startswith("2 ensembles are named shop; give the id:")
    assert f"- {KEY} (ACTIVE" in done.err
    assert f"- {OTHER} (ERROR" in done.err


def test_one_on_its_way_out_gives_up_its_name(fake: ScriptedCloud, openstack: Run) -> None:
    both = [listed("DELETING", id=OTHER), listed("ACTIVE")]
    fake.on("GET", "", (200, {"ensembles": both}))
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE", 3)}))
    assert openstack("ensemble", "show", "shop").code == 0


@pytest.mark.parametrize("word", ["spread", "nothing", OTHER])
def test_show_of_what_is_not_there_says_so(fake: ScriptedCloud, openstack: Run, word: str) -> None:
    fake.on("GET", "", (200, {"ensembles": []}))
    fake.on("GET", "/hosts", (200, {"hosts": []}))
    fake.on("GET", f"/{OTHER}", not_found())
    done = openstack("ensemble", "show", word)
    assert (done.code, done.err) == (1, f"No ensemble has the name or id {word}.\n")


def test_ctrl_c_stops_the_waiting_and_says_that_the_build_goes_on(
    fake: ScriptedCloud, tmp_path: Path
) -> None:
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    fake.on("GET", ONE, (200, {"ensemble": ensemble("BUILDING")}))
    command = Path(sys.executable).parent / "openstack"
    env = os.environ | {"OS_CLIENT_CONFIG_FILE": str(fake.clouds_yaml(tmp_path))}
    process = subprocess.Popen(
        [command, "--os-cloud", "fake", "ensemble", "create", THREE_TIER, "--wait"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a shell ignore it, and so would the command.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stderr is not None
    try:
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert first.startswith("shop: 0 of 3 members are active.")
    assert process.returncode == 130
    assert f"The build of shop goes on; see: openstack --os-cloud fake ensemble show {KEY}" in err
    assert "Traceback" not in err
    assert out == ""
