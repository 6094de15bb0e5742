# SPDX-License-Identifier: Apache-2.0
"""The order of tiers: which ones a tier waits for, and what shows that those are ready; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.policy import require_tier

AFTER: Final = "after"
"""The field of a tier that names those that come before it."""
GATE: Final = "gate"
"""The field of a tier that says when those that wait for it may begin."""

TIMEOUT: Final = 1800  # seconds
_OF_SIGNALS: Final = ("timeout", "then")

_NO_SIGNAL = Sentence(
    "invalid.gate-without-signal", "is about signals: it goes with wait_for: signal alone"
)
_ITSELF = Sentence(
    "invalid.after-itself", "must name another tier; %(tier)s cannot wait for itself"
)
_CYCLE = Sentence(
    "invalid.after-cycle", "must not go round in a circle: %(tiers)s would wait for each other"
)


class WaitFor(StrEnum):
    """What of each member of a tier lets the tiers after it begin."""

    ACTIVE = "active"  # Nova says that its server is
    SIGNAL = "signal"  # and its guest has signalled


class Then(StrEnum):
    """What comes of signals that are waited for too long."""

    FAIL = "fail"  # what is built is given up; a repair goes on
    GO_ON = "go-on"  # the tiers after begin all the same


@dataclass(frozen=True, slots=True)
class Gate:
    """When those that wait for a tier may begin.

    ``timeout`` is how many seconds may go by without progress once its servers are ACTIVE.
    """

    wait_for: WaitFor = WaitFor.ACTIVE
    timeout: int = TIMEOUT
    then: Then = Then.FAIL

    @classmethod
    def of(cls, tier: Mapping[str, Any]) -> "Gate":
        """That of a tier of the right shape."""
        given = tier.get(GATE, {})
        return cls(
            WaitFor(given.get("wait_for", WaitFor.ACTIVE)),
            given.get("timeout", TIMEOUT),
            Then(given.get("then", Then.FAIL)),
        )

    @property
    def signals(self) -> bool:
        """Whether each member's guest is to signal."""
        return self.wait_for is WaitFor.SIGNAL


def check(tiers: Iterable[Mapping[str, Any]]) -> None:
    """Refuse tiers that could never have their turn; each has the right shape.

    :raises ensemble_api.planning.errors.ModelError: naming the field, as ``tiers[0].after[1]``.
    """
    tiers = tuple(tiers)
    names = {tier["name"]: 1 for tier in tiers}
    for place, each in enumerate(tiers):
        for key in () if Gate.of(each).signals else _OF_SIGNALS:
            if key in each.get(GATE, {}):
                raise ModelError(f"tiers[{place}].{GATE}.{key}", _NO_SIGNAL())
    for field, tier, before in _named(tiers):
        if before == tier:
            raise ModelError(field, _ITSELF(tier=tier))
        require_tier(before, field, names)
    if circle := _circle(tiers):
        fields = {(tier, before): field for field, tier, before in _named(tiers)}
        raise ModelError(fields[circle[0], circle[1]], _CYCLE(tiers=", ".join(circle)))


def completed(tier: Mapping[str, Any]) -> dict[str, Any]:
    """A tier as it is stored: it says of its order what would not hold without a word."""
    left = {key: each for key, each in tier.items() if key not in (AFTER, GATE)}
    if tier.get(AFTER):
        left[AFTER] = list(tier[AFTER])
    gate = tier.get(GATE, {})
    if Gate.of(tier).signals or any(key in gate for key in _OF_SIGNALS):  # which is refused later
        left[GATE] = dict(gate)
    return left


def without(tier: Any, gone: Iterable[str]) -> Any:
    """A tier of which the shape is not known, and which waits for none of those that are gone."""
    before = tier.get(AFTER) if isinstance(tier, dict) else None
    if not isinstance(before, list):
        return tier
    gone = frozenset(gone)
    left = [each for each in before if not (isinstance(each, str) and each in gone)]
    return {**tier, AFTER: left}


def earlier(tiers: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """All tiers that must be ready before each one, also by way of others."""
    direct = {tier["name"]: tier.get(AFTER, ()) for tier in tiers}
    found: dict[str, frozenset[str]] = {}
    for name in direct:
        seen: set[str] = set()
        left = [*direct[name]]
        while left:
            each = left.pop()
            if each not in seen and each in direct:
                seen.add(each)
                left.extend(direct[each])
        found[name] = frozenset(seen)
    return found


def _named(tiers: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Field, tier and whom it waits for, of each one that is named."""
    for place, tier in enumerate(tiers):
        for number, before in enumerate(tier.get(AFTER, ())):
            yield f"tiers[{place}].{AFTER}[{number}]", tier["name"], before


def _circle(tiers: Iterable[Mapping[str, Any]]) -> list[str]:
    """Tiers of which each waits for the next one, and the last for the first; none if none do."""
    left = {tier["name"]: [*tier.get(AFTER, ())] for tier in tiers}
    while ready := [name for name, before in left.items() if not any(b in left for b in before)]:
        for name in ready:
            del left[name]
    if not left:
        return []
    way = [next(iter(left))]
    while len(set(way)) == len(way):
        way.append(next(each for each in left[way[-1]] if each in left))
    return way[way.index(way[-1]) :]
