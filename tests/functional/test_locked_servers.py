# SPDX-License-Identifier: Apache-2.0
"""A locked server stops the removal of its ensemble, which goes on when it is unlocked."""

import random
import time
from typing import Any

import pytest
from repairs import repair
from small_cloud import LEASE, SmallCloud, anti_affinity, body, caller

from ensemble_api import exception, views
from ensemble_api.cloud.compute import Compute
from ensemble_api.records import EnsembleRecord, MemberRecord
from tests.fakes.nova_objects import FakeServer


def built(cloud: SmallCloud, count: int = 3) -> EnsembleRecord:
    record = cloud.service().create(caller(), body(("web", count)))
    cloud.run(record.id)
    return cloud.store.get(record.id)


def server_of(cloud: SmallCloud, member: MemberRecord) -> FakeServer:
    assert member.server_id
    return cloud.nova.servers[member.server_id]


def steps(cloud: SmallCloud, ensemble_id: str, count: int = 6) -> list[str]:
    """Take some steps, and give when each said the next is due."""
    assert cloud.store.claim(ensemble_id, "worker", LEASE)
    engine = cloud.engine()
    due = [engine.step(ensemble_id).name for _ in range(count)]
    cloud.store.release(ensemble_id, "worker")
    return due


def test_a_delete_stops_at_a_locked_member_and_goes_on_when_it_is_unlocked(
    cloud: SmallCloud,
) -> None:
    record = built(cloud)
    server_of(cloud, record.members[1]).locked = True
    cloud.service().delete(caller(), record.id)

    assert set(steps(cloud, record.id)) == {"WHEN_UNBLOCKED"}
    stopped = cloud.store.get(record.id)
    said = "The server of web-1 is locked. Unlock it, and the removal goes on."
    assert (stopped.status, str(stopped.blocked)) == ("DELETING", said)
    assert [str(each["message"]) for each in stopped.events].count(said) == 1
    shown = views.ensemble(stopped, names=False, detail=True, zone_level=None)
    [told] = [each["at"] for each in stopped.events if str(each["message"]) == said]
    assert (shown["fault"]["since"], shown["progress"]["done"]) == (told, 0)
    assert [each.task for each in cloud.nova.alive()] == [None] * 3

    server_of(cloud, record.members[1]).locked = False
    cloud.run(record.id)
    assert cloud.find(record.id) is None
    cloud.assert_clean()


def test_a_member_that_is_locked_in_the_middle_of_a_delete_stays(cloud: SmallCloud) -> None:
    record = built(cloud)
    cloud.nova.delete_looks = 1
    last = server_of(cloud, record.members[2])

    def lock(method: str, path: str) -> None:
        if method == "DELETE":
            last.locked = True

    cloud.nova.before = lock
    cloud.service().delete(caller(), record.id)
    steps(cloud, record.id, 8)
    assert last in cloud.nova.alive()
    assert cloud.store.get(record.id).blocked is not None
    cloud.nova.before = lambda method, path: None
    last.locked = False
    cloud.run(record.id)
    cloud.assert_clean()


def test_a_rollback_stops_at_a_locked_member_too(cloud: SmallCloud) -> None:
    cloud.nova.refuse["web-2"] = (403, "Quota exceeded for ports")
    record = cloud.service().create(caller(), body(("web", 3)))
    assert cloud.store.claim(record.id, "worker", LEASE)
    engine = cloud.engine()
    engine.step(record.id)
    first = server_of(cloud, cloud.store.get(record.id).members[0])
    first.locked = True
    for _ in range(4):
        engine.step(record.id)
    stopped = cloud.store.get(record.id)
    assert stopped.status == "ROLLING_BACK"
    assert stopped.blocked is not None
    assert "web-0" in str(stopped.blocked)
    cloud.store.release(record.id, "worker")
    first.locked = False
    cloud.run(record.id)
    ended = cloud.store.get(record.id)
    assert (ended.status, ended.blocked) == ("ERROR", None)
    cloud.assert_clean()


def test_what_nova_forbids_to_delete_is_told_and_tried_again(cloud: SmallCloud) -> None:
    record = built(cloud, 4)

    class Strict(Compute):
        def delete_server(self, context: Any, server_id: str) -> None:
            time.sleep(random.uniform(0, 0.02))
            raise exception.CloudError(403, "Policy doesn't allow it.")

    cloud.service().delete(caller(), record.id)
    assert cloud.store.claim(record.id, "worker", LEASE)
    for _ in range(12):
        cloud.engine(compute=Strict(cloud.nova)).step(record.id)
    stopped = cloud.store.get(record.id)
    assert stopped.blocked is not None
    assert "Policy doesn't allow it." in str(stopped.blocked)
    assert [each["message"] for each in stopped.events].count(stopped.blocked) == 1
    cloud.store.release(record.id, "worker")
    cloud.run(record.id)
    cloud.assert_clean()


def test_a_lock_keeps_no_capacity_of_members_that_have_no_server(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 5)))
    assert cloud.store.claim(record.id, "worker", LEASE)
    cloud.engine(concurrency=1).step(record.id)
    cloud.store.release(record.id, "worker")
    (first,) = cloud.nova.alive()
    first.locked = True
    cloud.service().cancel(caller(), record.id)
    steps(cloud, record.id)
    assert cloud.nova.alive() == [first]
    assert cloud.placement.consumers(*cloud.providers) == {first.id}


def test_a_removal_goes_on_with_the_rights_of_whoever_asks_again(cloud: SmallCloud) -> None:
    record = built(cloud, 1)
    asked: list[str] = []

    class OwnersAlone(Compute):
        def delete_server(self, context: Any, server_id: str) -> None:
            asked.append(context.user_id)
            if context.user_id != record.user_id:
                raise exception.CloudError(403, "Policy doesn't allow it.")
            super().delete_server(context, server_id)

    compute = OwnersAlone(cloud.nova)
    colleague = caller()
    colleague.user_id = "colleague"
    cloud.service().delete(colleague, record.id)
    assert cloud.store.claim(record.id, "worker", LEASE)
    cloud.engine(compute=compute).step(record.id)
    assert cloud.store.get(record.id).blocked
    cloud.store.release(record.id, "worker")
    cloud.service().delete(caller(), record.id)
    cloud.service().delete(caller(), record.id)
    said = [each["type"] for each in cloud.store.get(record.id).events]
    assert said.count("DELETING") == 3, "asked, blocked, and asked by another"
    cloud.run(record.id, compute=compute)
    assert set(asked) == {"colleague", record.user_id}
    cloud.assert_clean()


@pytest.mark.parametrize("by_itself", [True, False], ids=["by itself", "by command"])
def test_a_removal_that_waits_for_somebody_keeps_no_repair_waiting(
    cloud: SmallCloud, by_itself: bool
) -> None:
    wish = body(("web", 3), policies=[anti_affinity("web")])
    ensemble_id = cloud.service().create(caller(), {**wish, "recovery": {"mode": "auto"}}).id
    cloud.run(ensemble_id)
    cloud.observe()
    assert cloud.patch(ensemble_id, {"tiers": [{"name": "web", "count": 2}]}).status_code == 202
    record = cloud.store.get(ensemble_id)
    (going,) = [each for each in record.members if each.leaving]
    stays = record.described_members[0]
    server_of(cloud, going).locked = True
    assert cloud.store.claim(ensemble_id, "worker", LEASE)
    while cloud.store.get(ensemble_id).blocked is None:
        cloud.engine().step(ensemble_id)
    waiting = cloud.store.get(ensemble_id).operation
    assert waiting is not None and waiting.status == "REMOVING"

    cloud.nova.fail(stays.host)
    cloud.observe(repair=cloud.service().auto_repair.look if by_itself else lambda: None)
    if not by_itself:
        assert repair(cloud, ensemble_id).status_code == 202
    record = cloud.store.get(ensemble_id)
    assert record.operation is not None and record.operation.type == "repair"
    assert [each.name for each in record.operation.goals] == [stays.name]
    server_of(cloud, going).locked = False
    cloud.run(ensemble_id)
    cloud.observe()
    after = cloud.store.get(ensemble_id)
    cloud.assert_built(after)
    assert {each.name for each in after.members} == {"web-0", "web-1", "web-2"} - {going.name}
    ended = {each.id: each.status for each in cloud.service().operations(after, 3)}
    assert (ended[waiting.id], ended[record.operation.id]) == ("SUCCEEDED", "SUCCEEDED")
    said = [str(each["message"]) for each in after.events]
    assert said.index(
        f"The removal of {going.name} waits for somebody, and goes on after a repair of other "
        "members."
    ) < said.index("The repair is done.")
