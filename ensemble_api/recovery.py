# SPDX-License-Identifier: Apache-2.0
"""What an ensemble wants done by itself after a failure, and once capacity is back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from ensemble_api import limits, tier_order
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.planning.wording import level_word
from ensemble_api.stored_fields import known_fields

FIELD: Final = "recovery"
"""The field of an ensemble, and of a tier, that says it."""

_BY_COMMAND = Sentence(
    "recovery.by-command", "Servers that are lost get other places when somebody asks for it."
)
_AT_ONCE = Sentence(
    "recovery.auto",
    "Servers that are lost get other places by themselves, at most %(most)s at once.",
)
_AFTER = Sentence(
    "recovery.auto-after",
    "Servers that are lost for %(delay)s second get other places by themselves, at most %(most)s "
    "at once.",
    "Servers that are lost for %(delay)s seconds get other places by themselves, at most %(most)s "
    "at once.",
)
_LEAVES_LOCKED = Sentence("recovery.leaves-locked", "A server that is locked is left where it is.")
_REBUILDS = Sentence(
    "recovery.rebuilds",
    "A server of %(tiers)s that cannot be evacuated is built anew by its template.",
)
_REBALANCES = Sentence(
    "recovery.rebalances",
    "Once capacity is back, servers move by themselves to where the ensemble is spread best.",
)
_RESERVES = Sentence(
    "recovery.reserves",
    "Capacity is held with which all servers find places after the failure of any one %(level)s.",
    "Capacity is held with which all servers find places after the failure of any %(failures)s "
    "domains of level %(level)s.",
)


class Mode(StrEnum):
    """Who starts something."""

    AUTO = "auto"  # it starts by itself
    MANUAL = "manual"  # whoever may


class Locked(StrEnum):
    """What becomes of a locked server on a host that has failed."""

    EVACUATE = "evacuate"  # as of any other: Nova does not look at locks there
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Reserve:
    """Capacity that is held for the failure of any ``failures`` domains of a level at once.

    Raises ValueError naming the field that is wrong.
    """

    level: str
    failures: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.level, str) or not self.level:
            raise ValueError("level: must name a level")
        _check_number("failures", self.failures, 1, limits.RESERVE_FAILURES)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What is done by itself, from ``delay`` seconds after a loss, for ``at_once`` members a time.

    ``mode`` is who starts a repair of lost members, ``rebalance`` who starts the moves that bring
    the best spread back, ``reserve`` the capacity that is held for failures, None for none. Raises
    ValueError naming the field that is wrong.
    """

    mode: Mode = Mode.MANUAL
    delay: int = 0
    at_once: int = 10
    locked: Locked = Locked.EVACUATE
    rebalance: Mode = Mode.MANUAL
    reserve: Reserve | None = None

    def __post_init__(self) -> None:
        for name, kind in (("mode", Mode), ("locked", Locked), ("rebalance", Mode)):
            try:
                object.__setattr__(self, name, kind(getattr(self, name)))
            except ValueError as error:
                raise ValueError(f"{name}: must be one of {', '.join(kind)}") from error
        _check_number("delay", self.delay, 0, limits.RECOVERY_DELAY)
        _check_number("at_once", self.at_once, 1, limits.RECOVERY_AT_ONCE)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Recovery":
        """What a description of the right shape says, with defaults for what it does not say."""
        said = body.get(FIELD, {})
        wish = said.get("reserve")
        reserve = None if wish is None else Reserve(**known_fields(Reserve, wish))
        return cls(**{**known_fields(cls, said), "reserve": reserve})

    @property
    def described(self) -> dict[str, Any]:
        """All of it as a description has it; nothing where that is what holds without a word."""
        if self == Recovery():
            return {}
        fields = {key: each for key, each in asdict(self).items() if each is not None}
        return {
            key: str(each) if isinstance(each, StrEnum) else each for key, each in fields.items()
        }


def _check_number(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name}: must be a whole number from {least} to {most}")


def rebuilds(body: Mapping[str, Any], tier: str) -> bool:
    """Whether a server of a tier is built anew where it cannot be evacuated.

    KeyError if there is no such tier.
    """
    for each in body["tiers"]:
        if each["name"] == tier:
            return bool(each.get(FIELD, {}).get("rebuild"))
    raise KeyError(tier)


def completed(tier: Mapping[str, Any]) -> dict[str, Any]:
    """A tier as it is stored: it says of its recovery what would not hold without a word."""
    if tier.get(FIELD, {}).get("rebuild"):
        return dict(tier)
    return {key: each for key, each in tier.items() if key != FIELD}


def planned_tiers(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The tiers of a description without what decides no place and no server.

    That is their recovery, and their order.
    """
    left_out = (FIELD, tier_order.AFTER, tier_order.GATE)
    return [
        {key: each for key, each in tier.items() if key not in left_out} for tier in body["tiers"]
    ]


def sentences(body: Mapping[str, Any]) -> Sequence[Message]:
    """What a description means, for people."""
    return tuple(_sentences(Recovery.of(body), body))


def _sentences(recovery: Recovery, body: Mapping[str, Any]) -> Iterator[Message]:
    if recovery.mode is Mode.MANUAL:
        yield _BY_COMMAND()
    elif recovery.delay:
        yield _AFTER(delay=recovery.delay, count=recovery.delay, most=recovery.at_once)
    else:
        yield _AT_ONCE(most=recovery.at_once)
    if recovery.locked is Locked.LEAVE:
        yield _LEAVES_LOCKED()
    if again := [each["name"] for each in body["tiers"] if rebuilds(body, each["name"])]:
        yield _REBUILDS(tiers=listed(again))
    if recovery.rebalance is Mode.AUTO:
        yield _REBALANCES()
    if (reserve := recovery.reserve) is not None:
        yield _RESERVES(
            level=level_word(reserve.level), failures=reserve.failures, count=reserve.failures
        )
