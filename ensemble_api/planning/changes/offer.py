# SPDX-License-Identifier: Apache-2.0
"""What a refusal offers: for each of its reasons the smallest changes that were found."""

from collections.abc import Sequence
from dataclasses import replace

from ensemble_api.planning.changes.combined import Causes, CombinedChanges, Shortages
from ensemble_api.planning.changes.single import SingleChanges
from ensemble_api.planning.changes.trials import Trials
from ensemble_api.planning.edits import Edits, describe_edits
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import UNDECIDED, Change, Edit, Reason

_MOST = 5


def with_changes(
    reasons: Sequence[Reason],
    trials: Trials,
    causes: Causes,
    shortages: Shortages,
    levels: Sequence[str],
) -> tuple[Reason, ...]:
    """Give the reasons with their changes, the smallest first, at most five each.

    Where no edit for one reason is enough, edits for several are put together.
    """
    known = not any(reason.code in UNDECIDED for reason in reasons)
    changes = SingleChanges(trials, levels, _MOST)
    single = [changes.of_reason(reason) for reason in reasons]
    if known and not any(single):
        # None of what the reasons name is enough by itself; something else of it may be.
        single = [changes.of_any_field()] * len(reasons)
    combined: list[Edits] = []
    if known and not all(single):
        combined = list(CombinedChanges(trials, causes, shortages, levels).against(reasons))
    given = []
    for reason, own in zip(reasons, single, strict=True):
        concerned = [edits for edits in combined if _concerns(trials.ensemble, reason, edits)]
        found = own or concerned or combined or [edits for each in single for edits in each[:1]]
        offered = tuple(
            Change(
                describe_edits(trials.ensemble, edits),
                tuple(Edit(name, value) for name, value in edits.items()),
            )
            for edits in sorted(found, key=len)[:_MOST]
        )
        given.append(
            replace(reason, changes=offered, suggestion=offered[0].message if offered else None)
        )
    return tuple(given)


def _concerns(ensemble: Ensemble, reason: Reason, edits: Edits) -> bool:
    """Whether one of the edits is of the policy or of a tier of the reason."""
    order = [tier.name for tier in ensemble.tiers]
    places = [f"tiers[{order.index(name)}]." for name in reason.tiers]
    if reason.policy is not None:
        places.append(f"policies[{reason.policy}].")
    return any(field.startswith(place) for field in edits for place in places)
