# SPDX-License-Identifier: Apache-2.0
"""Capacity held for recovery: what is recorded of it, and how it stands with an ensemble's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ensemble_api.planning.message import Message


class HoldStatus(StrEnum):
    """How far one hold is."""

    WANTED = "WANTED"  # Placement is asked for it, or is about to be
    HELD = "HELD"
    CLOSED = "CLOSED"  # it is about to be given back; its host is closed to all but the lost
    GIVEN_BACK = "GIVEN_BACK"  # so is it now that what was held is free there

    @property
    def in_use(self) -> bool:
        """Whether a failure is being recovered from with it."""
        return self in (HoldStatus.CLOSED, HoldStatus.GIVEN_BACK)


class ReserveStatus(StrEnum):
    """How it stands with the capacity that an ensemble wants to be held."""

    HELD = "held"
    IN_USE = "in-use"  # members are lost, and it is there for them alone
    NOT_HELD = "not-held"


@dataclass(frozen=True, slots=True)
class ReserveState:
    """How it stands with it ``since`` when (ISO 8601 in UTC), and why where it is not held."""

    status: ReserveStatus
    since: str = field(default="", compare=False)
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose consumers the holds are in Placement: the service project and our user in it."""

    project_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Amount:
    """What is held for recovery, or may be, in the units of Nova's quotas; less than 0: any."""

    cores: int
    ram: int


@dataclass(frozen=True, slots=True)
class RecoveryLimits:
    """What each project may have held; ``guarded`` is whether Nova's scheduler has our filter."""

    most: Amount
    guarded: bool

    @property
    def allow(self) -> bool:
        """Whether anything may be held at all."""
        return self.guarded and self.most.cores != 0 and self.most.ram != 0


NO_RECOVERY: Final = RecoveryLimits(Amount(0, 0), guarded=False)


@dataclass(frozen=True, slots=True)
class RecoveryHold:
    """What one ensemble has held on one host, in units by resource class; ``id`` is its consumer.

    While it is in use, ``servers`` are those of the lost members, to which alone the host is open.
    """

    id: str
    ensemble_id: str
    project_id: str
    host: str
    provider: str
    resources: Mapping[str, int]
    status: HoldStatus = HoldStatus.WANTED
    servers: frozenset[str] = frozenset()


def amount(every: Iterable[Mapping[str, int]]) -> Amount:
    """How much these resources are in all."""
    found: Counter[str] = Counter()
    for each in every:
        found.update(each)
    # Nova counts pinned cores as cores too.
    return Amount(found["VCPU"] + found["PCPU"], found["MEMORY_MB"])


def is_over(most: Amount, used: Amount, more: Amount) -> bool:
    """Whether ``more`` beside what is ``used`` is over a limit."""
    return 0 <= most.cores < used.cores + more.cores or 0 <= most.ram < used.ram + more.ram
