# SPDX-License-Identifier: Apache-2.0
"""Leases: which worker may act on which ensemble, and until when."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ensemble_api.records import Status
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried

UNATTENDED = timedelta(seconds=15)  # without a worker, beyond the pauses between two steps
SETTLED = tuple(status.value for status in Status if status.settled)


class Leases(Database):
    """The leases of all ensembles."""

    @retried
    def claim(self, ensemble_id: str, owner: str, seconds: float) -> bool:
        """Take the lease of an unsettled ensemble if it is free; say whether that worked.

        A time in which nobody worked on it is not counted as time without progress.
        """
        now, model = rows.now(), models.Ensemble
        with self.reading() as session:
            row = session.get(model, ensemble_id)
            if row is None:
                return False
            alone = now - max(row.updated_at, row.lease_until or row.updated_at)
            progress = row.updated_at + (alone if alone > UNATTENDED else timedelta())
        with self.writing() as session:
            result: Any = session.execute(
                sa.update(model)
                .where(
                    model.id == ensemble_id,
                    model.status.not_in(SETTLED),
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
                sa.update(model)
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
                sa.update(model)
                .where(model.id == ensemble_id, model.lease_owner == owner)
                .values(lease_owner=None, lease_until=None)
            )

    @retried
    def release_others(self, owner: str, kept: Collection[str]) -> None:
        """Give back all leases that ``owner`` has, but those of the ensembles ``kept``."""
        model = models.Ensemble
        with self.writing() as session:
            session.execute(
                sa.update(model)
                .where(model.lease_owner == owner, model.id.not_in(kept))
                .values(lease_owner=None, lease_until=None)
            )

    def unsettled(self) -> list[str]:
        """The ids of ensembles that need a worker and have none, the oldest first."""
        model = models.Ensemble
        with self.reading() as session:
            return list(
                session.scalars(
                    sa.select(model.id)
                    .where(
                        model.status.not_in(SETTLED),
                        sa.or_(model.lease_until.is_(None), model.lease_until < rows.now()),
                    )
                    .order_by(model.updated_at)
                    .limit(100)
                )
            )
