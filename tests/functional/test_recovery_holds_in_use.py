# SPDX-License-Identifier: Apache-2.0
"""What is held for recovery is had by the lost members it is held for, and held anew."""

import uuid
from types import SimpleNamespace

import pytest
from killed_process import Killed
from repairs import act, hosts_of
from reserves import (
    ANY,
    assert_held,
    built,
    failed_host,
    fill_up,
    holds,
    in_placement,
    look,
    status,
    wanted,
)
from small_cloud import Clock, SmallCloud, body, caller
from test_moves import Spec

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.scheduler.guards import GuardedHosts
from ensemble_api.store import recovery_holds
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards
from ensemble_api.usecases import auto_reserve
from ensemble_api.usecases.recovery_capacity import CLOSED_SECONDS


def test_after_a_failure_it_is_free_for_the_lost_members_alone(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    (host,) = in_placement(cloud)
    failed = failed_host(cloud, ensemble_id)
    look(cloud)
    assert status(cloud, ensemble_id) == "in-use"
    assert in_placement(cloud) == {}
    lost = next(
        each.server_id for each in cloud.store.get(ensemble_id).members if each.location == failed
    )
    assert [each.servers for each in holds(cloud, ensemble_id)] == [{lost}]
    # Another ensemble of ours, which asks no scheduler before it holds, does not get it either.
    for each in cloud.nova.hosts:
        if each.name not in (host, failed):
            cloud.fill(each.name, 4 - cloud.placement.used(each.provider).get("VCPU", 0))
    cloud.fill(host, 2)
    with pytest.raises(exception.InfeasibleEnsemble):
        cloud.service().create(caller("other-project"), body(("db", 1)))
    assert act(cloud, ensemble_id, {"repair": {}}).status_code == 202
    cloud.run(ensemble_id)
    assert failed not in hosts_of(cloud, ensemble_id).values()
    assert host in hosts_of(cloud, ensemble_id).values()


def open_hosts(cloud: SmallCloud, guarded: GuardedHosts, server_id: str) -> set[str]:
    """The hosts that the scheduler filter leaves to a server."""
    concern = CurrentStates(cloud.store).concern(server_id)
    hosts = [SimpleNamespace(host=each.name) for each in cloud.nova.hosts]
    spec = Spec(instance_uuid=server_id, project_id="shop-project", ignore_hosts=["elsewhere"])
    found, _ = guarded.open_to(hosts, spec, concern.guards, concern.closed)
    return {each.host for each in found}


def test_the_filter_closes_these_hosts_to_all_but_the_lost_members(
    cloud: SmallCloud, clock: Clock
) -> None:
    ensemble_id = built(cloud)
    every = {each.name for each in cloud.nova.hosts}
    (host,) = in_placement(cloud)
    failed = failed_host(cloud, ensemble_id)
    members = cloud.store.get(ensemble_id).members
    (lost,) = (str(each.server_id) for each in members if each.location == failed)
    (kept,) = (str(each.server_id) for each in members if each.location != failed)
    guarded = GuardedHosts(Guards(cloud.store))
    assert open_hosts(cloud, guarded, kept) == every, "nothing is given back yet"
    look(cloud)
    assert open_hosts(cloud, guarded, lost) == every
    for other in (kept, str(uuid.uuid4())):
        assert open_hosts(cloud, guarded, other) == every - {host}
    # As when the database does not answer any more, until the time is up.
    spec = Spec(instance_uuid=kept)
    states = [SimpleNamespace(host=host)]
    assert guarded.as_last_read(states, spec) == []
    assert guarded.as_last_read(states, Spec(instance_uuid=lost)) == states
    clock.forward(CLOSED_SECONDS + 1)
    assert guarded.as_last_read(states, spec) == states
    assert open_hosts(cloud, guarded, kept) == every, "nobody has looked after it for long"


def test_a_repair_finds_the_place_that_was_held_in_a_full_cloud_and_it_is_held_anew(
    cloud: SmallCloud,
) -> None:
    ensemble_id = built(cloud, wanted(mode="auto"))
    filled = fill_up(cloud)
    failed = failed_host(cloud, ensemble_id)
    service = cloud.service(recovery_limits=ANY)
    service.auto_reserve.look()
    assert service.auto_repair.look() == {ensemble_id}
    cloud.run(ensemble_id)
    cloud.observe()
    assert failed not in hosts_of(cloud, ensemble_id).values()
    assert cloud.store.get(ensemble_id).status == "ACTIVE"
    look(cloud)
    assert status(cloud, ensemble_id) == "not-held"
    assert holds(cloud, ensemble_id) == [], "nothing is closed to others any more"
    for each in filled:
        cloud.placement.release(each)
    look(cloud)
    assert_held(cloud, ensemble_id)


def test_an_older_ensemble_does_not_get_what_is_held_for_another(cloud: SmallCloud) -> None:
    older = {**body(("web", 2), name="older"), "recovery": {"mode": "auto"}}
    first = built(cloud, older)
    second = built(cloud, wanted(mode="auto", name="later"))
    both = set(hosts_of(cloud, first).values()) & set(hosts_of(cloud, second).values())
    if not both:
        pytest.fail("the two share no host")
    fill_up(cloud)
    cloud.nova.fail(both.pop())
    cloud.observe()
    service = cloud.service(recovery_limits=ANY)
    service.auto_reserve.look()
    assert service.auto_repair.look() == {second}


def test_two_that_a_failure_hits_at_once_both_get_what_is_held_for_them(cloud: SmallCloud) -> None:
    """What both have on one host is free for either of them, and planned as one."""
    ids = [built(cloud, wanted(1, mode="auto", name=name)) for name in ("one", "two")]
    hosts = {each: hosts_of(cloud, each)["web-0"] for each in ids}
    if len(set(hosts.values())) == 2:
        moved = cloud.store.get(ids[1]).members[0]
        server = cloud.nova.servers[moved.server_id or ""]
        needs = {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 1}
        here = cloud.nova.host(hosts[ids[0]])
        assert cloud.placement.claim_beside(server.id, here.provider, **needs)
        cloud.placement.release(server.id, cloud.nova.host(server.host or "").provider)
        server.host = here.name
        cloud.observe()
        look(cloud)
    fill_up(cloud)
    cloud.nova.fail(hosts[ids[0]])
    cloud.observe()
    service = cloud.service(recovery_limits=ANY)
    service.auto_reserve.look()
    assert service.auto_repair.look() == set(ids)
    for each in ids:
        cloud.run(each)
        assert hosts_of(cloud, each)["web-0"] != hosts[ids[0]]


def test_a_host_that_comes_back_has_it_held_as_before(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud)
    before = in_placement(cloud)
    failed = failed_host(cloud, ensemble_id)
    look(cloud)
    assert in_placement(cloud) == {}
    cloud.nova.restart(failed)
    cloud.observe()
    look(cloud)
    assert in_placement(cloud) == before
    assert_held(cloud, ensemble_id)


def test_hosts_are_not_closed_for_ever(cloud: SmallCloud, clock: Clock) -> None:
    ensemble_id = built(cloud)
    failed_host(cloud, ensemble_id)
    look(cloud)
    assert status(cloud, ensemble_id) == "in-use"
    clock.forward(2 * 3600)
    look(cloud)
    assert status(cloud, ensemble_id) != "in-use"
    assert not any(each.status.in_use for each in holds(cloud, ensemble_id))


def closed_hosts(cloud: SmallCloud) -> set[str]:
    with cloud.store.reading() as session:
        return {each.host for each in recovery_holds.closed(session)}


def test_until_a_repair_may_begin_it_stays_held_and_no_host_is_closed(
    cloud: SmallCloud, clock: Clock
) -> None:
    delay = 86_400
    ensemble_id = built(cloud, wanted(mode="auto", delay=delay))
    before = in_placement(cloud)
    failed_host(cloud, ensemble_id)
    for wait in (0, delay - 60):
        clock.forward(wait)
        look(cloud)
        assert_held(cloud, ensemble_id)
        assert in_placement(cloud) == before
        assert closed_hosts(cloud) == set()
    clock.forward(120)
    look(cloud)
    assert status(cloud, ensemble_id) == "in-use" and closed_hosts(cloud) == set(before)
    clock.forward(3600)
    look(cloud)
    assert status(cloud, ensemble_id) != "in-use" and closed_hosts(cloud) == set()


def test_for_a_locked_server_that_is_to_be_left_no_host_is_closed(cloud: SmallCloud) -> None:
    ensemble_id = built(cloud, wanted(locked="leave"))
    host = hosts_of(cloud, ensemble_id)["web-0"]
    server = next(each for each in cloud.nova.servers.values() if each.host == host)
    server.locked = True
    failed_host(cloud, ensemble_id)
    look(cloud)
    assert closed_hosts(cloud) == set()
    assert status(cloud, ensemble_id) != "in-use"


def test_what_many_have_is_given_back_in_several_looks(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it at once would hold up the repair of the first ones."""
    monkeypatch.setattr(auto_reserve, "MOST_USED", 1)
    ids = [built(cloud, wanted(1, name=name)) for name in ("one", "two")]
    for host in {hosts_of(cloud, each)["web-0"] for each in ids}:
        cloud.nova.fail(host)
    cloud.observe()
    reserve = cloud.service(recovery_limits=ANY).auto_reserve
    counts = []
    for _ in ids:
        reserve.look()
        counts.append([status(cloud, each) for each in ids].count("in-use"))
    assert counts == [1, 2]


@pytest.mark.parametrize("dies_at", ["give back", "save that"])
def test_what_is_interrupted_while_it_is_given_back_goes_on(
    cloud: SmallCloud, dies_at: str
) -> None:
    ensemble_id = built(cloud)
    failed_host(cloud, ensemble_id)

    class Dying(Reservation):
        def release(self, consumer: str) -> None:
            if dies_at == "save that":
                super().release(consumer)
            raise Killed

    with pytest.raises(Killed):
        look(cloud, reservation=Dying(cloud.placement.adapter()))
    assert {each.status.value for each in holds(cloud, ensemble_id)} == {"CLOSED"}
    look(cloud)
    assert {each.status.value for each in holds(cloud, ensemble_id)} == {"GIVEN_BACK"}
    assert in_placement(cloud) == {}
