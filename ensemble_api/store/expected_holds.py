# SPDX-License-Identifier: Apache-2.0
"""What Placement is to hold by what is recorded: of members that wait, and for recovery."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ensemble_api.operations import OperationStatus
from ensemble_api.records import MemberStatus, Status
from ensemble_api.recovery_hold import HoldStatus
from ensemble_api.store import models
from ensemble_api.store.database import Database


@dataclass(frozen=True, slots=True)
class ExpectedHold:
    """What a consumer is to have of the provider of a host; ``what`` is a member, or recovery."""

    consumer: str
    what: str
    ensemble_id: str
    project_id: str
    host: str
    provider: str
    resources: Mapping[str, int]


class ExpectedHolds:
    """Reads what is held for good; what is just being reserved may be held or not."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[ExpectedHold]:
        """Those of all ensembles, by host and consumer."""
        ensemble, member, operation = models.Ensemble, models.Member, models.Operation
        building = (
            sa.select(member, ensemble.project_id)
            .join(ensemble, ensemble.id == member.ensemble_id)
            .join(operation, operation.ensemble_id == ensemble.id)
            .where(
                ensemble.status == Status.BUILDING.value,
                operation.ended_at.is_(None),
                operation.status == OperationStatus.RUNNING.value,
                member.status == MemberStatus.RESERVED.value,
            )
        )
        hold = models.RecoveryHold
        with self._database.reading() as session:
            found = [
                ExpectedHold(
                    row.id,
                    f"{row.tier}-{row.number}",
                    row.ensemble_id,
                    project_id,
                    row.host,
                    row.provider,
                    row.resources,
                )
                for row, project_id in session.execute(building)
            ]
            found += [
                ExpectedHold(
                    row.id,
                    "recovery",
                    row.ensemble_id,
                    row.project_id,
                    row.host,
                    row.provider,
                    row.resources,
                )
                for row in session.scalars(
                    sa.select(hold).where(hold.status == HoldStatus.HELD.value)
                )
            ]
        return sorted(found, key=lambda each: (each.host, each.consumer))
