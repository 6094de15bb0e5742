# SPDX-License-Identifier: Apache-2.0
"""Which failures would leave members without places, over all ensembles, with real allocations."""

from typing import Any

import pytest
import webob
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import routes

ADMIN = caller("operators", "admin")


def ask(cloud: SmallCloud, query: str = "") -> webob.Response:
    request = webob.Request.blank(
        f"/os-ensembles/headroom?{query}", base_url="http://nova:8774/v2.1"
    )
    request.environ["nova.context"] = ADMIN
    return routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])


def headroom(cloud: SmallCloud, query: str = "") -> Any:
    answer = ask(cloud, query)
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
        "fits": 2, "does_not_fit": 0, "not_decided": 0, "ensembles": 1, "left_out": 0,
    }  # fmt: skip
    assert cloud.placement.consumers(*cloud.providers) == before


def test_who_would_be_without_a_place_is_named(cloud: SmallCloud) -> None:
    hosts = build(cloud, ("web", 2), policies=[anti_affinity("web")])
    for host in cloud.nova.hosts:
        if host.name not in hosts.values():
            host.state = "disabled"
    cloud.observe()
    found = headroom(cloud)
    assert found["totals"]["does_not_fit"] == 2
    for each in found["headroom"]:
        assert (each["fits"], each["members"], each["cure"]) == (False, 1, None)
        (without,) = each["without"]
        assert (without["members"], without["missing"], without["fits"]) == (1, 1, False)
        assert without["project_id"] == caller().project_id


def test_domains_come_page_after_page(cloud: SmallCloud) -> None:
    build(cloud, ("web", 3), policies=[anti_affinity("web")])
    every = [each["path"] for each in headroom(cloud)["headroom"]]
    assert len(every) == 3
    seen, query = [], "limit=1"
    while query:
        page = headroom(cloud, query)
        assert (page["found"], page["first"]) == (3, len(seen) + 1)
        seen += [each["path"] for each in page["headroom"]]
        links = page.get("headroom_links")
        query = links[0]["href"].partition("?")[2] if links else ""
    assert seen == every


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
