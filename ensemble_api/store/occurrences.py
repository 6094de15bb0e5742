# SPDX-License-Identifier: Apache-2.0
"""Notes in a transaction what is to be told once it is committed, if there is anybody to tell."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import occurrences
from ensemble_api.occurrences import Facts, Occurrence
from ensemble_api.operations import Operation, OperationStatus
from ensemble_api.planning.message import Message
from ensemble_api.store import models, rows

_NOTED = "ensembles.occurrences"  # of a session
_FACTS = sa.select(
    *(
        getattr(models.Ensemble, name)
        for name in ("id", "name", "project_id", "user_id", "status", "generation")
    ),
    models.Ensemble.created_at,
    models.Ensemble.updated_at,
).where(models.Ensemble.id == sa.bindparam("ensemble"))


def collect(session: orm.Session) -> list[Occurrence]:
    """Have everything noted that happens in a session; gives where it will be found."""
    noted: list[Occurrence] = []
    session.info[_NOTED] = noted
    return noted


def are_noted(session: orm.Session) -> bool:
    """Whether there is anybody to tell of what happens in a session."""
    return _NOTED in session.info


def note(
    session: orm.Session,
    ensemble_id: str,
    event: str,
    operation: Operation | None = None,
    reasons: Sequence[Message] = (),
) -> None:
    """Note that something happens to an ensemble, which is as it is to be told of by now."""
    noted: list[Occurrence] | None = session.info.get(_NOTED)
    if noted is None:
        return
    row = session.execute(_FACTS, {"ensemble": ensemble_id}).first()
    if row is None:
        return
    facts = Facts(
        row.id,
        row.name,
        row.project_id,
        row.user_id,
        row.status,
        row.generation,
        rows.iso(row.created_at),
        rows.iso(row.updated_at),
    )
    noted.append(Occurrence(event, facts, operation, tuple(reasons)))


def note_operation(
    session: orm.Session, ensemble_id: str, before: str | None, operation: Operation
) -> None:
    """Note when an operation, which had the status ``before``, begins or ends; it may do both.

    One that is given up while its capacity is being held, and forgotten, has never begun.
    """
    reserving = OperationStatus.RESERVING
    if operation.status is not reserving and before in (None, reserving.value):
        note(session, ensemble_id, occurrences.started(operation), operation)
    if operation.status.ended and (before is None or not OperationStatus(before).ended):
        note(session, ensemble_id, occurrences.ended(operation), operation)
