# SPDX-License-Identifier: Apache-2.0
"""What the pages offer to whom, by the rules of the API and what operators make of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from openstack_auth import policy

from tests.fakes.dashboard_answers import ensemble
from tests.fakes.dashboard_cloud import FORM, DashboardCloud
from tools import policies

INDEX = "/project/ensembles/"
DRAW = INDEX + "draw/"
API = "/v2.1/os-ensembles"


@pytest.fixture
def shop(dashboard_cloud: DashboardCloud) -> dict[str, Any]:
    """An ensemble of the project."""
    made = ensemble("shop")
    dashboard_cloud.ensembles = [made]
    return made


@pytest.fixture
def rules(settings: Any, tmp_path: Path) -> Iterator[Any]:
    """Write rules as an operator does, in the file beside Horizon's others."""

    def write(**changed: str) -> None:
        path = tmp_path / "ensembles_policy.yaml"
        path.write_text(json.dumps({f"ensembles:{name}": rule for name, rule in changed.items()}))
        settings.POLICY_FILES = {**settings.POLICY_FILES, "ensembles": str(path)}
        policy.reset()

    yield write
    policy.reset()


def offered(text: str) -> set[str]:
    """Give what one can do on a page, by the words on its buttons and links."""
    known = {
        "Draw Ensemble", "Plan Ensemble", "Draw Another", "Plan Another", "Delete Ensemble",
        "Delete Ensembles", "Cancel the build", "Draw another like this",
        "Plan another like this", "Create Ensemble", "Change", "Adopt Servers", "Release Servers",
    }  # fmt: skip
    found = re.findall(r"<(a|button)\b[^>]*>(.*?)</\1>", text, re.DOTALL)
    return {" ".join(re.sub("<[^>]*>", "", words).split()) for _tag, words in found} & known


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_the_dashboard_has_the_rules_of_the_api() -> None:
    assert policies.COPY.read_text() == policies.text(), "run `make policies`"


WRITES = {"Delete Ensemble", "Delete Ensembles"}


@pytest.mark.parametrize(
    ("who", "index", "details", "draw"),
    [
        pytest.param(
            "demo",
            {
                "Draw Ensemble",
                "Adopt Servers",
                "Change",
                "Draw Another",
                "Release Servers",
                *WRITES,
            },
            {
                "Cancel the build",
                "Change",
                "Release Servers",
                "Delete Ensemble",
                "Draw another like this",
            },
            {"Create Ensemble"},
            id="a member",
        ),
        pytest.param(
            "reader",
            {"Plan Ensemble", "Plan Another"},
            {"Plan another like this"},
            set(),
            id="a reader",
        ),
    ],
)
def test_a_page_offers_what_its_reader_may_do(
    request: pytest.FixtureRequest,
    shop: dict[str, Any],
    who: str,
    index: set[str],
    details: set[str],
    draw: set[str],
) -> None:
    client: Client = request.getfixturevalue(who)
    table = page(client, INDEX)
    assert offered(table) == index
    ticks = re.search(r'<th[^>]*class="[^"]*multi_select_column[^"]*"', table)
    assert ticks is not None and ("hidden" in ticks[0]) == (who == "reader")
    assert f'href="{INDEX}{shop["id"]}/">shop</a>' in table
    assert offered(page(client, f"{INDEX}{shop['id']}/")) == details
    assert offered(page(client, DRAW)) == draw
    refused = "You may plan in demo, but not create." in page(client, DRAW)
    assert refused == (who == "reader")


def test_an_empty_table_invites_a_reader_to_plan(reader: Client) -> None:
    text = page(reader, INDEX)
    assert offered(text) == {"Plan Ensemble"}
    assert "There is no ensemble in this project yet" in text and "Draw it" not in text


def test_an_operator_deletes_in_any_project_and_draws_in_none(
    admin: Client, shop: dict[str, Any]
) -> None:
    shop["project_id"] = "another"
    assert offered(page(admin, "/admin/ensembles/all/")) == WRITES
    there = offered(page(admin, f"/admin/ensembles/{shop['id']}/"))
    assert there == {"Cancel the build", "Release Servers", "Delete Ensemble"}


def test_operators_change_what_is_offered_beside_horizons_other_rules(
    reader: Client, demo: Client, shop: dict[str, Any], rules: Any
) -> None:
    rules(plan="rule:ensembles:member", delete="role:admin", release="!")
    assert offered(page(reader, INDEX)) == set()
    assert offered(page(reader, f"{INDEX}{shop['id']}/")) == set()
    answer = reader.get(DRAW)
    assert answer.status_code == 403 and "does not let you see" in answer.content.decode()
    assert offered(page(demo, INDEX)) == {
        "Draw Ensemble", "Adopt Servers", "Draw Another", "Change"
    }  # fmt: skip
    rules(list="role:admin")
    assert f'href="{INDEX}"' not in page(demo, "/project/api_access/")


def test_the_admin_panel_follows_the_rules_of_what_it_shows(admin: Client, rules: Any) -> None:
    assert ">All ensembles<" in page(admin, "/admin/ensembles/")
    rules(all_projects="!")
    assert ">All ensembles<" not in page(admin, "/admin/ensembles/")
    rules(hosts="!")
    assert admin.get("/admin/ensembles/").status_code == 403
    assert 'href="/admin/ensembles/"' not in page(admin, INDEX)


def test_a_bulk_delete_says_of_each_that_is_refused_why(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.ensembles = [ensemble("<b>one</b>"), ensemble("two"), ensemble("three")]
    one, two, three = (each["id"] for each in dashboard_cloud.ensembles)
    refusals = {
        one: (403, "forbidden", "Policy does not allow it."),
        two: (409, "x", "It is locked."),
    }
    for key, (status, kind, message) in refusals.items():
        error = {kind: {"code": status, "message": message}}
        dashboard_cloud.answers["DELETE", f"{API}/{key}"] = (status, error)
    demo.get(INDEX)
    token = {"csrfmiddlewaretoken": demo.cookies["csrftoken"].value}
    sent = {**FORM, **token, "action": "ensembles__delete", "object_ids": [one, two, three]}
    said = demo.post(INDEX, sent, follow=True).content.decode()
    assert "“&lt;b&gt;one&lt;/b&gt;” is not deleted: Policy does not allow it." in said
    assert "“two” is not deleted: It is locked." in said
    assert "Scheduled deletion of Ensemble: three" in said
    assert "Unable to" not in said and "<b>one" not in said
