# SPDX-License-Identifier: Apache-2.0
"""What a drawing can start from: services that many people have, with the policies they need."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Start:
    """One of them: an ensemble in the API's form, but for what its servers are made of.

    ``picture`` shows it on a few racks: for each, the places of the tiers of its members.
    """

    id: str
    title: Promise
    about: Promise
    name: str
    tiers: Sequence[tuple[str, int]]
    policies: Sequence[dict[str, Any]]
    picture: Sequence[Sequence[int]]

    @property
    def racks(self) -> list[dict[str, Any]]:
        """Give the picture in units of its drawing, 96 wide and 44 high, in the middle."""
        left = 48 - 12 * len(self.picture)
        return [
            {
                "left": left + 24 * rack + 2,
                "middle": left + 24 * rack + 12,
                "members": [{"tier": tier, "top": 10 + 12 * row} for row, tier in enumerate(held)],
            }
            for rack, held in enumerate(self.picture)
        ]

    def data(self, zone_level: str | None) -> dict[str, Any]:
        """Give what the page's script needs to draw it.

        `zone_level` is what the cloud calls the level of its availability zones, if it has one.
        """
        return {
            "id": self.id,
            "title": str(self.title),
            "name": self.name,
            "tiers": list(self.tiers),
            "policies": [
                {**each, "level": zone_level} if each["level"] == "zone" else each
                for each in self.policies
                if each["level"] != "zone" or zone_level
            ],
        }


STARTS = (
    Start(
        id="three-tier",
        title=_("Web, cache and database"),
        about=_(
            "Web servers on different hosts, caches near them, and a database that keeps its "
            "quorum when any rack fails."
        ),
        name="shop",
        tiers=(("web", 3), ("cache", 2), ("db", 3)),
        policies=(
            {"type": "anti-affinity", "level": "host", "tiers": ["web"]},
            {"type": "anti-affinity", "level": "host", "tiers": ["cache"]},
            {"type": "survive", "level": "rack", "tiers": ["db"], "min_available": 2},
            {
                "type": "near",
                "level": "zone",
                "tiers": ["web"],
                "to": "cache",
                "enforcement": "soft",
            },
        ),
        picture=((0, 1, 2), (0, 1, 2), (0, 2)),
    ),
    Start(
        id="active-standby",
        title=_("Active and standby"),
        about=_(
            "Two servers of which one outlives any rack, and any zone where possible; their "
            "witness shares no rack with them."
        ),
        name="ledger",
        tiers=(("node", 2), ("witness", 1)),
        policies=(
            {"type": "survive", "level": "rack", "tiers": ["node"]},
            {"type": "survive", "level": "zone", "tiers": ["node"], "enforcement": "soft"},
            {"type": "anti-affinity", "level": "rack", "tiers": ["node", "witness"]},
        ),
        picture=((0,), (0,), (1,)),
    ),
    Start(
        id="quorum",
        title=_("Quorum of three"),
        about=_(
            "Three servers of which two are left after the loss of any rack, alone on their hosts "
            "where possible."
        ),
        name="quorum",
        tiers=(("node", 3),),
        policies=(
            {"type": "survive", "level": "rack", "tiers": ["node"], "min_available": 2},
            {
                "type": "spread",
                "level": "zone",
                "tiers": ["node"],
                "max_skew": 1,
                "enforcement": "soft",
            },
            {
                "type": "exclusive",
                "level": "host",
                "tiers": ["node"],
                "other": "ensemble",
                "enforcement": "soft",
            },
        ),
        picture=((0,), (0,), (0,)),
    ),
    Start(
        id="workers",
        title=_("Worker farm"),
        about=_(
            "Many workers spread evenly over the racks, half of them left after any rack, and two "
            "schedulers of which one always is."
        ),
        name="farm",
        tiers=(("scheduler", 2), ("worker", 8)),
        policies=(
            {"type": "survive", "level": "rack", "tiers": ["scheduler"]},
            {"type": "survive", "level": "rack", "tiers": ["worker"], "min_available": "50%"},
            {
                "type": "spread",
                "level": "rack",
                "tiers": ["worker"],
                "max_skew": 1,
                "enforcement": "soft",
            },
        ),
        picture=((0, 1, 1), (0, 1, 1), (1, 1), (1, 1)),
    ),
    Start(
        id="empty",
        title=_("Empty"),
        about=_("Nothing yet: you add the tiers."),
        name="",
        tiers=(),
        policies=(),
        picture=(),
    ),
)
