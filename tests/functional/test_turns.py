# SPDX-License-Identifier: Apache-2.0
"""Of more ensembles than one look takes, each has its turn."""

import pytest
from drains import drain, looking
from repairs import hosts_of
from small_cloud import SmallCloud, body, caller

from ensemble_api.store import repairs
from ensemble_api.store.repairs import RepairableEnsembles
from ensemble_api.usecases.auto_drain import PERIOD

MOST = 2


@pytest.fixture
def ids(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three ensembles of one member, on one host, of which one look takes two."""
    monkeypatch.setattr(repairs, "MOST", MOST)
    full = [cloud.fill(host.name, 4) for host in cloud.nova.hosts[1:]]
    cloud.placement.set_inventory(cloud.nova.hosts[0].provider, "VCPU", 6)
    found = []
    for name in ("one", "two", "three"):
        recovery = {"mode": "auto", "rebalance": "auto"}
        wish = {**body(("web", 1), name=name), "recovery": recovery}
        found.append(cloud.service().create(caller(), wish).id)
        cloud.run(found[-1])
    for each in full:
        cloud.placement.release(each)
    cloud.observe()
    return found


def server(cloud: SmallCloud, ensemble_id: str) -> str:
    return str(cloud.store.get(ensemble_id).members[0].server_id)


def test_looks_go_round(cloud: SmallCloud, ids: list[str]) -> None:
    ensembles = RepairableEnsembles(cloud.store)
    seen, after = [], None
    for _ in range(4):
        found = ensembles.built(after)
        assert len(found) == MOST
        seen += [each.record.id for each in found]
        after = seen[-1]
    assert seen == [*ids, *ids, *ids][: 4 * MOST]
    assert [each.record.id for each in ensembles.built("gone")] == ids[:MOST]


def test_a_lost_one_is_repaired_that_is_younger_than_many_whose_servers_failed(
    cloud: SmallCloud, ids: list[str]
) -> None:
    *older, youngest = ids
    for each in older:
        cloud.nova.servers[server(cloud, each)].status = "ERROR"
    del cloud.nova.servers[server(cloud, youngest)]
    cloud.observe()
    found = RepairableEnsembles(cloud.store).degraded()
    assert [each.record.id for each in found] == [youngest]


def test_all_that_a_host_s_failure_hit_are_repaired(cloud: SmallCloud, ids: list[str]) -> None:
    cloud.nova.fail(cloud.nova.hosts[0].name)
    for host in cloud.nova.hosts[1:]:
        cloud.fill(host.name, 4)
    cloud.observe()
    auto = cloud.service().auto_repair
    assert auto.look() == frozenset(), "there is no room for anybody"
    assert {*auto._waiting} == {*ids[:MOST]}
    auto.look()
    assert {*auto._waiting} == {*ids}


def test_who_cannot_leave_a_host_does_not_keep_the_others_there(
    cloud: SmallCloud, ids: list[str]
) -> None:
    *older, youngest = ids
    host = hosts_of(cloud, youngest)["web-0"]
    for each in older:
        cloud.nova.servers[server(cloud, each)].status = "PAUSED"
    assert drain(cloud, host).status_code == 202
    cloud.observe()
    auto, clock = looking(cloud)
    assert auto.look() is None
    clock.goes(PERIOD)
    assert auto.look() == youngest
