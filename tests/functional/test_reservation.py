# SPDX-License-Identifier: Apache-2.0
"""Holds in a real Placement: all members or none, and never more than there is."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from placement_service import PlacementService

from ensemble_api import exception
from ensemble_api.cloud.providers import generations
from ensemble_api.cloud.reservation import ATTEMPTS, Reservation
from ensemble_api.records import MemberRecord


def members(*providers: str, vcpus: int = 2) -> list[MemberRecord]:
    return [
        MemberRecord(
            id=str(uuid.uuid4()),
            tier="web",
            index=index,
            host=f"h{index}",
            provider=provider,
            resources={"VCPU": vcpus},
            domains={"host": (f"h{index}",)},
        )
        for index, provider in enumerate(providers)
    ]


@dataclass
class Scripted:
    """An adapter in which ``script`` answers some requests in Placement's place, or before it."""

    inner: Any
    script: Callable[[str, str], Any]
    posts: int = 0
    gets: list[str] = field(default_factory=list)

    def get(self, path: str, **kwargs: Any) -> Any:
        self.gets.append(path)
        return self.script("GET", path) or self.inner.get(path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> Any:
        self.posts += 1
        return self.script("POST", path) or self.inner.post(path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> Any:
        return self.script("DELETE", path) or self.inner.delete(path, **kwargs)


@dataclass
class Reply:
    status_code: int
    text: str = ""

    def json(self) -> Any:
        raise ValueError("no JSON here")


@pytest.fixture
def hosts(placement: PlacementService) -> list[str]:
    return [placement.add_provider(f"h{index}", VCPU=4) for index in range(3)]


@pytest.fixture
def reservation(placement: PlacementService) -> Reservation:
    return Reservation(placement.adapter(), sleep=lambda _: None)


def test_a_hold_is_one_consumer_a_member_in_the_name_of_the_tenant(
    placement: PlacementService, reservation: Reservation, hosts: list[str]
) -> None:
    wanted = members(*hosts)
    reservation.hold("shop", "ada", wanted)
    assert placement.consumers(*hosts) == {member.id for member in wanted}
    held = placement.allocation(wanted[0].id)
    assert held["allocations"][hosts[0]]["resources"] == {"VCPU": 2}
    assert (held["project_id"], held["user_id"]) == ("shop", "ada")
    assert held["consumer_type"] == "ENSEMBLE_HOLD"
    assert reservation.holding([wanted[0].id]) == {wanted[0].id}


def test_one_member_that_does_not_fit_leaves_nothing_held(
    placement: PlacementService, reservation: Reservation, hosts: list[str]
) -> None:
    assert placement.claim(str(uuid.uuid4()), hosts[2], VCPU=3)
    with pytest.raises(exception.CapacityTaken):
        reservation.hold("shop", "ada", members(*hosts))
    assert [placement.used(host) for host in hosts] == [{}, {}, {"VCPU": 3}]


def test_members_that_fit_alone_but_not_together_leave_nothing_held(
    placement: PlacementService, reservation: Reservation, hosts: list[str]
) -> None:
    with pytest.raises(exception.CapacityTaken):
        reservation.hold("shop", "ada", members(hosts[0], hosts[0], hosts[0]))
    assert placement.used(hosts[0]) == {}


@pytest.mark.parametrize("planned", [False, True], ids=["for any plan", "after a plan"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"total": 1}, id="the total shrinks"),
        pytest.param({"total": 4, "reserved": 3}, id="more is reserved"),
        pytest.param({"total": 4, "allocation_ratio": 0.25}, id="the ratio falls"),
    ],
)
def test_an_over_commit_seen_on_reading_back_gives_everything_back(
    placement: PlacementService, hosts: list[str], change: dict[str, Any], planned: bool
) -> None:
    """As when Placement lets two reservations in at once: usage above capacity after a 204."""
    done = []

    def shrink_after_the_post(method: str, path: str) -> None:
        if method == "GET" and not done:
            done.append(path)
            placement.set_inventory(hosts[1], "VCPU", **change)

    planned_at = generations(placement.client) if planned else {}
    adapter = Scripted(placement.adapter(), shrink_after_the_post)
    with pytest.raises(exception.CapacityTaken):
        Reservation(adapter).hold("shop", "ada", members(*hosts), planned_at)
    assert done
    assert placement.consumers(*hosts) == set()


def test_usages_are_read_back_where_others_were_since_the_plan_and_nowhere_else(
    placement: PlacementService, hosts: list[str]
) -> None:
    planned_at = generations(placement.client)
    assert placement.claim(str(uuid.uuid4()), hosts[1], VCPU=1)
    adapter = Scripted(placement.adapter(), lambda *_: None)
    twice = members(hosts[0], hosts[0], hosts[1], hosts[2], vcpus=1)
    Reservation(adapter).hold("shop", "ada", twice, planned_at)
    own = f"/resource_providers/{hosts[1]}"
    assert adapter.gets == ["/resource_providers", f"{own}/usages", f"{own}/inventories"]


def test_many_holds_go_in_one_request_that_reads_nothing(
    placement: PlacementService, hosts: list[str]
) -> None:
    wanted = members(*hosts)
    adapter = Scripted(placement.adapter(), lambda *_: None)
    reservation = Reservation(adapter)
    reservation.hold("shop", "ada", wanted)
    adapter.gets.clear()
    reservation.release_all("shop", "ada", [member.id for member in wanted])
    assert (adapter.posts, adapter.gets) == (2, [])
    assert placement.consumers(*hosts) == set()


def test_a_release_takes_what_is_there_whatever_became_of_it(
    placement: PlacementService, reservation: Reservation, hosts: list[str]
) -> None:
    """One member has none, and one was allocated to again, so that its generation is another."""
    wanted = members(*hosts)
    reservation.hold("shop", "ada", wanted)
    reservation.release(wanted[0].id)
    answer = placement.client.put(
        f"/allocations/{wanted[1].id}",
        json={
            "allocations": {hosts[1]: {"resources": {"VCPU": 1}}},
            "project_id": "shop",
            "user_id": "ada",
            "consumer_generation": 1,
            "consumer_type": "ENSEMBLE_HOLD",
        },
    )
    assert answer.status_code == 204
    for _ in range(2):
        reservation.release_all(
            "shop", "ada", [*(member.id for member in wanted), str(uuid.uuid4())]
        )
        assert placement.consumers(*hosts) == set()
    reservation.release(wanted[0].id)
    assert not reservation.holding(member.id for member in wanted)


def test_a_release_that_never_gets_through_is_unavailable(
    placement: PlacementService, hosts: list[str]
) -> None:
    wanted = members(*hosts)
    Reservation(placement.adapter()).hold("shop", "ada", wanted)
    reply = Reply(409, "placement.concurrent_update")
    adapter = Scripted(placement.adapter(), lambda method, _: reply if method == "POST" else None)
    with pytest.raises(exception.Unavailable):
        Reservation(adapter, sleep=lambda _: None).release_all(
            "shop", "ada", [member.id for member in wanted]
        )
    assert adapter.posts == ATTEMPTS


def test_of_many_contenders_for_the_last_capacity_exactly_one_wins(
    placement: PlacementService, hosts: list[str]
) -> None:
    ready = threading.Barrier(6)
    won = []

    def contend() -> None:
        wanted = members(*hosts, vcpus=3)
        mine = Reservation(placement.adapter(), sleep=lambda _: None)
        ready.wait(20)
        try:
            mine.hold("shop", "ada", wanted)
        except exception.CapacityTaken:
            return
        won.append({member.id for member in wanted})

    threads = [threading.Thread(target=contend) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(won) == 1
    assert placement.consumers(*hosts) == won[0]


def test_a_concurrent_update_is_tried_again(placement: PlacementService, hosts: list[str]) -> None:
    replies = [Reply(409, '{"code": "placement.concurrent_update"}')] * 2
    pauses: list[float] = []
    adapter = Scripted(placement.adapter(), lambda *_: replies.pop() if replies else None)
    wanted = members(*hosts)
    Reservation(adapter, sleep=pauses.append).hold("shop", "ada", wanted)
    assert placement.consumers(*hosts) == {member.id for member in wanted}
    assert pauses == [0.1, 0.2]


def test_endless_concurrent_updates_end_as_capacity_taken(
    placement: PlacementService, hosts: list[str]
) -> None:
    reply = Reply(409, "placement.concurrent_update")
    adapter = Scripted(placement.adapter(), lambda method, _: reply if method == "POST" else None)
    with pytest.raises(exception.CapacityTaken):
        Reservation(adapter, sleep=lambda _: None).hold("shop", "ada", members(*hosts))
    assert adapter.posts == ATTEMPTS + 1  # the last one is to release what may be held


def test_a_hold_whose_first_answer_was_lost_is_not_left_behind(
    placement: PlacementService, hosts: list[str]
) -> None:
    """keystoneauth repeats a POST whose connection broke; the first one had been carried out."""

    class Repeating(Scripted):
        def post(self, path: str, **kwargs: Any) -> Any:
            self.inner.post(path, **kwargs)
            return self.inner.post(path, **kwargs)

    adapter = Repeating(placement.adapter(), lambda *_: None)
    wanted = members(*hosts)
    try:
        Reservation(adapter, sleep=lambda _: None).hold("shop", "ada", wanted)
    except exception.CapacityTaken:
        assert placement.consumers(*hosts) == set()
    else:
        assert placement.consumers(*hosts) == {member.id for member in wanted}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/allocations", id="when it is to hold"),
        pytest.param("GET", "/inventories", id="when inventories are read back"),
        pytest.param("GET", "/usages", id="when usages are read back"),
    ],
)
def test_a_placement_that_fails_makes_a_hold_unavailable(
    placement: PlacementService, hosts: list[str], method: str, path: str
) -> None:
    def fail(asked: str, where: str) -> Any:
        return Reply(500, "boom") if asked == method and where.endswith(path) else None

    with pytest.raises(exception.Unavailable):
        Reservation(Scripted(placement.adapter(), fail)).hold("shop", "ada", members(*hosts))


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda broken: broken.release("a"), id="release"),
        pytest.param(lambda broken: broken.release_all("shop", "ada", ["a"]), id="release all"),
        pytest.param(lambda broken: broken.holding(["a"]), id="holding"),
        pytest.param(lambda broken: broken.hold("shop", "ada", []), id="hold"),
    ],
)
def test_a_placement_that_fails_makes_the_rest_unavailable(
    ask: Callable[[Reservation], Any],
) -> None:
    with pytest.raises(exception.Unavailable):
        ask(Reservation(Scripted(None, lambda *_: Reply(503, "down"))))
