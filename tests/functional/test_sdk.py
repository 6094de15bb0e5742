# SPDX-License-Identifier: Apache-2.0
"""openstacksdk with our service, over HTTP, against the real handlers, Placement and database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack import exceptions
from openstack.connection import Connection
from openstack.fields import Body
from served_cloud import ServedCloud
from small_cloud import FLAVOR, IMAGE, SmallCloud, anti_affinity, caller

from ensemble_api.openapi.document import document
from ensemble_api.store.api import Page
from ensemble_client import request, sdk
from ensemble_client.sdk.errors import TooLarge
from ensemble_client.sdk.proxy import Proxy
from ensemble_client.sdk.resources import Ensemble, Member, Operation, Plan
from ensemble_client.sdk.templates import Template

SERVER = {"flavor": FLAVOR, "image": IMAGE, "networks": "auto"}


def tier(name: str, count: int) -> dict[str, Any]:
    return {"name": name, "count": count, "server": SERVER}


@pytest.fixture
def served(request: pytest.FixtureRequest, cloud: SmallCloud) -> Iterator[ServedCloud]:
    served = ServedCloud(cloud=cloud, apart=getattr(request, "param", False))
    served.start()
    yield served
    served.stop()


@pytest.fixture
def connection(
    served: ServedCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection]:
    """A connection whose pauses are the worker's turns."""
    monkeypatch.setattr(Proxy, "pause", staticmethod(lambda _: served.work()))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(served.clouds_yaml(tmp_path)))
    with openstack.connect("fake") as made:
        made.add_service(sdk.EnsembleService())
        yield made


@pytest.mark.parametrize(
    "served", [False, True], indirect=True, ids=["inside nova-api", "a service of its own"]
)
def test_an_ensemble_is_created_waited_for_scaled_and_deleted(
    served: ServedCloud, connection: Connection
) -> None:
    service = connection.ensemble
    made = service.create_ensemble(
        name="shop", tiers=[tier("web", 2)], policies=[anti_affinity("web")]
    )
    assert (made.name, made.status, made.is_settled) == ("shop", "BUILDING", False)
    percents: list[int] = []
    built = service.wait_for_ensemble(made, callback=percents.append)
    assert (built.status, built.is_settled, built.generation) == ("ACTIVE", True, 1)
    assert percents[-1] == 100
    assert [each.name for each in built.members] == ["web-0", "web-1"]
    assert all(isinstance(each, Member) and each.server_id for each in built.members)
    assert isinstance(made.operation, Operation) and built.operation is None

    grown = service.wait_for_ensemble(service.scale_ensemble(built, {"web": 3}))
    assert (len(grown.members), grown.generation) == (3, 2)
    done = list(service.operations(grown, limit=1))
    assert [(each.type, each.status) for each in done] == [
        ("change", "SUCCEEDED"),
        ("create", "SUCCEEDED"),
    ]
    whole = service.get_operation(done[0], grown)
    assert {each["member"] for each in whole.goals} >= {"web-2"}

    service.delete_ensemble(grown)
    service.wait_for_delete(grown)
    assert list(service.ensembles()) == []
    service.delete_ensemble(grown)
    with pytest.raises(exceptions.NotFoundException):
        service.delete_ensemble(grown, ignore_missing=False)


def test_a_list_fetches_its_pages_as_they_are_needed(
    served: ServedCloud, connection: Connection
) -> None:
    for number in range(3):
        connection.ensemble.create_ensemble(name=f"shop{number}", tiers=[tier("web", 1)])
    served.asked.clear()
    listed = connection.ensemble.ensembles(limit=2, sort_key="name", sort_dir="asc")
    assert next(listed).name == "shop0"
    assert len(served.asked) == 1
    assert [each.name for each in listed] == ["shop1", "shop2"]
    assert [each.name for each in connection.ensemble.ensembles(name="shop1")] == ["shop1"]
    with pytest.raises(exceptions.ForbiddenException):
        list(connection.ensemble.ensembles(all_projects=True))
    served.who = caller("operators", "admin")
    assert len(list(connection.ensemble.ensembles(all_projects=True))) == 3


def test_a_plan_says_where_everything_would_be_and_is_what_is_built(
    cloud: SmallCloud, connection: Connection
) -> None:
    shop = {"name": "shop", "tiers": [tier("web", 2)], "policies": [anti_affinity("web", "rack")]}
    plan = connection.ensemble.plan(**shop)
    assert plan.is_feasible
    assert {each["member"] for each in plan.assignments} == {"web-0", "web-1"}
    assert list(connection.ensemble.ensembles()) == []
    made = connection.ensemble.create_ensemble(plan=plan, **shop)
    (stored,) = cloud.store.select(Page())
    assert made.id == stored.id


def test_what_does_not_fit_is_a_plan_with_reasons_and_a_conflict(connection: Connection) -> None:
    shop = {"name": "shop", "tiers": [tier("web", 5)], "policies": [anti_affinity("web")]}
    plan = connection.ensemble.plan(**shop)
    assert not plan.is_feasible
    with pytest.raises(exceptions.ConflictException) as refused:
        connection.ensemble.create_ensemble(**shop)
    assert refused.value.details in str(refused.value)
    told = sdk.details(refused.value)
    assert told["code"] == "ensemble.infeasible"
    assert [each["message"] for each in told["reasons"]] == [
        each["message"] for each in plan.reasons
    ]


def test_a_word_that_the_api_does_not_know_is_refused_rather_than_left_out(
    connection: Connection,
) -> None:
    with pytest.raises(exceptions.BadRequestException) as refused:
        connection.ensemble.create_ensemble(name="shop", tiers=[tier("web", 1)], polices=[])
    assert sdk.details(refused.value)["field"].startswith("ensemble")
    assert "polices" in str(refused.value)


def test_a_create_whose_answer_is_lost_is_sent_again_and_done_once(
    served: ServedCloud, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Proxy, "pause", staticmethod(lambda _: None))
    served.lost = 2
    made = connection.ensemble.create_ensemble(name="shop", tiers=[tier("web", 1)])
    assert [each.id for each in connection.ensemble.ensembles()] == [made.id]
    posts = [each for each in served.asked if each.method == "POST"]
    assert len(posts) > 1
    assert len({each.headers["idempotency-key"] for each in posts}) == 1


def test_a_create_by_one_s_own_key_is_done_once(connection: Connection) -> None:
    shop = {"name": "shop", "tiers": [tier("web", 1)]}
    made = [connection.ensemble.create_ensemble(key="mine", **shop) for _ in range(2)]
    assert made[0].id == made[1].id


def test_an_ensemble_is_found_by_its_name_or_its_id(
    cloud: SmallCloud, connection: Connection
) -> None:
    service = connection.ensemble
    one = service.create_ensemble(name="shop", tiers=[tier("web", 1)])
    assert service.find_ensemble("shop").id == one.id
    assert service.find_ensemble(one.id).members[0].name == "web-0"
    other = service.create_ensemble(name="shop", tiers=[tier("web", 1)])
    with pytest.raises(exceptions.DuplicateResource):
        service.find_ensemble("shop")
    service.delete_ensemble(one)
    assert service.find_ensemble("shop").id == other.id


@pytest.mark.parametrize(
    "word", ["nobody", "capabilities", "hosts", "a/b?c", "11111111-1111-4111-8111-111111111111"]
)
def test_what_is_no_ensemble_is_not_found_and_never_another_route(
    connection: Connection, word: str
) -> None:
    assert connection.ensemble.find_ensemble(word) is None
    for ask in (
        lambda: connection.ensemble.find_ensemble(word, ignore_missing=False),
        lambda: connection.ensemble.get_ensemble(word),
        lambda: connection.ensemble.cancel_ensemble(word),
        lambda: list(connection.ensemble.operations(word)),
    ):
        with pytest.raises(exceptions.NotFoundException):
            ask()


def test_a_build_that_fails_ends_the_wait_with_why(
    cloud: SmallCloud, connection: Connection
) -> None:
    made = connection.ensemble.create_ensemble(name="shop", tiers=[tier("web", 1)])
    for host in cloud.nova.hosts:
        cloud.nova.break_host[host.name] = "The disk of this host is broken."
    with pytest.raises(exceptions.ResourceFailure, match=r"shop: .*web-0"):
        connection.ensemble.wait_for_ensemble(made)


def test_a_wait_ends_when_its_time_is_over(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = connection.ensemble.create_ensemble(name="shop", tiers=[tier("web", 1)])
    naps: list[float] = []
    monkeypatch.setattr(Proxy, "pause", staticmethod(naps.append))
    with pytest.raises(exceptions.ResourceTimeout):
        connection.ensemble.wait_for_ensemble(made, wait=0.2, interval=0.01)
    assert set(naps) == {0.01}


def test_a_change_of_what_was_changed_meanwhile_is_refused(connection: Connection) -> None:
    service = connection.ensemble
    seen = service.wait_for_ensemble(service.create_ensemble(name="shop", tiers=[tier("web", 1)]))
    changed = service.change_ensemble(seen, description="the new one")
    assert (changed.description, changed.generation) == ("the new one", 2)
    with pytest.raises(exceptions.PreconditionFailedException):
        service.change_ensemble(seen, description="another one")
    service.change_ensemble(seen.id, description="by its id, what it is now")


def test_previews_and_drills_touch_nothing(cloud: SmallCloud, connection: Connection) -> None:
    service = connection.ensemble
    built = service.wait_for_ensemble(service.create_ensemble(name="shop", tiers=[tier("web", 2)]))
    before = cloud.store.get(built.id)
    plan, change = service.preview_change(built, tiers=[{"name": "web", "count": 1}])
    assert (plan.is_feasible, len(change["removed"])) == (True, 1)
    with pytest.raises(exceptions.ConflictException, match="No member is lost"):
        service.preview_repair(built)
    assert service.preview_rebalance(built)["moved"] == []
    assert service.drill_ensemble(built, "rack")["failures"][0]["lost"]
    assert len(service.survivability(built)["members"]) == 2
    assert cloud.store.get(built.id).generation == before.generation
    with pytest.raises(request.UnknownTier):
        service.scale_ensemble(built, {"wbe": 3})


def test_a_released_ensemble_leaves_its_servers_which_can_be_adopted(
    cloud: SmallCloud, connection: Connection
) -> None:
    service = connection.ensemble
    built = service.wait_for_ensemble(service.create_ensemble(name="shop", tiers=[tier("web", 2)]))
    servers = [each.server_id for each in built.members]
    service.release_ensemble(built)
    assert list(service.ensembles()) == []
    asked = {"name": "again", "from_": {"servers": servers}}
    assert len(service.preview_adoption(**asked)["members"]) == 2
    assert service.adopt_servers(**asked).is_adopted
    assert len(cloud.nova.alive()) == 2


def test_a_build_is_cancelled_and_nothing_of_it_is_left(
    cloud: SmallCloud, connection: Connection
) -> None:
    made = connection.ensemble.create_ensemble(name="shop", tiers=[tier("web", 1)])
    cancelled = connection.ensemble.cancel_ensemble(made)
    connection.ensemble.wait_for_delete(cancelled)
    cloud.assert_clean()


def test_what_is_longer_than_the_cloud_takes_is_not_sent(
    served: ServedCloud, connection: Connection
) -> None:
    tiers = [
        {**tier(f"web{number}", 1), "server": {**SERVER, "user_data": "YQ==" * 16000}}
        for number in range(2)
    ]
    with pytest.raises(TooLarge, match="114,688"):
        connection.ensemble.create_ensemble(name="shop", tiers=tiers)
    assert [each.method for each in served.asked] == ["GET"]


def test_an_ensemble_is_made_from_a_template_as_it_was_planned(
    served: ServedCloud, connection: Connection
) -> None:
    service = connection.ensemble
    web = {**tier("web", 1), "count": {"get_param": "count"}}
    parameters = {"count": {"type": "number", "default": 1}}
    template = service.create_template(name="web", parameters=parameters, ensemble={"tiers": [web]})
    assert [each.id for each in service.templates(name="we")] == [template.id]
    plan = service.preview_instantiation(template, "shop", {"count": 2})
    made = service.instantiate_template(template, "shop", {"count": 2}, plan=plan)
    done = service.wait_for_ensemble(made)
    assert (done.status, len(done.members), done.template["version"]) == ("ACTIVE", 2, 1)
    assert [each.id for each in service.ensembles(template_id=template.id)] == [made.id]
    more = {"count": {"type": "number", "default": 2}}
    changed = service.change_template(template.id, description="more", parameters=more)
    assert (changed.version, service.get_template(template, 1).parameters) == (2, parameters)
    service.delete_template(template)
    assert service.get_template(template.id).deleted_at
    assert list(service.templates()) == []


def test_several_are_made_from_a_template_as_they_were_planned_together(
    served: ServedCloud, connection: Connection
) -> None:
    service = connection.ensemble
    web = {**tier("web", 1), "count": {"get_param": "count"}}
    parameters = {"count": {"type": "number", "default": 1}}
    template = service.create_template(name="web", parameters=parameters, ensemble={"tiers": [web]})
    wanted = [{"name": "one"}, {"name": "two", "parameters": {"count": 2}}]
    plan, own = service.preview_instances(template, wanted)
    assert (plan.is_feasible, [len(each.assignments) for each in own]) == (True, [1, 2])
    made = service.instantiate_all(template, wanted, plan=plan)
    done = [service.wait_for_ensemble(each) for each in made]
    told = [(each.name, each.status, len(each.members)) for each in done]
    assert told == [("one", "ACTIVE", 1), ("two", "ACTIVE", 2)]
    plan, own = service.preview_instances(template, wanted, {"count": 9})
    assert (plan.is_feasible, plan.id, own) == (False, None, [None, None])


SCHEMAS = document()["components"]["schemas"]
ONLY_FOR_PEOPLE = {"status_label", "type_label", "recovery_messages", "survivability_message"}


@pytest.mark.parametrize(
    ("resource", "schema"),
    [
        pytest.param(Ensemble, SCHEMAS["Ensemble"], id="an ensemble"),
        pytest.param(Operation, SCHEMAS["OperationDetails"], id="an operation"),
        pytest.param(Plan, SCHEMAS["Plan"], id="a plan"),
        pytest.param(Template, SCHEMAS["Template"], id="a template"),
        pytest.param(Member, SCHEMAS["Ensemble"]["properties"]["members"]["items"], id="a member"),
    ],
)
def test_a_resource_has_every_field_of_the_api(resource: Any, schema: Any) -> None:
    bodies = {name for each in resource.mro() for name in vars(each)}
    has = {
        component.name
        for name in bodies
        if isinstance(component := getattr(resource, name, None), Body)
    }
    assert schema["properties"].keys() - ONLY_FOR_PEOPLE <= has
    assert has - schema["properties"].keys() <= {"name", "location"}
