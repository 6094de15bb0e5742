# SPDX-License-Identifier: Apache-2.0
"""Which failures would leave ensembles without places, as operators ask for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_api.planning.cloud_headroom import DomainHeadroom
from ensemble_api.records import EnsembleRecord


@dataclass(frozen=True, slots=True)
class Headroom:
    """One page of the domains of a level that hold members, and all of them, the worst first.

    ``owners`` are the ensembles that were looked at, by id, ``left_out`` how many others there are:
    more than are looked at, or such as do not go with the cloud as it is now. ``first`` is the
    number of the page's first domain, from 1.
    """

    level: str
    page: tuple[DomainHeadroom, ...]
    every: tuple[DomainHeadroom, ...]
    first: int
    owners: Mapping[str, EnsembleRecord]
    left_out: int

    @property
    def more(self) -> bool:
        """Whether there are domains after this page."""
        return self.first - 1 + len(self.page) < len(self.every)
