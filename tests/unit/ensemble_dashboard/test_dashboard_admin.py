# SPDX-License-Identifier: Apache-2.0
"""The operators' pages: the spread over hosts, and everybody's ensembles."""

import re
from typing import Any

import pytest
from django.test import Client

from ensemble_dashboard.content.admin_ensembles.spread import racks
from tests.unit.ensemble_dashboard.little_cloud import LittleCloud, ensemble

SHOP = "11111111-1111-4111-8111-111111111111"
BANK = "22222222-2222-4222-8222-222222222222"


def member(name: str, of: str = SHOP, called: str = "shop") -> dict[str, Any]:
    """Give a member as the spread lists it."""
    return {
        "ensemble_id": of,
        "ensemble_name": called,
        "project_id": "p-" + called,
        "tier": name.partition("-")[0],
        "name": name,
        "server_id": None,
    }


def host(name: str, rack: str | None, zone: str, *members: dict[str, Any]) -> dict[str, Any]:
    """Give a host that is up."""
    return {"host": name, "rack": rack, "zone": zone, "state": "up", "members": list(members)}


HOSTS = [
    host("h4", "r1", "az2"),
    host("h2", "r1", "az1", member("web-1"), member("db-0", BANK, "bank"), member("web-0")),
    host("h1", "r1", "az1", member("web-2")),
    host("h3", None, "az1"),
]


def test_hosts_are_grouped_by_zone_and_rack() -> None:
    groups = racks(HOSTS)
    shape = [(g.zone, g.rack, [h.name for h in g.hosts]) for g in groups]
    assert shape == [("az1", "", ["h3"]), ("az1", "r1", ["h1", "h2"]), ("az2", "r1", ["h4"])]
    assert (groups[1].ensemble_count, groups[1].member_count) == (2, 4)
    shares = [(share.ensemble_name, share.members) for share in groups[1].hosts[1].shares]
    assert shares == [("bank", ("db-0",)), ("shop", ("web-0", "web-1"))]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["h3", "h1", "h2", "h4"], id="nothing asked finds all"),
        pytest.param("H2", ["h2"], id="a host in any case of letters"),
        pytest.param(" r1 ", ["h1", "h2", "h4"], id="a rack name that two zones have"),
        pytest.param("az2", ["h4"], id="a zone"),
        pytest.param("bank", ["h2"], id="an ensemble"),
        pytest.param("p-shop", ["h1", "h2"], id="a project"),
        pytest.param("web-2", ["h1"], id="a member"),
        pytest.param("nowhere", [], id="what nobody has"),
    ],
)
def test_the_search_finds(query: str, found: list[str]) -> None:
    assert [row.name for group in racks(HOSTS, query) for row in group.hosts] == found


def page(client: Client, path: str) -> str:
    """Read a page that must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_the_spread_lists_hosts_with_their_members(
    admin: Client, little_cloud: LittleCloud
) -> None:
    little_cloud.hosts = [*HOSTS, {**host("h5", "r9", "az2"), "state": "down"}]
    text = page(admin, "/admin/ensembles/")
    assert re.findall(r'data-host="(\w+)"', text) == ["h3", "h1", "h2", "h4", "h5"]
    assert "5 of 5 hosts" in text
    assert f"/admin/ensembles/{SHOP}/" in text
    assert "web-0, web-1" in text
    assert "ens-state-down" in text
    found = page(admin, "/admin/ensembles/?q=bank")
    assert re.findall(r'data-host="(\w+)"', found) == ["h2"]
    assert "1 of 5 hosts" in found


def test_a_search_without_a_result_says_so_and_shows_it_as_text(
    admin: Client, little_cloud: LittleCloud
) -> None:
    little_cloud.hosts = HOSTS
    text = page(admin, '/admin/ensembles/?q="><script>alert(1)</script>')
    assert "No host matches the search." in text
    assert "<script>alert" not in text


def test_all_projects_ensembles_are_listed_with_the_project(
    admin: Client, little_cloud: LittleCloud
) -> None:
    little_cloud.ensembles = [ensemble("shop"), ensemble("bank", "BUILDING", 0)]
    text = page(admin, "/admin/ensembles/all/")
    assert ("GET", "/v2.1/os-ensembles") in [asked[:2] for asked in little_cloud.asked]
    assert little_cloud.bodies("GET", "/v2.1/os-ensembles")[-1]["all_projects"] == "1"
    assert re.findall(r'/admin/ensembles/[0-9a-f-]{36}/">(\w+)<', text) == ["bank", "shop"]
    assert len(re.findall(r"<td[^>]*>\s*demo\s*</td>", text)) == 2
    update = "?action=row_update&table=all_ensembles&obj_id=" + little_cloud.ensembles[1]["id"]
    fresh = admin.get(
        "/admin/ensembles/all/" + update, headers={"X-Requested-With": "XMLHttpRequest"}
    ).content.decode()
    assert re.search(r"<td[^>]*>\s*demo\s*</td>", fresh) and "Building" in fresh


def test_an_operator_sees_an_ensemble_under_admin(admin: Client, little_cloud: LittleCloud) -> None:
    made = ensemble("shop")
    little_cloud.ensembles = [made]
    text = page(admin, f"/admin/ensembles/{made['id']}/")
    assert f"/admin/ensembles/{made['id']}/state/" in text
    assert "/admin/instances/00000000/" in text


@pytest.mark.parametrize("path", ["/admin/ensembles/", "/admin/ensembles/all/"])
def test_a_member_of_a_project_is_no_operator(
    demo: Client, little_cloud: LittleCloud, path: str
) -> None:
    assert demo.get(path).status_code == 403
    assert not [asked for asked in little_cloud.asked if "os-ensembles" in asked[1]]


def test_a_name_is_shown_as_it_is_to_operators(admin: Client, little_cloud: LittleCloud) -> None:
    hostile = "<b>{$ 7*7 $}</b>"
    little_cloud.hosts = [host("h1", "r1", "az1", member("web-0", SHOP, hostile))]
    assert "&lt;b&gt;{$ 7*7 $}&lt;/b&gt;" in page(admin, "/admin/ensembles/")
