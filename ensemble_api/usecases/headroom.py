# SPDX-License-Identifier: Apache-2.0
"""Tell operators which failures would leave members without places, over all ensembles."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.planning.cloud_headroom import DomainHeadroom, cloud_headroom
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.records import Status
from ensemble_api.results.headroom import Headroom
from ensemble_api.solver.process import solve
from ensemble_api.store.built import BuiltEnsembles
from ensemble_api.usecases.repair_plans import RepairPlans

LOG = logging.getLogger(__name__)
MOST = 500  # ensembles that are looked at

_NO_LEVEL = Sentence("invalid.no-level", "must be one of this cloud's levels: %(levels)s")
_NO_DOMAIN = Sentence("invalid.no-domain-with-members", "is no domain that holds members")


@dataclass(frozen=True, slots=True)
class HeadroomSearch:
    """Which domains to tell: those of a ``level``, so many after the one named ``marker``."""

    level: str = "host"
    limit: int = 100
    marker: str | None = None


class Headrooms:
    """Fails domains of the whole cloud in thought; nothing is moved, reserved or recorded."""

    def __init__(
        self, ensembles: BuiltEnsembles, plans: RepairPlans, levels: tuple[str, ...]
    ) -> None:
        self._ensembles = ensembles
        self._plans = plans
        self._levels = levels

    def find(self, context: Context, search: HeadroomSearch) -> Headroom:
        """Tell what the failure of each domain would leave without a place, the worst first.

        :raises ensemble_api.exception.Invalid: for a level that the cloud lacks, or a marker that
            names no domain with members.
        """
        if search.level not in self._levels:
            levels = listed(list(self._levels))
            raise exception.Invalid(_NO_LEVEL(levels=levels), field="level")
        records, count = self._ensembles.oldest(MOST)
        records.sort(key=lambda each: each.status is not Status.DEGRADED)  # they are by age
        hits, sure = self._plans.standing(context, records)
        hits = [each for each in hits if _goes_with(each)]
        found = cloud_headroom(hits, search.level, solve=solve)
        if not sure:
            found = tuple(_perhaps(found))
        every = tuple(sorted(found, key=_rank))
        start = 0
        if search.marker is not None:
            names = [marker(each) for each in every]
            if search.marker not in names:
                raise exception.Invalid(_NO_DOMAIN(), field="marker")
            start = names.index(search.marker) + 1
        known = {each.key for each in hits}
        owners = {each.id: each for each in records if each.id in known}
        page = every[start : start + search.limit]
        return Headroom(search.level, page, every, start + 1, owners, count - len(owners))


def marker(room: DomainHeadroom) -> str:
    """What a domain is called where a page goes on: all names on the way to it."""
    return "/".join(room.domain.path)


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


def _rank(room: DomainHeadroom) -> tuple[int, int, int, tuple[str, ...]]:
    """Those first that leave most without a place, then those that are not decided."""
    order = (False, None, True).index(room.fits)
    missing = sum(each.missing for each in room.without)
    return order, -missing, -room.lost, room.domain.path
