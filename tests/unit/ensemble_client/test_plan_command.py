# SPDX-License-Identifier: Apache-2.0
"""The command plan: where members would go, what survives, and why something does not fit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.ensemble_answers import plan, refusal
from tests.fakes.scripted_cloud import ScriptedCloud

THREE_TIER = str(Path(__file__).parents[3] / "examples" / "three-tier.yaml")
REASON = {
    "code": "too-few-domains",
    "message": "3 members of database need 3 racks; 2 can hold one.",
    "policy": 3,
    "level": "rack",
    "tiers": ["database"],
    "demand": 3,
    "supply": 2,
    "suggestion": "Allow 2 members a rack.",
}
Run = Callable[..., Any]


def policy_line(number: int) -> int:
    """Find the line on which a policy of the example begins."""
    lines = Path(THREE_TIER).read_text().splitlines()
    begins = [index for index, line in enumerate(lines, 1) if line.startswith("  - type: ")]
    return begins[number]


def test_plan_shows_hosts_survivability_and_proof(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/plans", (200, {"plan": plan()}))
    done = openstack("ensemble", "plan", THREE_TIER)
    assert done.code == 0
    lines = [line.replace(" ", "") for line in done.out.splitlines()]
    assert "|Zone|Rack|Host|Members|" in lines
    assert "|zoneA|rackA|hostA|web-0,cache-0|" in lines
    assert "|zoneA|rackB|hostB|web-1|" in lines
    assert "3 members fit on 2 hosts.\nThe ensemble is down after" in done.out
    assert "At worst, 1 of 2 web and 0 of 1 cache are left.\n" in done.out
    assert "It is proved that no plan is better. Nothing was built.\n" in done.out


def test_plan_shows_an_administrator_the_names(fake: ScriptedCloud, openstack: Run) -> None:
    named = [each | {"name": f"real-{each['ref']}"} for each in plan()["domains"]]
    fake.on("POST", "/plans", (200, {"plan": plan(domains=named)}))
    done = openstack("ensemble", "plan", THREE_TIER, "--format", "json")
    assert json.loads(done.out)[0] == {
        "Zone": "real-z1", "Rack": "real-r1", "Host": "real-h1", "Members": ["web-0", "cache-0"]
    }  # fmt: skip
    assert "no plan is better" in done.err


def test_plan_tells_of_soft_policies_not_met(fake: ScriptedCloud, openstack: Run) -> None:
    violation = {"policy": 1, "level": "rack", "message": "2 members of web share a rack."}
    policies = [
        {"policy": 0, "holds": True, "message": "All of web in one zone."},
        {"policy": 1, "holds": False, "message": "No two of web in one rack."},
    ]
    answer = plan(violations=[violation], policies=policies)
    fake.on("POST", "/plans", (200, {"plan": answer}))
    done = openstack("ensemble", "plan", THREE_TIER)
    said = "Not met: No two of web in one rack.\n  2 members of web share a rack.\n"
    assert f"Kept: All of web in one zone.\n{said}" in done.out


def test_a_plan_that_is_impossible_gives_reasons_and_fails(
    fake: ScriptedCloud, openstack: Run
) -> None:
    nothing: list[Any] = []
    refused = {"feasible": False, "message": "The ensemble does not fit.", "reasons": [REASON]}
    answer = plan(**refused, assignments=nothing)
    fake.on("POST", "/plans", (200, {"plan": answer}))
    done = openstack("ensemble", "plan", THREE_TIER)
    assert (done.code, done.out) == (1, "")
    said = "shop: The ensemble does not fit.\n- 3 members of database need 3 racks;"
    assert done.err.startswith(said)
    assert done.err.endswith("  Allow 2 members a rack.\n")


def test_a_refusal_lists_every_change_with_its_line(fake: ScriptedCloud, openstack: Run) -> None:
    def change(message: str, field: str, value: int | str) -> dict[str, Any]:
        return {"message": message, "edits": [{"field": f"ensemble.{field}", "value": value}]}

    changes = [
        change("Make anti-affinity of database soft.", "policies[3].enforcement", "soft"),
        change("Allow 2 members a rack.", "policies[3].max_per_domain", 2),
    ]
    reason = REASON | {"changes": changes}
    fake.on("POST", "", refusal(409, "No.", code="ensemble.infeasible", reasons=[reason]))
    done = openstack("ensemble", "create", THREE_TIER)
    line = policy_line(3)
    softer, wider = done.err.splitlines()[2:]
    assert softer.startswith("  This would fit: Make anti-affinity of database soft. (")
    assert softer.endswith(f" ({THREE_TIER}:{line}, enforcement: soft)")
    assert wider.startswith("  This would fit: Allow 2 members a rack. (")
    assert wider.endswith(f" ({THREE_TIER}:{line + 3}, max_per_domain: 2)")


def with_room(fits: bool) -> list[dict[str, Any]]:
    """Give the plan's survivability with the headroom of the loss of rack B."""
    lost = {"domain": "r2", "left": {"web": 1, "cache": 1}, "lost": {"web": 1, "cache": 0}}
    message = f"Lost members {'can' if fits else 'cannot'} be placed again."
    losses = [lost | {"room": {"fits": fits, "others": 0, "message": message}}]
    return [
        each
        | {
            "headroom": {"fits": fits, "message": f"Room after any {each['level']}: {fits}."},
            "losses": losses if each["level"] == "rack" else [],
        }
        for each in plan()["survivability"]
    ]


def test_plan_headroom_asks_for_it_and_says_what_could_not_be_placed_again(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("POST", "/plans", (200, {"plan": plan(survivability=with_room(False))}))
    done = openstack("ensemble", "plan", THREE_TIER, "--headroom")
    assert (done.code, fake.asked[0].query) == (0, {"headroom": ["1"]})
    assert "Room after any rack: False.\n" in done.out
    assert "\n  rack B (web 1): Lost members cannot be placed again.\n" in done.out


def test_plan_does_not_ask_for_headroom_unless_told(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("POST", "/plans", (200, {"plan": plan()}))
    openstack("ensemble", "plan", THREE_TIER)
    assert fake.asked[0].query == {}


def test_plan_long_shows_each_objective_with_its_proof(fake: ScriptedCloud, openstack: Run) -> None:
    objectives = [{"message": "lost with a rack: best 3, bound 2"}, {"message": "lost: 2"}]
    proof = "A better plan may exist: lost with a rack: best 3, bound 2."
    fake.on("POST", "/plans", (200, {"plan": plan(objectives=objectives, proof=proof)}))
    done = openstack("ensemble", "plan", THREE_TIER, "--long")
    assert done.out.splitlines()[-4:-1] == [
        "lost with a rack: best 3, bound 2",
        "lost: 2",
        f"{proof} Nothing was built.",
    ]
