# SPDX-License-Identifier: Apache-2.0
"""Leases: which worker may act on which ensemble, and until when."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ensemble_api.operations import OperationStatus, OperationType
from ensemble_api.records import MemberStatus, Status
from ensemble_api.store import operations, rows
from ensemble_api.store.database import Database, retried

_ENSEMBLE, _OPERATION, _MEMBER = rows.ENSEMBLES.c, rows.OPERATIONS.c, rows.MEMBERS.c
_NOW: Any = sa.bindparam("now")
_IT = _ENSEMBLE.id == sa.bindparam("ensemble")
_OWNED = _ENSEMBLE.lease_owner == sa.bindparam("owner")
_FREE = sa.or_(_ENSEMBLE.lease_until.is_(None), _ENSEMBLE.lease_until < _NOW)
UNATTENDED = timedelta(seconds=15)  # without a worker, beyond the pauses between two steps
# What is settled has nothing under way.
UNSETTLED = sa.exists().where(_OPERATION.ensemble_id == _ENSEMBLE.id, _OPERATION.ended_at.is_(None))
# A later release, which runs beside this one during an upgrade, is left what it alone knows.
_KNOWN = sa.and_(
    UNSETTLED.where(
        _OPERATION.type.in_([each.value for each in OperationType]),
        _OPERATION.status.in_([each.value for each in OperationStatus]),
    ),
    _ENSEMBLE.status.in_([each.value for each in Status]),
    ~sa.exists().where(
        _MEMBER.ensemble_id == _ENSEMBLE.id,
        _MEMBER.status.not_in([each.value for each in MemberStatus]),
    ),
)
# A change that only removes, and waits for somebody: a repair of the others goes before it.
_GOING = (OperationStatus.REMOVING.value, OperationStatus.UNDOING.value)
WAITING = sa.and_(
    _ENSEMBLE.blocked.is_not(None),
    sa.exists().where(
        _OPERATION.ensemble_id == _ENSEMBLE.id,
        _OPERATION.ended_at.is_(None),
        _OPERATION.type == OperationType.CHANGE.value,
        _OPERATION.status.in_(_GOING),
    ),
)
_UNDER_WAY = (
    sa.select(_ENSEMBLE.updated_at, _ENSEMBLE.lease_until, *_OPERATION)
    .join_from(rows.ENSEMBLES, rows.OPERATIONS, _OPERATION.ensemble_id == _ENSEMBLE.id)
    .where(_IT, _OPERATION.ended_at.is_(None))
)
_UNATTENDED = sa.select(_ENSEMBLE.id).where(_KNOWN, _FREE).order_by(_ENSEMBLE.updated_at).limit(100)
_CLAIM = sa.update(rows.ENSEMBLES).where(_IT, _KNOWN, sa.or_(_FREE, _OWNED))
_MINE = sa.update(rows.ENSEMBLES).where(_IT, _OWNED)


class Leases(Database):
    """The leases of all ensembles."""

    @retried
    def claim(self, ensemble_id: str, owner: str, seconds: float) -> bool:
        """Take the lease of an unsettled ensemble if it is free; say whether that worked.

        A time in which nobody worked on it is not counted as time without progress. What a later
        release has written, which runs beside this one during an upgrade, is left to it.
        """
        now = rows.now()
        with self.reading() as session:
            row = session.execute(_UNDER_WAY, {"ensemble": ensemble_id}).first()
            if row is None or not operations.loses_nothing(row):
                return False
            alone = now - max(row.updated_at, row.lease_until or row.updated_at)
            progress = row.updated_at + (alone if alone > UNATTENDED else timedelta())
        with self.writing() as session:
            result: Any = session.execute(
                _CLAIM,
                {
                    "ensemble": ensemble_id,
                    "owner": owner,
                    "now": now,
                    "lease_owner": owner,
                    "lease_until": now + timedelta(seconds=seconds),
                    "updated_at": progress,
                },
            )
            return bool(result.rowcount)

    @retried
    def renew(self, ensemble_id: str, owner: str, seconds: float) -> bool:
        """Prolong the lease that ``owner`` has; False when it is lost."""
        until = rows.now() + timedelta(seconds=seconds)
        with self.writing() as session:
            result: Any = session.execute(
                _MINE, {"ensemble": ensemble_id, "owner": owner, "lease_until": until}
            )
            return bool(result.rowcount)

    @retried
    def release(self, ensemble_id: str, owner: str) -> None:
        """Give the lease back, if ``owner`` has it."""
        with self.writing() as session:
            session.execute(
                _MINE,
                {
                    "ensemble": ensemble_id,
                    "owner": owner,
                    "lease_owner": None,
                    "lease_until": None,
                },
            )

    @retried
    def release_others(self, owner: str, kept: Collection[str]) -> None:
        """Give back all leases that ``owner`` has, but those of the ensembles ``kept``."""
        with self.writing() as session:
            session.execute(
                sa.update(rows.ENSEMBLES)
                .where(_ENSEMBLE.lease_owner == owner, _ENSEMBLE.id.not_in(kept))
                .values(lease_owner=None, lease_until=None)
            )

    def unsettled(self) -> list[str]:
        """The ids of ensembles that need a worker and have none, the oldest first."""
        with self.reading() as session:
            return list(session.scalars(_UNATTENDED, {"now": rows.now()}))
