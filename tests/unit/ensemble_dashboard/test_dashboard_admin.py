# SPDX-License-Identifier: Apache-2.0
"""The operators' pages: the map of hosts, one host, and everybody's ensembles."""

import html
import re
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client

from ensemble_api import codec
from ensemble_api.observed import ObservedHost
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, Status
from ensemble_dashboard.content.admin_ensembles.search import HostSearch
from tests.fakes.dashboard_answers import CAPABILITIES, PROJECT
from tests.fakes.dashboard_cloud import DashboardCloud

SHOP = "11111111-1111-4111-8111-111111111111"
BANK = "22222222-2222-4222-8222-222222222222"
HOSTS = [
    ObservedHost("h1", ("r1", "az1"), up=True),
    ObservedHost("h2", ("r1", "az1"), up=True),
    ObservedHost("h3", ("r2", "az1"), up=True, disabled=True),
    ObservedHost("h4", ("r1", "az2"), up=False),
    ObservedHost("h5", (None, "az2"), up=True),
]
HOSTS_PATH = "/v2.1/os-ensembles/hosts"
LEVELS = [
    {"name": name, "label": name, "zone": name == "zone"} for name in ("host", "rack", "zone")
]


@pytest.fixture(autouse=True)
def usual_levels(dashboard_cloud: DashboardCloud) -> None:
    dashboard_cloud.capabilities = {**CAPABILITIES, "levels": LEVELS}


def record(
    key: str, name: str, *places: str, project: str = PROJECT, **more: Any
) -> EnsembleRecord:
    """Give an ensemble with members at places such as "web-0@h1"."""
    members = []
    for place in places:
        member, host = place.split("@")
        tier, index = member.split("-")
        members.append(
            MemberRecord(
                member, tier, int(index), host, "u", {}, {}, MemberStatus.ACTIVE, f"s-{member}"
            )
        )
    tiers = [
        {"name": tier, "count": sum(each.tier == tier for each in members), "server": {}}
        for tier in dict.fromkeys(each.tier for each in members)
    ]
    body = {"name": name, "description": "", "tiers": tiers, "policies": more.get("policies", [])}
    ensemble = codec.stored_ensemble(body, {})
    return EnsembleRecord(
        key, project, "u", name, Status.ACTIVE, ensemble, body, {}, tuple(members)
    )


def survive(needed: int, enforcement: str = "hard", failures: int = 1) -> dict[str, Any]:
    """Give a promise of the tier web."""
    return {
        "type": "survive", "level": "host", "tiers": ["web"], "failures": failures,
        "min_available": needed, "enforcement": enforcement,
    }  # fmt: skip


RECORDS = [
    record(SHOP, "shop", "web-0@h1", "web-1@h2", "web-2@h3", policies=[survive(2)]),
    record(BANK, "bank", "db-0@h2", project="p-bank"),
]


@pytest.fixture
def filled(dashboard_cloud: DashboardCloud) -> DashboardCloud:
    """Five hosts and two ensembles."""
    dashboard_cloud.hosts = HOSTS
    dashboard_cloud.records = RECORDS
    return dashboard_cloud


def page(client: Client, path: str) -> str:
    """Read a page that must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def main(text: str) -> str:
    """Give what is ours of a page."""
    return text.partition('<div class="ens"')[2].partition("<script")[0]


def rows(text: str) -> list[str]:
    """Give the hosts of the table in their order."""
    return re.findall(r'data-host="(\w+)"', text)


def cells(text: str) -> dict[str, str]:
    """Give what each cell of the map says, by host."""
    said = re.findall(r'<a class="ens-heat-cell [^>]*><span class="sr-only">([^<]*)<', text)
    return {html.unescape(each).partition(" ")[0]: html.unescape(each) for each in said}


def words(text: str) -> str:
    """Give the text of HTML without tags, with single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_map_has_all_hosts_and_the_table_the_worst_first(
    admin: Client, filled: DashboardCloud
) -> None:
    text = page(admin, "/admin/ensembles/")
    assert rows(text) == ["h2", "h1", "h3", "h4", "h5"]
    said = cells(text)
    assert list(said) == ["h1", "h2", "h3", "h5", "h4"], "zone by zone, rack by rack"
    assert said["h2"] == (
        "h2 · up · 2 members · 2 ensembles · Its failure uses up 1 promise and ends 1 tier of "
        "which nothing was asked."
    )
    assert said["h1"].endswith("· 1 ensemble · Its failure uses up 1 promise.")
    numbers = dict(
        re.findall(r'hosts/(h\d)/"[^>]*>.*?ens-heat-number" aria-hidden="true">(\d+)', text)
    )
    assert numbers == {"h1": "1", "h2": "1", "h3": "1", "h4": "0", "h5": "0"}, "what was asked for"
    assert said["h5"] == "h5 · up · 0 members"
    assert said["h4"].startswith("h4 · down")
    told = words(text)
    assert "5 of 5 hosts are found. In all, 3 hold members." in told
    assert "1 host is down." in told and "1 host is disabled." in told
    assert (
        "nothing was asked bank db would have no member left; no survive policy asks for any."
        in told
    )
    assert "The failure of any one of 3 would break or use up a promise." in told
    wanted = "At least 2 of web must be left after the loss of any one host. That is used up: the "
    wanted += "loss of one more host would leave 1 of web."
    assert f"uses up shop {wanted}" in told
    assert f"/admin/ensembles/{SHOP}/" in text and "/admin/ensembles/hosts/h2/" in text


@pytest.mark.parametrize(
    ("query", "asked", "found"),
    [
        pytest.param("q=bank", {"q": "bank"}, ["h2"], id="text"),
        pytest.param("project=p-bank", {"project_id": "p-bank"}, ["h2"], id="a project"),
        pytest.param(f"ensemble={SHOP}", {"ensemble_id": SHOP}, ["h1", "h2", "h3"], id="ensemble"),
        pytest.param("rack=r1&zone=az2", {"rack": "r1", "zone": "az2"}, ["h4"], id="a rack"),
        pytest.param("sort=host", {"sort_key": "host", "sort_dir": "asc"}, None, id="by name"),
        pytest.param(
            "sort=members&dir=asc",
            {"sort_key": "members", "sort_dir": "asc"},
            None,
            id="by members",
        ),
        pytest.param("sort=size&dir=up&by=x", {"sort_key": "impact"}, None, id="nonsense"),
        pytest.param("limit=0&summary=7&marker=", {"summary": "1"}, None, id="the API's own words"),
    ],
)
def test_the_address_is_the_search(
    admin: Client,
    filled: DashboardCloud,
    query: str,
    asked: dict[str, str],
    found: list[str] | None,
) -> None:
    text = page(admin, f"/admin/ensembles/?{query}")
    sent = filled.queries("GET", HOSTS_PATH)[-1]
    assert {key: sent[key] for key in asked} == asked
    if found is not None:
        assert sorted(rows(text)) == found
        assert f"{len(found)} of 5 hosts" in words(text)


def test_the_form_offers_what_there_is_and_shows_what_was_asked(
    admin: Client, filled: DashboardCloud
) -> None:
    text = page(admin, f"/admin/ensembles/?ensemble={SHOP}&zone=az1&by=members&rack=gone&sort=host")
    chosen = re.findall(r'<option value="([^"]*)" selected>([^<]*)<', text)
    assert chosen == [("", "All projects"), (SHOP, "shop"), ("az1", "az1"), ("gone", "gone")]
    assert re.findall(r'<optgroup label="([^"]*)"', text) == ["demo", "p-bank"]
    assert '<input type="hidden" name="by" value="members"' in text
    assert '<input type="hidden" name="sort" value="host"' in text
    assert "No host matches the search." in text


def test_a_rack_of_the_map_and_a_heading_lead_to_the_same_search_with_one_change(
    admin: Client, filled: DashboardCloud
) -> None:
    text = page(admin, "/admin/ensembles/?q=h&by=members&marker=h1&sort=host")
    links = [html.unescape(each) for each in re.findall(r'href="(\?[^"]*)"', text)]
    assert "?rack=r2&zone=az1&q=h&by=members&sort=host" in links
    assert "?zone=az2&q=h&by=members&sort=host" in links
    assert "?q=h&by=ensembles&sort=host" in links
    assert "?q=h&by=members&sort=host&dir=desc" in links, "the same column turns round"
    assert "?q=h&by=members&sort=members" in links


def test_pages_go_on_and_back_in_the_same_order(
    admin: Client, filled: DashboardCloud, settings: Any
) -> None:
    settings.API_RESULT_PAGE_SIZE = 2
    path, seen = "/admin/ensembles/?sort=host", []
    while path:
        text = page(admin, path)
        seen.append(rows(text))
        follow = re.search(r'rel="next" href="([^"#]*)#ens-hosts"', text)
        path = f"/admin/ensembles/{html.unescape(follow[1])}" if follow else ""
    assert seen == [["h1", "h2"], ["h3", "h4"], ["h5"]]
    assert "5 to 5 of 5" in words(text)
    while follow := re.search(r'rel="prev" href="([^"#]*)#ens-hosts"', text):
        text = page(admin, f"/admin/ensembles/{html.unescape(follow[1])}")
        seen.append(rows(text))
    assert seen[3:] == [["h3", "h4"], ["h1", "h2"]]
    assert "1 to 2 of 5" in words(text)


def test_a_page_after_a_host_that_has_gone_is_the_first_one(
    admin: Client, filled: DashboardCloud
) -> None:
    assert rows(page(admin, "/admin/ensembles/?sort=host&marker=h9"))[0] == "h1"


@pytest.mark.parametrize(
    ("hosts", "records", "query", "said"),
    [
        pytest.param([], [], "", "This cloud has no host yet.", id="no hosts"),
        pytest.param(HOSTS, [], "", "No ensemble has members on any host yet.", id="no ensembles"),
        pytest.param(HOSTS, RECORDS, "?q=nothing", "No host matches the search.", id="not found"),
        pytest.param(
            HOSTS, RECORDS, "?project=p", "What is chosen has no members on any host.",
            id="a project without members",
        ),
    ],
)  # fmt: skip
def test_nothing_to_show_is_said(
    admin: Client, dashboard_cloud: DashboardCloud, hosts: Any, records: Any, query: str, said: str
) -> None:
    dashboard_cloud.hosts, dashboard_cloud.records = hosts, records
    assert said in words(page(admin, f"/admin/ensembles/{query}"))


def test_an_api_that_fails_is_a_message(admin: Client, filled: DashboardCloud) -> None:
    filled.answers["GET", HOSTS_PATH] = (
        503,
        {"serviceUnavailable": {"message": "down", "code": 503}},
    )
    text = page(admin, "/admin/ensembles/")
    assert "The hosts cannot be shown now." in text
    assert "Unable to retrieve the host impact." in text


def test_what_was_searched_for_is_shown_as_text(admin: Client, filled: DashboardCloud) -> None:
    text = page(admin, '/admin/ensembles/?q="><script>alert(1)</script>&rack={$7*7$}')
    assert "No host matches the search." in text
    assert "<script>alert" not in text and "{$7*7$}" in text


def test_nothing_of_ours_is_an_inline_script_or_style(
    admin: Client, filled: DashboardCloud
) -> None:
    for path in ("/admin/ensembles/", "/admin/ensembles/hosts/h2/"):
        ours = main(page(admin, path))
        assert not re.search(r"\son\w+=|javascript:|\sstyle=|<script", ours)


def test_a_host_tells_what_breaks_and_who_is_there(admin: Client, filled: DashboardCloud) -> None:
    text = page(admin, "/admin/ensembles/hosts/h2/")
    told = words(text)
    assert "Its failure uses up 1 promise and ends 1 tier of which nothing was asked." in told
    assert re.findall(r"(bank|shop) (?:demo|p-bank) (?:web|db)-. show on the map (\w+)", told) == [
        ("bank", "down"),
        ("shop", "works"),
    ]
    assert "Try to place them elsewhere" in told and "?check=1#ens-drain" in text
    assert "/admin/instances/s-web-1/detail" in text or "/admin/instances/s-web-1/" in text
    assert filled.queries("GET", f"{HOSTS_PATH}/h2") == [{}], "trying is not done unasked"
    assert "?rack=r1&amp;zone=az1" in text


@pytest.mark.parametrize(
    ("host", "said"), [("h1", "of 1 ensemble As"), ("h2", "of 2 ensembles As")]
)
def test_a_host_counts_the_ensembles_of_its_members(
    admin: Client, filled: DashboardCloud, host: str, said: str
) -> None:
    assert said in words(page(admin, f"/admin/ensembles/hosts/{host}/"))


@pytest.mark.parametrize("path", ["/admin/ensembles/", "/admin/ensembles/hosts/h1/"])
def test_the_age_of_what_is_shown_is_a_sentence(
    admin: Client, filled: DashboardCloud, path: str
) -> None:
    assert re.search(r"As Nova had it at \d\d:\d\d:\d\d\. ", words(page(admin, path)))


def test_a_host_without_members_has_nothing_to_drain(admin: Client, filled: DashboardCloud) -> None:
    told = words(page(admin, "/admin/ensembles/hosts/h5/"))
    assert "No member of an ensemble is on this host." in told and "drained" not in told


@pytest.mark.parametrize(
    ("fits", "said"),
    [
        pytest.param(True, "Yes: all its members fit on other hosts now", id="it fits"),
        pytest.param(False, "No: 1 ensemble could not keep its hard policies", id="it does not"),
        pytest.param(None, "Not decided: for some members", id="it is not known"),
    ],
)
def test_a_drain_is_told_ensemble_by_ensemble(
    admin: Client, filled: DashboardCloud, fits: bool | None, said: str
) -> None:
    move = {"member": "web-1", "host": "h1", "rack": "r1", "zone": "az1"}
    shop = {
        "ensemble_id": SHOP, "ensemble_name": "shop", "project_id": PROJECT, "members": ["web-1"],
        "fits": True, "others": 2, "moves": [move], "reasons": [],
    }  # fmt: skip
    reason = {"message": "There is no room for db."}
    bank = {**shop, "ensemble_name": "bank", "fits": fits, "moves": [], "others": 0}
    bank["reasons"] = [] if fits else [reason]
    filled.drain = {"fits": fits, "ensembles": [shop, bank]}
    told = words(page(admin, "/admin/ensembles/hosts/h2/?check=1"))
    assert said in told
    assert "web-1 → to h1 az1 › r1" in told
    assert "2 members elsewhere must move as well." in told
    assert (reason["message"] in told) is (fits is not True)


def test_a_host_that_is_not_there_leads_back_with_a_message(
    admin: Client, filled: DashboardCloud
) -> None:
    answer = admin.get("/admin/ensembles/hosts/nowhere/", follow=True)
    assert answer.redirect_chain[-1][0] == "/admin/ensembles/"
    assert "Unable to retrieve the host." in answer.content.decode()


def test_names_are_shown_as_they_are_to_operators(
    admin: Client, dashboard_cloud: DashboardCloud
) -> None:
    hostile = '<b>{$ 7*7 $}</b>"{{ 1 }}'
    dashboard_cloud.hosts = [ObservedHost(hostile.replace("/", "|"), (hostile, hostile), up=True)]
    name = dashboard_cloud.hosts[0].name
    dashboard_cloud.records = [record(SHOP, hostile, f"db-0@{name}")]
    text = page(admin, "/admin/ensembles/")
    for place in ("</a>\n        <span", "</option>", "</a><button", "</a>"):
        assert f"{html.escape(hostile)}{place}" in text or f"{html.escape(name)}{place}" in text
    assert "<b>" not in main(text)


@pytest.mark.parametrize(
    ("query", "levels", "filters", "back"),
    [
        pytest.param("", ("rack", "zone"), {}, "", id="nothing"),
        pytest.param("q=+a+&rack=r&row=1", ("rack", "zone"), {"q": "a", "rack": "r"}, "rack=r&q=a",
                     id="a level that is not there"),
        pytest.param("row=1&q=", ("rack", "row"), {"row": "1"}, "row=1", id="another level"),
        pytest.param("sort=impact&dir=desc&by=impact", ("rack",), {}, "", id="what goes unsaid"),
        pytest.param("sort=host&dir=asc&marker=h&prev=1", ("rack",), {},
                     "sort=host&marker=h&prev=1", id="a page before"),
        pytest.param("dir=asc&prev=1", ("rack",), {}, "dir=asc", id="before nothing"),
        pytest.param(f"q={'x' * 300}", ("rack",), {"q": "x" * 255}, f"q={'x' * 255}", id="long"),
    ],
)  # fmt: skip
def test_an_address_is_read_and_written(
    query: str, levels: tuple[str, ...], filters: dict[str, str], back: str
) -> None:
    given = {key: values[-1] for key, values in parse_qs(query).items()}
    search = HostSearch.of(given, levels, ("impact", "members", "host"))
    assert (search.filters, search.query) == (filters, back)


def test_what_only_ends_unasked_is_told_apart(
    admin: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.hosts = HOSTS
    dashboard_cloud.records = [RECORDS[1], record(SHOP, "lost", "db-0@h4")]
    text = page(admin, "/admin/ensembles/")
    told = words(text)
    assert "No single failure would break or use up a promise." in told
    assert "The failure of any one of 2 more would only end tiers" in told
    assert "What does not hold now" not in told
    assert "1 ensemble has a tier without a member now; nothing was asked of it" in told
    assert re.findall(r'ens-heat-cell (ens-heat-\d)[^"]*is-unprotected', text) == ["ens-heat-1"] * 2
