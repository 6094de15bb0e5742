# SPDX-License-Identifier: Apache-2.0
"""A request for a member's server that Nova carries out after its worker was deposed and died."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from killed_process import Killed
from small_cloud import LEASE, Clock, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.tags import ENSEMBLE_TAG, HANDOVER_HINT, MEMBER_TAG
from ensemble_api.records import EnsembleRecord
from ensemble_api.store import models
from ensemble_api.store.late_servers import KEPT
from tests.fakes.nova_objects import FakeServer


def nothing() -> None:
    return None


class SlowNova:
    """Has something else done before it takes the request for a server, or before it answers."""

    def __init__(
        self,
        cloud: SmallCloud,
        *,
        before: Callable[[], None] = nothing,
        after: Callable[[], None] = nothing,
    ) -> None:
        self._cloud = cloud
        self._before = before
        self._after = after

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asks = environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == "/servers"
        if asks:
            self._before()
        answer = self._cloud.nova(environ, start_response)
        if asks:
            self._after()
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

    def dies() -> None:
        raise Killed("after the request")

    nova = SlowNova(cloud, before=others, after=dies)
    with pytest.raises(Killed):
        cloud.engine("first", compute=Compute(nova)).step(record.id)
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


@pytest.mark.parametrize(
    "hint",
    ["\ud800", "\0", "x" * 5000, ["a", "b"], 7],
    ids=["half a character", "no character", "a long text", "two", "a number"],
)
def test_a_hint_that_a_tenant_made_up_is_in_nobody_s_way(
    cloud: SmallCloud, clock: Clock, hint: Any
) -> None:
    _, late = build_with_a_late_server(cloud, clock, lambda asked: cloud.run(asked.id, "second"))
    strangers = [cloud.nova.boot(f"mine-{number}", None) for number in range(3)]
    for each in strangers:
        cloud.nova.hints[each.id] = {HANDOVER_HINT: hint}
    for _ in range(3):
        cloud.observe()
    assert late.gone
    assert not any(each.gone or each.task for each in strangers)


def test_a_server_of_which_nothing_can_be_told_keeps_no_other(
    cloud: SmallCloud, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, late = build_with_a_late_server(cloud, clock, lambda asked: cloud.run(asked.id, "second"))
    strangers = {cloud.nova.boot(f"mine-{number}", None).id for number in range(3)}
    hint = Compute.hint

    def fails(self: Compute, context: Any, server_id: str) -> str | None:
        if server_id in strangers:
            raise ValueError(server_id)
        return hint(self, context, server_id)

    monkeypatch.setattr(Compute, "hint", fails)
    for _ in range(3):
        cloud.observe()
    assert late.gone


def test_one_that_came_before_the_delete_goes_with_the_others(
    cloud: SmallCloud, clock: Clock
) -> None:
    record, _ = build_with_a_late_server(cloud, clock, lambda asked: cloud.run(asked.id, "second"))
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id, "third")
    assert cloud.nova.alive() == []
    assert cloud.find(record.id) is None


def stand_still(
    cloud: SmallCloud, clock: Clock, meanwhile: Callable[[EnsembleRecord], None], **options: Any
) -> EnsembleRecord:
    """An ensemble of one, whose first worker goes on long after Nova has made its server.

    ``meanwhile`` is what is done before that, when its lease is over.
    """
    record = cloud.service().create(caller(), body(("web", 1)))
    assert cloud.store.claim(record.id, "first", LEASE)

    def others() -> None:
        clock.forward(LEASE + 1)
        meanwhile(record)

    nova = SlowNova(cloud, after=others)
    with pytest.raises(exception.LeaseLost):
        cloud.engine("first", compute=Compute(nova), **options).step(record.id)
    return record


@pytest.mark.parametrize("width", [None, 0], ids=["with hints", "without hints"])
def test_one_that_the_next_worker_has_found_stays_its_member_s(
    cloud: SmallCloud, clock: Clock, width: int | None
) -> None:
    def finds(record: EnsembleRecord) -> None:
        cloud.run(record.id, "second")

    record = stand_still(cloud, clock, finds, width=width)
    cloud.assert_built(cloud.store.get(record.id))
    assert [each.task for each in cloud.nova.alive()] == [None]


def test_one_that_is_known_by_nothing_is_deleted_by_the_worker_that_asked_for_it(
    cloud: SmallCloud, clock: Clock
) -> None:
    def takes_over(record: EnsembleRecord) -> None:
        assert cloud.store.claim(record.id, "second", LEASE)

    stand_still(cloud, clock, takes_over, width=0)
    assert [each.task for each in cloud.nova.servers.values()] == ["deleting"]


def builds_and_deletes(cloud: SmallCloud) -> Callable[[EnsembleRecord], None]:
    def run(record: EnsembleRecord) -> None:
        cloud.run(record.id, "second")
        cloud.service().delete(caller(), record.id)
        cloud.run(record.id, "third")
        assert cloud.find(record.id) is None

    return run


def test_one_whose_ensemble_has_gone_is_found_by_its_request(
    cloud: SmallCloud, clock: Clock
) -> None:
    """Its worker is dead, and knows nothing any more."""
    _, late = build_with_a_late_server(cloud, clock, builds_and_deletes(cloud))
    assert not late.gone
    for _ in range(3):
        cloud.observe()
    assert cloud.nova.alive() == []


def test_a_request_is_known_for_a_day_after_its_ensemble(cloud: SmallCloud, clock: Clock) -> None:
    _, late = build_with_a_late_server(cloud, clock, builds_and_deletes(cloud))
    clock.forward(KEPT.total_seconds() + 1)
    cloud.observe()
    with cloud.store.reading() as session:
        assert session.query(models.EndedRequest).count() == 0
    assert late.task == "deleting", "it was looked for before"


def test_a_build_that_went_well_leaves_nothing_to_look_for(cloud: SmallCloud) -> None:
    record = cloud.service().create(caller(), body(("web", 3)))
    cloud.run(record.id)
    assert all(not each.hints for each in cloud.store.get(record.id).members)
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    with cloud.store.reading() as session:
        assert session.query(models.EndedRequest).count() == 0


def crash_with_a_server(cloud: SmallCloud, clock: Clock) -> tuple[EnsembleRecord, FakeServer]:
    """An ensemble of one, whose worker has died between Nova's answer and the record of it."""

    def dies() -> None:
        raise Killed("after the request")

    record = cloud.service().create(caller(), body(("web", 1)))
    assert cloud.store.claim(record.id, "first", LEASE)
    nova = SlowNova(cloud, after=dies)
    with pytest.raises(Killed):
        cloud.engine("first", compute=Compute(nova)).step(record.id)
    clock.forward(LEASE + 1)
    (server,) = cloud.nova.alive()
    return record, server


@pytest.mark.parametrize("end", ["stays", "is deleted"])
def test_one_that_lost_its_tags_before_it_was_recorded_is_found_by_its_request(
    cloud: SmallCloud, clock: Clock, end: str
) -> None:
    record, server = crash_with_a_server(cloud, clock)
    server.status, server.tags = "ACTIVE", []
    cloud.run(record.id, "second")
    assert len(cloud.nova.alive()) == 2
    left = [cloud.store.get(record.id).members[0].server_id]
    if end == "is deleted":
        cloud.service().delete(caller(), record.id)
        cloud.run(record.id)
        left = []
    for _ in range(3):
        cloud.observe()
    assert [each.id for each in cloud.nova.alive()] == left


def test_one_that_was_found_after_a_crash_stays_when_its_ensemble_is_released(
    cloud: SmallCloud, clock: Clock
) -> None:
    record, server = crash_with_a_server(cloud, clock)
    cloud.run(record.id, "second")
    assert cloud.store.get(record.id).members[0].server_id == server.id
    with cloud.store.writing() as session:  # as a version before this one has left it
        hint = cloud.nova.hints[server.id][HANDOVER_HINT]
        session.query(models.Member).update({"hints": [hint]})
    cloud.service().release(caller(), record.id)
    for _ in range(3):
        cloud.observe()
    assert [each.task for each in cloud.nova.alive()] == [None]


def test_one_that_was_released_meanwhile_stays(cloud: SmallCloud, clock: Clock) -> None:
    def releases(record: EnsembleRecord) -> None:
        cloud.run(record.id, "second")
        cloud.service().release(caller(), record.id)

    record = stand_still(cloud, clock, releases)
    assert cloud.find(record.id) is None
    assert [each.task for each in cloud.nova.alive()] == [None]


@pytest.mark.parametrize("hint", [None, "made up", "another member's"])
def test_a_tenant_s_server_with_a_member_s_tags_is_left_alone(
    cloud: SmallCloud, hint: str | None
) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.run(record.id)
    member, other = cloud.store.get(record.id).members
    anothers = cloud.nova.hints[other.server_id or ""][HANDOVER_HINT]
    given = anothers if hint == "another member's" else hint
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
