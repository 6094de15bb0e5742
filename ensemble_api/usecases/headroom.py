# SPDX-License-Identifier: Apache-2.0
"""Tell operators which failures would leave members without places, over all ensembles."""

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.planning.cloud_headroom import DomainHeadroom, cloud_headroom
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.records import Status
from ensemble_api.results.headroom import Headroom, Owner
from ensemble_api.solver.process import solve
from ensemble_api.store import rows
from ensemble_api.store.built import BuiltEnsembles
from ensemble_api.usecases.hosts import NO_LEVEL
from ensemble_api.usecases.repair_plans import RepairPlans

LOG = logging.getLogger(__name__)
MOST = 500  # ensembles that are looked at
PERIOD = timedelta(minutes=1)
"""For how long a result is told again, as long as nothing has been seen to change."""
LISTED = timedelta(minutes=10)
"""For how long who goes through the pages of a result gets them of that one, if it is kept."""

_NO_MARKER = Sentence("invalid.no-marker-of-pages", "is not the marker of a link to a next page")
_Rank = tuple[int, int, int, str]


@dataclass(frozen=True, slots=True)
class HeadroomSearch:
    """Which domains to tell: those of a ``level``, so many after the page that ends at ``marker``.

    ``marker`` is what ``marker`` gave of that page.
    """

    level: str = "host"
    limit: int = 100
    marker: str | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    """All domains of a level, as of a time at which the cloud was seen in a ``version``."""

    version: tuple[object, ...]
    at: datetime
    every: tuple[DomainHeadroom, ...]
    owners: Mapping[str, Owner]
    left_out: int


class Headrooms:
    """Fails domains of the whole cloud in thought; nothing is moved, reserved or recorded.

    What came of it is kept in memory, the last result of each level, and told again for a while,
    unless other hosts or members have been seen since. Whoever asks meanwhile waits for the same.
    """

    def __init__(
        self,
        ensembles: BuiltEnsembles,
        plans: RepairPlans,
        levels: tuple[str, ...],
    ) -> None:
        self._ensembles = ensembles
        self._plans = plans
        self._locks = {level: threading.Lock() for level in levels}
        self._kept: dict[str, _Result] = {}

    def find(self, context: Context, search: HeadroomSearch) -> Headroom:
        """Tell what the failure of each domain would leave without a place, the worst first.

        :raises ensemble_api.exception.Invalid: for a level that the cloud lacks, or a marker that
            is none.
        """
        if search.level not in self._locks:
            levels = listed(list(self._locks))
            raise exception.Invalid(NO_LEVEL(levels=levels), field="level")
        after = None if search.marker is None else _read(search.marker)
        with self._locks[search.level]:
            found = self._result(context, search.level, after and after[0])
            self._kept[search.level] = found
        start = 0
        if after is not None:
            # By rank: in another result than the marker's, its domain may have moved or be gone.
            start = sum(_rank(each) <= after[1] for each in found.every)
        page = found.every[start : start + search.limit]
        at = rows.iso(found.at)
        return Headroom(
            search.level, at, page, found.every, start + 1, found.owners, found.left_out
        )

    def _result(self, context: Context, level: str, listed_at: str | None) -> _Result:
        """What is kept, if that will do; else it is worked out anew."""
        kept, now = self._kept.get(level), rows.now()
        if kept and rows.iso(kept.at) == listed_at and now - kept.at < LISTED:
            return kept
        version = self._ensembles.version()
        if kept and kept.version == version and now - kept.at < PERIOD:
            return kept
        records, count = self._ensembles.oldest(MOST)
        records.sort(key=lambda each: each.status is not Status.DEGRADED)  # they are by age
        hits, sure = self._plans.standing(context, records)
        hits = [each for each in hits if _goes_with(each)]
        found = cloud_headroom(hits, level, solve=solve)
        if not sure:
            found = tuple(_perhaps(found))
        known = {each.key for each in hits}
        owners = {
            each.id: Owner(each.name, each.project_id) for each in records if each.id in known
        }
        return _Result(version, now, tuple(sorted(found, key=_rank)), owners, count - len(owners))


def marker(found: Headroom) -> str:
    """Where the next page goes on: of which result, and after which domain."""
    *order, path = _rank(found.page[-1])
    return " ".join([found.at, *map(str, order), path])


def _read(text: str) -> tuple[str, _Rank]:
    """The time of a result and the rank of its domain that ``marker`` has put together."""
    try:
        at, fits, missing, lost, path = text.split(" ", 4)
        return at, (int(fits), int(missing), int(lost), path)
    except ValueError:
        raise exception.Invalid(_NO_MARKER(), field="marker") from None


def _goes_with(hit: Hit) -> bool:
    """Whether an ensemble asks for nothing that the cloud lacks now."""
    topology = hit.snapshot.topology
    try:
        for policy in hit.ensemble.policies:
            topology.require(policy.level)
    except ModelError as error:
        LOG.warning("Ensemble %s does not go with the cloud now: %s", hit.key, error)
        return False
    return True


def _perhaps(rooms: Iterable[DomainHeadroom]) -> Iterable[DomainHeadroom]:
    """Take back what is impossible, while some of what is free may have been counted twice."""
    for room in rooms:
        without = tuple(replace(each, fits=None) for each in room.without)
        yield replace(room, fits=room.fits or None, without=without)


def _rank(room: DomainHeadroom) -> _Rank:
    """Those first that leave most without a place, then those that are not decided."""
    order = (False, None, True).index(room.fits)
    missing = sum(each.missing for each in room.without)
    return order, -missing, -room.lost, "/".join(room.domain.path)
