# SPDX-License-Identifier: Apache-2.0
"""One ensemble that cannot be looked at, or changed, keeps nobody else waiting."""

from collections.abc import Callable
from typing import Any

import pytest
from drains import drain, looking
from repairs import hosts_of
from small_cloud import SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.store.api import Store
from ensemble_api.usecases.auto_drain import PERIOD

AUTO = {"mode": "auto"}


def fails_on(cloud: SmallCloud, part: str) -> None:
    """From now on Nova fails whenever it is asked for such a path."""

    def before(_: str, path: str) -> None:
        if part in path:
            raise RuntimeError("the database of Nova has a bad row")

    cloud.nova.before = before


def unseen(cloud: SmallCloud, ensemble_id: str) -> str:
    """The id of an ensemble's server, which is asked for by itself from now on."""
    server = cloud.nova.servers[str(cloud.store.get(ensemble_id).members[0].server_id)]
    server.tags.clear()
    return server.id


def together(cloud: SmallCloud) -> list[str]:
    """Three ensembles with members on the one host that has room."""
    full = [cloud.fill(host.name, 4) for host in cloud.nova.hosts[1:]]
    provider = cloud.nova.hosts[0].provider
    cloud.placement.set_inventory(provider, "VCPU", 6)
    cloud.flavor("m1.bad")
    ids = []
    for name in ("bad", "one", "two"):
        server = {"flavor": "m1.bad"} if name == "bad" else {}
        wish = {**body(("web", 1), name=name, **server), "recovery": AUTO}
        ids.append(cloud.service().create(caller(), wish).id)
        cloud.run(ids[-1])
    for each in full:
        cloud.placement.release(each)
    cloud.observe()
    return ids


def test_others_leave_a_host_that_is_drained(cloud: SmallCloud) -> None:
    bad, one, two = together(cloud)
    server = unseen(cloud, bad)
    assert drain(cloud, cloud.nova.hosts[0].name).status_code == 202
    cloud.observe()
    fails_on(cloud, server)
    auto, clock = looking(cloud)
    assert auto.look() == one
    cloud.nova.before = lambda *_: None
    cloud.run(one)
    cloud.observe()
    fails_on(cloud, server)
    clock.goes(PERIOD)
    assert auto.look() == two
    assert cloud.store.get(bad).operation is None


def lost_flavor(cloud: SmallCloud, bad: str) -> dict[str, Any]:
    fails_on(cloud, "m1.bad")
    return {}


def slow_to_begin(cloud: SmallCloud, bad: str) -> dict[str, Any]:
    class Slow(Store):
        def begin_moves(self, records: Any, owner: str, seconds: float) -> Any:
            if any(each.id == bad for each in records):
                raise exception.LeaseLost
            return super().begin_moves(records, owner, seconds)

    store = Slow.__new__(Slow)
    store.__dict__.update(cloud.store.__dict__)
    return {"store": store}


@pytest.mark.parametrize(
    "failing",
    [lost_flavor, slow_to_begin],
    ids=["Nova fails on its flavor", "its lease is lost when it is to begin"],
)
def test_others_of_the_group_are_repaired(
    cloud: SmallCloud, failing: Callable[[SmallCloud, str], dict[str, Any]]
) -> None:
    bad, *others = together(cloud)
    cloud.nova.fail(cloud.nova.hosts[0].name)
    cloud.observe()
    begun = cloud.service(**failing(cloud, bad)).auto_repair.look()
    assert begun == {*others}
    assert cloud.store.get(bad).operation is None


def test_what_fails_while_one_begins_is_told_to_who_asks_for_its_repair(cloud: SmallCloud) -> None:
    bad, *_ = together(cloud)
    cloud.nova.fail(cloud.nova.hosts[0].name)
    cloud.observe()
    fails_on(cloud, "m1.bad")
    with pytest.raises(exception.CloudError, match="500"):
        cloud.service().repair(caller(), cloud.store.get(bad))


def test_others_are_rebalanced(cloud: SmallCloud) -> None:
    wish = {**body(("web", 1)), "recovery": {"rebalance": "auto"}}
    ids = []
    for name in ("bad", "one"):
        ids.append(cloud.service().create(caller(), {**wish, "name": name}).id)
        cloud.run(ids[-1])
    cloud.observe()
    fails_on(cloud, unseen(cloud, ids[0]))
    auto = cloud.service().auto_rebalance
    auto.look()
    assert {*ids} == {*auto._planned}


def test_who_is_outrun_each_time_does_not_keep_the_group_waiting(cloud: SmallCloud) -> None:
    first, *others = together(cloud)
    cloud.nova.fail(cloud.nova.hosts[0].name)
    cloud.observe()
    unlucky = {each.id for each in cloud.store.get(first).members}

    class Contended(Reservation):
        def hold_all(self, claims: Any, planned_at: Any = None) -> None:
            if unlucky & {member.id for each in claims for member in each.members}:
                raise exception.CapacityTaken
            super().hold_all(claims, planned_at or {})

    reservation = Contended(cloud.placement.adapter(), sleep=cloud.pauses.append)
    assert cloud.service(reservation=reservation).auto_repair.look() == {*others}
    assert cloud.store.get(first).operation is None, "nothing is left of it"
    for each in others:
        cloud.run(each)
        cloud.observe()
        assert cloud.nova.hosts[0].name not in hosts_of(cloud, each).values()
