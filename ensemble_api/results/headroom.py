# SPDX-License-Identifier: Apache-2.0
"""Which failures would leave ensembles without places, as operators ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_api.planning.cloud_headroom import DomainHeadroom


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an ensemble is that was looked at, and what it is called."""

    name: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Headroom:
    """One page of the domains of a level that hold members, and all of them, the worst first.

    ``owners`` are the ensembles that were looked at, by id, ``left_out`` how many others there are:
    more than are looked at, or such as do not go with the cloud as it is now. ``first`` is the
    number of the page's first domain, from 1. All of it was so ``at`` a time (ISO 8601 in UTC).
    """

    level: str
    at: str
    page: tuple[DomainHeadroom, ...]
    every: tuple[DomainHeadroom, ...]
    first: int
    owners: Mapping[str, Owner]
    left_out: int

    @property
    def more(self) -> bool:
        """Whether there are domains after this page."""
        return self.first - 1 + len(self.page) < len(self.every)

    @property
    def without(self) -> int:
        """How many ensembles some failure would leave with a member without a place."""
        return len({each.key for room in self.every for each in room.without})
