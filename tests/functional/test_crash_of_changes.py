# SPDX-License-Identifier: Apache-2.0
"""A process that dies in the middle of a change: it is carried out whole, or undone whole."""

from collections.abc import Callable
from typing import Any

import pytest
from killed_process import Killed, Process, WriteLimit
from placement_service import PlacementService
from small_cloud import LEASE, Clock, SmallCloud, anti_affinity, body, caller

from ensemble_api.store.api import Store
from ensemble_api.usecases.reserve import RESERVE_SECONDS

APART = anti_affinity("web")
TOGETHER = {"type": "affinity", "level": "host", "tiers": ["web"], "enforcement": "soft"}

BEFORE = ["db-0", "web-0", "web-1"]
AFTER = ["web-0", "web-1", "web-2"]


@pytest.fixture
def cloud(placement: PlacementService, store: Store) -> SmallCloud:
    """Two hosts do, and there are many runs."""
    hosts = {"host1": ("rack1", "az1"), "host2": ("rack2", "az1")}
    return SmallCloud.build(placement, store, hosts)


def wanted() -> dict[str, Any]:
    """One tier grows, and the other one goes."""
    return {"tiers": [{"name": "web", "count": 3}]}


def change(process: Process, ensemble_id: str) -> None:
    assert process.change(ensemble_id, wanted()).status_code == 202
    process.work(ensemble_id)


def change_that_nova_refuses_at_first(process: Process, ensemble_id: str) -> None:
    process.refuse("web-2")
    process.change(ensemble_id, wanted())
    process.work(ensemble_id, steps=2)
    process.accept()
    process.work(ensemble_id)


def change_that_is_cancelled(process: Process, ensemble_id: str) -> None:
    process.change(ensemble_id, wanted())
    process.work(ensemble_id, steps=1)
    process.cancel(ensemble_id)
    process.work(ensemble_id)


def change_with_moves(process: Process, ensemble_id: str) -> None:
    assert process.change(ensemble_id, {"policies": [APART]}).status_code == 202
    process.work(ensemble_id)


def change_with_moves_that_is_cancelled(process: Process, ensemble_id: str) -> None:
    process.change(ensemble_id, {"policies": [APART]})
    process.work(ensemble_id, steps=1)
    process.cancel(ensemble_id)
    process.work(ensemble_id)


def built(cloud: SmallCloud) -> str:
    record = cloud.service().create(caller(), body(("web", 2), ("db", 1)))
    cloud.run(record.id)
    return record.id


def removed(cloud: SmallCloud, ensemble_id: str) -> None:
    cloud.service().delete(caller(), ensemble_id)
    cloud.run(ensemble_id, "third")
    cloud.assert_clean()


@pytest.mark.parametrize(
    "scenario", [change, change_that_nova_refuses_at_first, change_that_is_cancelled]
)
def test_a_change_interrupted_anywhere_ends_whole(
    cloud: SmallCloud, clock: Clock, scenario: Callable[[Process, str], None]
) -> None:
    whole = WriteLimit(10_000)
    ensemble_id = built(cloud)
    with Process(cloud, whole) as process:
        scenario(process, ensemble_id)
    removed(cloud, ensemble_id)
    ends = set()
    for limit, write in enumerate(whole.writes):
        ensemble_id = built(cloud)
        servers = {each.name: each.server_id for each in cloud.store.get(ensemble_id).members}
        with Process(cloud, WriteLimit(limit)) as process, pytest.raises(Killed):
            scenario(process, ensemble_id)
        state = cloud.store.get(ensemble_id).operation
        where = f"crash {limit} before {write}, {state and state.status}"
        clock.forward(max(LEASE, RESERVE_SECONDS) + 1)
        if not cloud.store.get(ensemble_id).settled:
            assert cloud.store.unsettled() == [ensemble_id], where
            cloud.run(ensemble_id, "second")
        record = cloud.store.get(ensemble_id)
        names = sorted(each.name for each in record.members)
        assert names in (BEFORE, AFTER), where
        assert names == sorted(each.name for each in record.ensemble.members), where
        # What was promised is kept; what was not, is undone.
        if state is not None and state.status in ("RUNNING", "REMOVING"):
            assert names == AFTER, where
        kept = {each.name: each.server_id for each in record.members if each.name in servers}
        assert kept == {name: servers[name] for name in kept}, where
        try:
            cloud.assert_built(record)
            removed(cloud, ensemble_id)
        except AssertionError as error:
            raise AssertionError(where) from error
        ends.add(tuple(names))
    assert len(whole.writes) >= 10
    assert tuple(BEFORE) in ends


@pytest.mark.parametrize("scenario", [change_with_moves, change_with_moves_that_is_cancelled])
def test_moves_interrupted_anywhere_end_on_one_host_or_the_other(
    cloud: SmallCloud, clock: Clock, scenario: Callable[[Process, str], None]
) -> None:
    def together() -> str:
        record = cloud.service().create(caller(), body(("web", 2), policies=[TOGETHER]))
        cloud.run(record.id)
        cloud.observe()
        return record.id

    whole = WriteLimit(10_000)
    ensemble_id = together()
    with Process(cloud, whole) as process:
        scenario(process, ensemble_id)
    removed(cloud, ensemble_id)
    spread = set()
    for limit, write in enumerate(whole.writes):
        ensemble_id = together()
        servers = [each.server_id for each in cloud.store.get(ensemble_id).members]
        with Process(cloud, WriteLimit(limit)) as process, pytest.raises(Killed):
            scenario(process, ensemble_id)
        state = cloud.store.get(ensemble_id).operation
        where = f"crash {limit} before {write}, {state and state.status}"
        clock.forward(max(LEASE, RESERVE_SECONDS) + 1)
        if not cloud.store.get(ensemble_id).settled:
            cloud.run(ensemble_id, "second")
        cloud.observe()
        record = cloud.store.get(ensemble_id)
        hosts = len({each.host for each in record.members})
        is_changed = record.ensemble.policies[0].kind == "anti-affinity"
        assert [each.server_id for each in record.members] == servers, where
        assert hosts == 2 or not is_changed, where
        if state is not None and state.status == "RUNNING":
            assert is_changed, where
        try:
            cloud.assert_built(record)
            removed(cloud, ensemble_id)
        except AssertionError as error:
            raise AssertionError(where) from error
        spread.add(hosts)
    assert len(whole.writes) >= 8
    assert 2 in spread
