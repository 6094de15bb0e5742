# SPDX-License-Identifier: Apache-2.0
"""`openstack ensemble host ...` through the real shell, against scripted answers over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from ensemble_client.osc.v1.host import DrainHost
from tests.fakes.ensemble_answers import ensemble, refusal
from tests.fakes.scripted_cloud import ScriptedCloud

KEY = ensemble("ACTIVE")["id"]

Run = Callable[..., Any]


def a_host(name: str, *members: dict[str, str], **more: Any) -> dict[str, Any]:
    breaks = more.pop("breaks", [])
    counts = {"impact": {}, "worst": None, "ensembles": []}
    where = {"host": name, "state": "up", "rack": "r1", "zone": "az1"}
    return where | counts | {"members": list(members), "drain": {"breaks": breaks}} | more


def test_the_list_of_hosts_shows_each_with_its_members_and_what_breaks(
    fake: ScriptedCloud, openstack: Run
) -> None:
    def member(name: str, key: str, of: str) -> dict[str, str]:
        tier = name.partition("-")[0]
        ids = {"ensemble_id": key, "project_id": "p", "server_id": "s"}
        return ids | {"ensemble_name": of, "tier": tier, "name": name}

    held = [member("web-0", "1", "shop"), member("db-1", "2", "blog"), member("web-1", "1", "shop")]
    breaks = [
        {
            "ensemble_name": "blog\x1b",
            "message": "db would end",
            "effect": "ended",
            "effect_label": "ends a tier",
        },
        {
            "ensemble_name": "shop",
            "message": "web would end",
            "effect": "unprotected",
            "effect_label": "nothing was asked",
        },
    ]
    left = [
        {"name": "blog\x1b", "state": "down", "label": "down"},
        {"name": "shop", "state": "works", "label": "works"},
    ]
    down = a_host("h2", *held, state="down", breaks=breaks, ensembles=left)
    hosts = [down, a_host("h1")]
    fake.on("GET", "/hosts", (200, {"hosts": hosts}))
    done = openstack("ensemble", "host", "list", "--format", "value")
    assert done.code == 0
    assert [line[:10] for line in done.out.splitlines()] == ["az1 r1 h2 ", "az1 r1 h1 "]
    table = openstack("ensemble", "host", "list").out
    assert "| down  |     3 | shop: web-0, web-1; blog: db-1 | blog\\u001b: down " in table
    assert "| ends a tier: blog\\u001b: db would end " in table
    assert "| shop: works       | nothing was asked: shop: web would end |" in table


def test_a_host_is_shown_and_its_drain_only_when_that_was_checked(
    fake: ScriptedCloud, openstack: Run
) -> None:
    shown = a_host("h1", broken=[])
    tried = {
        "ensemble_name": "shop",
        "fits": True,
        "moves": [{"member": "web-0", "host": "h2"}],
        "message": "Moves: web-0 to h2.",
        "reasons": [],
    }
    full = {
        "ensemble_name": "blog",
        "fits": False,
        "moves": [],
        "message": "There is no room.",
        "reasons": [{"message": "None of the 2 members of “db” fit."}],
    }
    drain = {
        "breaks": [],
        "fits": False,
        "message": "Not all members fit elsewhere.",
        "ensembles": [tried, full],
    }
    fake.on("GET", "/hosts/h1", (200, {"host": shown}), (200, {"host": shown | {"drain": drain}}))
    assert "drain" not in openstack("ensemble", "host", "show", "h1").out
    lines = openstack("ensemble", "host", "show", "h1", "--check-drain").out.splitlines()
    assert [line.split("|")[2].strip() for line in lines if line.count("|") == 3][-4:] == [
        "Not all members fit elsewhere.",
        "shop: Moves: web-0 to h2.",
        "blog: There is no room.",
        "- None of the 2 members of “db” fit.",
    ]
    assert [each.query for each in fake.asked] == [{}, {"check": ["1"]}]


def test_the_list_of_hosts_asks_for_what_its_options_say_page_by_page(
    fake: ScriptedCloud, openstack: Run
) -> None:
    link = [{"rel": "next", "href": "..."}]
    pages = [{"hosts": [a_host("h1")], "hosts_links": link}, {"hosts": [a_host("h2")]}]
    fake.on("GET", "/hosts", *((200, page) for page in pages))
    fake.on("GET", "", (200, {"ensembles": [ensemble("ACTIVE")]}))
    options = ["--sort", "host:desc", "--ensemble", "shop", "--rack", "r1", "--zone", "az1"]
    options += ["--search", "h", "--limit", "2", "--marker", "h0"]
    done = openstack("ensemble", "host", "list", *options, "--format", "value")
    assert done.code == 0, done.err
    filters = {"sort_key": "host", "sort_dir": "desc", "rack": "r1", "zone": "az1", "q": "h"}
    filters["ensemble_id"] = KEY
    asked = [
        {key: value for key, [value] in each.query.items()}
        for each in fake.asked
        if each.path.endswith("/hosts")
    ]
    assert asked == [
        {**filters, "marker": "h0", "limit": "2"},
        {**filters, "marker": "h1", "limit": "1"},
    ]
    assert [each.query["all_projects"] for each in fake.asked if "name" in each.query] == [["1"]]


def test_the_list_of_hosts_is_refused_to_others_in_words(
    fake: ScriptedCloud, openstack: Run
) -> None:
    message = "Only an administrator may list hosts."
    fake.on("GET", "/hosts", refusal(403, message, code="ensemble.forbidden"))
    done = openstack("ensemble", "host", "list")
    assert (done.code, done.err) == (1, f"{message}\n")


def draining(*members: str, state: str = "disabled", **tried: Any) -> dict[str, Any]:
    """A host that is being drained with what is left on it, as the API shows it."""
    each = {"ensemble_name": "shop", "members": list(members), "blocked": [], "fits": True}
    each |= {"moves": [], "message": "Moves: web-0 to h2.", "reasons": []} | tried
    drain = {"breaks": [], "fits": each["fits"], "message": "So it is."}
    shown = [{"ensemble_id": KEY, "ensemble_name": "shop", "name": name} for name in members]
    here = [each] if members else []
    return a_host("h1", *shown, state=state, broken=[]) | {"drain": {**drain, "ensembles": here}}


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DrainHost, "pause", staticmethod(lambda _: None))


@pytest.mark.usefixtures("unhurried")
def test_a_drain_is_waited_for_until_nobody_is_left(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/hosts/h1/action", (202, {"host": draining("web-0", "web-1", state="up")}))
    looks = [draining("web-0", "web-1"), draining("web-1"), draining("web-1"), draining()]
    fake.on("GET", "/hosts/h1", *((200, {"host": each}) for each in looks))
    done = openstack("ensemble", "host", "drain", "h1", "--wait")
    assert (done.code, done.err) == (0, "Members on h1: 2\nMembers on h1: 1\n")
    assert fake.asked[0].body == {"drain": {"dry_run": False}}


def test_a_dry_run_of_a_drain_changes_nothing(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/hosts/h1/action", (200, {"host": draining("web-0")}))
    done = openstack("ensemble", "host", "drain", "h1", "--dry-run", "--wait")
    assert (done.code, done.err) == (0, "Nothing was changed.\n")
    assert "shop: Moves: web-0 to h2." in done.out
    assert [each.body for each in fake.asked] == [{"drain": {"dry_run": True}}]


@pytest.mark.usefixtures("unhurried")
def test_who_cannot_leave_ends_the_wait_with_the_reason(
    fake: ScriptedCloud, openstack: Run
) -> None:
    stuck = draining("web-0", blocked=[{"member": "web-0", "message": "web-0 cannot be moved."}])
    fake.on("POST", "/hosts/h1/action", (202, {"host": stuck}))
    done = openstack("ensemble", "host", "drain", "h1", "--wait")
    assert done.code == 1
    assert done.err.splitlines() == [
        "Not all members can leave h1:",
        "shop: Moves: web-0 to h2.",
        "web-0 cannot be moved.",
    ]


@pytest.mark.usefixtures("unhurried")
def test_a_host_that_somebody_enables_is_waited_for_no_more(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("POST", "/hosts/h1/action", (202, {"host": draining("web-0", state="up")}))
    looks = [draining("web-0"), draining("web-0", state="up")]
    fake.on("GET", "/hosts/h1", *((200, {"host": each}) for each in looks))
    done = openstack("ensemble", "host", "drain", "h1", "--wait")
    assert done.code == 1
    assert done.err.endswith("h1 was enabled, so it is not drained any more.\n")
