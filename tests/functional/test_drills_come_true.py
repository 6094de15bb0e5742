# SPDX-License-Identifier: Apache-2.0
"""Random failures of random ensembles on the model: what a drill has said is what then happens.

The model are the fake Nova and the fake Placement; what predicts, notices and repairs is ours.
"""

import random
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from repairs import act, hosts_of
from small_cloud import SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.store.api import Store
from tests.fakes.placement import FakePlacement

DRILLS = 500
FAILURES = 5  # of one ensemble, one after another
PART = 25  # drills on one cloud
HOSTS = {f"h{number}": (f"r{number // 2}", f"zone{number // 4}") for number in range(12)}
LEVELS = ("host", "host", "rack", "rack", "zone")
ADMIN = caller("operators", "admin")


@pytest.fixture
def store(empty_database: Path, tmp_path: Path) -> Iterator[Store]:
    """One that keeps its connections: most of the time would go into new ones."""
    path = tmp_path / "ensembles.sqlite"
    shutil.copy(empty_database, path)
    with mock.patch.object(sa.pool, "NullPool", sa.pool.QueuePool):
        store = Store(f"sqlite:///{path}")
        yield store
    store.engine.dispose()


@pytest.fixture
def cloud(store: Store) -> SmallCloud:
    """Twelve hosts in racks of two and zones of four, with room for two servers each."""
    placement: Any = FakePlacement()
    return SmallCloud.build(placement, store, HOSTS)


@pytest.mark.parametrize("first", range(0, DRILLS, PART))
def test_what_was_predicted_happens_member_by_member(cloud: SmallCloud, first: int) -> None:
    for seed in range(first, first + PART, FAILURES):
        lot = random.Random(seed)
        neighbours = [cloud.fill(host, 2) for host in lot.sample(sorted(HOSTS), lot.randint(0, 4))]
        ensemble_id = _built(cloud, lot)
        for number in range(FAILURES):
            predicted, happened = _drilled(cloud, lot, ensemble_id)
            assert happened == predicted, f"seed {seed}, failure {number}"
        cloud.service().delete(caller(), ensemble_id)
        cloud.run(ensemble_id)
        for consumer in neighbours:
            cloud.placement.release(consumer)


def _drilled(cloud: SmallCloud, lot: random.Random, ensemble_id: str) -> tuple[Any, Any]:
    """Ask, let it happen, and repair; gives who was to be lost and go where, and did."""
    before = hosts_of(cloud, ensemble_id)
    failure, failed = _asked(cloud, lot, ensemble_id)
    moves = {each["member"]: each["host"] for each in failure["repair"]["moves"]}
    predicted = sorted(failure["lost"]), failure["left"], moves

    cloud.nova.fail(*failed)
    by_itself = cloud.store.get(ensemble_id).body["recovery"]["mode"] == "auto"
    repair = cloud.service().auto_repair.look if by_itself else lambda: None
    cloud.observe(repair=repair)
    lost, left = _lost(cloud, ensemble_id)
    assert lost == sorted(name for name, host in before.items() if host in failed)
    if not by_itself and lost:
        answer = act(cloud, ensemble_id, {"repair": {}})
        assert answer.status_code == (202 if moves else 409), answer.text
    if cloud.store.get(ensemble_id).operation is not None:
        cloud.run(ensemble_id)
    cloud.observe()
    after = hosts_of(cloud, ensemble_id)
    moved = {name: host for name, host in after.items() if host != before[name]}
    assert cloud.placement.overcommitted() == []
    assert _lost(cloud, ensemble_id)[0] == sorted(set(lost) - set(moved)), "who has moved runs"

    for host in failed:
        cloud.nova.restart(host)
    cloud.observe()
    return predicted, (lost, left, moved)


def _asked(cloud: SmallCloud, lot: random.Random, ensemble_id: str) -> tuple[Any, set[str]]:
    """Draw what fails of what holds members; gives what the drill says, and the hosts."""
    level = lot.choice(LEVELS)
    found = act(cloud, ensemble_id, {"drill": {"level": level}}, ADMIN).json["drill"]
    names = {each["ref"]: each.get("name") for each in found["domains"]}
    failures = {each["domains"][0]: each for each in found["failures"]}
    chosen = lot.sample(sorted(failures), min(len(failures), lot.randint(1, 2)))
    failure = failures[chosen[0]]
    if len(chosen) > 1:
        found = act(cloud, ensemble_id, {"drill": {"domains": chosen}}, ADMIN).json["drill"]
        (failure,) = found["failures"]
    which = {names[each] for each in chosen}
    return failure, {host for host, above in HOSTS.items() if which & {host, *above}}


def _lost(cloud: SmallCloud, ensemble_id: str) -> tuple[list[str], Mapping[str, int]]:
    """The members that do not run as last observed, and how many of each tier do."""
    record = cloud.store.get(ensemble_id)
    members = cloud.service().survivability(caller(), record, whole=True).members
    left = {tier.name: 0 for tier in record.ensemble.tiers}
    for each in members:
        left[each.member.tier] += each.running
    return sorted(each.member.name for each in members if not each.running), left


def _built(cloud: SmallCloud, lot: random.Random) -> str:
    """Draw ensembles until one fits, and build it."""
    while True:
        counts = [(name, lot.randint(1, 4)) for name in ("web", "app", "db")[: lot.randint(1, 3)]]
        wish = {"recovery": {"mode": lot.choice(("auto", "manual"))}}
        wanted = {**body(*counts, policies=list(_policies(lot, counts))), **wish}
        try:
            record = cloud.service().create(caller(), wanted)
        except exception.InfeasibleEnsemble:
            continue
        cloud.run(record.id)
        cloud.observe()
        return record.id


def _policies(lot: random.Random, counts: list[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    for name, count in counts:
        level = lot.choice(("host", "rack", "zone"))
        kinds: list[dict[str, Any]] = [
            {"type": "anti-affinity", "max_per_domain": lot.randint(1, 2)},
            {"type": "spread", "max_skew": lot.randint(1, 2)},
        ]
        if count > 1:
            kinds.append({"type": "survive", "min_available": max(1, count - lot.randint(1, 2))})
        if level != "host":
            kinds.append({"type": "affinity"})
        for kind in lot.sample(kinds, lot.randint(0, 2)):
            soft = kind["type"] != "survive" and lot.random() < 0.3
            enforcement = {"enforcement": "soft"} if soft else {}
            yield {**kind, "level": level, "tiers": [name], **enforcement}
