# SPDX-License-Identifier: Apache-2.0
"""The command repair: who is lost and where each would go, and then that it is done."""

from collections.abc import Callable
from typing import Any

import pytest

from ensemble_client.osc.v1.repair import RepairEnsemble
from tests.fakes.ensemble_answers import ensemble, refusal
from tests.fakes.scripted_cloud import ScriptedCloud

KEY = ensemble("DEGRADED")["id"]
ONE = f"/{KEY}"
OPERATION = {"id": "5" * 36, "type": "repair", "status": "RUNNING"}
REPAIRING = ensemble("DEGRADED", settled=False, operation=OPERATION)
PREVIEW = {
    "as_of": "2026-11-28T12:03:00Z",
    "lost": ["web-0", "web-1"],
    "fits": True,
    "message": "A repair places 1 member again, within all hard policies.",
    "moves": [{"member": "web-0", "lost": True, "domains": {"host": "h1", "rack": "r1"}}],
    "unmet": [],
    "reasons": [],
    "left": [{"member": "web-1", "message": "The server of web-1 is locked."}],
    "domains": [{"ref": "h1", "label": "host B"}, {"ref": "r1", "label": "rack A"}],
}
SAID = [
    "Lost: web-0, web-1",
    "A repair places 1 member again, within all hard policies.",
    "web-0: host B, rack A",
    "The server of web-1 is locked.",
]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RepairEnsemble, "pause", staticmethod(lambda _: None))


def bodies(fake: ScriptedCloud) -> list[Any]:
    return [each.body for each in fake.asked if each.method == "POST"]


def test_a_dry_run_says_who_is_lost_and_changes_nothing(
    fake: ScriptedCloud, openstack: Callable[..., Any]
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("DEGRADED")}))
    fake.on("POST", f"{ONE}/action", (200, {"repair": PREVIEW}))
    done = openstack("ensemble", "repair", KEY, "--dry-run")
    assert (done.code, done.err.splitlines()) == (0, [*SAID, "Nothing was changed."])
    assert bodies(fake) == [{"repair": {"dry_run": True}}]


@pytest.mark.parametrize(
    ("status", "code", "end"),
    [("SUCCEEDED", 0, ""), ("FAILED", 1, "shop is not repaired: Nova refused web-0.\n")],
)
def test_a_repair_is_waited_for_and_says_what_was_left(
    fake: ScriptedCloud, openstack: Callable[..., Any], status: str, code: int, end: str
) -> None:
    fake.on(
        "GET",
        ONE,
        *[(200, {"ensemble": each}) for each in (ensemble("DEGRADED"), REPAIRING)],
        (200, {"ensemble": ensemble("ACTIVE")}),
    )
    fake.on("POST", f"{ONE}/action", (200, {"repair": PREVIEW}), (202, {"ensemble": REPAIRING}))
    ended = {**OPERATION, "status": status, "reason": {"message": "Nova refused web-0."}}
    fake.on("GET", f"{ONE}/operations/{OPERATION['id']}", (200, {"operation": ended}))
    done = openstack("ensemble", "repair", KEY, "--wait")
    assert done.code == code, done.err
    assert done.err.endswith(end)
    assert bodies(fake) == [{"repair": {"dry_run": True}}, {"repair": {}}]


def test_why_there_is_nothing_to_repair_is_told(
    fake: ScriptedCloud, openstack: Callable[..., Any]
) -> None:
    fake.on("GET", ONE, (200, {"ensemble": ensemble("ACTIVE")}))
    told = "No member is lost, so there is nothing to repair."
    fake.on("POST", f"{ONE}/action", refusal(409, told, code="ensemble.conflict"))
    done = openstack("ensemble", "repair", KEY)
    assert (done.code, done.err) == (1, f"{told}\n")
