# SPDX-License-Identifier: Apache-2.0
"""Changes of an ensemble that runs, on the embedded cloud: by the API and by the command."""

from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project, until

pytestmark = pytest.mark.cloud

ANTI_AFFINITY = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}


def settled(project: Project, ensemble_id: str) -> Any:
    """The ensemble, once nothing is done with it any more."""

    def look() -> Any:
        found = project.request("GET", f"/{ensemble_id}").json()["ensemble"]
        return found if found["settled"] else None

    return until("it is settled", look)


def servers_of(ensemble: Any) -> dict[str, str]:
    return {each["name"]: each["server_id"] for each in ensemble["members"]}


def test_a_tier_is_scaled_out_and_in_and_the_others_are_not_touched(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    body = demo.body("scaled", [demo.tier("web", 3), demo.tier("db", 1)], ANTI_AFFINITY)
    built = demo.wait(demo.create(body)["id"], "ACTIVE")
    first = servers_of(built)

    words = ("--os-cloud", "demo", "ensemble", "scale", built["id"], "web=5", "--wait")
    done = cloud.run([*words])
    assert done.returncode == 0, done.stderr
    assert "Added: web-3, web-4" in done.stderr
    grown = settled(demo, built["id"])
    assert (grown["status"], grown["generation"]) == ("ACTIVE", 2)
    assert servers_of(grown).items() >= first.items()
    running = operator.servers()
    assert len({running[each].compute_host for each in servers_of(grown).values()}) >= 5

    wanted = {"generation": 2, "tiers": [{"name": "web", "count": 2}]}
    found = demo.request("PATCH", f"/{built['id']}?dry_run=1", {"ensemble": wanted}).json()
    assert len(found["change"]["removed"]) == 4
    asked = {"ensemble": wanted, "plan": found["plan"]["id"]}
    assert demo.request("PATCH", f"/{built['id']}", asked).status_code == 202
    left = settled(demo, built["id"])
    assert len(left["members"]) == 2
    assert not set(found["change"]["removed"]) & {each["name"] for each in left["members"]}
    alive = operator.servers()
    assert {each for each in servers_of(grown).values() if each in alive} == set(
        servers_of(left).values()
    )
    operations = demo.request("GET", f"/{built['id']}/operations").json()["operations"]
    assert [(each["type"], each["status"]) for each in operations] == [
        ("change", "SUCCEEDED"),
        ("change", "SUCCEEDED"),
        ("create", "SUCCEEDED"),
    ]
    demo.delete(built["id"])
    assert operator.left_behind() == before


def test_a_policy_that_is_added_moves_a_server_by_live_migration(
    demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()
    together = {"type": "affinity", "level": "host", "tiers": ["web"], "enforcement": "soft"}
    built = demo.wait(
        demo.create(demo.body("parted", [demo.tier("web", 2)], together))["id"], "ACTIVE"
    )
    first = servers_of(built)
    assert len({operator.servers()[each].compute_host for each in first.values()}) == 1

    wanted = {"generation": 1, "policies": [ANTI_AFFINITY]}
    found = demo.request("PATCH", f"/{built['id']}?dry_run=1", {"ensemble": wanted}).json()
    (move,) = found["change"]["moved"]
    asked = {"ensemble": wanted, "plan": found["plan"]["id"]}
    assert demo.request("PATCH", f"/{built['id']}", asked).status_code == 202
    parted = settled(demo, built["id"])
    assert servers_of(parted) == first
    running = operator.servers()
    assert len({running[each].compute_host for each in first.values()}) == 2
    assert {running[each].status for each in first.values()} == {"ACTIVE"}
    places = {each["name"]: each["domains"]["host"] for each in parted["members"]}
    assert places[move["member"]] == move["to"]["host"]
    operation = demo.request("GET", f"/{built['id']}/operations").json()["operations"][0]
    assert (operation["status"], operation["members"]["moved"]) == ("SUCCEEDED", 1)
    demo.delete(built["id"])
    assert operator.left_behind() == before
