# SPDX-License-Identifier: Apache-2.0
"""The levels of failure domains, and what else of aggregates' metadata the operator names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ZONE_KEY = "availability_zone"
KEY = 255  # characters of a key, as Nova has them
_NOT_SHOWN = "filter_tenant_id"  # its values are other projects
LEVEL_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")  # as request bodies may name a level


@dataclass(frozen=True, slots=True)
class Level:
    """One level above the host: its name and the aggregate metadata key that names its domains."""

    name: str
    key: str


def parse_levels(options: Sequence[str]) -> tuple[Level, ...]:
    """Levels, smallest first, from the ``levels`` option (``rack:rack``).

    :raises ValueError: naming the entry that is malformed.
    """
    levels = []
    for entry in options:
        name, _, key = entry.partition(":")
        if not (LEVEL_NAME.fullmatch(name) and key) or name == "host":
            raise ValueError(f"[ensembles] levels: '{entry}' is not level:metadata_key")
        levels.append(Level(name, key))
    if len({level.name for level in levels}) != len(levels):
        raise ValueError("[ensembles] levels: a level is named twice")
    if len({level.key for level in levels}) != len(levels):
        raise ValueError("[ensembles] levels: two levels have the same key")
    return tuple(levels)


def parse_selectors(options: Sequence[str], levels: Iterable[Level]) -> tuple[str, ...]:
    """The keys of aggregates' metadata, in their order, from the ``selectors`` option.

    :raises ValueError: naming the entry whose values no tenant may see.
    """
    of_levels = {level.key for level in levels}
    for key in options:
        if key in of_levels:
            raise ValueError(f"[ensembles] selectors: '{key}' is the key of a level already")
        if not key or len(key) > KEY or key.startswith(_NOT_SHOWN):
            raise ValueError(f"[ensembles] selectors: '{key}' cannot be one")
    return tuple(dict.fromkeys(options))
