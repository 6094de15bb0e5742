# SPDX-License-Identifier: Apache-2.0
"""A request for a member's server that Nova carries out after its worker was deposed and died."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from killed_process import Killed
from small_cloud import LEASE, Clock, SmallCloud, body, caller

from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.tags import ENSEMBLE_TAG, HANDOVER_HINT, MEMBER_TAG
from ensemble_api.records import EnsembleRecord
from tests.fakes.nova_objects import FakeServer


class LateNova:
    """Does something else before it takes the one request for a server; its asker is dead then."""

    def __init__(self, cloud: SmallCloud, meanwhile: Callable[[], None]) -> None:
        self._cloud = cloud
        self._meanwhile = meanwhile

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asks = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == "/servers"
        if asks:
            self._meanwhile()
        answer = self._cloud.nova(environ, start_response)
        if asks:
            raise Killed("after the request")
        return answer


def build_with_a_late_server(
    cloud: SmallCloud, clock: Clock, meanwhile: Callable[[EnsembleRecord], None]
) -> tuple[EnsembleRecord, FakeServer]:
    """An ensemble of one, and the server that the first worker's request has made for it.

    ``meanwhile`` is what is done between that request and its effect, when the lease is over.
    """
    record = cloud.service().create(caller(), body(("web", 1)))
    assert cloud.store.claim(record.id, "first", LEASE)
    before: set[str] = set()

    def others() -> None:
        clock.forward(LEASE + 1)
        meanwhile(record)
        before.update(cloud.nova.servers)

    with pytest.raises(Killed):
        cloud.engine("first", compute=Compute(LateNova(cloud, others))).step(record.id)
    (late,) = [each for each in cloud.nova.alive() if each.id not in before]
    return record, late


def steps(cloud: SmallCloud, record: EnsembleRecord, times: int) -> None:
    assert cloud.store.claim(record.id, "second", LEASE)
    for _ in range(times):
        cloud.engine("second").step(record.id)


def test_of_two_that_come_during_the_build_one_is_deleted(cloud: SmallCloud, clock: Clock) -> None:
    record, _ = build_with_a_late_server(cloud, clock, lambda asked: steps(cloud, asked, 1))
    assert len(cloud.nova.alive()) == 2
    cloud.store.release(record.id, "second")
    cloud.run(record.id, "third")
    built = cloud.store.get(record.id)
    cloud.assert_built(built)
    assert [each.id for each in cloud.nova.alive()] == [built.members[0].server_id]


def test_one_that_comes_after_the_build_is_deleted(cloud: SmallCloud, clock: Clock) -> None:
    record, late = build_with_a_late_server(
        cloud, clock, lambda asked: cloud.run(asked.id, "second")
    )
    server_id = cloud.store.get(record.id).members[0].server_id
    assert server_id not in (None, late.id)
    for _ in range(3):
        cloud.observe()
    assert [each.id for each in cloud.nova.alive()] == [server_id]
    cloud.assert_built(cloud.store.get(record.id))


def test_one_that_came_before_the_delete_goes_with_the_others(
    cloud: SmallCloud, clock: Clock
) -> None:
    record, _ = build_with_a_late_server(cloud, clock, lambda asked: cloud.run(asked.id, "second"))
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id, "third")
    assert cloud.nova.alive() == []
    assert cloud.find(record.id) is None


@pytest.mark.parametrize("hint", [None, "made up", "another member's"])
def test_a_tenant_s_server_with_a_member_s_tags_is_left_alone(
    cloud: SmallCloud, hint: str | None
) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.run(record.id)
    member, other = cloud.store.get(record.id).members
    given = other.hints[0] if hint == "another member's" else hint
    stranger = FakeServer(
        id=str(uuid.uuid4()),
        name="mine",
        host="host1",
        project_id=record.project_id,
        user_id="somebody",
        tags=[f"{ENSEMBLE_TAG}{record.id}", f"{MEMBER_TAG}{member.id}"],
        request={"flavorRef": "small"},
        created=cloud.nova.now(),
        status="ACTIVE",
    )
    cloud.nova.servers[stranger.id] = stranger
    cloud.nova.hints[stranger.id] = {HANDOVER_HINT: given} if given else {}
    for _ in range(3):
        cloud.observe()
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    assert [each.id for each in cloud.nova.alive()] == [stranger.id]
    assert stranger.task is None


def test_a_tag_counts_for_nothing_while_a_server_is_awaited(
    cloud: SmallCloud, clock: Clock
) -> None:
    """A tenant may put it on a server of their own in the second in which a process died."""
    record = cloud.service().create(caller(), body(("web", 1)))
    assert cloud.store.claim(record.id, "first", LEASE)

    def dies(method: str, path: str) -> None:
        if (method, path) == ("POST", "/servers"):
            raise Killed("before the request")

    cloud.nova.before = dies
    with pytest.raises(Killed):
        cloud.engine("first").step(record.id)
    cloud.nova.before = lambda method, path: None
    clock.forward(LEASE + 1)
    (member,) = cloud.store.get(record.id).members
    stranger = FakeServer(
        id=str(uuid.uuid4()),
        name="mine",
        host=member.host,
        project_id=record.project_id,
        user_id="somebody",
        tags=[f"{ENSEMBLE_TAG}{record.id}", f"{MEMBER_TAG}{member.id}"],
        request={"flavorRef": "small"},
        created=cloud.nova.now(),
        status="ACTIVE",
    )
    cloud.nova.servers[stranger.id] = stranger
    cloud.run(record.id, "second")
    built = cloud.store.get(record.id).members[0].server_id
    assert built not in (None, stranger.id)
    assert stranger.task is None
