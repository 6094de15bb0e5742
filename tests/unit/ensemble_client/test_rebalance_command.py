# SPDX-License-Identifier: Apache-2.0
"""The command rebalance: a preview first, which is then what is done."""

from collections.abc import Callable
from typing import Any

from tests.fakes.ensemble_answers import ensemble, plan, refusal
from tests.fakes.scripted_cloud import ScriptedCloud

PLAN = plan()
KEY = ensemble("ACTIVE")["id"]
ONE, ACTION = f"/{KEY}", f"/{KEY}/action"
FROM, TO = ({"host": ref, "rack": "r1", "zone": "z1"} for ref in ("h1", "h2"))
Run = Callable[..., Any]


def preview(*moved: Any, **changes: Any) -> Any:
    found = {"message": "So it is.", "plan": {**PLAN, **changes}, "moved": list(moved)}
    return 200, {"rebalance": found}


def test_who_moves_is_told_and_just_that_is_done(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    moving = ensemble("ACTIVE", settled=False, operation={"id": "5" * 36, "type": "move"})
    move = {"member": "web-1", "from": FROM, "to": TO}
    fake.on("POST", ACTION, preview(move), (202, {"ensemble": moving}))
    done = openstack("ensemble", "rebalance", KEY)
    assert done.code == 0, done.err
    assert done.err.splitlines()[:2] == ["So it is.", "web-1, from host A to host B"]
    assert [each.body for each in fake.asked if each.method == "POST"] == [
        {"rebalance": {"dry_run": True}},
        {"rebalance": {"plan": PLAN["id"]}},
    ]


def test_nobody_moves_in_a_dry_run_or_where_nobody_is_to(
    fake: ScriptedCloud, openstack: Run
) -> None:
    move = {"member": "web-1", "from": FROM, "to": TO}
    for more, answer in ((["--dry-run"], preview(move)), ([], preview(id=None))):
        fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
        fake.on("POST", ACTION, answer)
        done = openstack("ensemble", "rebalance", KEY, *more)
        assert (done.code, done.err.splitlines()[-1]) == (0, "Nothing was changed.")
    posts = [each.body for each in fake.asked if each.method == "POST"]
    assert posts == [{"rebalance": {"dry_run": True}}] * 2


def test_what_is_in_the_way_is_said(fake: ScriptedCloud, openstack: Run) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("POST", ACTION, refusal(409, "1 member is lost.", code="ensemble.conflict"))
    done = openstack("ensemble", "rebalance", KEY)
    assert (done.code, done.err.strip()) == (1, "1 member is lost.")
