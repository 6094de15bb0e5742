# SPDX-License-Identifier: Apache-2.0
"""Servers that run already, put into tiers, and server groups as policies."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from ensemble_api.planning.adoption import (
    ProposedTier,
    RunningServer,
    ServerGroup,
    given,
    policies_of,
    propose,
)
from ensemble_api.planning.errors import ModelError

MOST = 20


def server(name: str, flavor: str = "small", root: str = "image", group: str = "") -> RunningServer:
    return RunningServer(f"id-{name}", name, flavor, root, group)


def names(tiers: Sequence[ProposedTier]) -> dict[str, list[str]]:
    return {tier.name: [each.name for each in tier.servers] for tier in tiers}


@pytest.mark.parametrize(
    ("called", "found"),
    [
        pytest.param(
            ["web-2", "web-10", "web-1"], {"web": ["web-1", "web-2", "web-10"]}, id="in their order"
        ),
        pytest.param(["db01", "web01"], {"db": ["db01"], "web": ["web01"]}, id="by their names"),
        pytest.param(
            ["web1-prod", "web2-prod"], {"web-prod": ["web1-prod", "web2-prod"]}, id="in the middle"
        ),
        pytest.param(
            ["k8s-master-0", "k8s-master-1"],
            {"k8s-master": ["k8s-master-0", "k8s-master-1"]},
            id="a number that is the same in all names stays",
        ),
        pytest.param(["k8s-node-0"], {"k8s-node": ["k8s-node-0"]}, id="the last number of one"),
        pytest.param(
            ["WEB-1.shop.example", "web-2.shop.example"],
            {"web": ["WEB-1.shop.example", "web-2.shop.example"]},
            id="without domains and capitals",
        ),
        pytest.param(
            ["st-web-3k4j5h6g7f2d", "st-web-q2uvwxyzabcd"],
            {"st-web": ["st-web-3k4j5h6g7f2d", "st-web-q2uvwxyzabcd"]},
            id="named by Heat",
        ),
        pytest.param(
            ["app-controller22", "app-interfaces22"],
            {"app-controller": ["app-controller22"], "app-interfaces": ["app-interfaces22"]},
            id="not named by Heat",
        ),
        pytest.param(["42", "_"], {"servers": ["42"], "servers-b": ["_"]}, id="no letters at all"),
        pytest.param(["сервер-1"], {"servers": ["сервер-1"]}, id="in another script"),
        pytest.param([""], {"servers": [""]}, id="no name"),
        pytest.param(["w" * 255], {"w" * 32: ["w" * 255]}, id="a long name"),
    ],
)
def test_servers_whose_names_differ_in_numbers_are_one_tier(
    called: list[str], found: dict[str, list[str]]
) -> None:
    assert names(propose([server(each) for each in called], MOST)) == found


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(server("web-2", flavor="big"), id="flavor"),
        pytest.param(server("web-2", root="newer"), id="image"),
        pytest.param(server("web-2", root=""), id="volume"),
        pytest.param(server("web-2", group="a"), id="server group"),
    ],
)
def test_servers_that_are_not_alike_are_two_tiers(other: RunningServer) -> None:
    assert names(propose([server("web-1"), other], MOST)) == {"web": ["web-1"], "web-b": ["web-2"]}


def test_of_a_stack_a_name_without_a_digit_is_known_for_heat_s_too() -> None:
    made = [server("st-web-abcdefghijkl"), server("st-web-mnopqrstuvwx")]
    assert len(propose(made, MOST)) == 2
    assert [tier.name for tier in propose(made, MOST, heat=True)] == ["st-web"]


def test_names_are_not_looked_at_when_they_make_too_many_tiers() -> None:
    pets = [server(name) for name in ("ares", "bacchus", "ceres")]
    assert names(propose(pets, 2)) == {"servers": ["ares", "bacchus", "ceres"]}


@for_all(st.lists(st.tuples(st.text(max_size=12), st.sampled_from(["a", "b"])), max_size=30))
def test_every_server_is_in_one_tier_whose_name_can_be_a_tier_s(given: list[Any]) -> None:
    servers = [RunningServer(str(n), name, flavor, "") for n, (name, flavor) in enumerate(given)]
    tiers = propose(servers, MOST)
    found = [each.id for tier in tiers for each in tier.servers]
    assert sorted(found, key=int) == [each.id for each in servers]
    called = [tier.name for tier in tiers]
    assert len(set(called)) == len(called)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{0,31}", each) for each in called)
    assert all(len({each.flavor for each in tier.servers}) == 1 for tier in tiers)


def a_policy(kind: str, *tiers: str, hard: bool = True, **more: Any) -> Mapping[str, Any]:
    enforcement = "hard" if hard else "soft"
    return {"type": kind, "tiers": [*tiers], "level": "host", "enforcement": enforcement, **more}


@pytest.mark.parametrize(
    ("policy", "most", "one", "two"),
    [
        (
            "anti-affinity",
            1,
            [a_policy("anti-affinity", "web")],
            [
                a_policy("anti-affinity", "web"),
                a_policy("anti-affinity", "db"),
                a_policy("anti-affinity", "web", "db"),
            ],
        ),
        (
            "soft-anti-affinity",
            1,
            [a_policy("anti-affinity", "web", hard=False)],
            [
                a_policy("anti-affinity", "web", hard=False),
                a_policy("anti-affinity", "db", hard=False),
                a_policy("anti-affinity", "web", "db", hard=False),
            ],
        ),
        (
            "anti-affinity",
            3,
            [a_policy("anti-affinity", "web", max_per_domain=3)],
            [
                a_policy("anti-affinity", "web", max_per_domain=3),
                a_policy("anti-affinity", "db", max_per_domain=3),
            ],
        ),
        ("affinity", 1, [a_policy("affinity", "web")], [a_policy("affinity", "web", "db")]),
        (
            "soft-affinity",
            1,
            [a_policy("affinity", "web", hard=False)],
            [a_policy("affinity", "web", "db", hard=False)],
        ),
        ("of-another-release", 1, [], []),
    ],
)
def test_a_server_group_s_policy_is_said_of_the_tiers_of_its_servers(
    policy: str, most: int, one: list[Any], two: list[Any]
) -> None:
    group = ServerGroup("a", "shop", policy, most)
    web = ProposedTier("web", (server("web-1", group="a"), server("web-2", group="a")))
    db = ProposedTier("db", (server("db-1", group="a"),))
    beside = ProposedTier("cache", (server("cache-1"),))
    assert list(policies_of([group], [web, beside], "host")[0]) == one
    assert list(policies_of([group], [web, db, beside], "host")[0]) == two
    assert policies_of([group], [beside], "host") == ((), ())


def test_what_no_policy_says_of_a_server_group_is_told() -> None:
    tiers = [
        ProposedTier("web", (server("web-1", group="a"),)),
        ProposedTier("db", (server("db-1", group="a"),)),
    ]
    (note,) = policies_of([ServerGroup("a", "shop", "anti-affinity", 2)], tiers, "host")[1]
    assert "lets a host hold 2 of its servers in all" in str(note)
    (note,) = policies_of([ServerGroup("a", "shop", "of-another-release")], tiers, "host")[1]
    assert "has a policy that ensembles do not have" in str(note)


def test_tiers_that_somebody_wants_must_be_of_one_flavor_and_kind_of_root_disk() -> None:
    (tier,) = given([("web", [server("web-2"), server("web-1", root="newer")])])
    assert [each.name for each in tier.servers] == ["web-1", "web-2"]
    for other in (server("db", flavor="big"), server("db", root="")):
        with pytest.raises(ModelError) as refused:
            given([("a", [server("x")]), ("web", [server("web-1"), other])])
        assert refused.value.field == "tiers[1].servers"
