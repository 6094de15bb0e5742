# SPDX-License-Identifier: Apache-2.0
"""Plans on what is known: what others do meanwhile is seen, and never built against."""

from collections.abc import Iterator

import pytest
from remembering_process import PERIOD, Process
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import exception
from ensemble_api.cloud.demand import Demand
from ensemble_api.planning.result import Infeasible


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
