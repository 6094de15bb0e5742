# SPDX-License-Identifier: Apache-2.0
"""Plans that are kept for a while, so that what was previewed can be built by its id."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried

MOST = 50  # plans of one project
OLD = 4  # lifetimes after which a plan, which is then no longer built, is forgotten
DAY = timedelta(hours=24)


def remembered(lifetime: timedelta) -> timedelta:
    """For how long a create is known: longer than a plan of this lifetime can be built."""
    return max(DAY, OLD * lifetime)


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """One plan; ``digest`` is of what was planned. An expired one is good for comparing only."""

    id: str
    digest: str
    content: Mapping[str, Any]
    expired: bool


class SavedPlans:
    """The plans of all projects, each with a bounded number of them."""

    def __init__(self, database: Database, lifetime: float) -> None:
        self._database = database
        self._lifetime = timedelta(seconds=lifetime)

    @retried
    def keep(self, project_id: str, digest: str, content: Mapping[str, Any]) -> str:
        """Keep a plan and give its id; what is too old or too many goes, the oldest first."""
        model, now, plan_id = models.SavedPlan, rows.now(), str(uuid.uuid4())
        with self._database.writing() as session:
            surplus = session.scalars(
                sa.select(model.id)
                .where(model.project_id == project_id)
                .order_by(model.created_at.desc(), model.id)
                .offset(MOST - 1)
            ).all()
            old = model.created_at < now - OLD * self._lifetime
            session.execute(sa.delete(model).where(sa.or_(old, model.id.in_(surplus))))
            session.add(
                models.SavedPlan(
                    id=plan_id,
                    project_id=project_id,
                    digest=digest,
                    content=content,
                    created_at=now,
                )
            )
        return plan_id

    @retried
    def purge(self) -> int:
        """Remove what is too old; give how many."""
        model = models.SavedPlan
        with self._database.writing() as session:
            old = model.created_at < rows.now() - OLD * self._lifetime
            result: Any = session.execute(sa.delete(model).where(old))
            return int(result.rowcount)

    def find(self, project_id: str, plan_id: str) -> SavedPlan | None:
        """A plan of this project; None for one of another project, just as for no plan."""
        with self._database.reading() as session:
            row = session.get(models.SavedPlan, plan_id)
            if row is None or row.project_id != project_id:
                return None
            now = rows.now()
            if row.created_at < now - remembered(self._lifetime):
                return None  # whether it was built may be forgotten by now
            expired = row.created_at < now - self._lifetime
            return SavedPlan(row.id, row.digest, row.content, expired)
