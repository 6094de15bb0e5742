# SPDX-License-Identifier: Apache-2.0
"""What is stored of ensembles that may be repaired, or spread anew, by themselves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ensemble_api.operations import OperationStatus, OperationType, Requester
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store import models, operations, rows
from ensemble_api.store.database import Database
from ensemble_api.store.leases import UNSETTLED

MOST = 500  # ensembles that are looked at in one go
MOST_FAILURES = 20  # repairs that failed one after the other, and are counted
_IN_VAIN = (OperationStatus.FAILED, OperationStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Repairable:
    """An ensemble that is built, with nothing under way.

    ``requester`` is who asked for something last, ``failures`` how many repairs, or moves, in a row
    have failed or were cancelled, and ``failed_at`` when the last one of these ended, None without
    one.
    """

    record: EnsembleRecord
    requester: Requester
    failures: int = 0
    failed_at: datetime | None = None


class RepairableEnsembles:
    """Reads the ensembles that may have lost members."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def degraded(self) -> list[Repairable]:
        """Those that are DEGRADED, with their members, the oldest first.

        A member that is lost makes its ensemble so, as soon as that was observed.
        """
        return self._find([Status.DEGRADED], OperationType.REPAIR)

    def built(self) -> list[Repairable]:
        """All that are built, with their members, the oldest first; ``failures`` are of moves."""
        return self._find([each for each in Status if each.built], OperationType.MOVE)

    def _find(self, statuses: Iterable[Status], counted: OperationType) -> list[Repairable]:
        model = models.Ensemble
        wanted = [each.value for each in statuses]
        query = (
            sa.select(model)
            .where(model.status.in_(wanted), ~UNSETTLED, model.unjudged.is_(False))
            .order_by(model.created_at, model.id)
            .limit(MOST)
        )
        found = []
        with self._database.reading() as session:
            for record in rows.with_members(session, session.scalars(query).all()):
                asked = operations.last_requester(session, record.id)
                ended = session.execute(_ended(record.id)).all()
                failures = 0
                for kind, status, _ in ended:
                    if kind != counted or status not in _IN_VAIN:
                        break
                    failures += 1
                found.append(
                    Repairable(
                        record,
                        operations.to_requester(asked) if asked else Requester(record.user_id),
                        failures,
                        ended[0].ended_at if failures else None,
                    )
                )
        return found


def _ended(ensemble_id: str) -> Any:
    model = models.Operation
    return (
        sa.select(model.type, model.status, model.ended_at)
        .where(model.ensemble_id == ensemble_id)
        .order_by(model.started_at.desc(), model.id.desc())
        .limit(MOST_FAILURES)
    )
