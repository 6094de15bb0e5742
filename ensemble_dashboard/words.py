# SPDX-License-Identifier: Apache-2.0
"""Ensembles in the words of the pages: statuses, levels, and what a name looks like when shown."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text: TypeAlias = str | Promise

STATUSES: tuple[tuple[str, Text], ...] = (
    ("RESERVING", _("Reserving")),
    ("BUILDING", _("Building")),
    ("ACTIVE", _("Active")),
    ("ROLLING_BACK", _("Rolling back")),
    ("ERROR", _("Error")),
    ("DELETING", _("Deleting")),
)
SETTLED = ("ACTIVE", "ERROR")
LEVELS: dict[str, Text] = {"host": _("host"), "rack": _("rack"), "zone": _("zone")}


def status(value: str) -> Text:
    """Give the word for a status; one we do not know is shown as it came."""
    return dict(STATUSES).get(value, value)


def level(value: str) -> Text:
    """Give the word for a level; operators may configure more than the three we can translate."""
    return LEVELS.get(value, value)


def inert(text: str) -> str:
    """Give the text so that AngularJS does not evaluate it.

    Horizon compiles its whole page, also the messages that name what was deleted; a name with
    ``{$ ... $}`` in it would run there. An invisible word joiner after the brace stops that.
    """
    return text.replace("{$", "{\u2060$").replace("$}", "$\u2060}")


def size(tiers: Sequence[Mapping[str, Any]]) -> int:
    """Count the members of all tiers."""
    return sum(int(tier.get("count", 0)) for tier in tiers)
