# SPDX-License-Identifier: Apache-2.0
"""Repair: other places for members that have lost theirs."""

from dataclasses import dataclass, field

from ensemble_api.planning.result import Assignment, Reason, Violation


@dataclass(frozen=True, slots=True)
class Repair:
    """Whether all members have a place within the hard policies; None: not decided.

    `moves` are the members that would go, and where: where not all have a place, those that have
    one. `reasons` say why others have none. `unmet` are hard policies that a repair cannot restore,
    since what has failed is needed for that.
    """

    fits: bool | None
    moves: Assignment = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    unmet: tuple[Violation, ...] = ()
