# SPDX-License-Identifier: Apache-2.0
"""Which failures would leave members without places, over all ensembles, with real allocations."""

from datetime import timedelta
from typing import Any

import pytest
import webob
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import routes
from ensemble_api.planning.cloud_headroom import cloud_headroom
from ensemble_api.store import rows
from ensemble_api.usecases import headroom as usecase

ADMIN = caller("operators", "admin")


def ask(cloud: SmallCloud, query: str = "", service: Any = None) -> webob.Response:
    request = webob.Request.blank(
        f"/os-ensembles/headroom?{query}", base_url="http://nova:8774/v2.1"
    )
    request.environ["nova.context"] = ADMIN
    return routes.dispatch(request, service or cloud.service(), request.environ["PATH_INFO"])


def headroom(cloud: SmallCloud, query: str = "", service: Any = None) -> Any:
    answer = ask(cloud, query, service)
    assert answer.status_int == 200, answer.text
    return answer.json


def build(cloud: SmallCloud, *tiers: tuple[str, int], **more: Any) -> dict[str, str]:
    """Build an ensemble; gives the host of each member."""
    record = cloud.service().create(caller(), body(*tiers, **more))
    cloud.run(record.id)
    cloud.observe()
    return {member.name: member.host for member in cloud.store.get(record.id).members}


def test_each_domain_with_members_is_told_and_nothing_is_touched(cloud: SmallCloud) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    before = cloud.placement.consumers(*cloud.providers)
    found = headroom(cloud)
    assert {each["name"] for each in found["headroom"]} == set(hosts.values())
    assert [each["fits"] for each in found["headroom"]] == [True, True]
    assert found["headroom"][0]["message"] == "The 1 member in it would find another place."
    assert found["totals"] == {
        "fits": 2,
        "does_not_fit": 0,
        "not_decided": 0,
        "ensembles": 1,
        "ensembles_without": 0,
        "left_out": 0,
    }
    assert cloud.placement.consumers(*cloud.providers) == before


def test_who_would_be_without_a_place_is_named(cloud: SmallCloud) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    for host in cloud.nova.hosts:
        if host.name not in hosts.values():
            host.state = "disabled"
    cloud.observe()
    found = headroom(cloud)
    assert (found["totals"]["does_not_fit"], found["totals"]["ensembles_without"]) == (2, 1)
    for each in found["headroom"]:
        assert (each["fits"], each["members"], each["cure"]) == (False, 1, None)
        (without,) = each["without"]
        assert (without["members"], without["missing"], without["fits"]) == (1, 1, False)
        assert without["project_id"] == caller().project_id


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The levels of which it was worked out, in that order."""
    levels: list[str] = []

    def noted(running: Any, level: str, **more: Any) -> Any:
        levels.append(level)
        return cloud_headroom(running, level, **more)

    monkeypatch.setattr(usecase, "cloud_headroom", noted)
    return levels


def pages(cloud: SmallCloud, query: str, service: Any) -> Any:
    """Each page of one domain and on, from the one that is asked for."""
    while query:
        page = headroom(cloud, query, service)
        yield page
        links = page.get("headroom_links")
        query = links[0]["href"].partition("?")[2] if links else ""


@pytest.mark.parametrize("same", [True, False], ids=["one process", "each page of another"])
def test_domains_come_page_after_page(cloud: SmallCloud, computed: list[str], same: bool) -> None:
    build(cloud, ("web", 3), policies=[anti_affinity("web")])
    service = cloud.service() if same else None
    every = [each["path"] for each in headroom(cloud, "", service)["headroom"]]
    assert len(every) == 3
    seen = []
    for page in pages(cloud, "limit=1", service):
        assert (page["found"], page["first"]) == (3, len(seen) + 1)
        seen += [each["path"] for each in page["headroom"]]
    assert seen == every
    assert len(computed) == (1 if same else 4)


def test_pages_are_of_one_result_though_the_cloud_changes_between_them(
    cloud: SmallCloud, computed: list[str]
) -> None:
    build(cloud, ("web", 3), policies=[anti_affinity("web")])
    service = cloud.service()
    every = [each["path"] for each in headroom(cloud, "", service)["headroom"]]
    seen = []
    for page in pages(cloud, "limit=1", service):
        (room,) = page["headroom"]
        seen.append(room["path"])
        cloud.nova.host(room["name"]).state = "down"
        cloud.observe()
    assert (seen, len(computed)) == (every, 1)
    assert headroom(cloud, "", service)["found"] == 0


def test_a_page_goes_on_where_its_domain_has_no_members_any_more(cloud: SmallCloud) -> None:
    build(cloud, ("web", 3), policies=[anti_affinity("web")])
    first, *others = (each["path"] for each in headroom(cloud)["headroom"])
    page = headroom(cloud, "limit=1")
    cloud.nova.host(first[-1]).state = "down"
    cloud.observe()
    query = page["headroom_links"][0]["href"].partition("?")[2]
    seen = [each["path"] for page in pages(cloud, query, None) for each in page["headroom"]]
    assert seen == others


def test_it_is_worked_out_once_a_period_unless_something_has_changed(
    cloud: SmallCloud, computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    service, begun = cloud.service(), rows.now()
    first = headroom(cloud, "", service)
    monkeypatch.setattr(rows, "now", lambda: begun + timedelta(seconds=50))
    cloud.observe()
    assert headroom(cloud, "", service) == first
    headroom(cloud, "level=rack", service)
    assert computed == ["host", "rack"]
    monkeypatch.setattr(rows, "now", lambda: begun + timedelta(seconds=70))
    later = headroom(cloud, "", service)
    assert (computed, later["as_of"] > first["as_of"]) == (["host", "rack", "host"], True)
    (free, *_) = (each for each in cloud.nova.hosts if each.name not in hosts.values())
    server = next(each for each in cloud.nova.alive() if each.host == hosts["web-0"])
    server.host = free.name
    cloud.observe()
    moved = headroom(cloud, "", service)
    assert {each["name"] for each in moved["headroom"]} == {free.name, hosts["web-1"]}


CHANGES: dict[str, Any] = {
    "a host that gets no new servers": lambda cloud: setattr(
        cloud.nova.hosts[-1], "state", "disabled"
    ),
    "a host that has failed": lambda cloud: setattr(cloud.nova.hosts[-1], "state", "down"),
    "a server that is gone": lambda cloud: setattr(cloud.nova.alive()[0], "gone", True),
    "another ensemble": lambda cloud: build(cloud, ("db", 1)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_the_observer_sees_makes_it_new(
    cloud: SmallCloud, computed: list[str], change: Any
) -> None:
    build(cloud, ("web", 2), policies=[anti_affinity("web")])
    service = cloud.service()
    headroom(cloud, "", service)
    change(cloud)
    cloud.observe()
    headroom(cloud, "", service)
    assert len(computed) == 2


def test_members_that_are_lost_have_no_part_in_it(cloud: SmallCloud) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    cloud.nova.host(hosts["web-0"]).state = "down"
    cloud.observe()
    found = headroom(cloud)
    assert [each["name"] for each in found["headroom"]] == [hosts["web-1"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [("level=row", "level"), ("marker=nowhere", "marker"), ("limit=0", "limit"), ("x=1", "x")],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    cloud: SmallCloud, query: str, field: str
) -> None:
    answer = ask(cloud, query)
    assert answer.status_int == 400
    assert answer.json["badRequest"]["details"]["field"] == field


def test_without_ensembles_there_is_nothing_to_tell(cloud: SmallCloud) -> None:
    found = headroom(cloud, "level=rack")
    assert (found["headroom"], found["found"], found["first"]) == ([], 0, 0)
