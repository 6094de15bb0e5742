# SPDX-License-Identifier: Apache-2.0
"""Changes of a single field that are enough for the whole ensemble."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ensemble_api.planning.changes.reduction import needed_edits
from ensemble_api.planning.changes.trials import Trials
from ensemble_api.planning.changes.values import (
    OF_TIERS,
    WAYS,
    is_counted,
    is_flavor,
    new_values,
    smaller_counts,
)
from ensemble_api.planning.edits import Edits
from ensemble_api.planning.message import legacy_text
from ensemble_api.planning.result import Reason

# How many of the values of a field that counting leaves open are planned.
_TRIES = 4


@dataclass(frozen=True, slots=True)
class SingleChanges:
    """Looks for changes of one field; `levels` are those of the cloud, the smallest first."""

    trials: Trials
    levels: Sequence[str]
    most: int

    def of_reason(self, reason: Reason) -> list[Edits]:
        """Give changes of what a reason names; one may cut all tiers alike."""
        ensemble = self.trials.ensemble
        found = (self._nearest_step(steps) for steps in new_values(ensemble, reason, self.levels))
        single = list(islice((edits for edits in found if edits is not None), self.most))
        if any(self._cuts_below(reason, edits) for edits in single):
            edits = self.trials.first_fitting(smaller_counts(ensemble))
            less = None if edits is None else needed_edits(self.trials, edits)
            if less is not None and less not in single:
                single = [*single[: self.most - 1], less]
        return single

    def _cuts_below(self, reason: Reason, edits: Edits) -> bool:
        """Whether a tier is cut below what there is room for, since others need that room."""
        if reason.policy is not None or len(reason.tiers) != 1 or not reason.supply:
            return False
        tiers = self.trials.ensemble.tiers
        number = [tier.name for tier in tiers].index(reason.tiers[0])
        count = edits.get(f"tiers[{number}].count")
        return isinstance(count, int) and count < reason.supply and len(tiers) > 1

    def of_any_field(self) -> list[Edits]:
        """Give changes of any field, whether a reason names its policy or tier or not."""
        found: list[Edits] = []
        for steps in self._of_everything():
            edits = self._nearest_step(steps)
            if edits is not None and edits not in found:
                found.append(edits)
            if len(found) == self.most:
                break
        return found

    def _of_everything(self) -> Iterator[Sequence[Edits]]:
        ensemble = self.trials.ensemble
        names = tuple(tier.name for tier in ensemble.tiers)
        hard = [index for index, policy in enumerate(ensemble.policies) if policy.hard]
        for way in WAYS:
            # Of tiers once, of policies one after the other.
            for policy in (None,) if way in OF_TIERS else hard:
                reason = Reason("", legacy_text(""), policy=policy, tiers=names)
                yield from new_values(ensemble, reason, self.levels, (way,))

    def _nearest_step(self, steps: Sequence[Edits]) -> Edits | None:
        """Give the nearest step that is enough for the whole ensemble; None when none is found.

        More or fewer members of a tier that a policy counts are not always easier, and neither are
        other flavors. So of those the first that counting leaves open are planned one by one.
        """
        flavors = is_flavor(steps)
        if flavors or self._uneven(steps):
            possible = islice((each for each in steps if self.trials.possible(each)), _TRIES)
            edits = next((each for each in possible if self.trials.fits(each)), None)
            if flavors or edits is not None:
                return edits
        return self.trials.first_fitting(steps)

    def _uneven(self, steps: Sequence[Edits]) -> bool:
        """Whether steps change how many there are of a tier whose members a policy counts."""
        ensemble = self.trials.ensemble
        return len(steps) > 1 and any(
            f"tiers[{number}].count" in steps[0] and is_counted(ensemble, tier.name)
            for number, tier in enumerate(ensemble.tiers)
        )
