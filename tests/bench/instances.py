# SPDX-License-Identifier: Apache-2.0
"""Seeded instances: clouds of any size and load, ordinary ensembles and nasty ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import Affinity, AntiAffinity, Near, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology

FLAVORS = ((1, 2048), (2, 4096), (4, 8192), (8, 16384), (4, 32768), (8, 8192))
HOST = (64, 262_144)
LOADS = (50, 80, 95)
ADVERSARIAL = ("big tier last", "shared rack", "rack separation", "rack spread", "bin packing")


@dataclass(frozen=True, slots=True)
class Instance:
    """One ensemble on one cloud, and which family it is of."""

    family: str
    ensemble: Ensemble
    snapshot: Snapshot


def instances(hosts: int, members: int, count: int) -> Iterator[Instance]:
    """Give `count` instances of that size: ordinary ones, nasty ones, and some with no plan."""
    for seed in range(count):
        rng = np.random.default_rng([hosts, members, seed])
        if seed % 5 == 3:
            family = ADVERSARIAL[seed // 5 % len(ADVERSARIAL)]
            yield _adversarial(rng, family, hosts, members)
        elif seed % 10 == 9:
            yield _infeasible(rng, hosts, members)
        else:
            snapshot = cloud(rng, hosts, LOADS[seed % len(LOADS)])
            yield Instance(f"load {LOADS[seed % 3]} %", ordinary(rng, members, snapshot), snapshot)


def crowded(hosts: int, members: int, tiers: int, load: int, count: int) -> Iterator[Instance]:
    """Give `count` ordinary instances of so many tiers, on clouds of that load in percent."""
    for seed in range(count):
        rng = np.random.default_rng([hosts, members, tiers, load, seed])
        snapshot = cloud(rng, hosts, load)
        ensemble = ordinary(rng, members, snapshot, tiers, pairs=max(1, tiers // 3))
        yield Instance(f"{tiers} tiers, load {load} %", ensemble, snapshot)


def cloud(rng: np.random.Generator, hosts: int, load: int) -> Snapshot:
    """Give a cloud of three zones with racks of 20 hosts (fewer in a small one), unevenly full."""
    per_rack = 20 if hosts >= 200 else 4
    racks = max(3, hosts // per_rack)
    names = {
        f"h{number:05}": (f"r{number % racks:03}", f"az{number % racks % 3}")
        for number in range(hosts)
    }
    total = np.tile(np.array(HOST), (hosts, 1))
    used = np.clip(rng.normal(load / 100, 0.15, hosts), 0, 1)[:, None]
    skewed = np.clip(used + rng.normal(0, 0.05, (hosts, 2)), 0, 1)
    units = np.array([1, 1024])
    free = ((1 - skewed) * total / units).astype(np.int64) * units
    traits = [frozenset({"SSD"} if rng.random() < 0.7 else ()) for _ in range(hosts)]
    return Snapshot(
        topology=Topology.build(("host", "rack", "zone"), names),
        resource_classes=("VCPU", "MEMORY_MB"),
        total=total,
        free=free,
        traits=tuple(traits),
        usable=rng.random(hosts) > 0.01,
    )


def _tier(name: str, count: int, flavor: tuple[int, int], trait: bool = False) -> Tier:
    resources = {"VCPU": flavor[0], "MEMORY_MB": flavor[1]}
    return Tier(name, count, resources, frozenset({"SSD"} if trait else ()))


def ordinary(
    rng: np.random.Generator,
    members: int,
    snapshot: Snapshot,
    tiers_wanted: int | None = None,
    pairs: int = 1,
) -> Ensemble:
    """Give an ensemble of some tiers with policies as people write them."""
    if tiers_wanted is None:
        tiers_wanted = int(rng.integers(1, min(6, members) + 1))
    cuts = np.sort(rng.choice(np.arange(1, members), tiers_wanted - 1, replace=False))
    counts = np.diff(np.concatenate([[0], cuts, [members]])).tolist()
    tiers = [
        _tier(f"t{n}", count, FLAVORS[rng.integers(len(FLAVORS))], rng.random() < 0.2)
        for n, count in enumerate(counts)
    ]
    policies: list[Policy] = []
    for tier in tiers:
        policies += _own_policies(rng, tier, snapshot)
    for _ in range(pairs if len(tiers) > 1 else 0):
        one, other = (tiers[n].name for n in rng.choice(len(tiers), 2, replace=False))
        choice = rng.random()
        if choice < 0.25:
            policies.append(AntiAffinity("rack", (one, other)))
        elif choice < 0.5:
            policies.append(Near("rack", (one,), True, other))
        elif choice < 0.6:
            policies.append(AntiAffinity("host", (one, other), False))
        elif choice < 0.7:
            policies.append(Affinity("zone", (one, other)))
    return _allowed(tiers, policies)


def _own_policies(rng: np.random.Generator, tier: Tier, snapshot: Snapshot) -> list[Policy]:
    policies: list[Policy] = []
    hosts, racks = len(snapshot.topology), snapshot.topology.size("rack")
    if rng.random() < 0.6:
        most = -(-tier.count * 3 // hosts)
        policies.append(AntiAffinity("host", (tier.name,), rng.random() < 0.7, max(1, most)))
    choice = rng.random()
    if choice < 0.2:
        policies.append(Survive("rack", (tier.name,), True, tier.count // 2))
    elif choice < 0.35:
        policies.append(Spread("zone", (tier.name,), rng.random() < 0.7, 1))
    elif choice < 0.5 and tier.count > 2:
        policies.append(Spread("rack", (tier.name,), True, None, min(tier.count, racks, 4)))
    elif choice < 0.6 and tier.count <= 6:
        policies.append(Affinity("rack", (tier.name,), rng.random() < 0.7))
    elif choice < 0.7:
        policies.append(Survive("host", (tier.name,), True, "30%", 2))
    return policies


def _allowed(tiers: list[Tier], policies: list[Policy]) -> Ensemble:
    """Drop the policies that promise more than a tier has."""
    kept: list[Policy] = []
    for policy in policies:
        try:
            Ensemble(tuple(tiers), (policy,))
        except ModelError:
            continue
        kept.append(policy)
    return Ensemble(tuple(tiers), tuple(kept))


def _adversarial(rng: np.random.Generator, family: str, hosts: int, members: int) -> Instance:
    snapshot = cloud(rng, hosts, 60)
    racks = snapshot.topology.size("rack")
    half = members // 2
    if family == "big tier last":
        snapshot = _few_free(snapshot, rng, half)
        tiers = [_tier("small", half, (6, 8192)), _tier("big", max(1, half // 2), (32, 65_536))]
        ensemble = Ensemble(tuple(tiers), (AntiAffinity("host", ("big",)),))
    elif family == "shared rack":
        group = min(half, 12)
        tiers = [
            _tier("app", group, (8, 16_384)),
            _tier("db", max(1, group // 3), (16, 65_536)),
            _tier("rest", members - group, (2, 4096)),
        ]
        ensemble = Ensemble(tuple(tiers), (Affinity("rack", ("app", "db")),))
    elif family == "rack separation":
        tiers = [_tier("blue", half, (8, 16_384)), _tier("green", half, (8, 16_384))]
        policies = (
            AntiAffinity("rack", ("blue", "green")),
            Survive("rack", ("blue",), True, "50%"),
        )
        ensemble = Ensemble(tuple(tiers), policies)
    elif family == "rack spread":
        tiers = [_tier("web", half, (4, 8192)), _tier("db", half, (8, 32_768))]
        skew = Spread("rack", ("web",), True, max(2, half // racks + 2), min(half, racks) // 2 or 1)
        ensemble = Ensemble(tuple(tiers), (skew, Near("rack", ("db",), True, "web")))
    else:
        snapshot = _few_free(snapshot, rng, members)
        third = max(1, members // 3)
        tiers = [_tier("a", third, (10, 1024)), _tier("b", third, (6, 1024))]
        tiers.append(_tier("c", third, (4, 1024)))
        ensemble = Ensemble(tuple(tiers))
    return Instance(family, ensemble, snapshot)


def _few_free(snapshot: Snapshot, rng: np.random.Generator, members: int) -> Snapshot:
    """Leave only so many hosts with 20 or 32 VCPU free that the members hardly fit."""
    hosts = len(snapshot.topology)
    free = np.zeros((hosts, 2), dtype=np.int64)
    some = rng.permutation(hosts)[: min(hosts, max(3, int(members * 0.8)))]
    free[some] = (20, 131_072)
    free[some[::2]] = (38, 131_072)
    return Snapshot(
        snapshot.topology,
        snapshot.resource_classes,
        snapshot.total,
        free,
        snapshot.traits,
        np.ones(hosts, dtype=np.bool_),
    )


def _infeasible(rng: np.random.Generator, hosts: int, members: int) -> Instance:
    """Ask for one thing that the cloud does not have."""
    snapshot = cloud(rng, hosts, 80)
    racks = snapshot.topology.size("rack")
    half = max(1, members // 2)
    kind = int(rng.integers(4))
    web, db = _tier("web", half, (2, 4096)), _tier("db", members - half, (4, 8192))
    if kind == 0:
        many = _tier("web", racks + 1, (1, 1024))
        ensemble = Ensemble((many, db), (AntiAffinity("rack", ("web",)),))
    elif kind == 1:
        policies = (Affinity("zone", ("web", "db")), AntiAffinity("zone", ("web", "db")))
        ensemble = Ensemble((web, db), policies)
    elif kind == 2:
        huge = _tier("db", 4, (64, 262_144))
        ensemble = Ensemble((web, huge), (Affinity("host", ("db",)),))
    else:
        policies2 = (Survive("zone", ("web",), True, "90%"), Affinity("rack", ("db",)))
        ensemble = Ensemble((web, db), policies2)
    return Instance("infeasible", ensemble, snapshot)
