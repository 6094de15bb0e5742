# SPDX-License-Identifier: Apache-2.0
"""From a preview to the truth on the real services: built as shown, whatever it is called."""

from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project, until

pytestmark = pytest.mark.cloud

ANTI_AFFINITY = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
SURVIVE = {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": 2}
SCRIPTS = "חנות متجر 店"
NAMES = {
    f"🚀🚀 {SCRIPTS}": f"{SCRIPTS}-web-",
    "😀" * 255: "ensemble-web-",
    "x" * 255: "x" * 57 + "-web-",
    "<b>{$ x $} {{ y }}</b>": "<b>{$ x $} {{ y }}</b>-web-",
}


def plan(project: Project, body: Any, query: str = "") -> dict[str, Any]:
    response = project.request("POST", f"/plans{query}", body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["plan"]
    return found


def current_state(project: Project, ensemble_id: str, query: str = "") -> dict[str, Any]:
    response = project.request("GET", f"/{ensemble_id}/survivability{query}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["survivability"]
    return found


def test_what_was_shown_is_built_and_the_truth_tells_what_became_of_it(
    demo: Project, operator: Operator
) -> None:
    body = demo.body("🚀 shop", [demo.tier("web", 3)], SURVIVE, ANTI_AFFINITY)
    shown = plan(demo, body, "?domains=all")
    assert shown["totals"]["host"] == sum(each["level"] == "host" for each in shown["domains"])
    labels = {each["ref"]: each["label"] for each in shown["domains"]}
    racks = list({each["domains"]["rack"] for each in shown["assignments"]})
    failed = plan(demo, body, f"?fail={racks[0]}&fail={racks[1]}")["failed"]
    assert failed["left"]["web"] <= 1

    built = demo.wait(demo.create({**body, "plan": shown["id"]})["id"], "ACTIVE")
    assert [each["domains"] for each in built["members"]] == [
        each["domains"] for each in shown["assignments"]
    ]
    assert all(labels[each["ref"]] == each["label"] for each in built["domains"])
    seen = current_state(demo, built["id"])
    assert [(each["status"], each["moved"]) for each in seen["members"]] == [("ACTIVE", False)] * 3
    assert (seen["violations"], [each["holds"] for each in seen["promises"]]) == ([], [True])

    # Somebody deletes one server, and an operator moves another one.
    gone, moved, _ = (each["server_id"] for each in built["members"])
    demo.connection.compute.delete_server(gone)
    operator.connection.compute.migrate_server(moved)
    until(
        "the migration",
        lambda: operator.connection.compute.get_server(moved).status == "VERIFY_RESIZE",
    )
    operator.connection.compute.confirm_server_resize(moved)
    until(
        "the server is gone",
        lambda: current_state(demo, built["id"])["members"][0]["status"] is None,
    )
    until("the move is seen", lambda: current_state(demo, built["id"])["members"][1]["moved"])
    seen = current_state(demo, built["id"])
    assert [each["moved"] for each in seen["members"]] == [False, True, False]
    assert seen["members"][1]["domains"] != seen["members"][1]["planned"]
    assert [each["policy"] for each in seen["violations"]] == [0]
    assert seen["promises"][0]["tiers"][0]["left"] <= 1
    named = current_state(Project(operator.connection), built["id"], "?failures=2")
    assert named["members"][1]["host"] == operator.servers()[moved].compute_host
    assert named["levels"][0]["worst"][0]["left"] == 0
    demo.delete(built["id"])


@pytest.mark.parametrize(("name", "start"), NAMES.items(), ids=["scripts", "emoji", "long", "code"])
def test_servers_are_named_as_nova_takes_it(
    demo: Project, operator: Operator, name: str, start: str
) -> None:
    built = demo.wait(demo.create(demo.body(name, [demo.tier("web", 2)]))["id"], "ACTIVE")
    assert built["name"] == name
    servers = operator.servers()
    ours = [servers[each["server_id"]] for each in built["members"]]
    assert [each.name for each in ours] == [f"{start}0", f"{start}1"]
    assert [each.hostname.rpartition("-")[2] for each in ours] == ["0", "1"]
    demo.delete(built["id"])


def test_a_plan_that_the_cloud_has_outrun_is_answered_with_another(
    cloud: Any, demo: Project, operator: Operator
) -> None:
    body = demo.body("late", [demo.tier("web", 2)], ANTI_AFFINITY)
    shown = plan(Project(operator.connection), body)
    victim = next(each["name"] for each in shown["domains"] if each["level"] == "host")
    mine = plan(demo, body)
    operator.connection.compute.disable_service(
        service_of(operator, victim), victim, "nova-compute"
    )
    try:
        response = demo.request("POST", body={**body, "plan": mine["id"]})
        assert response.status_code == 409, response.text
        details = response.json()["conflictingRequest"]["details"]
        assert details["code"] == "ensemble.plan_changed"
        assert [each["member"] for each in details["moved"]]
        again = demo.create({**body, "plan": details["plan"]["id"]})
        demo.wait(again["id"], "ACTIVE")
        demo.delete(again["id"])
    finally:
        operator.connection.compute.enable_service(
            service_of(operator, victim), victim, "nova-compute"
        )


def service_of(operator: Operator, host: str) -> Any:
    return next(iter(operator.connection.compute.services(binary="nova-compute", host=host)))
