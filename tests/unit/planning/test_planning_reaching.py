# SPDX-License-Identifier: Apache-2.0
"""What is reached where the best place cannot be, held against every order of safe moves."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pytest
from brute_force import objective

from ensemble_api.planning import reaching
from ensemble_api.planning.check import check, shortfalls
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.moving import Move, Moved
from ensemble_api.planning.policies import Affinity, AntiAffinity, Near, Spread, Survive
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.reaching import reach
from ensemble_api.planning.rebalancing import rebalance, worth
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.solver.highs import solve

Value: TypeAlias = tuple[int, ...]
Case: TypeAlias = tuple[Ensemble, Snapshot, dict[Member, str]]
Clouds: TypeAlias = Callable[[random.Random], Case]


RACKS = {"a": ("r0",), "b": ("r0",), "c": ("r1",), "d": ("r1",)}
TOPOLOGY = Topology.build(("host", "rack"), RACKS)


def cloud(*free: int) -> Snapshot:
    """Four hosts in two racks, with so many CPUs free."""
    return Snapshot(
        TOPOLOGY,
        ("VCPU",),
        total=np.full((4, 1), 12),
        free=np.array([[each] for each in free]),
        traits=(frozenset(),) * 4,
        usable=np.ones(4, dtype=bool),
    )


def web_and_db(web: str, db: str, *policies: Policy) -> tuple[Ensemble, dict[Member, str]]:
    """Two tiers with a member on each host that is named."""
    tiers = (Tier("web", len(web), {"VCPU": 1}), Tier("db", len(db), {"VCPU": 1}))
    running = {Member("web", index): host for index, host in enumerate(web)}
    running |= {Member("db", index): host for index, host in enumerate(db)}
    return Ensemble(tiers, policies), running


def crowded(generator: random.Random) -> Case:
    """Policies that want much, of which some are broken, and little room."""
    tiers = (
        Tier("web", generator.randint(2, 4), {"VCPU": 1}),
        Tier("db", generator.randint(1, 2), {"VCPU": generator.randint(1, 2)}),
    )
    kinds: list[Policy] = [
        AntiAffinity("host", ("web", "db")),
        AntiAffinity("host", ("web",), max_per_domain=2),
        Spread("rack", ("web",), max_skew=generator.randint(1, 2)),
        Spread("host", ("web",), min_domains=2),
        Affinity("rack", ("web",)),
        Affinity("rack", ("db",)),
        Near("rack", ("web",), to="db"),
        Near("host", ("db",), to="web"),
        Survive("host", ("web",), failures=1, min_available=1),
    ]
    policies = tuple(
        replace(each, hard=generator.random() < 0.8)
        for each in generator.sample(kinds, generator.randint(1, 3))
    )
    ensemble = Ensemble(tiers, policies)
    running = {each: generator.choice(TOPOLOGY.hosts) for each in ensemble.members}
    return ensemble, cloud(*(generator.choice((0, 1, 2, 3)) for _ in RACKS)), running


def close_together(generator: random.Random) -> Case:
    """Members that have to be near each other, which holds, so that few orders are safe."""
    near: list[Policy] = [
        Affinity("rack", ("web",)),
        Affinity("rack", ("web", "db")),
        Affinity("rack", ("db",)),
        Near("rack", ("db",), to="web"),
        Near("host", ("db",), to="web"),
        Near("rack", ("web",), to="db"),
    ]
    apart: list[Policy] = [
        Spread("host", ("web",), min_domains=2),
        AntiAffinity("host", ("web",)),
        AntiAffinity("host", ("web", "db")),
        AntiAffinity("rack", ("web", "db")),
        AntiAffinity("rack", ("web",), max_per_domain=2),
        AntiAffinity("rack", ("db",)),
    ]
    policies = [
        *generator.sample(near, generator.randint(1, 2)),
        *(
            replace(each, hard=generator.random() < 0.3)
            for each in generator.sample(apart, generator.randint(1, 2))
        ),
    ]
    web, db = generator.randint(2, 3), generator.randint(1, 2)
    for _ in range(50):
        hosts = generator.choices(TOPOLOGY.hosts, k=web + db)
        ensemble, running = web_and_db("".join(hosts[:web]), "".join(hosts[web:]), *policies)
        snapshot = cloud(*(generator.choice((0, 1, 1, 2, 4)) for _ in RACKS))
        if not shortfalls(ensemble, snapshot, running, hard=True):
            break
    return ensemble, snapshot, running


CLOUDS = (crowded, close_together)


def every_safe_order(
    ensemble: Ensemble, snapshot: Snapshot, running: Mapping[Member, str]
) -> Iterator[dict[Member, str]]:
    """Give all that is reached by moves none of which breaks more, each member moving once."""
    free = dict(zip(snapshot.topology.hosts, snapshot.free[:, 0].tolist(), strict=True))

    def missed(assignment: Mapping[Member, str]) -> Counter[int | None]:
        found = shortfalls(ensemble, snapshot, assignment, hard=True)
        return Counter({each.policy: each.amount for each in found})

    def place(assignment: Mapping[Member, str]) -> frozenset[tuple[tuple[str, str, bool], int]]:
        """Where how many are that have moved, or have not: those of a tier are alike."""
        facts = ((m.tier, host, running[m] == host) for m, host in assignment.items())
        return frozenset(Counter(facts).items())

    ahead, seen = [dict(running)], {place(running)}
    while ahead:
        here = ahead.pop()
        yield here
        coming: Counter[str] = Counter()
        for member, host in here.items():
            if host != running[member]:
                coming[host] += ensemble.tier(member.tier).resources["VCPU"]
        before = missed(here)
        for member in [each for each in here if here[each] == running[each]]:
            needs = ensemble.tier(member.tier).resources["VCPU"]
            for host in snapshot.topology.hosts:
                after = {**here, member: host}
                if host == here[member] or coming[host] + needs > free[host]:
                    continue
                if place(after) in seen or any(n > before[p] for p, n in missed(after).items()):
                    continue
                seen.add(place(after))
                ahead.append(after)


def value(
    ensemble: Ensemble, snapshot: Snapshot, running: Mapping[Member, str], end: Mapping[Member, str]
) -> Value:
    """Soft violations, worst losses, and moves."""
    missed, _, *losses = objective(ensemble, snapshot, end, running)[:4]
    return missed, *losses, sum(end[each] != running[each] for each in end)


def best_reached(
    ensemble: Ensemble, snapshot: Snapshot, running: Mapping[Member, str]
) -> Value | None:
    """The best of all that keeps the hard policies in the end and is better than to stay."""
    now = worth(ensemble, snapshot, running)
    values = [
        value(ensemble, snapshot, running, end)
        for end in every_safe_order(ensemble, snapshot, running)
        if not check(ensemble, snapshot, end, running) and worth(ensemble, snapshot, end) < now
    ]
    return min(values, default=None)


def assert_safe(
    ensemble: Ensemble, snapshot: Snapshot, running: Mapping[Member, str], found: Moved
) -> None:
    """Each move starts where its member is, and breaks no hard policy by more."""
    plan, moves = found
    here = dict(running)
    for each in moves:
        before = {
            miss.policy: miss.amount for miss in shortfalls(ensemble, snapshot, here, hard=True)
        }
        assert here[each.member] == each.source == running[each.member]
        here[each.member] = each.target
        for miss in shortfalls(ensemble, snapshot, here, hard=True):
            assert miss.amount <= before.get(miss.policy, 0)
    assert here == dict(plan.assignment)
    assert not check(ensemble, snapshot, here, running)


def reached(
    ensemble: Ensemble, snapshot: Snapshot, running: Mapping[Member, str]
) -> list[tuple[str, str, str]]:
    found = rebalance(ensemble, running, snapshot, solve=solve)
    assert not isinstance(found, Infeasible), found.reasons
    assert_safe(ensemble, snapshot, running, found)
    return [(each.member.name, each.source, each.target) for each in found[1]]


def test_another_place_that_is_as_good_is_taken_where_the_best_one_cannot_be_got_to() -> None:
    """Web is to be in one rack and db in the other; both of web cannot change racks at once."""
    ensemble, running = web_and_db(
        "cc", "d", Affinity("rack", ("web",)), AntiAffinity("rack", ("web", "db"), hard=False)
    )
    moved = reached(ensemble, cloud(4, 2, 1, 4), running)
    assert moved == [("db-0", "d", "a"), ("web-0", "c", "d")]


def test_what_is_better_is_taken_where_what_is_best_cannot_be_got_to() -> None:
    """Web and db of the other rack would have to arrive there at one moment."""
    ensemble, running = web_and_db(
        "cd",
        "cc",
        Near("rack", ("db",), to="web"),
        Near("rack", ("web",), to="db"),
        AntiAffinity("host", ("web",), hard=False),
    )
    assert reached(ensemble, cloud(1, 4, 0, 1), running) == [("db-0", "c", "d")]


def test_one_takes_the_place_of_another_where_none_may_leave_first() -> None:
    """A db is never without a web on its host, so it goes to another web, and that one's goes."""
    ensemble, running = web_and_db(
        "dc", "cd", Near("host", ("db",), to="web"), AntiAffinity("host", ("web",), hard=False)
    )
    moved = reached(ensemble, cloud(4, 0, 1, 1), running)
    assert moved == [("db-0", "c", "d"), ("web-1", "c", "a"), ("db-1", "d", "a")]


def test_who_must_stay_stays() -> None:
    ensemble, running = web_and_db("dc", "cd", Near("host", ("db",), to="web"))
    found = reach(ensemble, running, cloud(4, 0, 1, 1), fixed={Member("db", 1)})
    assert found is not None
    assert Member("db", 1) not in found[1]
    assert reach(ensemble, running, cloud(4, 0, 1, 1), fixed=running.keys()) is None


@pytest.mark.parametrize("clouds", CLOUDS, ids=[each.__name__ for each in CLOUDS])
@pytest.mark.parametrize("part", range(4))
def test_a_rebalancing_gets_as_far_as_any_order_of_safe_moves(part: int, clouds: Clouds) -> None:
    for seed in range(part * 25, part * 25 + 25):
        ensemble, snapshot, running = clouds(random.Random(seed))
        best = best_reached(ensemble, snapshot, running)
        found = rebalance(ensemble, running, snapshot, solve=solve)
        if isinstance(found, Infeasible):
            assert best is None, f"{seed}: {found.reasons[0].code}"
            continue
        assert_safe(ensemble, snapshot, running, found)
        plan, moves = found
        moved = value(ensemble, snapshot, running, plan.assignment) if moves else None
        assert moved == best, seed


@pytest.mark.parametrize("most", [1, 3, 10])
def test_what_is_not_looked_at_to_the_end_is_safe_and_better_all_the_same(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "MOST", most)
    for seed in range(25):
        ensemble, snapshot, running = close_together(random.Random(seed))
        found = reach(ensemble, running, snapshot)
        if found is None:
            continue
        plan, order = found
        moves = tuple(Move(each, running[each], plan.assignment[each]) for each in order)
        assert_safe(ensemble, snapshot, running, (plan, moves))
        assert worth(ensemble, snapshot, plan.assignment) < worth(ensemble, snapshot, running)


def test_of_many_hosts_that_are_alike_one_is_tried() -> None:
    """In a cloud of 200 hosts as in one of few, and with the same end."""
    racks = {f"h{number:03}": (f"r{number % 20:02}",) for number in range(200)}
    topology = Topology.build(("host", "rack"), racks)
    large = Snapshot(
        topology,
        ("VCPU",),
        total=np.full((200, 1), 12),
        free=np.full((200, 1), 12),
        traits=(frozenset(),) * 200,
        usable=np.ones(200, dtype=bool),
    )
    ensemble = Ensemble((Tier("web", 6, {"VCPU": 1}),))
    running = dict.fromkeys(ensemble.members, "h000")
    found = reach(ensemble, running, large)
    assert found is not None
    plan, order = found
    assert len({racks[host] for host in plan.assignment.values()}) == 6
    assert len(order) == 5
