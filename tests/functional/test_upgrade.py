# SPDX-License-Identifier: Apache-2.0
"""A database of the first release is upgraded, and what was in it goes on to its end."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import database_0004 as old
import pytest
import webob
from database_0004 import OldMember
from placement_service import PlacementService
from small_cloud import FLAVOR, HOSTS, SmallCloud, caller

from ensemble_api import routes
from ensemble_api.store import migration
from ensemble_api.store.api import Page, Store
from tests.fakes.nova_objects import FakeServer

EVERY_DATABASE = True

# The digests of 0004: of old.described(2) as it was planned, and of the key of a create.
PLAN_DIGEST = "bf6270f930ab50b04ca8e43486e5226cd0e6dd5deb4d29cc5b05bf5e5bb6e142"
KEY_ID = "884aedb1d96d8c6f9567c16b67269db75f72a14d45762646c519ade49d1da129"
KEY_DIGEST = "ca884938926b08100309c1f9ac546473e2828c15679da0a2fb5d67741db9a404"


@pytest.fixture
def cloud(placement: PlacementService, new_database: Callable[[], Store]) -> SmallCloud:
    """A cloud whose ensembles database is at 0004."""
    store = new_database()
    migration.upgrade(store.engine, "0004")
    return SmallCloud.build(placement, store)


def held(cloud: SmallCloud, number: int, status: str = "RESERVED") -> OldMember:
    """A member whose capacity is held in Placement."""
    host = list(HOSTS)[number]
    rack, zone = HOSTS[host]
    member = OldMember(number, (zone, rack, host), cloud.nova.host(host).provider, status)
    assert cloud.placement.claim(member.id, member.provider, **old.TAKES)
    return member


def with_server(cloud: SmallCloud, number: int, status: str) -> OldMember:
    """A member with a server in Nova."""
    host = list(HOSTS)[number]
    rack, zone = HOSTS[host]
    provider, server_id = cloud.nova.host(host).provider, str(uuid.uuid4())
    return OldMember(number, (zone, rack, host), provider, status, server_id)


def start(cloud: SmallCloud, ensemble_id: str, member: OldMember, status: str) -> None:
    """Have Nova know the server of a member."""
    assert member.server_id is not None
    cloud.nova.servers[member.server_id] = FakeServer(
        id=member.server_id,
        name=f"shop-web-{member.number}",
        host=member.host,
        project_id=old.PROJECT,
        user_id=old.USER,
        tags=[f"ensemble:{ensemble_id}", f"ensemble-member:{member.id}"],
        request={"flavorRef": FLAVOR},
        status=status,
        created=cloud.nova.now(),
    )
    assert cloud.placement.claim(member.server_id, member.provider, **old.TAKES)


def shown(cloud: SmallCloud, ensemble_id: str) -> dict[str, Any]:
    """The ensemble as the API answers it to its owner."""
    path = f"/os-ensembles/{ensemble_id}"
    request = webob.Request.blank(
        path, base_url="http://cloud:8774/v2.1", environ={"nova.context": caller()}
    )
    response = routes.dispatch(request, cloud.service(), path)
    assert response.status_int == 200, response.text
    answer: dict[str, Any] = response.json["ensemble"]
    return answer


def delete(cloud: SmallCloud, ensemble_id: str) -> None:
    cloud.service().delete(caller(), ensemble_id)
    cloud.run(ensemble_id)
    assert cloud.find(ensemble_id) is None
    cloud.assert_clean()


def test_an_active_ensemble_is_shown_and_deleted(cloud: SmallCloud) -> None:
    members = [with_server(cloud, number, "ACTIVE") for number in (0, 2)]
    ensemble_id = old.add_ensemble(cloud.store.engine, "ACTIVE", members)
    for each in members:
        start(cloud, ensemble_id, each, "ACTIVE")
    cloud.store.upgrade()
    cloud.assert_built(cloud.store.get(ensemble_id))
    told = shown(cloud, ensemble_id)
    assert [each["status"] for each in told["members"]] == ["ACTIVE", "ACTIVE"]
    assert "Capacity for 2 members is reserved. Ünïcode" in json.dumps(
        told["events"], ensure_ascii=False
    )
    assert "at least 50% of web left when a zone fails: 1 too few" in json.dumps(told)
    assert [each.id for each in cloud.service().select(Page())] == [ensemble_id]
    found = cloud.service().survivability(
        caller("operators", "admin"), cloud.store.get(ensemble_id), whole=True
    )
    assert len(found.left) == 2
    delete(cloud, ensemble_id)


@pytest.mark.parametrize("requester", [True, False], ids=["asked for", "of before 0003"])
def test_a_build_is_finished(cloud: SmallCloud, requester: bool) -> None:
    built, building = with_server(cloud, 0, "ACTIVE"), with_server(cloud, 1, "BUILDING")
    members = [built, building, held(cloud, 2)]
    engine = cloud.store.engine
    ensemble_id = old.add_ensemble(engine, "BUILDING", members, requester=requester)
    start(cloud, ensemble_id, built, "ACTIVE")
    start(cloud, ensemble_id, building, "BUILD")
    cloud.store.upgrade()
    cloud.run(ensemble_id)
    cloud.assert_built(cloud.store.get(ensemble_id))
    assert shown(cloud, ensemble_id)["status"] == "ACTIVE"


def test_what_was_being_rolled_back_ends_in_error_and_nothing_is_left(cloud: SmallCloud) -> None:
    built = with_server(cloud, 0, "ACTIVE")
    members = [built, held(cloud, 1), held(cloud, 3)]
    reason = "Nova could not build web-1: No valid host was found."
    engine = cloud.store.engine
    ensemble_id = old.add_ensemble(engine, "ROLLING_BACK", members, fault=reason)
    start(cloud, ensemble_id, built, "ACTIVE")
    cloud.store.upgrade()
    cloud.run(ensemble_id)
    assert cloud.store.get(ensemble_id).status == "ERROR"
    cloud.assert_clean()
    assert reason in shown(cloud, ensemble_id)["fault"]["message"]


def test_a_reservation_that_was_interrupted_is_given_back(cloud: SmallCloud) -> None:
    ensemble_id = old.add_ensemble(cloud.store.engine, "RESERVING", [held(cloud, 1)])
    cloud.store.upgrade()
    cloud.run(ensemble_id)
    assert cloud.store.get(ensemble_id).status == "ERROR"
    cloud.assert_clean()


def test_an_ensemble_in_error_is_shown_with_its_reason_and_deleted(cloud: SmallCloud) -> None:
    gone = with_server(cloud, 0, "DELETED")
    reason = "Nova could not build web-0: Disk is full"
    ensemble_id = old.add_ensemble(cloud.store.engine, "ERROR", [gone], fault=reason)
    cloud.store.upgrade()
    assert reason in shown(cloud, ensemble_id)["fault"]["message"]
    delete(cloud, ensemble_id)


def test_a_removal_that_waited_is_finished(cloud: SmallCloud) -> None:
    locked = with_server(cloud, 0, "ACTIVE")
    why = "Server shop-web-0 is locked; unlock it and it is deleted."
    ensemble_id = old.add_ensemble(cloud.store.engine, "DELETING", [locked], blocked=why)
    start(cloud, ensemble_id, locked, "ACTIVE")
    cloud.store.upgrade()
    assert why in json.dumps(shown(cloud, ensemble_id))
    cloud.run(ensemble_id)
    assert cloud.find(ensemble_id) is None
    cloud.assert_clean()


def test_a_plan_that_was_saved_before_is_built_by_its_id(cloud: SmallCloud) -> None:
    plan_id, hosts = str(uuid.uuid4()), ("secrethost4", "secrethost2")
    content = {
        "levels": ["host", "rack", "zone"],
        "members": [["web", number, host] for number, host in enumerate(hosts)],
        "paths": {host: [HOSTS[host][1], HOSTS[host][0], host] for host in hosts},
        "objectives": [{"name": "soft-violations", "value": 0, "bound": 0}],
        "missed": {},
    }
    row = {
        "id": plan_id,
        "project_id": old.PROJECT,
        "digest": PLAN_DIGEST,
        "content": old.text(content),
        "created_at": old.now(),
    }
    old.insert(cloud.store.engine, "kept_plans", [row])
    cloud.store.upgrade()
    answer = cloud.post(old.described(2), plan=plan_id)
    assert answer.status_int == 202, answer.text
    members = cloud.store.get(answer.json["ensemble"]["id"]).members
    assert tuple(each.host for each in members) == hosts


def test_a_create_that_is_sent_again_after_the_upgrade_is_answered_as_before(
    cloud: SmallCloud,
) -> None:
    told = {"status": 202, "body": {"ensemble": {"id": "of before"}}, "headers": {}}
    row = {
        "id": KEY_ID,
        "project_id": old.PROJECT,
        "digest": KEY_DIGEST,
        "ensemble_id": str(uuid.uuid4()),
        "promised": True,
        "answer": old.text(told),
        "created_at": old.now(),
    }
    old.insert(cloud.store.engine, "create_requests", [row])
    cloud.store.upgrade()
    answer = cloud.post(old.described(2), key="order-1")
    assert (answer.status_int, answer.json) == (202, told["body"])
