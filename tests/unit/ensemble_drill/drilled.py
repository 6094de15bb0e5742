# SPDX-License-Identifier: Apache-2.0
"""A small cloud with a service on it, and drills of it, as the tests have them."""

from collections.abc import Mapping
from typing import Any

from ensemble_drill.criteria import Criteria, judge
from ensemble_drill.result import Drill, Outcome, Ran
from ensemble_drill.service import Layout, Loss, Service, Tier
from ensemble_drill.watched import Event, Look, Seen

LAYOUT = Layout(
    ("rack", "zone"),
    {
        "h1": ("r1", "az1"),
        "h2": ("r1", "az1"),
        "h3": ("r2", "az1"),
        "h4": ("r3", "az2"),
    },
)
SERVICE = Service((Tier("web", 2, 1), Tier("db", 3, 2)))
SPREAD = {"web-0": "h1", "web-1": "h3", "db-0": "h2", "db-1": "h3", "db-2": "h4"}
HEAPED = {"web-0": "h1", "web-1": "h2", "db-0": "h1", "db-1": "h2", "db-2": "h4"}
RACK = LAYOUT.domain("rack", "r1")


def losses(placement: Mapping[str, str], service: Service = SERVICE) -> dict[str, Loss]:
    return {each.name: service.failing(placement, each) for each in LAYOUT.domains("rack")}


def look(at: float, placement: Mapping[str, str], *down: str, **statuses: str) -> Look:
    """A look at one method; a member's status is ACTIVE unless given, as `db_0`."""
    servers = {
        name: Seen(host, statuses.get(name.replace("-", "_"), "ACTIVE"))
        for name, host in placement.items()
    }
    return Look(at, frozenset(down), {"ensemble": servers})


def outcome(method: str, placement: Mapping[str, str], **more: Any) -> Outcome:
    loss = SERVICE.failing(placement, RACK)
    repaired = more.get("repaired", False)
    healed = 31.4 if repaired else None
    found = {
        "method": method,
        "title": method.capitalize(),
        "how": f"Built as {method}.",
        "before": placement,
        "after": placement,
        "back": loss.lost if repaired else (),
        "predicted": losses(placement),
        "loss": loss,
        "predicted_places": None,
        "healed_after": healed,
        "repaired": repaired,
        "verdicts": judge(Criteria(2, {"db": 2}, 60), loss, healed, repaired=repaired),
        "running": ((0.0, 5), (16.0, 5 - len(loss.lost)), (31.4, 5)),
        "judged": method == "ensemble",
    }
    return Outcome(**(found | more))


def drill(*outcomes: Outcome, **more: Any) -> Drill:
    found = {
        "date": "2026-11-28 16:00 UTC",
        "cloud": "demo",
        "seed": 7,
        "chosen": "by name",
        "domain": RACK,
        "layout": LAYOUT,
        "service": SERVICE,
        "criteria": Criteria(2, {"db": 2}, 60),
        "load": {"az1-r1": 40, "az1-r2": 0},
        "noticed_after": 16.0,
        "outcomes": outcomes,
        "events": (Event(0.0, "failure", "The failure of rack r1 begins."),),
        "commands": (
            Ran('off "$DRILL_HOSTS"', 0.0, 1.2, {"DRILL_HOSTS": "h1 h2"}, ("h1 <is> off",)),
            Ran('on "$DRILL_HOSTS"', 44.7, 3.0, {"DRILL_HOSTS": "h1 h2"}, ()),
        ),
    }
    return Drill(**(found | more))
