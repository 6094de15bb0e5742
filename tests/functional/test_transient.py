# SPDX-License-Identifier: Apache-2.0
"""What Nova does not take now is asked again, within the time that a build may take."""

from typing import Any

import pytest
from keystoneauth1 import exceptions as keystone
from small_cloud import LEASE, Clock, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.records import EnsembleRecord

BUSY = "Unexpected API Error. <class 'neutronclient.common.exceptions.ConnectionFailed'>"


def refuse(cloud: SmallCloud, status: int, times: int, member: str = "web-1") -> list[int]:
    """Let Nova refuse ``member`` so often; gives a list with an entry for each request."""
    asked: list[int] = []

    def before(method: str, path: str) -> None:
        if method == "POST":
            asked.append(len(asked))
            cloud.nova.refuse = {member: (status, BUSY)} if len(asked) <= times else {}

    cloud.nova.before = before
    return asked


def run(cloud: SmallCloud, clock: Clock, record: EnsembleRecord, hour: float = 3600.0) -> int:
    """Step with five seconds between two steps, as a worker; gives the seconds it took."""
    passed = 0
    assert cloud.store.claim(record.id, "worker", 10 * hour)
    engine = cloud.engine(concurrency=1)
    while not cloud.store.get(record.id).status.settled:
        engine.step(record.id)
        clock.forward(5)
        passed += 5
        assert passed < hour
    cloud.store.release(record.id, "worker")
    return passed


@pytest.mark.parametrize("status", [500, 502, 503, 504, 409, 408, 429])
def test_a_refusal_that_passes_costs_time_and_not_the_build(
    cloud: SmallCloud, clock: Clock, status: int
) -> None:
    record = cloud.service().create(caller(), body(("web", 3)))
    refuse(cloud, status, times=4)
    run(cloud, clock, record)
    cloud.assert_built(cloud.store.get(record.id))


@pytest.mark.parametrize("status", [400, 403, 404, 413, 501])
def test_a_refusal_for_good_is_not_asked_again(
    cloud: SmallCloud, clock: Clock, status: int
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    asked = refuse(cloud, status, times=100, member="web-0")
    run(cloud, clock, record)
    assert (cloud.store.get(record.id).status, len(asked)) == ("ERROR", 1)
    cloud.assert_clean()


def test_a_conflict_that_lasts_is_given_up_before_the_build_s_time_is_over(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    asked = refuse(cloud, 409, times=1000, member="web-0")
    assert run(cloud, clock, record) < 120
    assert len(asked) == 6
    failed = cloud.store.get(record.id)
    assert failed.fault is not None
    assert str(failed.fault) == f"Nova refused web-0: {BUSY}"
    cloud.assert_clean()


def test_a_refusal_that_does_not_pass_ends_with_the_build_s_time_and_says_what_nova_said(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    asked = refuse(cloud, 503, times=1000, member="web-0")
    assert 300 < run(cloud, clock, record) < 400
    assert 10 < len(asked) < 20, "it backs off"
    failed = cloud.store.get(record.id)
    assert failed.fault is not None
    assert str(failed.fault).endswith(f"Of web-0 Nova said at last: {BUSY}")
    assert sum("is asked again" in str(each["message"]) for each in failed.events) == 1
    cloud.assert_clean()


def test_what_waits_keeps_its_capacity(cloud: SmallCloud, clock: Clock) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    (member,) = record.members
    refuse(cloud, 503, times=1, member="web-0")
    assert cloud.store.claim(record.id, "worker", LEASE)
    cloud.engine().step(record.id)
    assert cloud.placement.consumers(*cloud.providers) == {member.id}
    waiting = cloud.store.get(record.id).members[0]
    assert (waiting.status, waiting.tries, waiting.refusal) == ("RESERVED", 1, BUSY)
    cloud.engine().step(record.id)
    assert cloud.nova.alive() == [], "the pause is not over"
    clock.forward(2)
    cloud.engine().step(record.id)
    assert len(cloud.nova.alive()) == 1


@pytest.mark.parametrize("other_load", [0, 2], ids=["room for two", "room for one"])
def test_a_server_that_nova_took_although_it_said_no_is_the_member_s(
    cloud: SmallCloud, clock: Clock, other_load: int
) -> None:
    """Nova answered 500 after it had begun to build."""
    record = cloud.service().create(caller(), body(("web", 1)))
    load = {cloud.fill(record.members[0].host, other_load)} if other_load else set()
    take = cloud.nova._route

    def route(request: Any, path: str) -> tuple[int, Any]:
        answer = take(request, path)
        return (500, {"fault": {"message": BUSY}}) if path == "/servers" else answer

    cloud.nova._route = route  # type: ignore[method-assign]
    run(cloud, clock, record)
    built = cloud.store.get(record.id)
    assert built.status == "ACTIVE"
    assert [each.id for each in cloud.nova.alive()] == [built.members[0].server_id]
    assert cloud.placement.consumers(*cloud.providers) == load | {built.members[0].server_id}


def test_a_hold_that_was_made_anew_and_not_saved_goes_with_the_server_that_is_found(
    cloud: SmallCloud, clock: Clock
) -> None:
    """Nova answered 500 after it had begun to build, and then Placement's answer was lost."""
    record = cloud.service().create(caller(), body(("web", 1)))
    take = cloud.nova._route

    def route(request: Any, path: str) -> tuple[int, Any]:
        answer = take(request, path)
        return (500, {"fault": {"message": BUSY}}) if path == "/servers" else answer

    class Lost(Reservation):
        def hold_all(self, *arguments: Any) -> None:
            super().hold_all(*arguments)
            raise keystone.ConnectFailure("Placement does not answer")

    cloud.nova._route = route  # type: ignore[method-assign]
    lost = Lost(cloud.placement.adapter())
    assert cloud.store.claim(record.id, "worker", LEASE)
    with pytest.raises(keystone.ConnectFailure):
        cloud.engine(reservation=lost).step(record.id)
    run(cloud, clock, record)
    built = cloud.store.get(record.id)
    cloud.assert_built(built)


def test_a_hold_that_was_made_anew_for_another_worker_s_ensemble_is_given_back(
    cloud: SmallCloud, clock: Clock
) -> None:
    """A worker stands still between the hold and its record, until another has the ensemble."""
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.nova.refuse["web-0"] = (503, BUSY)

    class Slow(Reservation):
        def hold_all(self, *arguments: Any) -> None:
            super().hold_all(*arguments)
            clock.forward(LEASE + 1)
            assert cloud.store.claim(record.id, "second", LEASE)

    slow = Slow(cloud.placement.adapter())
    assert cloud.store.claim(record.id, "worker", LEASE)
    load = cloud.placement.consumers(*cloud.providers)
    assert record.members[0].id in load
    with pytest.raises(exception.LeaseLost):
        cloud.engine(reservation=slow).step(record.id)
    assert record.members[0].id not in cloud.placement.consumers(*cloud.providers)


def test_after_a_conflict_no_server_is_awaited_that_a_tag_could_name(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    refuse(cloud, 409, times=1, member="web-0")
    assert cloud.store.claim(record.id, "worker", LEASE)
    cloud.engine().step(record.id)
    assert cloud.store.get(record.id).members[0].asked_at == ""
    cloud.store.release(record.id, "worker")
    run(cloud, clock, record)
    cloud.assert_built(cloud.store.get(record.id))


def test_a_build_that_waited_for_a_worker_has_its_time_still(
    cloud: SmallCloud, clock: Clock
) -> None:
    """As after an outage of nova-api, or behind many others."""
    record = cloud.service().create(caller(), body(("web", 2)))
    assert cloud.store.claim(record.id, "died", LEASE)
    cloud.engine("died", concurrency=1).step(record.id)
    clock.forward(3600)
    run(cloud, clock, record)
    cloud.assert_built(cloud.store.get(record.id))


def test_two_ensembles_that_fit_the_quota_one_by_one_alone_are_not_both_promised(
    cloud: SmallCloud,
) -> None:
    cloud.nova.limits = {"maxTotalInstances": 4, "totalInstancesUsed": 0}
    service = cloud.service()
    first = service.create(caller(), body(("web", 3)))
    with pytest.raises(exception.OverQuota, match=r"allows 4 servers, 3 are .* needs 2"):
        service.create(caller(), body(("db", 2)))
    service.create(caller("other-project"), body(("db", 2)))
    cloud.run(first.id)
    assert cloud.store.unbuilt_members("shop-project") == []
