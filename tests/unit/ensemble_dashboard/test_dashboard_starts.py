# SPDX-License-Identifier: Apache-2.0
"""What a drawing can start from, as data and as cards."""

import json
import re

import pytest
import yaml
from django.test import Client

from ensemble_client import file as ensemble_file
from ensemble_dashboard.starts import STARTS, Start
from tests.fakes.dashboard_cloud import DashboardCloud

DRAWN = [pytest.param(start, id=start.id) for start in STARTS if start.tiers]


@pytest.mark.parametrize("start", DRAWN)
def test_a_start_is_an_ensemble_that_the_client_reads(start: Start) -> None:
    server = {"flavor": "f", "image": "i"}
    body = {
        "name": start.name,
        "tiers": [{"name": name, "count": count, "server": server} for name, count in start.tiers],
        "policies": list(start.policies),
    }
    assert ensemble_file.read_text(yaml.safe_dump(body), "YAML").body == body


@pytest.mark.parametrize("start", DRAWN)
def test_the_picture_of_a_start_shows_its_tiers_within_the_frame(start: Start) -> None:
    shown = [member["tier"] for rack in start.racks for member in rack["members"]]
    assert set(shown) == set(range(len(start.tiers)))
    assert all(shown.count(place) <= count for place, (_name, count) in enumerate(start.tiers))
    assert all(rack["left"] >= 0 and rack["left"] + 20 <= 96 for rack in start.racks)
    assert all(member["top"] <= 38 for rack in start.racks for member in rack["members"])


def test_the_page_has_a_card_for_each_and_emptiness_only_where_something_is(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    text = demo.get("/project/ensembles/draw/").content.decode()
    gallery, nothing = text.split('id="ens-nothing-drawn"')
    names = [start.id for start in STARTS]
    cards = re.compile(r'data-start="([\w-]+)"')
    assert cards.findall(gallery) == names
    assert cards.findall(nothing) == [name for name in names if name != "empty"]


@pytest.mark.parametrize("zone_level", ["zone", "az", None])
def test_a_start_is_about_the_level_that_holds_the_cloud_s_zones(zone_level: str | None) -> None:
    levels = {policy["level"] for start in STARTS for policy in start.data(zone_level)["policies"]}
    assert levels == {"host", "rack"} | ({zone_level} if zone_level else set())


def test_the_drawing_is_told_the_cloud_s_own_limits_and_levels(demo: Client) -> None:
    text = demo.get("/project/ensembles/draw/").content.decode()
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1])
    assert data["limits"]["max_members"] == 321
    assert data["levels"] == ["host", "rack", "az"]


def test_a_cloud_that_does_not_say_what_it_can_is_trouble_and_no_drawing(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.answers["GET", "/v2.1/os-ensembles/capabilities"] = (503, {})
    answer = demo.get("/project/ensembles/draw/")
    assert answer.status_code == 502
    assert "ens-data" not in answer.content.decode()
