# SPDX-License-Identifier: Apache-2.0
"""Moves to the best spread that begin by themselves, after a look at the cloud."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from repairs import act, failed, hosts_of, last_operation, repair
from small_cloud import SmallCloud, body, caller

from ensemble_api.store import rows
from ensemble_api.usecases import auto_rebalance
from ensemble_api.usecases.auto_rebalance import AGAIN, PERIOD, AutoRebalance
from ensemble_api.usecases.steady_hosts import LONGEST

LONELY = "secrethost4"  # the only host of its zone
DELAY = timedelta(seconds=120)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.time = rows.now()

    def __call__(self) -> datetime:
        return self.time

    def goes(self, by: timedelta) -> None:
        self.time += by


def looking(cloud: SmallCloud) -> tuple[AutoRebalance, Clock]:
    clock, found = Clock(), cloud.service(rebalance_delay=DELAY.total_seconds()).auto_rebalance
    found._now = clock  # type: ignore[misc]
    return found, clock


def steady(cloud: SmallCloud) -> tuple[AutoRebalance, Clock]:
    """The same after it has seen for long enough that nothing comes or goes."""
    auto, clock = looking(cloud)
    assert auto.look() is None, "it has seen nothing yet"
    clock.goes(DELAY)
    return auto, clock


def healed(cloud: SmallCloud, **recovery: Any) -> str:
    """An ensemble of two that a failure has brought into one zone; the other is back."""
    wish = {**body(("web", 2), policies=()), "recovery": recovery}
    ensemble_id = cloud.service().create(caller(), wish).id
    cloud.run(ensemble_id)
    failed(cloud, LONELY)
    assert repair(cloud, ensemble_id).status_code == 202
    cloud.run(ensemble_id)
    cloud.observe()
    return ensemble_id


def test_the_spread_comes_back_with_the_host_and_once(cloud: SmallCloud) -> None:
    ensemble_id = healed(cloud, rebalance="auto")
    auto, clock = looking(cloud)
    assert auto.look() is None, "there is nothing better yet"
    cloud.nova.restart(LONELY)
    cloud.observe()
    assert auto.look() is None, "it looks once in a while only"
    clock.goes(PERIOD)
    assert auto.look() is None, "the host has only just come back"
    clock.goes(DELAY)
    assert auto.look() == ensemble_id
    operation = cloud.store.get(ensemble_id).operation
    assert operation is not None
    assert (operation.type, operation.requester.user_id) == ("move", "user-of-shop-project")
    cloud.run(ensemble_id)
    cloud.observe()
    assert LONELY in hosts_of(cloud, ensemble_id).values()
    for _ in range(3):
        clock.goes(AGAIN)
        assert auto.look() is None, "nobody moves to and fro"
    assert last_operation(cloud, ensemble_id).id == operation.id


def test_an_ensemble_that_does_not_want_it_is_left(cloud: SmallCloud) -> None:
    ensemble_id = healed(cloud, mode="auto")
    cloud.nova.restart(LONELY)
    cloud.observe()
    assert looking(cloud)[0].look() is None
    assert act(cloud, ensemble_id, {"rebalance": {}}).status_code == 202


def test_more_than_one_look_may_plan_is_left_to_the_next(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_rebalance, "MOST", 1)
    wish = {**body(("web", 1), policies=()), "recovery": {"rebalance": "auto"}}
    for name in ("a", "b", "c"):
        cloud.run(cloud.service().create(caller(), {**wish, "name": name}).id)
    cloud.observe()
    auto, _ = steady(cloud)
    planned = [(auto.look(), len(auto._planned)) for _ in range(4)]
    # The first was planned before the hosts were steady, and has its turn again after the others.
    assert planned == [(None, 2), (None, 3), (None, 3), (None, 3)]


def test_nobody_moves_while_a_member_is_lost(cloud: SmallCloud) -> None:
    ensemble_id = healed(cloud, rebalance="auto")
    cloud.nova.restart(LONELY)
    failed(cloud, hosts_of(cloud, ensemble_id)["web-0"])
    assert looking(cloud)[0].look() is None
    assert cloud.store.get(ensemble_id).operation is None


def test_after_moves_that_came_to_nothing_there_is_a_pause(cloud: SmallCloud) -> None:
    ensemble_id = healed(cloud, rebalance="auto")
    cloud.nova.restart(LONELY)
    cloud.observe()
    auto, clock = steady(cloud)
    assert auto.look() == ensemble_id
    for each in cloud.store.get(ensemble_id).members:
        cloud.nova.servers[each.server_id].locked = True
    cloud.run(ensemble_id)
    for each in cloud.store.get(ensemble_id).members:
        cloud.nova.servers[each.server_id].locked = False
    cloud.observe()
    assert last_operation(cloud, ensemble_id).status == "FAILED"
    auto, clock = looking(cloud)
    assert auto.look() is None
    clock.goes(DELAY)
    assert auto.look() == ensemble_id


def test_nobody_is_moved_to_a_host_that_comes_and_goes(cloud: SmallCloud) -> None:
    ensemble_id = healed(cloud, rebalance="auto")
    auto, clock = steady(cloud)
    for _ in range(6):
        cloud.nova.restart(LONELY)
        cloud.observe()
        for _ in range(3):
            assert auto.look() is None
            clock.goes(PERIOD)
        failed(cloud, LONELY)
        assert auto.look() is None
        clock.goes(PERIOD)
    assert cloud.store.get(ensemble_id).operation is None
    cloud.nova.restart(LONELY)
    cloud.observe()
    for _ in range(int(LONGEST / PERIOD)):
        assert auto.look() is None, "it is waited for longer each time that it comes back"
        clock.goes(PERIOD)
    assert auto.look() == ensemble_id


def test_others_are_spread_anew_while_one_host_is_not_steady(cloud: SmallCloud) -> None:
    wish = {**body(("web", 2), policies=()), "recovery": {"rebalance": "auto"}}
    ensemble_id = cloud.service().create(caller(), wish).id
    cloud.run(ensemble_id)
    for server in cloud.nova.alive():
        cloud.nova.arrive(server, "secrethost1")
    failed(cloud, LONELY)
    auto, clock = steady(cloud)
    cloud.nova.restart(LONELY)
    cloud.observe()
    assert auto.look() == ensemble_id
    cloud.run(ensemble_id)
    assert LONELY not in hosts_of(cloud, ensemble_id).values()
    assert len({*hosts_of(cloud, ensemble_id).values()}) == 2
    cloud.observe()
    clock.goes(PERIOD)
    assert auto.look() is None, "its members have only just been moved"
    clock.goes(DELAY)
    assert auto.look() == ensemble_id, "and then to the other zone"


def test_a_host_to_which_a_member_could_not_be_moved_is_left_out_for_a_while(
    cloud: SmallCloud,
) -> None:
    """Of three zones the best spread takes any two."""
    cloud.nova.host("secrethost3").zone = "zone-three"
    wish = {**body(("web", 2), policies=()), "recovery": {"rebalance": "auto"}}
    full = [cloud.fill(each, 4) for each in ("secrethost3", LONELY)]
    ensemble_id = cloud.service().create(caller(), wish).id
    cloud.run(ensemble_id)
    cloud.observe()
    for each in full:
        cloud.placement.release(each)
    cloud.nova.break_move = {"web-0", "web-1"}
    auto, clock = steady(cloud)
    targets = []
    for _ in range(2):
        clock.goes(DELAY + PERIOD)
        assert auto.look() == ensemble_id
        operation = cloud.store.get(ensemble_id).operation
        assert operation is not None
        targets += [each.host for each in operation.goals if each.move]
        cloud.run(ensemble_id)
        cloud.observe()
    assert sorted(targets) == ["secrethost3", LONELY]
