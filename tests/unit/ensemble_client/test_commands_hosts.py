# SPDX-License-Identifier: Apache-2.0
"""`openstack ensemble host ...` through the real shell, against scripted answers over HTTP."""

from collections.abc import Callable
from typing import Any

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
