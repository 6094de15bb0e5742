# SPDX-License-Identifier: Apache-2.0
"""The details and the drawing page as they leave the server."""

import html
import json
import re
from typing import Any

from django.test import Client

from tests.unit.ensemble_dashboard.little_cloud import PROJECT, LittleCloud, ensemble


def page(client: Client, path: str) -> str:
    """Read a page that must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def data(text: str) -> Any:
    """Read the data that the page gives its script."""
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found is not None
    return json.loads(found[1])


def test_the_drawing_page_offers_what_the_project_has(
    demo: Client, little_cloud: LittleCloud
) -> None:
    given = data(page(demo, "/project/ensembles/draw/"))
    choices = given["choices"]
    assert [flavor["name"] for flavor in choices["flavors"]] == ["m1.tiny", "m1.small"]
    assert choices["flavors"][1] == {
        "id": "f2", "name": "m1.small", "vcpus": 1, "ram": 2048, "disk": 20,
    }  # fmt: skip
    assert [image["id"] for image in choices["images"]] == ["i1"], "no kernels"
    assert choices["networks"] == [{"id": "n1", "name": "private"}]
    assert choices["key_pairs"] == [{"id": "mine", "name": "mine"}]
    assert choices["security_groups"] == [
        {"id": "g1", "name": "default (g1)"},
        {"id": "g2", "name": "default (g2)"},
        {"id": "web", "name": "web"},
    ]
    assert choices["missing"] == []
    assert given["planUrl"] == "/project/ensembles/plan/"
    assert given["draftKey"] == f"ensembles.draft.u-demo.{PROJECT}"


def test_a_service_that_fails_is_named_and_the_rest_is_there(
    demo: Client, little_cloud: LittleCloud
) -> None:
    little_cloud.answers["GET", "/network/v2.0/security-groups"] = (500, {})
    little_cloud.answers["GET", "/image/v2/images"] = (503, {})
    choices = data(page(demo, "/project/ensembles/draw/"))["choices"]
    assert sorted(choices["missing"]) == ["images", "security_groups", "snapshots"]
    assert choices["images"] == [] and len(choices["flavors"]) == 2


def test_our_scripts_are_on_our_pages_alone(demo: Client, little_cloud: LittleCloud) -> None:
    scripts = re.compile(r'src="/static/ensembles/js/(\w+)\.js"')
    drawing = page(demo, "/project/ensembles/draw/")
    assert scripts.findall(drawing)[0] == "words" and scripts.findall(drawing)[-1] == "draw"
    assert scripts.findall(page(demo, "/project/ensembles/")) == []
    assert scripts.findall(page(demo, "/project/key_pairs/")) == []


def test_nothing_of_ours_is_an_inline_script(demo: Client, little_cloud: LittleCloud) -> None:
    drawing = page(demo, "/project/ensembles/draw/")
    ours = drawing[drawing.index('<div class="ens"') : drawing.index("ens-data")]
    assert "<script" not in ours.removesuffix('<script id="')
    assert not re.search(r"\son\w+=|javascript:|\sstyle=", ours)


def test_the_details_give_the_script_the_whole_ensemble(
    demo: Client, little_cloud: LittleCloud
) -> None:
    made = ensemble("shop", "BUILDING", 1, description="our <b>shop</b>")
    little_cloud.ensembles = [made]
    text = page(demo, f"/project/ensembles/{made['id']}/")
    given = data(text)
    assert given["ensemble"] == made
    assert given["names"] == {"f1": "m1.tiny", "f2": "m1.small", "i1": "cirros"}
    assert given["stateUrl"] == f"/project/ensembles/{made['id']}/state/"
    assert given["instanceUrl"].replace("00000000", "x") == "/project/instances/x/"
    assert "our &lt;b&gt;shop&lt;/b&gt;" in text
    assert f"ensembles__delete__{made['id']}" in text
    assert "Nov. 22, 2026" in text


def test_the_name_in_the_confirmation_is_escaped_twice(
    demo: Client, little_cloud: LittleCloud
) -> None:
    # Horizon reads the attribute and puts it into the page as HTML.
    made = ensemble("<i>x</i>")
    little_cloud.ensembles = [made]
    text = page(demo, f"/project/ensembles/{made['id']}/")
    attribute = re.search(r'data-display="([^"]*)"', text)
    assert attribute is not None
    assert html.unescape(attribute[1]) == "&lt;i&gt;x&lt;/i&gt;"


def test_a_script_in_the_data_cannot_end_it(demo: Client, little_cloud: LittleCloud) -> None:
    made = ensemble("</script><script>alert(1)</script>")
    little_cloud.ensembles = [made]
    assert data(page(demo, f"/project/ensembles/{made['id']}/"))["ensemble"] == made


def test_an_ensemble_that_is_not_there_leads_back_with_a_message(
    demo: Client, little_cloud: LittleCloud
) -> None:
    answer = demo.get(f"/project/ensembles/{ensemble('x')['id']}/", follow=True)
    assert answer.redirect_chain[-1][0] == "/project/ensembles/"
    assert "Unable to retrieve the ensemble." in answer.content.decode()
