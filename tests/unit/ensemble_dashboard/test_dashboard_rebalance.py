# SPDX-License-Identifier: Apache-2.0
"""The page of moves to the best spread: previewed, and carried out as it was shown."""

from typing import Any

import pytest
from django.test import Client

from tests.fakes.dashboard_answers import ensemble
from tests.fakes.dashboard_cloud import DashboardCloud

INDEX = "/project/ensembles/"
PLAN = "9f1b6bd0-c3a2-4d2e-8a3d-5a9f0b1c2d3e"
DOMAINS = [
    {"ref": "aa", "level": "rack", "parent": None, "label": "rack A"},
    {"ref": "bb", "level": "host", "parent": "aa", "label": "host <B>"},
    {"ref": "cc", "level": "host", "parent": "aa", "label": "host C"},
]
LEVEL = {"message": "Works after the loss of any one rack.", "worst_message": "1 of 2 is left."}
MOVE = {
    "member": "web-1",
    "from": {"rack": "aa", "host": "bb"},
    "to": {"rack": "aa", "host": "cc"},
}


def answer(*moved: Any, **plan: Any) -> Any:
    whole = {"id": PLAN, "domains": DOMAINS, "reasons": [], "survivability": [LEVEL], **plan}
    return 200, {"rebalance": {"message": "So it is.", "moved": list(moved), "plan": whole}}


@pytest.fixture
def shop(dashboard_cloud: DashboardCloud) -> Any:
    found = ensemble("shop <b>")
    dashboard_cloud.ensembles = [found]
    answers(dashboard_cloud, found, answer(MOVE))
    return found


def answers(cloud: DashboardCloud, shop: Any, what: Any) -> None:
    cloud.answers["POST", f"/v2.1/os-ensembles/{shop['id']}/action"] = what


def asked(cloud: DashboardCloud, shop: Any) -> list[Any]:
    return [*cloud.bodies("POST", f"/v2.1/os-ensembles/{shop['id']}/action")]


def page(shop: Any) -> str:
    return f"{INDEX}{shop['id']}/rebalance/"


def test_who_moves_is_shown_with_what_a_failure_leaves_then(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    text = demo.get(page(shop)).content.decode()
    assert asked(dashboard_cloud, shop) == [{"rebalance": {"dry_run": True}}]
    for each in (
        "Spread “shop &lt;b&gt;” anew",
        "So it is.",
        "web-1",
        "rack A / host &lt;B&gt;",
        "rack A / host C",
        "Works after the loss of any one rack. 1 of 2 is left.",
        f'value="{PLAN}"',
    ):
        assert each in text, each
    assert f'href="{page(shop)}"' in demo.get(f"{INDEX}{shop['id']}/").content.decode()


def test_just_what_was_shown_is_done(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    demo.get(page(shop))
    token = {"csrfmiddlewaretoken": demo.cookies["csrftoken"].value}
    answers(dashboard_cloud, shop, (202, {"ensemble": shop}))
    done = demo.post(page(shop), {"plan": PLAN, **token})
    assert (done.status_code, done["Location"]) == (302, f"{INDEX}{shop['id']}/")
    assert asked(dashboard_cloud, shop)[1:] == [{"rebalance": {"plan": PLAN}}]
    assert demo.post(page(shop), token)["Location"] == page(shop)
    assert len(asked(dashboard_cloud, shop)) == 2, "nobody has agreed to anything"


def test_where_nobody_is_to_move_there_is_no_button(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    answers(dashboard_cloud, shop, answer(id=None))
    text = demo.get(page(shop)).content.decode()
    assert "So it is." in text and "ens-rebalance-now" not in text


def test_what_is_in_the_way_is_said_on_its_own_page(
    demo: Client, dashboard_cloud: DashboardCloud, shop: Any
) -> None:
    error = {"conflictingRequest": {"code": 409, "message": "1 member is lost."}}
    answers(dashboard_cloud, shop, (409, error))
    shown = demo.get(page(shop), follow=True)
    assert shown.redirect_chain[0][0] == f"{INDEX}{shop['id']}/"
    assert "1 member is lost." in shown.content.decode()
