# SPDX-License-Identifier: Apache-2.0
"""What a drill must show to be passed, and whether it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ensemble_yaml
from ensemble_drill.service import Loss

FIELDS = ("max_servers_lost", "tiers_kept", "healed_within")
_MOST_SECONDS = 86_400


class CriteriaError(ValueError):
    """A file of criteria that cannot be used; the text names the field."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """The limits of a drill; None is a limit that is not set. Raises CriteriaError."""

    max_servers_lost: int | None = None
    tiers_kept: Mapping[str, int] = field(default_factory=dict)
    """The least that must be left of a tier, by its name; of any other tier one."""
    healed_within: int | None = None
    """Seconds from the failure until all members run again."""

    def __post_init__(self) -> None:
        _whole("max_servers_lost", self.max_servers_lost, 0, 10_000)
        _whole("healed_within", self.healed_within, 1, _MOST_SECONDS)
        for tier, least in self.tiers_kept.items():
            if least is None:
                raise CriteriaError(f"tiers_kept.{tier}: must be a whole number")
            _whole(f"tiers_kept.{tier}", least, 1, 10_000)

    def minimum(self, tier: str) -> int:
        """Give the least that must be left of a tier."""
        return self.tiers_kept.get(tier, 1)


def _whole(name: str, value: Any, least: int, most: int) -> None:
    if value is None:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise CriteriaError(f"{name}: must be a whole number from {least} to {most}")


def read(path: Path) -> Criteria:
    """Read a YAML file with the fields of Criteria. Raises CriteriaError."""
    try:
        with path.open("rb") as stream:
            text = stream.read(ensemble_yaml.MAX_BYTES + 1)
    except OSError as error:
        raise CriteriaError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return parse(text)
    except CriteriaError as error:
        raise CriteriaError(f"{path}: {error}") from None


def parse(text: bytes) -> Criteria:
    """Read the text of such a file. Raises CriteriaError."""
    try:
        node = ensemble_yaml.read(text)
        content = None if node is None else ensemble_yaml.plain(node)
    except ensemble_yaml.YamlError as error:
        raise CriteriaError(str(error)) from None
    if not isinstance(content, dict):
        raise CriteriaError(f"must be a mapping with some of {', '.join(FIELDS)}")
    for name in content:
        if name not in FIELDS:
            raise CriteriaError(f"{name}: there is no such field; there are {', '.join(FIELDS)}")
    kept = content.get("tiers_kept", {})
    if not isinstance(kept, dict):
        raise CriteriaError("tiers_kept: must be a mapping from tiers to numbers")
    return Criteria(content.get("max_servers_lost"), kept, content.get("healed_within"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One criterion: what was to be, what was found, and whether that is good enough."""

    criterion: str
    wanted: str
    found: str
    passed: bool

    @property
    def word(self) -> str:
        """PASSED or FAILED."""
        return "PASSED" if self.passed else "FAILED"


def judge(
    criteria: Criteria, loss: Loss, healed_after: float | None, *, repaired: bool
) -> tuple[Verdict, ...]:
    """Judge what a failure took, and after how many seconds all members ran again.

    `healed_after` is None for never; `repaired` is whether anybody was there to repair.
    """
    found = [_kept(criteria, loss)]
    if criteria.max_servers_lost is not None:
        most, lost = criteria.max_servers_lost, len(loss.lost)
        found.insert(0, Verdict("servers lost", f"at most {most}", str(lost), lost <= most))
    if criteria.healed_within is not None:
        said = "not healed: nobody repairs it" if not repaired else "not healed"
        if healed_after is not None:
            said = f"{healed_after:.0f} s" if loss.lost else "nothing to heal"
        passed = healed_after is not None and healed_after <= criteria.healed_within
        found.append(Verdict("healed", f"within {criteria.healed_within} s", said, passed))
    return tuple(found)


def _kept(criteria: Criteria, loss: Loss) -> Verdict:
    wanted = ", ".join(f"{tier} {criteria.minimum(tier)}" for tier in loss.left)
    left = ", ".join(f"{tier} {count}" for tier, count in loss.left.items())
    word = "kept" if loss.kept else "lost"
    return Verdict("service", f"at least {wanted} left", f"{word}: {left} left", loss.kept)
