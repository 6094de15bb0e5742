# SPDX-License-Identifier: Apache-2.0
"""The ensembles that keep others out of some of their domains, as every request for a host asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.planning.policies import Exclusive
from ensemble_api.records import MemberStatus
from ensemble_api.store import locations, models, rows
from ensemble_api.store.locations import LocatedMember

_MEMBER = models.Member
_COLUMNS = (
    *(_MEMBER.ensemble_id, _MEMBER.tier, _MEMBER.host, _MEMBER.status, _MEMBER.server_id),
    *(_MEMBER.current_host, _MEMBER.server_status, _MEMBER.leaving),
)


@dataclass(frozen=True, slots=True)
class ExclusiveEnsemble:
    """One of them, with its exclusive policies and all its members where they are now.

    ``building`` are the hosts on which servers of it are built.
    """

    id: str
    project_id: str
    policies: tuple[Exclusive, ...]
    members: tuple[LocatedMember, ...]
    building: frozenset[str]


class ExclusiveEnsembles:
    """Reads them; what an ensemble describes is read again only when its row has changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, datetime], tuple[Exclusive, ...]] = {}

    def read(self, session: orm.Session) -> list[ExclusiveEnsemble]:
        """All of them."""
        model = models.Ensemble
        found = session.execute(
            sa.select(model.id, model.project_id, model.updated_at).where(model.exclusive)
        ).all()
        if not found:
            return []
        ids = [row.id for row in found]
        self._describe(session, [(row.id, row.updated_at) for row in found])
        members: dict[str, list[Any]] = {each: [] for each in ids}
        for member in session.execute(sa.select(*_COLUMNS).where(_MEMBER.ensemble_id.in_(ids))):
            members[member.ensemble_id].append(member)
        under_way = locations.moves(session, ids)
        return [
            ExclusiveEnsemble(
                row.id,
                row.project_id,
                self._known[row.id, row.updated_at],
                tuple(locations.located(members[row.id], under_way)),
                frozenset(
                    each.host
                    for each in members[row.id]
                    if each.status == MemberStatus.BUILDING.value
                ),
            )
            for row in found
        ]

    def _describe(self, session: orm.Session, versions: Sequence[tuple[str, datetime]]) -> None:
        """Know the policies of these ensembles as they are now, and of no others."""
        known = self._known
        new = [ensemble_id for ensemble_id, at in versions if (ensemble_id, at) not in known]
        described = {}
        if new:
            model = models.Ensemble
            for row in session.scalars(sa.select(model).where(model.id.in_(new))):
                policies = rows.described(row, {}, {}).policies
                described[row.id] = tuple(each for each in policies if isinstance(each, Exclusive))
        self._known = {
            (ensemble_id, at): known.get((ensemble_id, at), described.get(ensemble_id, ()))
            for ensemble_id, at in versions
        }
