# SPDX-License-Identifier: Apache-2.0
"""The gallery of templates, the page of one, and what its forms send."""

import json
import re
import uuid
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.fakes.dashboard_answers import PROJECT, TIER, ensemble
from tests.fakes.dashboard_cloud import FORM, OTHER_PROJECT, SCRIPT, DashboardCloud

INDEX = "/project/ensembles/"
GALLERY = INDEX + "templates/"
API = "/v2.1/os-ensembles"
TEMPLATES = API + "/templates"
COUNT = {"type": "number", "default": 3, "constraints": [{"range": {"min": 2, "max": 8}}]}
WANTED = {"version": 1, "instances": [{"name": "shop", "parameters": {"count": 4}}]}


def template(name: str = "web service", **more: Any) -> dict[str, Any]:
    """A template with one tier of as many members as its parameter says."""
    return {
        "id": str(uuid.uuid4()),
        "name": name,
        "description": "",
        "project_id": PROJECT,
        "visibility": "private",
        "projects": [],
        "user_id": "u-demo",
        "version": 1,
        "latest_version": 1,
        "created_at": "2026-11-01T10:00:00Z",
        "updated_at": "2026-11-02T10:00:00Z",
        "parameters": {"count": COUNT},
        "ensemble": {"tiers": [{**TIER, "count": {"get_param": "count"}}]},
        "versions": [{"version": 1, "user_id": "u-demo", "created_at": "2026-11-01T10:00:00Z"}],
        "instances": 0,
        "deleted_at": None,
        **more,
    }


def there(cloud: DashboardCloud, *templates: dict[str, Any]) -> None:
    """Let these templates be there, listed in this order."""
    cloud.answers["GET", TEMPLATES] = (200, {"templates": list(templates)})
    for each in templates:
        cloud.answers["GET", f"{TEMPLATES}/{each['id']}"] = (200, {"template": each})


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def words(html: str) -> str:
    """The text of a page in one line."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def send(client: Client, path: str, body: Any) -> HttpResponse:
    """Post as the page's script does."""
    headers = {**SCRIPT, "X-CSRFToken": client.cookies["csrftoken"].value}
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def submit(client: Client, path: str, **fields: Any) -> HttpResponse:
    """Send a form of a page."""
    client.get(INDEX)
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    return client.post(path, {**FORM, **token, **fields}, follow=True)


def test_a_gallery_without_templates_says_what_to_do(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    there(dashboard_cloud)
    assert "There is no template yet" in page(demo, GALLERY)
    assert f'href="{GALLERY}"' in page(demo, INDEX)
    assert "No template matches the search." in page(demo, GALLERY + "?q=x")


def test_a_card_says_what_a_template_is_and_whose(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    tier = {**TIER, "name": "<b>", "when": {"get_param": "more"}, "count": 1_000}
    there(
        dashboard_cloud,
        template(),
        template(
            "theirs", project_id=OTHER_PROJECT, visibility="shared", ensemble={"tiers": [tier]}
        ),
        template("all", project_id="f" * 32, visibility="public", ensemble={"tiers": []}),
    )
    text = page(demo, GALLERY)
    own, theirs, public = re.findall(r"<li class=\"ens-card.*?</p>\s*</li>", text, re.DOTALL)
    assert "This project’s, seen by nobody else" in words(own)
    assert "web × 2 to 8" in words(own) and own.count("<circle") == 3
    assert "Shared by project lab" in words(theirs)
    assert "<b> × 1,000 if asked for" in words(theirs) and "is-conditional" in theirs
    assert f"Public, of project {'f' * 32}" in words(public) and "<svg" not in public


def test_a_template_that_cannot_be_drawn_is_listed_all_the_same(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    shown = template()
    there(dashboard_cloud, shown)
    dashboard_cloud.answers["GET", f"{TEMPLATES}/{shown['id']}"] = (500, {})
    assert "web service" in page(demo, GALLERY)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("", {"visibility": "all", "sort_key": "created_at", "sort_dir": "desc"},
                     id="the newest first"),
        pytest.param("?q=+web+&whose=public&sort=name",
                     {"name": "web", "visibility": "public", "sort_key": "name", "sort_dir": "asc"},
                     id="by name"),
        pytest.param("?whose=x&sort=y",
                     {"visibility": "all", "sort_key": "created_at", "sort_dir": "desc"},
                     id="what the API would not understand is left out"),
        pytest.param("?sort=updated_at&before=m",
                     {"visibility": "all", "sort_key": "updated_at", "sort_dir": "asc",
                      "marker": "m"},
                     id="backwards"),
    ],
)  # fmt: skip
def test_the_api_searches_and_sorts(
    demo: Client, dashboard_cloud: DashboardCloud, query: str, expected: dict[str, str]
) -> None:
    there(dashboard_cloud, template())
    page(demo, GALLERY + query)
    assert dashboard_cloud.queries("GET", TEMPLATES) == [{**expected, "limit": "13"}]


def test_a_page_leads_to_the_next_and_keeps_the_search(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    there(dashboard_cloud, *(template(f"t{number}") for number in range(13)))
    listed = dashboard_cloud.answers["GET", TEMPLATES][1]["templates"]
    text = page(demo, GALLERY + "?q=t")
    assert f'href="?q=t&amp;marker={listed[11]["id"]}"' in text
    assert listed[12]["id"] not in text and "Previous page" not in text


def test_what_was_deleted_meanwhile_is_no_beginning(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    fault = {"badRequest": {"code": 400, "message": "no such marker"}}
    dashboard_cloud.answers["GET", TEMPLATES] = (400, fault)
    answer = demo.get(GALLERY + "?q=t&marker=gone")
    assert (answer.status_code, answer.url) == (302, f"{GALLERY}?q=t")


def test_an_api_that_fails_is_told(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    dashboard_cloud.answers["GET", TEMPLATES] = (500, {})
    assert "gave no useful answer" in page(demo, GALLERY)


def test_the_page_of_a_template_says_all_of_it(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    flavor = {
        "type": "string", "label": "Size", "description": "How large", "default": "f1",
        "constraints": [{"custom_constraint": "nova.flavor"}],
    }  # fmt: skip
    shown = template(
        latest_version=2,
        visibility="shared",
        projects=[OTHER_PROJECT],
        parameters={"count": COUNT, "flavor": flavor, "name": {"type": "string"}},
        versions=[
            {"version": number, "user_id": None, "created_at": "2026-11-01T10:00:00Z"}
            for number in (1, 2)
        ],
    )
    there(dashboard_cloud, shown)
    made = ensemble("shop") | {"template": {"id": shown["id"], "version": 1}}
    dashboard_cloud.ensembles = [made]
    html = page(demo, f"{GALLERY}{shown['id']}/?version=1")
    text = words(html)
    assert "This is version 1; the latest is 2." in text
    assert "count number 3 2 to 8" in text
    assert "Size How large flavor m1.tiny any" in text
    assert "name text must be given any" in text
    assert "This project’s, shared: lab" in text
    assert "shop 1 Active Update to version 2" in text
    assert "flavor: m1.tiny" in html, "the file calls a flavor by its name"
    assert dashboard_cloud.queries("GET", API)[-1]["template_id"] == shown["id"]
    for path in ("use/?version=1", "share/", "delete/", "file/?version=1"):
        assert f'href="{GALLERY}{shown["id"]}/{path}"' in html


def test_a_version_is_a_file(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    shown = template("web, service")
    there(dashboard_cloud, shown)
    answer = demo.get(f"{GALLERY}{shown['id']}/file/")
    assert answer["Content-Disposition"] == 'attachment; filename="web-service.yaml"'
    assert b"count: {get_param: count}" in answer.content or b"get_param: count" in answer.content


def test_a_template_that_is_not_there_leads_back(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    there(dashboard_cloud)
    answer = demo.get(f"{GALLERY}{uuid.uuid4()}/", follow=True)
    assert "There is no such template here" in answer.content.decode()


def test_a_reader_looks_and_plans_and_changes_nothing(
    reader: Client, dashboard_cloud: DashboardCloud
) -> None:
    shown = template()
    there(dashboard_cloud, shown)
    html = page(reader, f"{GALLERY}{shown['id']}/")
    assert "use/" in html and "share/" not in html and "delete/" not in html
    assert "You may plan in demo, but not create." in page(reader, f"{GALLERY}{shown['id']}/use/")
    for path in ("share/", "delete/"):
        assert reader.get(f"{GALLERY}{shown['id']}/{path}").status_code == 403


def test_another_project_s_template_is_used_and_not_changed(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    shown = template(project_id=OTHER_PROJECT, visibility="public")
    there(dashboard_cloud, shown)
    html = page(demo, f"{GALLERY}{shown['id']}/")
    assert "use/" in html and "share/" not in html and "delete/" not in html
    assert demo.get(f"{GALLERY}{shown['id']}/delete/").status_code == 403


def test_a_template_is_deleted_once_that_is_confirmed(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    shown = template("<i>", instances=2)
    there(dashboard_cloud, shown)
    address = f"{GALLERY}{shown['id']}/delete/"
    text = page(demo, address)
    assert "Delete “&lt;i&gt;” with all its versions?" in text
    assert "2 ensembles of this project were made from it." in words(text)
    dashboard_cloud.answers["DELETE", f"{TEMPLATES}/{shown['id']}"] = (204, None)
    elsewhere = submit(demo, address, ensembles_project=OTHER_PROJECT)
    assert elsewhere.status_code == 409
    assert dashboard_cloud.queries("DELETE", f"{TEMPLATES}/{shown['id']}") == []
    assert "The template is deleted." in submit(demo, address).content.decode()
    assert dashboard_cloud.queries("DELETE", f"{TEMPLATES}/{shown['id']}") == [{}]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"visibility": "private", "project": [OTHER_PROJECT]},
                     {"visibility": "private"}, id="nobody else"),
        pytest.param({"visibility": "shared", "project": [OTHER_PROJECT], "others": "a\n b \r\na"},
                     {"visibility": "shared", "projects": [OTHER_PROJECT, "a", "b"]},
                     id="named projects, each once"),
        pytest.param({"visibility": "public"}, {"visibility": "public"}, id="everybody"),
    ],
)  # fmt: skip
def test_a_template_is_shared(
    demo: Client, dashboard_cloud: DashboardCloud, fields: Any, expected: Any
) -> None:
    shown = template(visibility="shared", projects=["x"])
    there(dashboard_cloud, shown)
    path = f"{TEMPLATES}/{shown['id']}"
    dashboard_cloud.answers["PATCH", path] = (200, {"template": shown})
    address = f"{GALLERY}{shown['id']}/share/"
    html = page(demo, address)
    assert ">x</textarea>" in html and 'value="public"' not in html, "a member publishes nothing"
    assert "This project’s, shared" in submit(demo, address, **fields).content.decode()
    assert dashboard_cloud.bodies("PATCH", path) == [{"template": expected}]


def test_a_refused_sharing_says_why(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    shown = template()
    there(dashboard_cloud, shown)
    fault = {"badRequest": {"code": 400, "message": "template.projects: no"}}
    dashboard_cloud.answers["PATCH", f"{TEMPLATES}/{shown['id']}"] = (400, fault)
    answer = submit(demo, f"{GALLERY}{shown['id']}/share/", visibility="shared")
    assert "template.projects: no" in answer.content.decode()


def test_the_form_comes_with_its_parameters_and_what_can_be_chosen(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    shown = template()
    there(dashboard_cloud, shown)
    text = page(demo, f"{GALLERY}{shown['id']}/use/")
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1])
    assert data["template"] == {key: shown[key] for key in ("id", "name", "version", "parameters")}
    assert [each["name"] for each in data["choices"]["flavors"]] == ["m1.tiny", "m1.small"]
    assert data["planUrl"] == f"{GALLERY}{shown['id']}/use/plan/"


def test_what_was_previewed_is_made_by_its_id(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    shown = template()
    path, address = f"{TEMPLATES}/{shown['id']}/action", f"{GALLERY}{shown['id']}/use/"
    answer = {"plan": {"id": "p"}, "ensemble": {"name": "shop"}}
    dashboard_cloud.answers["POST", path] = (200, answer)
    demo.get(INDEX)
    assert send(demo, address + "plan/", WANTED).json() == {
        "plan": answer["plan"],
        "instances": [answer],
    }
    made = ensemble("shop")
    dashboard_cloud.answers["POST", path] = (202, {"ensemble": made})
    answered = send(demo, address + "submit/", {**WANTED, "plan": "p", "key": "k"}).json()
    assert answered == {"ids": [made["id"]], "url": f"{INDEX}{made['id']}/"}
    asked = {"name": "shop", "parameters": {"count": 4}, "version": 1}
    assert dashboard_cloud.bodies("POST", path) == [
        {"instantiate": {**asked, "dry_run": True}},
        {"instantiate": {**asked, "plan": "p"}},
    ]
    assert dashboard_cloud.keys == ['"k"']


def test_several_are_previewed_and_made_as_one(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    shown = template()
    path, address = f"{TEMPLATES}/{shown['id']}/action", f"{GALLERY}{shown['id']}/use/"
    several = [
        {"name": name, "parameters": {"count": count}} for name, count in (("a", 2), ("b", 3))
    ]
    answer = {"plan": {"id": "p"}, "instances": [{"ensemble": {}, "plan": {}}] * 2}
    dashboard_cloud.answers["POST", path] = (200, answer)
    demo.get(INDEX)
    wanted = {"version": 1, "instances": several}
    assert send(demo, address + "plan/", wanted).json() == answer
    made = [ensemble("a"), ensemble("b")]
    dashboard_cloud.answers["POST", path] = (202, {"ensembles": made})
    answered = send(demo, address + "submit/", {**wanted, "plan": "p"}).json()
    assert answered == {"ids": [each["id"] for each in made], "url": INDEX}
    asked = {"instances": several, "version": 1}
    assert dashboard_cloud.bodies("POST", path) == [
        {"instantiate": {**asked, "dry_run": True}},
        {"instantiate": {**asked, "plan": "p"}},
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"instances": WANTED["instances"]}, "dashboard.no_version", id="no version"),
        pytest.param({**WANTED, "version": True}, "dashboard.no_version", id="a flag as version"),
        pytest.param({"version": 1}, "dashboard.no_instances", id="nothing to make"),
        pytest.param({**WANTED, "instances": []}, "dashboard.no_instances", id="none of them"),
        pytest.param({**WANTED, "instances": [{"name": "a"}]}, "dashboard.no_instances",
                     id="no parameters"),
        pytest.param({**WANTED, "plan": 7}, "dashboard.no_plan", id="a plan of another kind"),
        pytest.param({**WANTED, "key": 7}, "dashboard.no_key", id="a key of another kind"),
    ],
)  # fmt: skip
def test_a_submit_that_makes_no_sense_goes_to_nobody(
    demo: Client, dashboard_cloud: DashboardCloud, body: Any, code: str
) -> None:
    shown = template()
    demo.get(INDEX)
    answer = send(demo, f"{GALLERY}{shown['id']}/use/submit/", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["details"]["code"] == code
    assert dashboard_cloud.bodies("POST", f"{TEMPLATES}/{shown['id']}/action") == []


PLAN = {
    "id": "p", "feasible": True, "message": "It fits.", "reasons": [], "domains": [],
    "survivability": [{"message": "One host takes one.", "worst_message": "Of web."}],
}  # fmt: skip


def of_template(cloud: DashboardCloud, change: Any, plan: Any) -> tuple[str, str]:
    """An ensemble of version 1 of a template with two; gives its page of versions, and its path."""
    shown = template(version=2, latest_version=2, versions=[
        {"version": number, "user_id": None, "created_at": "2026-11-01T10:00:00Z"}
        for number in (1, 2)
    ])  # fmt: skip
    there(cloud, shown)
    shop = ensemble("shop", generation=5) | {"template": {"id": shown["id"], "version": 1}}
    cloud.ensembles = [shop]
    path = f"{API}/{shop['id']}"
    cloud.answers["PATCH", path] = (200, {"plan": plan, "change": change})
    return f"{INDEX}{shop['id']}/version/", path


CHANGE = {"added": ["web-2"], "removed": [], "released": [], "moved": [], "outdated": ["web-0"]}


def test_an_update_shows_what_comes_of_it_and_does_just_that(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    address, path = of_template(dashboard_cloud, CHANGE, PLAN)
    text = words(page(demo, address))
    assert "What comes of version 2 It fits." in text
    assert "Added web-2 Outdated: they go on as they are until they are replaced web-0" in text
    assert "Removed" not in text and "One host takes one. Of web." in text
    dashboard_cloud.answers["PATCH", path] = (202, {"ensemble": dashboard_cloud.ensembles[0]})
    submit(demo, address, plan="p", version="2", generation="5")
    asked = {"ensemble": {"generation": 5}, "template": {"version": 2}}
    assert dashboard_cloud.bodies("PATCH", path) == [asked, {**asked, "plan": "p"}]


def test_an_update_that_does_not_fit_cannot_be_done(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    plan = {**PLAN, "feasible": False, "message": "No.", "reasons": [{"message": "Too many."}]}
    address, _path = of_template(dashboard_cloud, CHANGE, plan)
    html = page(demo, address)
    assert "Too many." in html and "ens-update-now" not in html


def test_what_does_not_hold_any_more_is_shown_anew(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    address, path = of_template(dashboard_cloud, CHANGE, PLAN)
    fault = {"conflictingRequest": {"code": 409, "message": "It has changed.", "details": {}}}
    dashboard_cloud.answers["PATCH", path] = (409, fault)
    demo.get(INDEX)
    token = {"csrfmiddlewaretoken": demo.cookies["csrftoken"].value}
    fields = {**FORM, **token, "plan": "p", "version": "2", "generation": "5"}
    answer = demo.post(address, fields)
    assert (answer.status_code, answer.url) == (302, f"{address}?version=2")


def test_who_was_made_from_no_template_is_not_updated(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.ensembles = [ensemble("shop")]
    answer = demo.get(f"{INDEX}{dashboard_cloud.ensembles[0]['id']}/version/")
    assert (answer.status_code, answer.url) == (
        302,
        f"{INDEX}{dashboard_cloud.ensembles[0]['id']}/",
    )
