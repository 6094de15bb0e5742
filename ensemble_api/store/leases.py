# SPDX-License-Identifier: Apache-2.0
"""Leases: which worker may act on which ensemble, and until when."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried

_TIMES = sa.select(models.Ensemble.updated_at, models.Ensemble.lease_until).where(
    models.Ensemble.id == sa.bindparam("ensemble")
)
UNATTENDED = timedelta(seconds=15)  # without a worker, beyond the pauses between two steps
# What is settled has nothing under way.
UNSETTLED = sa.exists().where(
    models.Operation.ensemble_id == models.Ensemble.id, models.Operation.ended_at.is_(None)
)
_UNATTENDED = (
    sa.select(models.Ensemble.id)
    .where(
        UNSETTLED,
        sa.or_(
            models.Ensemble.lease_until.is_(None),
            models.Ensemble.lease_until < sa.bindparam("now"),
        ),
    )
    .order_by(models.Ensemble.updated_at)
    .limit(100)
)


class Leases(Database):
    """The leases of all ensembles."""

    @retried
    def claim(self, ensemble_id: str, owner: str, seconds: float) -> bool:
        """Take the lease of an unsettled ensemble if it is free; say whether that worked.

        A time in which nobody worked on it is not counted as time without progress.
        """
        now, model = rows.now(), models.Ensemble
        with self.reading() as session:
            row = session.execute(_TIMES, {"ensemble": ensemble_id}).first()
            if row is None:
                return False
            alone = now - max(row.updated_at, row.lease_until or row.updated_at)
            progress = row.updated_at + (alone if alone > UNATTENDED else timedelta())
        with self.writing() as session:
            result: Any = session.execute(
                sa.update(rows.ENSEMBLES)
                .where(
                    model.id == ensemble_id,
                    UNSETTLED,
                    sa.or_(
                        model.lease_until.is_(None),
                        model.lease_until < now,
                        model.lease_owner == owner,
                    ),
                )
                .values(
                    lease_owner=owner,
                    lease_until=now + timedelta(seconds=seconds),
                    updated_at=progress,
                )
            )
            return bool(result.rowcount)

    @retried
    def renew(self, ensemble_id: str, owner: str, seconds: float) -> bool:
        """Prolong the lease that ``owner`` has; False when it is lost."""
        now, model = rows.now(), models.Ensemble
        with self.writing() as session:
            result: Any = session.execute(
                sa.update(rows.ENSEMBLES)
                .where(model.id == ensemble_id, model.lease_owner == owner)
                .values(lease_until=now + timedelta(seconds=seconds))
            )
            return bool(result.rowcount)

    @retried
    def release(self, ensemble_id: str, owner: str) -> None:
        """Give the lease back, if ``owner`` has it."""
        model = models.Ensemble
        with self.writing() as session:
            session.execute(
                sa.update(rows.ENSEMBLES)
                .where(model.id == ensemble_id, model.lease_owner == owner)
                .values(lease_owner=None, lease_until=None)
            )

    @retried
    def release_others(self, owner: str, kept: Collection[str]) -> None:
        """Give back all leases that ``owner`` has, but those of the ensembles ``kept``."""
        model = models.Ensemble
        with self.writing() as session:
            session.execute(
                sa.update(rows.ENSEMBLES)
                .where(model.lease_owner == owner, model.id.not_in(kept))
                .values(lease_owner=None, lease_until=None)
            )

    def unsettled(self) -> list[str]:
        """The ids of ensembles that need a worker and have none, the oldest first."""
        with self.reading() as session:
            return list(session.scalars(_UNATTENDED, {"now": rows.now()}))
