# SPDX-License-Identifier: Apache-2.0
"""Whether a host can be drained: where the members of each ensemble on it would go, or why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import ngettext

from ensemble_dashboard import words


@dataclass(frozen=True, slots=True)
class Moved:
    """One ensemble's members on the host; `fits` is None when it was not decided."""

    ensemble_id: str
    ensemble_name: str
    project: str
    fits: bool | None
    moves: tuple[tuple[str, str, str], ...]  # member, host, and the domains the host is in
    others: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drain:
    """The answer for the whole host, and for each ensemble on it."""

    fits: bool | None
    ensembles: tuple[Moved, ...]

    @property
    def stuck(self) -> int:
        """How many ensembles do not fit elsewhere."""
        return sum(each.fits is False for each in self.ensembles)


def drain(answer: Mapping[str, Any], projects: Mapping[str, str]) -> Drain:
    """Read the drain of a host as the API tells it."""
    return Drain(
        answer["fits"], tuple(_moved(each, projects) for each in answer.get("ensembles", ()))
    )


def _moved(each: Mapping[str, Any], projects: Mapping[str, str]) -> Moved:
    others = each.get("others") or 0
    return Moved(
        str(each["ensemble_id"]),
        str(each["ensemble_name"]),
        projects.get(each["project_id"], each["project_id"]),
        each["fits"],
        tuple(
            (str(move["member"]), str(move["host"]), _place(move)) for move in each.get("moves", ())
        ),
        words.filled(
            ngettext(
                "%(n)d member elsewhere must move as well.",
                "%(n)d members elsewhere must move as well.",
                others,
            ),
            {"n": others},
        )
        if others
        else "",
        tuple(str(reason["message"]) for reason in each.get("reasons", ())),
    )


def _place(move: Mapping[str, Any]) -> str:
    """Name the domains of a move's host, the largest first."""
    above = [str(value) for key, value in move.items() if key not in ("member", "host") and value]
    return " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ".join(reversed(above))
