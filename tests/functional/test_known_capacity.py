# SPDX-License-Identifier: Apache-2.0
"""Plans on what is known: what others do meanwhile is seen, and never built against."""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from remembering_process import PERIOD, Process
from reserves import wanted
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import exception
from ensemble_api.cloud.demand import Demand
from ensemble_api.planning.result import Infeasible, Plan
from tests.fakes.nova_objects import FakeHost

LOOKING = "ensemble-capacity"  # the name of the thread that does


@pytest.fixture
def process(cloud: SmallCloud) -> Iterator[Process]:
    found = Process(cloud)
    yield found
    found.known.stop()


def test_a_second_preview_asks_placement_nothing(process: Process) -> None:
    process.hosts(("web", 2))
    process.asking.asked.clear()
    process.hosts(("web", 2))
    assert process.asking.asked == []


def test_what_others_take_is_seen_once_a_period_has_passed(process: Process) -> None:
    (first,) = process.hosts(("web", 1))
    process.cloud.fill(first, 4)
    assert process.hosts(("web", 1)) == {first}, "nothing looks meanwhile"
    process.seconds += 2 * PERIOD
    assert first not in process.hosts(("web", 1))


def test_an_answer_tells_when_the_capacity_was_seen(process: Process) -> None:
    first = process.service.plan(caller(), body(("web", 1)))
    again = process.service.plan(caller(), body(("web", 1)))
    assert first.seen_at == again.seen_at <= (again.at or "")


def test_nothing_is_refused_for_what_was_given_back_meanwhile(process: Process) -> None:
    """As of a server that Nova deletes: its provider has the generation that it had."""
    loads = [process.cloud.fill(host.name, 4) for host in process.cloud.nova.hosts]
    refused = process.service.plan(caller(), body(("web", 1)))
    assert isinstance(refused.result, Infeasible) and refused.result.proved
    process.cloud.placement.release(loads[2])
    assert process.hosts(("web", 1)) == {process.cloud.nova.hosts[2].name}


def test_a_create_whose_hosts_were_taken_meanwhile_is_planned_anew(process: Process) -> None:
    taken = process.hosts(("web", 2), policies=[anti_affinity("web")])
    for host in taken:
        process.cloud.fill(host, 4)
    record = process.service.create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    assert not {each.host for each in record.members} & taken
    process.cloud.run(record.id)


def test_a_create_that_finds_its_hosts_as_known_asks_for_no_candidates(process: Process) -> None:
    process.hosts(("web", 2))
    process.asking.asked.clear()
    process.service.create(caller(), body(("web", 2)))
    assert not [path for path in process.asking.asked if "candidates" in path]


def test_a_create_after_another_one_knows_what_that_has_taken(process: Process) -> None:
    wide = body(("web", 2), policies=[anti_affinity("web")])
    process.service.create(caller(), wide)
    process.asking.asked.clear()
    process.service.create(caller(), wide)
    assert not [path for path in process.asking.asked if path.endswith("/inventories")]
    found = process.known.readings()
    assert found is not None and found.answers.table is not None
    process.seconds += 2 * PERIOD
    looked = process.known.readings()
    assert looked is not None and looked.answers.table is not None
    used = [
        dict(zip(each.answers.table.rows, each.answers.table.used.tolist(), strict=True))
        for each in (found, looked)
    ]
    assert used[0] == used[1]


def test_creates_at_one_moment_want_no_host_twice(process: Process) -> None:
    """The first has planned, and holds nothing yet, when the second one plans."""
    together = {"type": "affinity", "level": "host", "tiers": ["web"]}
    one_host = body(("web", 2), policies=[together])  # and all of it
    made: list[Any] = []

    def beside(method: str, path: str) -> None:
        if (method, path) == ("POST", "/allocations") and not made:
            made.append(None)
            made[0] = process.service.create(caller(), one_host)

    process.hosts(("web", 1))
    process.asking.before = beside
    first = process.service.create(caller(), one_host)
    assert first.members[0].host != made[0].members[0].host
    assert not process.cloud.pauses, "nobody has planned anew"


def test_what_is_taken_between_plan_and_hold_is_no_over_commitment(process: Process) -> None:
    process.hosts(("web", 1))
    taken: list[str] = []

    def take(method: str, path: str) -> None:
        if (method, path) == ("POST", "/allocations") and not taken:
            taken.extend(
                each.host for each in process.cloud.store.all_members(exclusive=False)[0][1:]
            )
            process.cloud.fill(taken[0], 4)

    process.asking.before = take
    record = process.service.create(caller(), body(("web", 1)))
    assert record.members[0].host not in taken


def test_a_member_that_is_handed_over_is_subtracted_from_what_is_known(process: Process) -> None:
    """Its hold is given back, and its server has not claimed anything yet."""
    cloud = process.cloud
    record = process.service.create(caller(), body(("web", 4), policies=[anti_affinity("web")]))
    seen: list[set[str]] = []

    def before(method: str, path: str) -> None:
        if (method, path) == ("POST", "/servers"):
            process.seconds += 2 * PERIOD  # the next look is in that moment
            plan = process.service.plan(caller(), body(("big", 4), policies=[anti_affinity("big")]))
            seen.append({type(plan.result).__name__})
            two = process.service.plan(caller(), body(("big", 8)))
            assert isinstance(two.result, Infeasible), "each host has room for one more"

    cloud.nova.before = before
    cloud.run(record.id, concurrency=1)
    assert len(seen) == 4


def ended(process: Process) -> int:
    """How many looks there were until the thread has ended, because nobody asks."""
    thread = process.known._thread
    assert thread is not None
    thread.join(10)
    assert not thread.is_alive(), "it looks for nobody"
    return process.asking.asked.count("/resource_providers")


@pytest.mark.parametrize("asking", [0, 3])
def test_who_asks_is_looked_for_twice_more(cloud: SmallCloud, asking: int) -> None:
    """However many processes there are, Placement is asked for those alone that have requests."""
    process, left = Process(cloud, period=0.0), [asking]

    def before(method: str, path: str) -> None:
        process.seconds += 0.01
        if path == "/resource_providers" and threading.current_thread().name == LOOKING and left[0]:
            left[0] -= 1
            process.known.readings()

    process.asking.before = before
    process.hosts(("web", 1))
    assert ended(process) == 1 + asking + 2
    process.seconds += 60  # while nobody looks: a look of a minute is followed by a pause of four
    process.hosts(("web", 1))
    assert ended(process) > 3 + asking, "it begins again when somebody asks"


def test_who_asks_after_a_pause_waits_for_no_whole_look(cloud: SmallCloud) -> None:
    """That costs seconds in a large cloud, and the thread makes one in a moment."""
    process = Process(cloud, period=10.0)
    process.hosts(("web", 1))
    for pause, whole in ((100, False), (1000, True)):
        process.seconds += pause
        process.asking.asked.clear()
        process.hosts(("web", 1))
        asked = [path for path in process.asking.asked if "candidates" in path]
        assert (process.asking.asked != [], asked != []) == (True, whole), "something is looked at"
        process.known._look()  # as the thread does
        assert any("candidates" in path for path in process.asking.asked)
    process.known.stop()


def test_a_small_cloud_is_always_looked_at(cloud: SmallCloud) -> None:
    process = Process(cloud, few=4)
    (first,) = process.hosts(("web", 1))
    cloud.fill(first, 4)
    assert first not in process.hosts(("web", 1))
    process.known.stop()


def test_a_limit_that_changed_alone_costs_a_create_no_more_than_another_plan(
    process: Process,
) -> None:
    """Placement refuses what is held on such a host, and has the last word."""
    process.service.plan(caller(), body(("web", 1)))
    process.providers.look(whole=True)
    (first,) = process.hosts(("web", 1))
    provider = next(each.provider for each in process.cloud.nova.hosts if each.name == first)
    process.cloud.placement.set_inventory(provider, "VCPU", 4, max_unit=1)
    process.providers.look(whole=True)
    record = process.service.create(caller(), body(("web", 1)))
    assert record.members[0].host != first


def test_hosts_with_others_below_them_are_asked_for_where_these_have_what_is_wanted(
    process: Process,
) -> None:
    cloud = process.cloud
    child = cloud.placement.add_provider("card", "CUSTOM_CARD", VGPU=2)
    cloud.placement.put_below(child, cloud.nova.hosts[0].provider)
    table = process.providers.look(whole=True)
    assert table.answers_for(Demand({"VCPU": 1}))
    assert not table.answers_for(Demand({"VCPU": 1, "VGPU": 1}))
    assert not table.answers_for(Demand({"VCPU": 1}, required=frozenset({"CUSTOM_CARD"})))
    cloud.placement.set_traits(child, "MISC_SHARES_VIA_AGGREGATE")
    assert not process.providers.look(whole=True).answers_for(Demand({"VCPU": 1}))


def test_a_placement_that_fails_is_unavailable_rather_than_full(process: Process) -> None:
    def fail(method: str, path: str) -> None:
        raise exception.Unavailable("gone")

    process.asking.before = fail
    with pytest.raises(exception.Unavailable):
        process.service.plan(caller(), body(("web", 1)))
    assert process.known.readings is not None


def test_nobody_waits_for_a_whole_look_that_follows_a_quick_one(process: Process) -> None:
    def slow(method: str, path: str) -> None:
        process.seconds += 1000 if "candidates" in path else 0

    process.asking.before = slow
    process.hosts(("web", 1))
    process.known._look()  # as the thread does, which finds nothing new
    process.seconds += 4 * PERIOD / 3
    process.asking.asked.clear()
    process.hosts(("web", 1))
    assert process.asking.asked == []


def test_who_waits_for_a_look_that_fails_hears_why_and_asks_no_more(process: Process) -> None:
    """With a Placement that does not answer at all a look takes minutes."""
    failed = list[Exception]()

    def fail(method: str, path: str) -> None:
        raise exception.Unavailable("gone")

    def ask() -> None:
        try:
            process.known.readings()
        except exception.Unavailable as error:
            failed.append(error)

    process.asking.before = fail
    asking = [threading.Thread(target=ask) for _ in range(6)]
    for each in asking:  # all at the same time by the clock of this process
        each.start()
    for each in asking:
        each.join()
    assert [str(each) for each in failed] == ["gone"] * 6
    assert len(process.asking.asked) == 1
    process.seconds += 1
    with pytest.raises(exception.Unavailable):
        process.known.readings()
    assert len(process.asking.asked) == 2, "who comes later asks anew"


def test_a_reserve_is_refused_for_nothing_that_was_given_back_meanwhile(process: Process) -> None:
    others = process.cloud.nova.hosts[1:]
    loads = [process.cloud.fill(each.name, 4) for each in others]
    assert isinstance(process.service.plan(caller(), wanted(1)).result, Infeasible)
    for each in loads:
        process.cloud.placement.release(each)
    assert isinstance(process.service.plan(caller(), wanted(1)).result, Plan)


def host_of(cloud: SmallCloud, name: str) -> FakeHost:
    return next(each for each in cloud.nova.hosts if each.name == name)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"state": "down", "forced_down": True}, id="it is forced down"),
        pytest.param({"status": "disabled"}, id="it is disabled, and Placement does not know yet"),
    ],
)
def test_a_create_takes_no_host_that_nova_has_closed_since_the_last_look(
    process: Process, change: dict[str, Any]
) -> None:
    (first,) = process.hosts(("web", 1))
    for key, value in change.items():
        setattr(host_of(process.cloud, first), key, value)
    assert process.hosts(("web", 1)) == {first}, "nothing looks meanwhile"
    record = process.service.create(caller(), body(("web", 1)))
    assert record.members[0].host != first


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_create_keeps_its_policies_on_racks_that_were_merged_since_the_last_look(
    process: Process, mirrored: bool
) -> None:
    """With Nova's aggregates in Placement, too, the providers have other generations."""
    apart = [anti_affinity("web", level="rack")]
    names = sorted(process.hosts(("web", 2), policies=apart))
    merged = [host_of(process.cloud, each) for each in names]
    merged[1].rack, merged[1].zone = merged[0].rack, merged[0].zone
    for each in merged if mirrored else ():
        process.cloud.placement.set_traits(each.provider, "CUSTOM_MERGED")
    record = process.service.create(caller(), body(("web", 2), policies=apart))
    assert len({host_of(process.cloud, each.host).rack for each in record.members}) == 2


def test_what_is_below_hosts_is_asked_for_in_each_preview(process: Process) -> None:
    cloud = process.cloud
    gpu = cloud.flavor("gpu", extra_specs={"resources:VGPU": "1"})
    cards = {}
    for host in cloud.nova.hosts[:2]:
        cards[host.name] = cloud.placement.add_provider(f"card of {host.name}", VGPU=1)
        cloud.placement.put_below(cards[host.name], host.provider)
    (first,) = process.hosts(("web", 1), flavor=gpu)
    assert cloud.placement.claim(str(uuid.uuid4()), cards.pop(first), VGPU=1)
    assert process.hosts(("web", 1), flavor=gpu) == {*cards}
    process.seconds += 2 * PERIOD
    assert process.hosts(("web", 1), flavor=gpu) == {*cards}
    record = process.service.create(caller(), body(("web", 1), flavor=gpu))
    assert {each.host for each in record.members} == {*cards}
