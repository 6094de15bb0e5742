# SPDX-License-Identifier: Apache-2.0
"""The hand-over of members: when a host is closed to others, for how long, and who waits for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from repairs import failed, host_of, repair
from small_cloud import LEASE, Clock, SmallCloud, anti_affinity, body, caller

from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.tags import HANDOVER_HINT
from ensemble_api.execution.next_step import NextStep
from ensemble_api.records import EnsembleRecord, MemberStatus
from ensemble_api.store.guards import Guards
from tests.fakes.nova_objects import FakeServer


def even(tier: str) -> dict[str, Any]:
    """As many on each host, give or take one."""
    return {"type": "spread", "level": "host", "tiers": [tier], "max_skew": 1}


ENSEMBLE = body(("web", 3), policies=[anti_affinity("web")])


@pytest.fixture
def guards(cloud: SmallCloud) -> Guards:
    return Guards(cloud.store)


def closed(guards: Guards) -> set[str]:
    return {each.host for each in guards.live()}


def step(cloud: SmallCloud, record: EnsembleRecord, **parts: Any) -> NextStep:
    """What the worker does once."""
    assert cloud.store.claim(record.id, "worker", LEASE)
    try:
        return cloud.engine(**parts).step(record.id)
    finally:
        cloud.store.release(record.id, "worker")


def unclaimed(cloud: SmallCloud) -> FakeServer:
    """The one server, as it is before Nova's scheduler has come to it."""
    (server,) = cloud.nova.alive()
    server.half_made = "mapped"
    cloud.placement.release(server.id)
    return server


@pytest.fixture
def late(cloud: SmallCloud) -> Iterator[tuple[EnsembleRecord, FakeServer]]:
    """An ensemble of one, whose server was asked for and has not claimed its capacity yet."""
    record = cloud.service().create(caller(), body(("web", 1)))
    step(cloud, record)
    return record, unclaimed(cloud)


def test_each_host_is_closed_before_its_hold_goes_and_when_nova_is_asked(
    cloud: SmallCloud, guards: Guards
) -> None:
    record = cloud.service().create(caller(), ENSEMBLE)
    hosts = {member.id: member.host for member in record.members}
    released, asked = [], []

    class Watched(Reservation):
        def release(self, consumer: str) -> None:
            released.append((hosts.get(consumer), closed(guards)))
            super().release(consumer)

    def before(method: str, path: str) -> None:
        if method == "POST":
            asked.append(closed(guards))

    cloud.nova.before = before
    assert closed(guards) == set(), "while all is held"
    step(cloud, record, reservation=Watched(cloud.placement.adapter()))
    assert {host for host, _ in released} == set(hosts.values())
    assert all(host in then for host, then in released)
    assert asked == [set(hosts.values())] * 3
    assert {server.name[-5:]: server.host for server in cloud.nova.alive()}.keys() == {
        f"web-{number}" for number in range(3)
    }


class StandsStill(Reservation):
    """Its process stands still for longer than a host stays closed, when it gives a hold up."""

    def __init__(self, cloud: SmallCloud, still: Callable[[], None]) -> None:
        super().__init__(cloud.placement.adapter())
        self._still = still

    def release(self, consumer: str) -> None:
        self._still()
        super().release(consumer)


def test_a_host_is_closed_again_before_nova_is_asked_where_its_worker_stood_still(
    cloud: SmallCloud, clock: Clock, guards: Guards
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    asked = []

    def before(method: str, path: str) -> None:
        if method == "POST":
            asked.append(closed(guards))

    cloud.nova.before = before
    step(cloud, record, reservation=StandsStill(cloud, lambda: clock.forward(LEASE + 1)))
    assert asked == [{record.members[0].host}]


def test_nova_is_not_asked_for_a_member_whose_turn_others_have_had_meanwhile(
    cloud: SmallCloud, clock: Clock, guards: Guards
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    other = cloud.service().create(caller(), body(("db", 1), name="other"))

    def others_have_their_turn() -> None:
        clock.forward(LEASE + 1)
        cloud.store.claim(other.id, "second", LEASE)
        guards.open(other, "second", other.members, most=1, width=8, seconds=LEASE)

    step(cloud, record, reservation=StandsStill(cloud, others_have_their_turn))
    assert cloud.nova.alive() == []
    (member,) = cloud.store.get(record.id).members
    assert member.status is MemberStatus.RESERVED
    assert cloud.placement.allocation(member.id)["allocations"]
    clock.forward(1)
    cloud.run(record.id)
    assert cloud.store.get(record.id).status == "ACTIVE"


def lost(cloud: SmallCloud) -> EnsembleRecord:
    """An ensemble of one whose host has failed, with a repair to do."""
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    cloud.observe()
    failed(cloud, host_of(cloud, cloud.store.get(record.id), "web-0"))
    assert repair(cloud, record.id).status_code == 202
    return cloud.store.get(record.id)


def test_a_host_is_closed_again_before_nova_is_asked_to_bring_a_server_there(
    cloud: SmallCloud, clock: Clock, guards: Guards
) -> None:
    record = lost(cloud)
    asked = []

    def before(method: str, path: str) -> None:
        if method == "POST":
            asked.append(closed(guards))

    cloud.nova.before = before
    step(cloud, record, reservation=StandsStill(cloud, lambda: clock.forward(LEASE + 1)))
    (goal,) = record.operation.moves.values() if record.operation else ()
    assert asked == [{goal.host}]


def test_nova_is_not_asked_to_bring_a_server_to_where_others_have_had_their_turn(
    cloud: SmallCloud, clock: Clock, guards: Guards
) -> None:
    record = lost(cloud)
    other = cloud.service().create(caller(), body(("db", 1), name="other"))

    def others_have_their_turn() -> None:
        clock.forward(LEASE + 1)
        cloud.store.claim(other.id, "second", LEASE)
        guards.open(other, "second", other.members, most=1, width=8, seconds=LEASE)

    step(cloud, record, reservation=StandsStill(cloud, others_have_their_turn))
    assert cloud.nova.evacuated == []
    operation = cloud.store.get(record.id).operation
    assert operation is not None
    (goal,) = operation.moves.values()
    assert goal.move is not None and (goal.move.status, goal.move.tries) == ("WAITING", 0)
    clock.forward(1)
    cloud.run(record.id)
    assert cloud.nova.evacuated == [cloud.store.get(record.id).members[0].server_id]


def test_each_request_brings_the_hint_of_its_own_host(cloud: SmallCloud, guards: Guards) -> None:
    record = cloud.service().create(caller(), ENSEMBLE)
    step(cloud, record)
    hints = {each.id: each.host for each in guards.live()}
    assert {hints[cloud.nova.hints[each.id][HANDOVER_HINT]] for each in cloud.nova.alive()} == {
        each.host for each in record.members
    }
    assert {each.project_id for each in guards.live()} == {"shop-project"}


def test_a_host_opens_when_its_server_is_on_it(cloud: SmallCloud, guards: Guards) -> None:
    record = cloud.service().create(caller(), ENSEMBLE)
    step(cloud, record)
    assert len(closed(guards)) == 3
    step(cloud, record)
    assert closed(guards) == set()


def test_a_host_stays_closed_until_the_claim_is_seen_however_long_nova_takes(
    cloud: SmallCloud, clock: Clock, guards: Guards, late: tuple[EnsembleRecord, FakeServer]
) -> None:
    record, server = late
    for _ in range(4):
        clock.forward(LEASE - 2)
        step(cloud, record)
        assert closed(guards) == {server.host}
    assert cloud.placement.claim(server.id, cloud.nova.host(server.host).provider, VCPU=2)
    step(cloud, record)
    assert closed(guards) == set(), "though Nova shows it on no host yet"


def test_a_host_opens_when_its_server_has_failed_and_its_member_is_held_anew(
    cloud: SmallCloud, guards: Guards, late: tuple[EnsembleRecord, FakeServer]
) -> None:
    record, server = late
    server.half_made, server.status, server.fault = "", "ERROR", "No valid host was found. "
    cloud.fill(server.host, 4)
    step(cloud, record)
    assert server.host in closed(guards), "until its member is held anew, here elsewhere"
    step(cloud, record)
    assert server.host not in closed(guards)
    cloud.store.release(record.id, "worker")
    cloud.run(record.id)
    assert cloud.store.get(record.id).status == "ACTIVE"


def test_a_host_opens_when_nova_did_not_take_the_request_and_its_hold_is_back(
    cloud: SmallCloud, guards: Guards
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.nova.refuse["web-0"] = (409, "Something else is done")
    step(cloud, record)
    (member,) = cloud.store.get(record.id).members
    assert member.status is MemberStatus.RESERVED
    assert cloud.placement.allocation(member.id)["allocations"]
    assert closed(guards) == set()


def test_a_host_stays_closed_while_nova_may_have_taken_the_request_even_so(
    cloud: SmallCloud, clock: Clock, guards: Guards
) -> None:
    """It has answered with a 5xx, and its server may claim the host yet."""
    record = cloud.service().create(caller(), body(("web", 1)))
    (member,) = record.members
    cloud.nova.refuse["web-0"] = (503, "Neutron restarts")
    for _ in range(3):
        step(cloud, record)
        assert closed(guards) == {member.host}
    cloud.nova.refuse.clear()
    clock.forward(LEASE - 1)
    cloud.run(record.id)
    cloud.assert_built(cloud.store.get(record.id))
    assert closed(guards) == set()


def test_a_host_opens_in_time_when_nothing_comes_of_a_request(
    cloud: SmallCloud, clock: Clock, guards: Guards
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.nova.refuse["web-0"] = (503, "Neutron restarts")
    step(cloud, record)
    clock.forward(LEASE + 1)
    assert closed(guards) == set()


def test_members_wait_for_their_turn_with_their_capacity_held(
    cloud: SmallCloud, guards: Guards
) -> None:
    record = cloud.service().create(caller(), ENSEMBLE)
    first = step(cloud, record, width=1)
    assert first is NextStep.NOW
    unclaimed(cloud)
    for _ in range(3):
        assert step(cloud, record, width=1) is NextStep.AFTER_A_WHILE, "not again at once"
    members = cloud.store.get(record.id).members
    waiting = [each for each in members if each.status is MemberStatus.RESERVED]
    assert len(waiting) == 2
    assert all(cloud.placement.allocation(each.id)["allocations"] for each in waiting)
    assert all(each.tries == 0 and not each.refusal for each in waiting)
    (server,) = cloud.nova.alive()
    server.half_made = ""
    assert cloud.placement.claim(
        server.id, cloud.nova.host(server.host).provider, VCPU=2, MEMORY_MB=512
    )
    cloud.run(record.id, width=1)
    cloud.assert_built(cloud.store.get(record.id))


def test_those_that_share_a_host_which_may_be_closed_go_before_those_that_have_to_wait(
    cloud: SmallCloud, guards: Guards
) -> None:
    record = cloud.service().create(caller(), body(("web", 8), policies=[even("web")]))
    first, second = record.members[:2]
    assert first.host != second.host
    step(cloud, record, width=1, concurrency=2)
    assert [each.host for each in cloud.nova.alive()] == [first.host] * 2
    cloud.run(record.id, width=1, concurrency=2)
    cloud.assert_built(cloud.store.get(record.id))


def test_members_go_to_as_many_hosts_as_may_be_closed(cloud: SmallCloud, guards: Guards) -> None:
    record = cloud.service().create(caller(), body(("web", 8), policies=[even("web")]))
    step(cloud, record, width=2, concurrency=3)
    assert len(cloud.nova.alive()) == 3
    assert closed(guards) == {each.host for each in record.members[:2]}


def test_two_ensembles_take_turns(cloud: SmallCloud, guards: Guards) -> None:
    records = [cloud.service().create(caller(f"p{each}"), ENSEMBLE) for each in range(2)]
    most = 0
    for _ in range(40):
        for record in records:
            if not cloud.store.get(record.id).status.settled:
                step(cloud, record, width=1)
                most = max(most, len(closed(guards)))
    assert most == 1
    assert {cloud.store.get(each.id).status.value for each in records} == {"ACTIVE"}


def test_with_a_width_of_0_no_host_is_closed_and_no_hint_is_given(
    cloud: SmallCloud, guards: Guards
) -> None:
    record = cloud.service().create(caller(), ENSEMBLE)
    step(cloud, record, width=0)
    assert closed(guards) == set()
    assert len(cloud.nova.alive()) == 3
    assert not any(cloud.nova.hints.values())


@pytest.mark.parametrize("end", ["delete", "cancel"])
def test_what_is_removed_closes_no_host(
    cloud: SmallCloud, guards: Guards, late: tuple[EnsembleRecord, FakeServer], end: str
) -> None:
    record, server = late
    server.half_made = ""
    getattr(cloud.service(), end)(caller(), record.id)
    step(cloud, record)
    assert closed(guards) == set()


def test_what_a_dead_worker_closed_is_taken_over(
    cloud: SmallCloud, clock: Clock, guards: Guards
) -> None:
    """It died after it had let the hold go, and before it asked Nova."""
    record = cloud.service().create(caller(), body(("web", 1)))
    (member,) = record.members
    assert cloud.store.claim(record.id, "first", LEASE)
    opened = guards.open(record, "first", [member], most=1, width=8, seconds=2 * LEASE)
    cloud.store.save_server_request(record, member, "first")
    cloud.placement.release(member.id)
    clock.forward(LEASE + 1)
    assert closed(guards) == {member.host}
    cloud.run(record.id, "second")
    cloud.assert_built(cloud.store.get(record.id))
    assert cloud.nova.hints[cloud.nova.alive()[0].id][HANDOVER_HINT] not in opened.values()
    assert closed(guards) == set()
