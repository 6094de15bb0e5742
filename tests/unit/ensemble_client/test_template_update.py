# SPDX-License-Identifier: Apache-2.0
"""`openstack ensemble template update`: all is shown first, and done batch after batch."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.ensemble_answers import ensemble, plan
from tests.fakes.scripted_cloud import ScriptedCloud

KEY = "e3c1f0aa-5f0b-4c83-9d55-0d9c1d3f7b21"
ONE, TWO, THREE = (f"0000000{n}-0000-4000-8000-000000000000" for n in (1, 2, 3))
OPERATION = "9d1b6bd0-c3a2-4d2e-8a3d-5a9f0b1c2d3e"
NOTHING: dict[str, Any] = {"added": [], "removed": [], "moved": [], "outdated": []}
Run = Callable[..., Any]


def instance(key: str, version: int = 1, **changes: Any) -> dict[str, Any]:
    made = {"id": key, "name": f"shop-{key[7]}", "template": {"id": KEY, "version": version}}
    return {**ensemble("ACTIVE"), **made, **changes}


def preview(**change: Any) -> Any:
    return 200, {"plan": {**plan(), "id": OPERATION}, "change": {**NOTHING, **change}}


@pytest.fixture
def three(fake: ScriptedCloud) -> ScriptedCloud:
    """Three ensembles of a template, of which the third is of the latest version already."""
    template = {"id": KEY, "name": "web", "version": 2, "latest_version": 2, "parameters": {}}
    fake.on("GET", f"/templates/{KEY}", (200, {"template": template}))
    listed = [instance(ONE), instance(TWO), instance(THREE, 2)]
    fake.on("GET", "", (200, {"ensembles": listed}))
    for key in (ONE, TWO):
        fake.on("GET", f"/{key}", (200, {"ensemble": instance(key)}))
        under_way = instance(key, 2, operation={"id": OPERATION})
        # What is shown, what is shown again before it begins, and what begins.
        fake.on(
            "PATCH",
            f"/{key}",
            preview(added=["web-2"]),
            preview(added=["web-2"]),
            (202, {"ensemble": under_way}),
        )
        ended = {"id": OPERATION, "status": "SUCCEEDED", "reason": None}
        fake.on("GET", f"/{key}/operations/{OPERATION}", (200, {"operation": ended}))
    return fake


def update(openstack: Run, *words: str) -> Any:
    return openstack("ensemble", "template", "update", KEY, *words)


def changes(fake: ScriptedCloud) -> list[str]:
    """The ensembles that were changed, in order."""
    return [
        each.path.rpartition("/")[2]
        for each in fake.asked
        if each.method == "PATCH" and "dry_run" not in each.query
    ]


def test_what_would_come_of_it_is_shown_of_each_that_is_of_another_version(
    three: ScriptedCloud, openstack: Run
) -> None:
    moved = {"member": "web-0", "from": {}, "to": {}}
    three.on("PATCH", f"/{TWO}", preview(moved=[moved], outdated=["web-1"]))
    done = update(openstack, "--dry-run", "-f", "json")
    assert done.code == 0, done.err
    one, two = json.loads(done.out)
    assert (one["ID"], one["From Version"], one["Added"]) == (ONE, 1, ["web-2"])
    assert (two["ID"], two["Moved"], two["Outdated"]) == (TWO, ["web-0"], ["web-1"])
    assert changes(three) == []
    asked = next(each.query for each in three.asked if each.path.endswith("/os-ensembles"))
    assert asked == {"template_id": [KEY]}


def test_each_batch_begins_when_the_one_before_is_done(
    three: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    done = update(openstack)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1] == "2 are of version 2 now."
    assert changes(three) == [ONE, TWO]
    seen = [each.path.partition("/os-ensembles/")[2] for each in three.asked]
    assert seen.index(f"{ONE}/operations/{OPERATION}") < max(
        at for at, path in enumerate(seen) if path == TWO
    )
    (body, *_) = (each.body for each in three.asked if each.method == "PATCH" and not each.query)
    assert body == {
        "ensemble": {"generation": 1},
        "plan": OPERATION,
        "template": {"version": 2},
    }


def test_a_batch_of_two_begins_both_before_it_waits(
    three: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    assert update(openstack, "--batch", "2").code == 0
    methods = [(each.method, each.path.partition("/os-ensembles/")[2]) for each in three.asked]
    last = max(at for at, (method, _) in enumerate(methods) if method == "PATCH")
    first = next(at for at, (_, path) in enumerate(methods) if path.endswith(OPERATION))
    assert last < first


def test_one_that_comes_to_nothing_ends_it(
    three: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    reason = {"code": "c", "message": "No room."}
    failed = {"id": OPERATION, "status": "FAILED", "reason": reason}
    three.on("GET", f"/{ONE}/operations/{OPERATION}", (200, {"operation": failed}))
    done = update(openstack)
    assert done.code == 1
    assert "shop-1 is as it was before: No room. Those after it were not changed." in done.err
    assert changes(three) == [ONE]


def test_what_would_be_otherwise_than_was_shown_is_not_done(
    three: ScriptedCloud, openstack: Run, pauses: list[float]
) -> None:
    three.on("PATCH", f"/{TWO}", preview(added=["web-2"]), preview(added=["web-2", "web-3"]))
    done = update(openstack)
    assert done.code == 1
    assert "shop-2: it would be changed otherwise than was shown by now" in done.err
    assert changes(three) == [ONE]


def test_one_that_cannot_be_ends_it_before_anything_is_changed(
    three: ScriptedCloud, openstack: Run
) -> None:
    reason = {"message": "There is room for 1.", "policy": None, "changes": [], "suggestion": None}
    refused = {**plan(), "feasible": False, "message": "It does not fit.", "reasons": [reason]}
    three.on("PATCH", f"/{TWO}", (200, {"plan": refused, "change": NOTHING}))
    done = update(openstack)
    assert done.code == 1
    assert "shop-2: It does not fit." in done.err and "There is room for 1." in done.err
    assert changes(three) == []


def test_one_that_is_not_built_does_not_keep_the_others(
    three: ScriptedCloud, openstack: Run
) -> None:
    failed = instance("00000004-0000-4000-8000-000000000000", status="ERROR")
    three.on("GET", "", (200, {"ensembles": [failed, instance(ONE)]}))
    done = update(openstack)
    assert done.code == 0, done.err
    assert changes(three) == [ONE]
    assert "shop-4 is ERROR and stays as it is.\n1 are of version 2 now." in done.out + done.err


def test_only_ensembles_of_the_template_can_be_named(three: ScriptedCloud, openstack: Run) -> None:
    three.on("GET", f"/{THREE}", (200, {"ensemble": instance(THREE, template=None)}))
    three.on("GET", f"/{ONE}", (200, {"ensemble": instance(ONE)}))
    done = update(openstack, "--ensemble", ONE, "--ensemble", THREE)
    assert done.code == 1
    assert "was not made from this template" in done.err
