# SPDX-License-Identifier: Apache-2.0
"""What a host's failure breaks: by hand, and against a slow count of all losses."""

import random
from collections import Counter
from itertools import combinations

import pytest

from ensemble_api.planning.impact import (
    Break,
    Effect,
    Held,
    RunningEnsemble,
    broken,
    impact,
    states,
)
from ensemble_api.planning.policies import Survive
from ensemble_api.planning.topology import Topology

CLOUD = Topology.build(
    ("host", "rack", "zone"),
    {f"h{n}": (f"r{n // 2}", f"z{n // 4}") for n in range(8)},  # two a rack, two racks a zone
)


def survive(
    level: str = "rack", needed: int | str = 1, failures: int = 1, **more: object
) -> Survive:
    tiers = more.pop("tiers", ("web",))
    return Survive(level, tiers, bool(more.pop("hard", True)), needed, failures)  # type: ignore[arg-type]


def stand(held: Held, *policies: Survive, **counts: int) -> RunningEnsemble:
    placed = Counter[str]()
    for tiers in held.values():
        placed.update(tiers)
    return RunningEnsemble({**placed, **counts}, dict(enumerate(policies)), held)


def said(breaks: tuple[Break, ...]) -> list[tuple[str, int | None]]:
    return [(each.effect.value, each.number) for each in breaks]


@pytest.mark.parametrize(
    ("held", "policies", "down", "host", "expected"),
    [
        pytest.param(
            {"h0": {"db": 1}}, [], [], "h0", [("unprotected", None)], id="the only member"
        ),
        pytest.param({"h0": {"web": 1}, "h1": {"web": 1}}, [], [], "h0", [], id="one of two"),
        pytest.param(
            {"h0": {"web": 1}, "h1": {"web": 1}}, [], ["h1"], "h0", [("unprotected", None)],
            id="one of two when the other's host is down",
        ),
        pytest.param(
            {"h0": {"web": 1}, "h1": {"web": 1}}, [], ["h1"], "h1", [],
            id="a host that is down, when the other one serves",
        ),
        pytest.param(
            {"h0": {"web": 1}, "h2": {"web": 1}, "h4": {"web": 1}}, [survive(needed=2)], [], "h0",
            [("exposed", 0)], id="a quorum keeps its promise and has no failure left",
        ),
        pytest.param(
            {"h0": {"web": 1}, "h2": {"web": 1}, "h4": {"web": 1}}, [survive(needed=2)], ["h2"],
            "h0", [("broken", 0)], id="a quorum that has lost one already",
        ),
        pytest.param(
            {"h0": {"web": 1}, "h2": {"web": 1}, "h4": {"web": 1}}, [survive(needed=2)], ["h2"],
            "h2", [("exposed", 0)], id="the one that it has lost",
        ),
        pytest.param(
            {"h0": {"web": 2}, "h2": {"web": 2}, "h4": {"web": 2}}, [survive(needed=2)], [], "h0",
            [], id="more than is needed",
        ),
        pytest.param(
            {"h0": {"web": 2, "db": 1}, "h2": {"web": 1}},
            [survive(needed=1, tiers=("db",), hard=False), survive(needed=2)], [], "h0",
            [("ended", None), ("broken", 1)],
            id="a tier that ends is told once",
        ),
        pytest.param(
            {"h0": {"web": 2}, "h1": {"web": 1}}, [survive(needed=2, hard=False)], [], "h0",
            [("broken", 0)], id="a soft promise that never held is broken at once all the same",
        ),
        pytest.param(
            {"h0": {"web": 1, "db": 1}}, [survive(tiers=("db",))], [], "h0",
            [("ended", None), ("unprotected", None)],
            id="what ends against a promise is told apart from what nobody asked for",
        ),
        pytest.param(
            {"h0": {"web": 1}}, [survive(needed=0)], [], "h0", [], id="none is needed",
        ),
        pytest.param(
            {"h0": {"web": 1}}, [survive(needed=2)], [], "h0", [("ended", None)],
            id="a promise that is broken already is not broken again",
        ),
        pytest.param(
            {"h0": {"web": 1}, "h2": {"web": 1}, "gone": {"web": 1}}, [survive(needed=2)], [], "h0",
            [("broken", 0)], id="a member on a host that the cloud no longer has is lost",
        ),
        pytest.param(
            {"h0": {"web": 1}, "h2": {"web": 1}}, [survive("row", needed=1)], [], "h0", [],
            id="a level that the cloud does not have",
        ),
        pytest.param(
            {"h0": {"web": 1}, "h2": {"web": 1}},
            [survive(needed=1, hard=False), survive("host", needed=1)], [], "h0",
            [("exposed", 1), ("exposed", 0)], id="hard before soft",
        ),
    ],
)  # fmt: skip
def test_what_breaks(
    held: Held,
    policies: list[Survive],
    down: list[str],
    host: str,
    expected: list[tuple[str, int | None]],
) -> None:
    assert said(impact(stand(held, *policies), CLOUD, down)[host]) == expected


def test_it_is_said_in_words_with_figures() -> None:
    held = {f"h{n}": {"web": 1, "db": 1} for n in (0, 2, 4)}
    held["h6"] = {"db": 1, "lone": 1}
    policies = (
        survive(needed=2),
        survive(needed="50%", failures=2, tiers=("web", "db"), hard=False),
        survive("host", needed=3),
    )
    found = impact(stand(held, *policies, web=3), CLOUD, ["h2"])
    assert [str(each.message) for each in found["h0"]] == [
        f"{PROMISE} Only 1 of web would be left.",
        (
            "At least 50% of each of web and db should be left after the loss of any 2 racks. "
            "Only 1 of web would be left."
        ),
    ]
    assert [str(each.message) for each in found["h6"]] == [
        "lone would have no member left; no survive policy asks for any."
    ]
    alone = impact(stand(held, policies[0], web=3), CLOUD)
    wanted = "At least 2 of web must be left after the loss of any one rack."
    then = "That is used up: the loss of one more rack would leave 1 of web."
    assert [str(each.message) for each in alone["h4"]] == [f"{wanted} {then}"]


def slowly(ensemble: RunningEnsemble, down: set[str], victim: str) -> list[tuple[str, int | None]]:
    """The same by counting every loss that a policy allows, as a reader of the definition would."""
    running = {
        host: tiers
        for host, tiers in ensemble.held.items()
        if host in CLOUD.hosts and (host not in down or host == victim)
    }
    after = {host: tiers for host, tiers in running.items() if host != victim}

    def count(hosts: Held, tier: str) -> int:
        return sum(tiers.get(tier, 0) for tiers in hosts.values())

    def worst(hosts: Held, tier: str, policy: Survive) -> int:
        domains = CLOUD.domains(policy.level)
        return min(
            count(
                {h: t for h, t in hosts.items() if CLOUD.domain_of(h, policy.level) not in lost},
                tier,
            )
            for lost in combinations(domains, min(policy.failures, len(domains)))
        )

    found = []
    tiers = {tier for here in running.values() for tier in here}
    ended = {tier for tier in tiers if count(running, tier) and not count(after, tier)}
    for tier in ended:
        asks = [each for each in ensemble.policies.values() if tier in each.tiers]
        if not asks:
            found.append((3, False, -1, "unprotected", None))
        elif any(each.needed(ensemble.counts[tier]) for each in asks):
            found.append((0, False, -1, "ended", None))
    found = list(dict.fromkeys(found))
    for number, policy in ensemble.policies.items():
        effects = set()
        for tier in policy.tiers:
            if count(running, tier) and not count(after, tier):
                continue
            needed = policy.needed(ensemble.counts[tier])
            if count(running, tier) >= needed > count(after, tier):
                effects.add("broken")
            elif worst(running, tier, policy) >= needed > worst(after, tier, policy):
                effects.add("exposed")
        if effects:
            effect = "broken" if "broken" in effects else "exposed"
            rank = 1 if effect == "broken" else 2
            found.append((rank, not policy.hard, number, effect, number))
    return [each[3:] for each in sorted(found, key=lambda each: each[:3])]


@pytest.mark.parametrize("seed", range(200))
def test_it_agrees_with_the_slow_count(seed: int) -> None:
    dice = random.Random(seed)
    tiers = [f"t{n}" for n in range(dice.randint(1, 3))]
    held: dict[str, dict[str, int]] = {}
    for host in [*CLOUD.hosts, "gone"]:
        if dice.random() < 0.7:
            here = {tier: dice.choice((0, 1, 1, 2, 3)) for tier in tiers}
            held[host] = {tier: count for tier, count in here.items() if count}
    policies = []
    for _ in range(dice.randint(0, 4)):
        needed = dice.choice((0, 1, 2, 3, "30%", "50%", "100%"))
        level = dice.choice(CLOUD.levels)
        some = tuple(dice.sample(tiers, dice.randint(1, len(tiers))))
        hard = dice.random() < 0.5
        policies.append(survive(level, needed, dice.randint(1, 4), tiers=some, hard=hard))
    counts = {tier: sum(here.get(tier, 0) for here in held.values()) for tier in tiers}
    ensemble = RunningEnsemble(counts, dict(enumerate(policies)), held)
    down = {host for host in CLOUD.hosts if dice.random() < 0.2}
    found = impact(ensemble, CLOUD, down)
    assert found.keys() == held.keys() - {"gone"}
    for host, breaks in found.items():
        assert said(breaks) == slowly(ensemble, down, host), (host, down)
        assert all(loss.worst <= loss.left for each in breaks for loss in each.losses)
    assert Effect.ENDED.rank < Effect.BROKEN.rank < Effect.EXPOSED.rank < Effect.UNPROTECTED.rank


PROMISE = "At least 2 of web must be left after the loss of any one rack."
FOUR = "At least 4 of web must be left after the loss of any one host."
THREE = {"h0": {"web": 1}, "h2": {"web": 1}, "h4": {"web": 1}}


@pytest.mark.parametrize(
    ("held", "policies", "down", "counts", "messages"),
    [
        pytest.param(THREE, [survive(needed=2)], [], {}, [], id="all run"),
        pytest.param({"h0": {"web": 1}}, [survive(needed=2)], [], {}, [], id="never could"),
        pytest.param(
            THREE,
            [survive(needed=2)],
            ["h2"],
            {},
            [f"{PROMISE} That is used up: the loss of one more rack would leave 1 of web."],
            id="one of a quorum is down",
        ),
        pytest.param(
            THREE,
            [survive(needed=2)],
            ["h2", "h4"],
            {},
            [f"{PROMISE} Only 1 of web is left."],
            id="two of a quorum are down",
        ),
        pytest.param(
            {f"h{n}": {"web": 1} for n in range(5)},
            [survive("host", 4)],
            ["h0", "h1", "h2"],
            {},
            [f"{FOUR} Only 2 of web is left."],
            id="so many are down that no single host is to blame",
        ),
        pytest.param(
            {"h0": {"web": 1, "db": 1}, "h2": {"web": 1}},
            [],
            ["h0"],
            {},
            ["db has no member left; no survive policy asks for any."],
            id="a tier has ended, without a promise",
        ),
        pytest.param(
            {"h0": {"db": 1}},
            [],
            [],
            {"web": 1},
            ["web has no member left; no survive policy asks for any."],
            id="gone",
        ),
        pytest.param(
            {"nowhere": {"db": 1}},
            [survive(tiers=("db",))],
            [],
            {},
            ["db has no member left."],
            id="no host",
        ),
    ],
)
def test_what_does_not_hold_now_is_told(
    held: Held, policies: list[Survive], down: list[str], counts: dict[str, int],
    messages: list[str],
) -> None:  # fmt: skip
    found = broken(stand(held, *policies, **counts), CLOUD, down)
    assert [str(each.message) for each in found] == messages


@pytest.mark.parametrize(
    ("held", "policies", "down", "host", "state"),
    [
        pytest.param({"h0": {"web": 1}}, [], [], "h0", "down", id="the only member"),
        pytest.param(THREE, [], [], "h0", "works", id="a member is enough"),
        pytest.param(THREE, [survive(needed=3)], [], "h0", "degraded", id="all are needed"),
        pytest.param(THREE, [survive(needed=2)], ["h2"], "h0", "degraded", id="another is down"),
        pytest.param(THREE, [survive(needed=2)], ["h2"], "h2", "works", id="the one that is down"),
        pytest.param(
            {"h0": {"web": 1}, "h2": {"db": 1}}, [survive(needed=0)], [], "h0", "works",
            id="none is needed",
        ),
        pytest.param(
            {"h0": {"web": 1}, "h2": {"db": 1}}, [survive(needed=0)], ["h2"], "h0", "down",
            id="another tier has ended already",
        ),
    ],
)  # fmt: skip
def test_one_word_says_what_a_host_takes(
    held: Held, policies: list[Survive], down: list[str], host: str, state: str
) -> None:
    assert states(stand(held, *policies), CLOUD, down)[host] == state
