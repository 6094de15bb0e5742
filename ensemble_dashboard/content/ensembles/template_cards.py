# SPDX-License-Identifier: Apache-2.0
"""What a template looks like at a glance: its tiers as a small picture, and the same in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from ensemble_dashboard import words

DRAWN: Final = 6
"""Tiers that fit into the picture; the words name all of them."""

COLOURS: Final = 10
_COLUMN, _ROWS, _STEP = 26, 3, 12  # of the picture: pixels a tier, members drawn, pixels a member


@dataclass(frozen=True, slots=True)
class TierSketch:
    """A tier of a template: its name, how many members it has as text, and whether it may be off.

    ``drawn`` is how many members the picture shows, ``place`` the tier's among all, from 0.
    """

    place: int
    name: str
    count: str
    drawn: int
    conditional: bool

    @property
    def colour(self) -> int:
        """Give the number of its colour, as the drawing gives it."""
        return self.place % COLOURS

    @property
    def left(self) -> int:
        """Give where its box begins in the picture."""
        return self.place * _COLUMN + 2

    @property
    def middle(self) -> int:
        """Give the middle of its box."""
        return self.left + _COLUMN // 2 - 2

    @property
    def members(self) -> list[int]:
        """Give how high each member is drawn."""
        return [10 + _STEP * row for row in range(self.drawn)]


def sketches(template: Mapping[str, Any]) -> list[TierSketch]:
    """Sketch the tiers of a template's document."""
    tiers = template["ensemble"].get("tiers", ())
    return list(_sketched(tiers if isinstance(tiers, list) else (), template["parameters"]))


def _sketched(tiers: Any, parameters: Mapping[str, Any]) -> Iterator[TierSketch]:
    for place, tier in enumerate(tiers):
        if not isinstance(tier, dict):
            continue
        text, number = _count(tier.get("count"), parameters)
        name = value(tier.get("name"), parameters)
        yield TierSketch(
            place,
            name if isinstance(name, str) else _("a tier"),
            text,
            min(_ROWS, max(1, number)),
            tier.get("when", True) is not True,
        )


def value(given: Any, parameters: Mapping[str, Any]) -> Any:
    """Give a value of a document, and for a parameter its default, None where it has none."""
    name = parameter(given)
    return given if name is None else parameters.get(name, {}).get("default")


def parameter(given: Any) -> str | None:
    """Give the name of the parameter that a value is; None if it is another value."""
    if isinstance(given, dict) and given.keys() == {"get_param"}:
        return str(given["get_param"])
    return None


def _count(given: Any, parameters: Mapping[str, Any]) -> tuple[str, int]:
    """Say how many members a tier has, and give a number of them that is drawn."""
    name, known = parameter(given), value(given, parameters)
    number = known if isinstance(known, int) else 2
    if name is None:
        return words.number(number), number
    for each in parameters.get(name, {}).get("constraints", ()):
        bounds = each.get("range", {})
        if {"min", "max"} <= bounds.keys():
            least, most = (words.number(bounds[end]) for end in ("min", "max"))
            return _("%(least)s to %(most)s") % {"least": least, "most": most}, number
    if isinstance(known, int):
        return _("%(count)s or as chosen") % {"count": words.number(known)}, number
    return _("as chosen"), number


def picture(tiers: list[TierSketch]) -> dict[str, Any]:
    """Give the picture in units of its drawing."""
    drawn = tiers[:DRAWN]
    return {"tiers": drawn, "width": max(1, len(drawn)) * _COLUMN, "height": 2 + 12 * _ROWS + 8}
