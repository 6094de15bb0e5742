# SPDX-License-Identifier: Apache-2.0
"""The commands adopt and release, and a delete of what was adopted."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.ensemble_answers import SURVIVABILITY, ensemble, listed, refusal
from tests.fakes.scripted_cloud import SERVER_GROUPS, SERVERS, ScriptedCloud

KEY = ensemble("ACTIVE")["id"]
PLAN = "3b0d2a5e-9f3c-4d61-8a27-5e6f7a8b9c01"
Run = Callable[..., Any]


def proposal() -> dict[str, Any]:
    policy = {"type": "anti-affinity", "level": "host", "tiers": ["web"], "enforcement": "hard"}
    return {
        "plan": PLAN,
        "ensemble": {
            "name": "shop",
            "description": "",
            "tiers": [{"name": "web", "count": 1, "server": {"flavor": "1"}}],
            "policies": [policy],
        },
        "members": [
            {
                "name": "web-0",
                "tier": "web",
                "server_id": SERVERS["web-1"],
                "server_name": "web-1\x1b",
                "server_status": "ACTIVE",
            }
        ],
        "degraded": [{"code": "degraded.policy", "message": "No two may share a host."}],
        "survivability": {"levels": SURVIVABILITY, "policies": [{"message": "Apart."}]},
        "left_out": [
            {"server_id": "x", "server_name": "odd", "code": "c", "message": "is on no host"}
        ],
        "mending": None,
        "notes": [],
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("words", "source"),
    [
        (["--server-group", "web"], {"server_group": SERVER_GROUPS["web"]}),
        (["--server", "web-1"], {"servers": [SERVERS["web-1"]]}),
        (["--tag", "blue"], {"tag": "blue"}),
        (["--stack", "shop"], {"stack": "shop"}),
        (["--project"], {"project": True}),
    ],
)
def test_adopt_says_how_it_stands_and_adopts_what_was_shown(
    fake: ScriptedCloud, openstack: Run, words: list[str], source: Any
) -> None:
    adopted = {"ensemble": ensemble("ACTIVE", adopted=True)}
    fake.on("POST", "/adopt", (200, {"adoption": proposal()}), (201, adopted))
    done = openstack("ensemble", "adopt", "shop", *words)
    assert done.code == 0, done.err
    assert done.err.splitlines()[-2:] == ["No two may share a host.", "Left out: odd is on no host"]
    first, second = (each for each in fake.asked if each.method == "POST")
    assert first.query == {"dry_run": ["1"]}
    assert first.body == {"adopt": {"name": "shop", "from": source}}
    assert (second.query, second.body) == ({}, {**first.body, "plan": PLAN})


MOVE = {"member": "web-1", "from": {"host": "r1"}, "to": {"host": "r2"}}
DOMAINS = [{"ref": "r1", "label": "host A"}, {"ref": "r2", "label": "host\x1b B"}]
TOO_FULL = {"message": "There is no room.", "policy": 0, "changes": [], "suggestion": None}


@pytest.mark.parametrize(
    ("mending", "said"),
    [
        (
            {"moves": [MOVE], "domains": DOMAINS, "reasons": []},
            ["This would mend it: move web-1, from host A to host\\u001b B"],
        ),
        (
            {"moves": [], "domains": [], "reasons": [TOO_FULL]},
            ["No moves would mend it:", "- There is no room."],
        ),
    ],
)
def test_adopt_says_what_would_mend_it(
    fake: ScriptedCloud, openstack: Run, mending: Any, said: list[str]
) -> None:
    fake.on("POST", "/adopt", (200, {"adoption": {**proposal(), "mending": mending}}))
    done = openstack("ensemble", "adopt", "shop", "--project", "--dry-run")
    assert done.code == 0, done.err
    lines = done.err.splitlines()
    at = lines.index(said[0])
    assert lines[at : at + len(said)] == said


def test_a_dry_run_adopts_nothing_and_gives_plain_data(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/adopt", (200, {"adoption": proposal()}))
    tier = ["--tier", "web=web-1", "--no-policies", "--description", "Old."]
    done = openstack("ensemble", "adopt", "shop", "--project", *tier, "--dry-run", "-f", "json")
    assert done.err.splitlines()[-1] == "Nothing was adopted."
    assert json.loads(done.out)["tiers"] == proposal()["ensemble"]["tiers"]
    (asked,) = (each for each in fake.asked if each.method == "POST")
    assert asked.body["adopt"]["tiers"] == [{"name": "web", "servers": [SERVERS["web-1"]]}]
    assert asked.body["adopt"]["policies"] == []
    table = openstack("ensemble", "adopt", "shop", "--project", "--dry-run")
    assert "web-0: web-1\\u001b (ACTIVE)" in table.out


def test_a_server_that_is_not_there_is_named_before_anything_is_asked(
    fake: ScriptedCloud, openstack: Run
) -> None:
    done = openstack("ensemble", "adopt", "shop", "--server", "web-9")
    assert (done.code, done.err.strip()) == (1, "No server has the name or ID web-9.")
    assert "POST" not in {each.method for each in fake.asked}


def test_what_cannot_be_adopted_is_said_in_plain_words(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/adopt", refusal(409, "has no server", field="adopt.from"))
    done = openstack("ensemble", "adopt", "shop", "--project")
    assert done.code == 1
    assert "has no server" in done.err


def test_release_says_that_the_servers_stay(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE")]}))
    fake.on("POST", f"/{KEY}/action", (202, {"ensemble": ensemble("ACTIVE", active=3)}))
    done = openstack("ensemble", "release", "shop")
    assert done.code == 0
    assert "shop is no ensemble any more" in done.err
    assert fake.asked[-1].body == {"release": None}


def test_servers_that_were_there_before_are_deleted_only_by_who_says_so(
    fake: ScriptedCloud, openstack: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE", adopted=True)]}))
    fake.on("DELETE", f"/{KEY}", (202, None))

    def deleted() -> bool:
        return "DELETE" in {each.method for each in fake.asked}

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    done = openstack("ensemble", "delete", "shop")
    assert done.code == 1 and not deleted(), "nobody can be asked"
    assert f"ensemble release {KEY}" in done.err
    monkeypatch.setattr("sys.stdin", Terminal("\n"))
    done = openstack("ensemble", "delete", "shop")
    assert done.code == 1 and not deleted()
    assert "Delete shop with its servers? [y/N]" in done.err
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert openstack("ensemble", "delete", "shop").code == 0 and deleted()
    fake.asked.clear()
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert openstack("ensemble", "delete", "shop", "--yes").code == 0 and deleted()
