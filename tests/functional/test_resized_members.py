# SPDX-License-Identifier: Apache-2.0
"""A member that its tenant has resized is brought elsewhere as what it is now."""

from typing import Any

import pytest
from drains import asked as asked_for
from drains import drain, looking
from repairs import act, failed, host_of, hosts_of
from reserves import ANY, holds, look
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api.cloud.compute import Compute
from ensemble_api.records import MemberRecord
from ensemble_api.usecases.stored_requests import StoredRequests

OPERATOR = caller("operators", "admin")
LARGE = 4  # VCPU, of a flavor that takes a whole host; the tier's has 2


@pytest.fixture
def ensemble_id(cloud: SmallCloud) -> str:
    """Two members on one host, of which web-0 was resized."""
    first, *others = cloud.nova.hosts
    full = [cloud.fill(each.name, 4) for each in others]
    cloud.placement.set_inventory(first.provider, "VCPU", 6)
    wish = {**body(("web", 2)), "recovery": {"mode": "auto"}}
    ensemble_id = cloud.service().create(caller(), wish).id
    cloud.run(ensemble_id)
    cloud.observe()
    for each in full:
        cloud.placement.release(each)
    resize(cloud, cloud.store.get(ensemble_id).members[0])
    return ensemble_id


def held(cloud: SmallCloud, ensemble_id: str) -> dict[str, int]:
    """The VCPU that is held for each member that goes."""
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    return {each.name: each.move.resources["VCPU"] for each in operation.goals if each.move}


def test_a_repair_holds_for_each_what_it_takes(cloud: SmallCloud, ensemble_id: str) -> None:
    failed(cloud, cloud.nova.hosts[0].name)
    cloud.service().auto_repair.look()
    assert held(cloud, ensemble_id) == {"web-0": LARGE, "web-1": 2}
    cloud.run(ensemble_id)
    cloud.observe()
    record = cloud.store.get(ensemble_id)
    assert record.status == "ACTIVE"
    assert host_of(cloud, record, "web-0") != host_of(cloud, record, "web-1")
    # What the tier's other members take is not what this one takes now.
    found = StoredRequests(Compute(cloud.nova)).request(caller(), record)
    assert found.demands["web"].resources["VCPU"] == 2


def test_a_place_of_its_old_size_is_none(cloud: SmallCloud, ensemble_id: str) -> None:
    for each in cloud.nova.hosts[1:]:
        cloud.fill(each.name, 2)
    failed(cloud, cloud.nova.hosts[0].name)
    cloud.service().auto_repair.look()
    assert cloud.nova.evacuated == []
    assert cloud.store.get(ensemble_id).operation is None


def test_a_drain_holds_for_each_what_it_takes(cloud: SmallCloud, ensemble_id: str) -> None:
    host = cloud.nova.hosts[0].name
    assert drain(cloud, host).status_code == 202
    cloud.observe()
    assert looking(cloud)[0].look() == ensemble_id
    assert held(cloud, ensemble_id) == {"web-0": LARGE, "web-1": 2}
    cloud.run(ensemble_id)
    assert host not in hosts_of(cloud, ensemble_id).values()


def test_a_rebalancing_leaves_it_where_it_is(cloud: SmallCloud, ensemble_id: str) -> None:
    answer = act(cloud, ensemble_id, {"rebalance": {}})
    assert answer.status_code == 202, answer.text
    assert held(cloud, ensemble_id) == {"web-1": 2}


OPERATOR = caller("operators", "admin")


ROOM = pytest.mark.parametrize(
    ("each", "fits"), [(2, False), (4, True)], ids=["room of its old size", "room of its own size"]
)


def leave_free(cloud: SmallCloud, vcpus: int) -> None:
    """No host but the first has more than so much free."""
    for each in cloud.nova.hosts[1:] if vcpus < 4 else ():
        cloud.fill(each.name, 4 - vcpus)


@ROOM
def test_a_drill_says_of_it_what_a_repair_would_find(
    cloud: SmallCloud, ensemble_id: str, each: int, fits: bool
) -> None:
    leave_free(cloud, each)
    (at_level,) = drilled(cloud, ensemble_id, level="host")
    (by_name,) = drilled(cloud, ensemble_id, domains=at_level["domains"])
    assert at_level == by_name
    assert (by_name["repair"]["fits"], len(by_name["lost"])) == (fits, 2)
    failed(cloud, cloud.nova.hosts[0].name)
    assert act(cloud, ensemble_id, {"repair": {}}).status_code == (202 if fits else 409)


def drilled(cloud: SmallCloud, ensemble_id: str, **asked: Any) -> Any:
    answer = act(cloud, ensemble_id, {"drill": asked}, OPERATOR)
    assert answer.status_code == 200, answer.text
    return answer.json["drill"]["failures"]


@ROOM
def test_the_headroom_reckons_with_what_it_takes_now(
    cloud: SmallCloud, ensemble_id: str, each: int, fits: bool
) -> None:
    leave_free(cloud, each)
    found = asked_for(cloud, "/headroom").json["headroom"]
    assert [(each["name"], each["fits"]) for each in found] == [("secrethost1", fits)]


def test_what_is_held_for_recovery_is_enough_for_it(cloud: SmallCloud, ensemble_id: str) -> None:
    wish = {"mode": "auto", "reserve": {"level": "host"}}
    answer = cloud.patch(ensemble_id, {"recovery": wish}, service={"recovery_limits": ANY})
    assert answer.status_code == 202, answer.text
    look(cloud)
    assert [each.resources["VCPU"] for each in holds(cloud, ensemble_id)] == [LARGE, LARGE]


def test_a_change_moves_nobody_as_what_it_is_not(cloud: SmallCloud, ensemble_id: str) -> None:
    leave_free(cloud, 2)
    other = cloud.store.get(ensemble_id).members[1]
    cloud.nova.servers[str(other.server_id)].locked = True
    answer = cloud.patch(ensemble_id, {"policies": [anti_affinity("web")]})
    assert answer.status_code == 409, answer.text
    assert cloud.store.get(ensemble_id).operation is None


def resize(cloud: SmallCloud, member: MemberRecord) -> None:
    server = cloud.nova.servers[str(member.server_id)]
    server.request["flavorRef"] = cloud.flavor("m1.large", vcpus=LARGE)
    server.facts = cloud.nova._facts("m1.large")
    cloud.nova.arrive(server, str(member.host))
    cloud.observe()
