# SPDX-License-Identifier: Apache-2.0
"""An ensemble is given up, and its servers are plain servers again."""

import dataclasses

import pytest
from adoptions import adopted, release, running_web
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import exception
from ensemble_api.store import models, rows
from tests.fakes.nova_objects import FakeServer


@pytest.fixture
def web(cloud: SmallCloud) -> list[FakeServer]:
    return running_web(cloud)


def test_a_released_ensemble_leaves_plain_servers(cloud: SmallCloud, web: list[FakeServer]) -> None:
    record = adopted(cloud, {"project": True})
    before = [dataclasses.replace(each, looks=0) for each in web]
    answer = release(cloud, record.id)
    assert answer.status_code == 202
    assert [each["server_id"] for each in answer.json["ensemble"]["members"]] == [
        each.id for each in web
    ]
    assert cloud.find(record.id) is None
    assert [dataclasses.replace(each, looks=0) for each in web] == before
    assert {method for method, _ in cloud.nova.calls} == {"GET"}
    assert release(cloud, record.id).status_code == 404
    assert len(adopted(cloud, {"project": True}).members) == 3, "and they can be adopted again"


def test_servers_that_were_built_for_an_ensemble_lose_its_tags(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 3), tags=["mine"]))
    cloud.run(record.id)
    off = next(each for each in cloud.nova.alive() if each.name == "shop-web-1")
    off.status = "SHELVED"
    assert release(cloud, record.id).status_code == 202
    assert cloud.find(record.id) is None
    tags = {each.name: len(each.tags) for each in cloud.nova.alive()}
    assert tags == {"shop-web-0": 1, "shop-web-1": 3, "shop-web-2": 1}, "but where Nova keeps them"
    assert cloud.placement.consumers(*cloud.providers) == set(cloud.nova.servers)


def test_it_is_forgotten_even_where_nova_does_not_answer_then(
    cloud: SmallCloud, web: list[FakeServer]
) -> None:
    record = adopted(cloud, {"project": True})

    def away(method: str, path: str) -> None:
        raise RuntimeError("away")

    cloud.nova.before = away
    assert release(cloud, record.id).status_code == 202
    assert cloud.find(record.id) is None


def test_what_is_built_or_has_failed_is_not_released(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    answer = release(cloud, record.id)
    assert answer.status_code == 409
    assert "this one is BUILDING" in answer.text
    with cloud.store.writing() as session:
        session.query(models.Ensemble).update({"status": "ACTIVE"})
    answer = release(cloud, record.id)
    assert answer.status_code == 409
    assert "Something else is done with the ensemble now" in answer.text
    with cloud.store.writing() as session:
        session.query(models.Operation).update({"ended_at": rows.now()})
        session.query(models.Ensemble).update({"status": "ERROR"})
    answer = release(cloud, record.id)
    assert answer.status_code == 409
    assert "this one is ERROR" in answer.text
    assert len(cloud.store.get(record.id).members) == 1


def test_an_ensemble_that_wanted_to_be_alone_lets_others_in_when_it_is_released(
    cloud: SmallCloud,
) -> None:
    cloud.nova.boot("db-1", "secrethost4")
    alone = {"type": "exclusive", "level": "host", "tiers": ["db"], "other": "project"}
    record = adopted(cloud, {"project": True}, policies=[alone])
    spread = body(("web", 4), policies=[anti_affinity("web")])
    other = caller("other-project")
    with pytest.raises(exception.InfeasibleEnsemble):
        cloud.service().create(other, spread)
    assert release(cloud, record.id).status_code == 202
    assert cloud.service().create(other, spread).status == "BUILDING"
