# SPDX-License-Identifier: Apache-2.0
"""Two ensembles of one name in a project: both are built, and their servers can be told apart."""

import json
from typing import Any

import pytest
import webob
from nova.utils import sanitize_hostname
from small_cloud import SmallCloud, body, caller

from ensemble_api import routes


def build(cloud: SmallCloud, name: str, tier: str = "web", who: Any = None) -> Any:
    record = cloud.service().create(who or caller(), body((tier, 2), name=name))
    cloud.run(record.id)
    return cloud.store.get(record.id)


def shown(cloud: SmallCloud, ensemble_id: str) -> Any:
    request = webob.Request.blank(f"/os-ensembles/{ensemble_id}", base_url="http://nova/v2.1")
    request.environ["nova.context"] = caller()
    return routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"]).json["ensemble"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(("shop", "web"), ("shop", "web"), id="the same name"),
        pytest.param(("shop", "web"), ("SHOP", "web"), id="the same but for capitals"),
        pytest.param(("my shop", "web"), ("my_shop", "web"), id="the same host names"),
        pytest.param(("shop", "web-api"), ("shop-web", "api"), id="other names, the same servers"),
        pytest.param(("\u5546\u5e97", "web"), ("\u4e2d\u6587", "web"), id="nothing left for Nova"),
        pytest.param(("x" * 200, "web"), ("x" * 100, "web"), id="the same after it is cut"),
        pytest.param(("Sho\u0331p", "web"), ("Shop", "web"), id="a mark that Nova leaves out"),
        pytest.param(
            ("Sh\u00f6p", "web"), ("Sho\u0308p", "web"), id="one letter, or one and a mark"
        ),
        pytest.param(("sh\u5546op", "web"), ("shop", "web"), id="a letter that Nova leaves out"),
        pytest.param(("sh!op", "web"), ("shop", "web"), id="a sign that Nova leaves out"),
        pytest.param(("sh.op", "web"), ("sh op", "web"), id="a dot and a space"),
        pytest.param(
            ("\u5546shop", "web"),
            ("\u5546shop ", "web"),
            id="what Nova and we leave out at the ends",
        ),
    ],
)
def test_their_servers_have_different_names_and_host_names(
    cloud: SmallCloud, first: tuple[str, str], second: tuple[str, str]
) -> None:
    for name, tier in (first, second):
        assert build(cloud, name, tier).status == "ACTIVE"
    names = [server.name for server in cloud.nova.alive()]
    assert len({sanitize_hostname(name) for name in names}) == len(names) == 4
    assert all(len(name) <= 63 for name in names)


def test_the_first_of_a_name_and_one_of_another_project_are_named_as_ever(
    cloud: SmallCloud,
) -> None:
    build(cloud, "shop")
    build(cloud, "shop", who=caller("other"))
    names = sorted(server.name for server in cloud.nova.alive())
    assert names == ["shop-web-0", "shop-web-0", "shop-web-1", "shop-web-1"]


def test_both_say_that_there_is_another_of_the_name(cloud: SmallCloud) -> None:
    one = build(cloud, "shop")
    assert shown(cloud, one.id)["warnings"] == []
    two = build(cloud, "shop")
    for record in (one, two):
        (warning,) = shown(cloud, record.id)["warnings"]
        assert warning["code"] == "name-taken"
        assert "has the name shop too" in warning["message"]
    assert two.members[0].name == "web-0"
    mark = two.id[:4]
    assert f"shop-{mark}-web-0" in shown(cloud, two.id)["warnings"][0]["message"]


def test_a_name_is_the_same_however_its_letters_are_composed(cloud: SmallCloud) -> None:
    composed = build(cloud, "Sh\u00f6p")
    decomposed = build(cloud, "Sho\u0308p")
    other = build(cloud, "Shop")
    assert [len(shown(cloud, each.id)["warnings"]) for each in (composed, decomposed, other)] == [
        1,
        1,
        0,
    ]
    assert shown(cloud, decomposed.id)["name"] == "Sho\u0308p", "it is shown as it was given"
    names = {sanitize_hostname(server.name) for server in cloud.nova.alive()}
    assert {"sh\u00f6p-web-0", f"sh\u00f6p-{decomposed.id[:4]}-web-0", "shop-web-0"} <= names


def test_two_creates_at_the_same_time_do_not_get_the_same_names(cloud: SmallCloud) -> None:
    """The other's intent is saved between our plan and our names, or ours before it looks."""
    made = []

    class Other:
        def __getattr__(self, name: str) -> Any:
            if name == "create_all" and not made:
                made.append(cloud.service().create(caller(), body(("web", 2), name="shop")))
            return getattr(cloud.store, name)

    record = cloud.service(store=Other()).create(caller(), body(("web", 2), name="shop"))
    for each in (record, *made):
        cloud.run(each.id)
    names = [server.name for server in cloud.nova.alive()]
    assert len(set(names)) == len(names) == 4


def test_a_dry_run_says_it_before_anything_is_built(cloud: SmallCloud) -> None:
    def warnings(name: str, language: str = "en") -> Any:
        request = webob.Request.blank("/os-ensembles/plans", method="POST")
        request.environ["nova.context"] = caller()
        request.headers["Accept-Language"] = language
        request.body = json.dumps({"ensemble": body(("web", 1), name=name)}).encode()
        answer = routes.dispatch(request, cloud.service(), "/os-ensembles/plans")
        return answer.json["plan"]["warnings"]

    build(cloud, "shop")
    assert warnings("another") == []
    [warning] = warnings("shop")
    assert warning["code"] == "name-taken"
    assert warning["message"] == "Another ensemble of this project has the name shop too."
    [german] = warnings("shop", "de")
    assert german["message"] == "Ein anderes Ensemble dieses Projekts heißt auch shop."
