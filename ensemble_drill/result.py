# SPDX-License-Identifier: Apache-2.0
"""What came of a drill: all that its report shows, and JSON holds."""

import dataclasses
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensemble_drill.criteria import Criteria, Verdict
from ensemble_drill.service import Domain, Layout, Loss, Placement, Service
from ensemble_drill.watched import Event

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the service as one method had built it.

    `predicted` is what the failure of each domain of the level would take, `loss` what the one that
    failed took by Nova's answers; `predicted_places` and `places` are where the lost members were
    to go and went; `back` are those that ran again in the end, and `running` is how many ran at
    which second.
    """

    method: str
    title: str
    how: str
    before: Placement
    after: Placement
    back: tuple[str, ...]
    predicted: Mapping[str, Loss]
    loss: Loss
    predicted_places: Placement | None
    healed_after: float | None
    repaired: bool
    verdicts: tuple[Verdict, ...]
    running: tuple[tuple[float, int], ...]
    judged: bool
    """Whether the exit code goes by it; the others are there to compare."""

    @property
    def places(self) -> Placement:
        """Where the lost members are now."""
        return {name: self.after[name] for name in self.loss.lost if name in self.after}

    def agreed(self, domain: Domain) -> bool:
        """Whether exactly those were lost that had been predicted, and healed where predicted."""
        return self.lost_agreed(domain) and self.places_agreed

    def lost_agreed(self, domain: Domain) -> bool:
        """Whether exactly those were lost that had been predicted."""
        return self.predicted[domain.name].lost == self.loss.lost

    @property
    def places_agreed(self) -> bool:
        """Whether the healed members are where they were to go.

        True where nothing was healed or no places were predicted.
        """
        if self.predicted_places is None or self.healed_after is None:
            return True
        return dict(self.predicted_places) == dict(self.places)

    @property
    def passed(self) -> bool:
        """Whether every criterion is met."""
        return all(each.passed for each in self.verdicts)


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that was run: `at` so many seconds after the failure began, for so many `seconds`.

    `given` is what it was told in its environment, `said` what it said, line by line.
    """

    command: str
    at: float
    seconds: float
    given: Mapping[str, str]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drill:
    """One failure and what it did to a service, built in one way or several."""

    date: str
    cloud: str
    seed: int
    chosen: str
    """Why this domain, in words."""
    domain: Domain
    layout: Layout
    service: Service
    criteria: Criteria
    load: Mapping[str, int]
    """How full each rack was made before, in percent, if the drill has filled any."""
    noticed_after: float | None
    outcomes: tuple[Outcome, ...]
    events: tuple[Event, ...]
    commands: tuple[Ran, ...]
    """Those of the operator's that let it fail and brought it back."""

    @property
    def agreed(self) -> bool:
        """Whether what was predicted is what happened, member by member, for every method."""
        return all(each.agreed(self.domain) for each in self.outcomes)

    @property
    def passed(self) -> bool:
        """Whether all that is judged met the criteria, and every prediction came true.

        Where nothing was judged, nothing has passed.
        """
        judged = [each for each in self.outcomes if each.judged]
        return self.agreed and bool(judged) and all(each.passed for each in judged)

    def json(self) -> dict[str, Any]:
        """Give all of it in the types of JSON."""
        plain = _plain(self)
        plain |= {"format": FORMAT, "agreed": self.agreed, "passed": self.passed}
        for outcome, each in zip(self.outcomes, plain["outcomes"], strict=True):
            each |= {"agreed": outcome.agreed(self.domain), "passed": outcome.passed}
        return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {each.name: _plain(getattr(value, each.name)) for each in fields}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def choose(
    seed: int, domains: Sequence[Domain], predicted: Mapping[str, Mapping[str, Loss]], judged: str
) -> tuple[Domain, str]:
    """Choose the domain that fails, and say how.

    By lot among those in which the service has servers however it was built, so that all methods
    are put to the test; where there is none such, among those in which the `judged` one has some.
    `predicted` is by method and domain. Raises ValueError where no failure would hit that one.
    """
    level = domains[0].level
    every = {
        each: {method for method, losses in predicted.items() if losses[each.name].lost}
        for each in domains
    }
    whole = [each for each, hit in every.items() if hit == predicted.keys()]
    left = whole or [each for each, hit in every.items() if judged in hit]
    if not left:
        raise ValueError(f"no {level} has a member of the ensemble, so no failure would show any")
    who = "each of them has servers" if whole else "the ensemble has servers"
    names = ", ".join(each.name for each in left)
    said = f"by seed {seed} among the {level}s in which {who}: {names}"
    return random.Random(seed).choice(left), said  # noqa: S311
