# SPDX-License-Identifier: Apache-2.0
"""The whole filter as nova-api loads it: its configuration, its session, its threads."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import webob
from configured import user
from keystoneauth1 import loading
from nova.conf import scheduler
from oslo_config import cfg
from placement_service import PlacementService
from small_cloud import FLAVOR, IMAGE, SmallCloud, caller

from ensemble_api import conf, exception
from ensemble_api.cloud.session import PLACER_ROLE, Session
from ensemble_api.middleware import EnsemblesFilter
from ensemble_api.operations import Requester
from tests.fakes.keystone import FakeKeystone

BODY = {
    "ensemble": {
        "name": "shop",
        "tiers": [
            {
                "name": "web",
                "count": 3,
                "server": {"flavor": FLAVOR, "image": IMAGE, "networks": "none"},
            }
        ],
        "policies": [{"type": "anti-affinity", "level": "host", "tiers": ["web"]}],
    }
}


@pytest.fixture
def keystone(placement: PlacementService) -> Iterator[FakeKeystone]:
    keystone = FakeKeystone(placement.url)
    yield keystone
    keystone.stop()


def configure(keystone: FakeKeystone, connection: str, password: str = "secret") -> cfg.ConfigOpts:
    config = cfg.ConfigOpts()
    config.register_opt(cfg.StrOpt("default_availability_zone", default="nova"))
    config.register_opt(cfg.IntOpt("service_down_time", default=60))
    scheduler.register_opts(config)
    conf.register_services(config)
    conf.register(config)
    for section in (conf.GROUP, "placement", "neutron"):
        config.register_opts(loading.get_auth_plugin_conf_options("password"), section)
        for name, value in user(keystone.url, password=password).items():
            config.set_override(name, value, section)
    config.set_override("connection", connection, conf.GROUP)
    config.set_override("poll_interval", 0.2, conf.GROUP)
    config([], project="nova", default_config_files=[])
    return config


@pytest.fixture
def application(cloud: SmallCloud, keystone: FakeKeystone) -> Iterator[EnsemblesFilter]:
    config = configure(keystone, str(cloud.store.engine.url))
    application = EnsemblesFilter(cloud.nova, config)
    yield application
    application.process.stop()


def ask(
    application: EnsemblesFilter, method: str, path: str, body: Any = None, who: Any = None
) -> webob.Response:
    request = webob.Request.blank(
        path, method=method, base_url="http://cloud/v2.1", environ={"nova.context": who or caller()}
    )
    if body is not None:
        request.json_body = body
    return request.get_response(application)


def wait(application: EnsemblesFilter, path: str, *statuses: int | str) -> webob.Response:
    for _ in range(200):
        response = ask(application, "GET", path)
        status = response.status_int
        if status in statuses or response.json.get("ensemble", {}).get("status") in statuses:
            return response
        time.sleep(0.05)
    raise AssertionError(f"none of {statuses}: {response.text}")


def test_an_ensemble_is_built_and_deleted_by_the_threads_in_nova_api(
    application: EnsemblesFilter, cloud: SmallCloud
) -> None:
    created = ask(application, "POST", "/os-ensembles", BODY)
    assert created.status_int == 202, created.text
    path = f"/os-ensembles/{created.json['ensemble']['id']}"
    shown = wait(application, path, "ACTIVE", "ERROR").json["ensemble"]
    assert shown["status"] == "ACTIVE"
    assert (shown["progress"]["active"], shown["progress"]["total"]) == (3, 3)
    cloud.assert_built(cloud.store.get(shown["id"]))

    assert ask(application, "DELETE", path).status_int == 202
    wait(application, path, 404)
    cloud.assert_clean()


def test_tenants_see_no_host_name_in_any_answer(
    application: EnsemblesFilter, cloud: SmallCloud
) -> None:
    cloud.nova.refuse["web-1"] = (400, "Compute host secrethost1 could not be found.")
    cloud.nova.refuse["web-2"] = cloud.nova.refuse["web-0"] = cloud.nova.refuse["web-1"]
    answers = [
        ask(application, "POST", "/os-ensembles/plans", BODY),
        ask(application, "POST", "/os-ensembles", BODY),
    ]
    path = f"/os-ensembles/{answers[-1].json['ensemble']['id']}"
    answers += [
        wait(application, path, "ERROR"),
        ask(application, "GET", "/os-ensembles"),
        ask(application, "GET", "/os-ensembles/hosts"),
    ]
    wide = {"ensemble": {**BODY["ensemble"], "name": "wide"}}
    wide["ensemble"]["tiers"] = [{**BODY["ensemble"]["tiers"][0], "count": 9}]  # type: ignore[dict-item]
    answers += [
        ask(application, "POST", "/os-ensembles/plans", wide),
        ask(application, "POST", "/os-ensembles", wide),
    ]
    assert [each.status_int for each in answers] == [200, 202, 200, 200, 403, 200, 409]
    for each in answers:
        assert "secret" not in each.text
    operator = ask(application, "GET", path, who=caller("operators", "admin"))
    assert "secrethost1" in operator.text


def test_other_projects_neither_see_nor_delete_it(application: EnsemblesFilter) -> None:
    ensemble_id = ask(application, "POST", "/os-ensembles", BODY).json["ensemble"]["id"]
    other = caller("other-project")
    path = f"/os-ensembles/{ensemble_id}"
    assert ask(application, "GET", path, who=other).status_int == 404
    assert ask(application, "DELETE", path, who=other).status_int == 404
    assert ask(application, "GET", "/os-ensembles", who=other).json == {"ensembles": []}
    wait(application, path, "ACTIVE")


def test_other_requests_reach_nova(application: EnsemblesFilter, cloud: SmallCloud) -> None:
    assert ask(application, "GET", f"/flavors/{FLAVOR}").json["flavor"]["id"] == FLAVOR


def test_the_worker_acts_for_the_tenant_with_the_tenant_s_rights(keystone: FakeKeystone) -> None:
    session = Session(configure(keystone, "sqlite://"))
    ada = Requester("ada", ("member",))
    context = session.acting_for(ada, "shop")
    assert (context.user_id, context.project_id, context.is_admin) == ("ada", "shop", False)
    assert context.roles == ["member"]
    assert context.service_roles == []
    naming = session.acting_for(ada, "shop", names_hosts=True)
    assert (naming.roles, naming.service_roles) == (["member"], [PLACER_ROLE])
    assert context.auth_token == "admin"
    assert context.service_catalog[0]["type"] == "placement"
    (endpoint,) = context.service_catalog[0]["endpoints"]
    assert endpoint["region"] == "RegionOne"
    assert (
        endpoint["internalURL"]
        == endpoint["publicURL"]
        == keystone.catalog[0]["endpoints"][0]["url"]
    )  # type: ignore[index]
    assert session.placement.get("/").status_code == 200


def test_what_nobody_asks_for_is_done_with_an_operator_s_eyes_and_a_token(
    keystone: FakeKeystone,
) -> None:
    """Without a token Nova would ask Glance for no image."""
    context = Session(configure(keystone, "sqlite://")).operating()
    assert (context.is_admin, context.auth_token) == (True, "admin")
    assert context.service_catalog[0]["type"] == "placement"


def test_a_wrong_password_makes_creates_unavailable_and_leaves_nothing(
    cloud: SmallCloud, keystone: FakeKeystone
) -> None:
    config = configure(keystone, str(cloud.store.engine.url), password="wrong")
    application = EnsemblesFilter(cloud.nova, config)
    response = ask(application, "POST", "/os-ensembles", BODY)
    assert response.status_int == 503
    assert "wrong" not in response.text
    assert cloud.store.all_members() == []
    application.process.stop()
    with pytest.raises(Exception, match=r"401|no"):
        Session(config).acting_for(Requester("ada"), "shop")
    assert keystone.passwords.count("wrong") >= 1


def test_a_placement_that_is_away_makes_creates_unavailable(
    cloud: SmallCloud, application: EnsemblesFilter, keystone: FakeKeystone
) -> None:
    for endpoint in keystone.catalog[0]["endpoints"]:
        endpoint["url"] = "http://127.0.0.1:9/"  # type: ignore[index]
    response = ask(application, "POST", "/os-ensembles", BODY)
    assert response.status_int == 503
    assert "127.0.0.1" not in response.text
    assert cloud.store.all_members() == []


def test_an_unusable_section_is_told_to_operators_alone(keystone: FakeKeystone) -> None:
    config = configure(keystone, "sqlite://")
    config.set_override("auth_type", "no-such-plugin", conf.GROUP)
    with pytest.raises(exception.Unavailable):
        Session(config)
