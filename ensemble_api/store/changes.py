# SPDX-License-Identifier: Apache-2.0
"""Changes of ensembles that run: accepted, planned anew, undone and ended; a transaction each.

Repairs and moves, which ``store/moves`` begins, go on as changes do.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.occurrences import DESCRIBED
from ensemble_api.operations import Operation, OperationStatus
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.records import EnsembleRecord, Status, template_digest
from ensemble_api.store import added, endings, members, models, occurrences, operations, rows
from ensemble_api.store.database import Database, retried
from ensemble_api.store.folding import folded
from ensemble_api.store.leases import UNSETTLED
from ensemble_api.store.moves import operation_of, under_way
from ensemble_api.store.progress import REMOVAL_GOES_ON, update_ensemble

_BUILT = tuple(each.value for each in Status if each.built)
_CHANGES = Sentence(
    "event.change-begun",
    "The ensemble is changed: %(added)s to add, %(removed)s to remove.",
)
_CHANGES_WITH_MOVES = Sentence(
    "event.change-begun-with-moves",
    "The ensemble is changed: %(added)s to add, %(moved)s to move, %(removed)s to remove.",
)
_DESCRIBED = Sentence("event.described", "The ensemble is described otherwise.")
_REMOVES = Sentence("event.change-removes", "All that was added is there; what is to go does.")
_RELEASED = Sentence(
    "event.members-released",
    "%(members)s is of the ensemble no longer; its server was kept.",
    "%(members)s are of the ensemble no longer; their servers were kept.",
)


class Changes(Database):
    """Writes of changes; what is accepted and what is under way is always the row's own."""

    @retried
    def describe(self, record: EnsembleRecord, generation: int) -> bool:
        """Write another description that touches no member; say whether it was ``generation``."""
        with self.writing() as session:
            changed = _write_description(session, record, generation)
            if changed:
                rows.event(session, record.id, "described", _DESCRIBED())
                occurrences.note(session, record.id, DESCRIBED)
            return changed

    @retried
    def begin_change(
        self, record: EnsembleRecord, generation: int, owner: str, seconds: float
    ) -> bool:
        """Save the intent of ``record``: its description, new members, and its operation.

        Says whether that worked: not when it is of another ``generation`` by now, or when something
        else is under way. The ensemble is leased to ``owner`` for ``seconds`` then.
        """
        operation = operation_of(record)
        lease = {
            "lease_owner": owner,
            "lease_until": rows.now() + timedelta(seconds=seconds),
        }
        with self.writing() as session:
            if not _write_description(session, record, generation, **lease):
                return False
            _keep_templates(session, record.id, operation.before or {}, record.body)
            added.add(session, record, operation.wanted)
            added.set_leaving(session, operation.unwanted, leaving=True)
            operations.start(session, record.id, operation)
            come, gone = len(operation.wanted), len(operation.unwanted)
            moved = len(operation.moves)
            message = (
                _CHANGES_WITH_MOVES(added=come, moved=moved, removed=gone)
                if moved
                else _CHANGES(added=come, removed=gone)
            )
            rows.event(session, record.id, "change begun", message)
            return True

    @retried
    def replan_change(self, record: EnsembleRecord, owner: str, seconds: float) -> None:
        """Replace what a change adds and removes while it is still being reserved.

        :raises ensemble_api.exception.LeaseLost: when a worker has taken it over meanwhile.
        """
        operation = operation_of(record)
        with self.writing() as session:
            known = under_way(session, record.id, operation.id)
            if known is None:
                raise exception.LeaseLost(record.id)
            until = rows.now() + timedelta(seconds=seconds)
            update_ensemble(session, record, owner, plan=record.plan, lease_until=until)
            members.release(session, known.wanted)
            added.set_leaving(session, known.unwanted, leaving=False)
            added.add(session, record, operation.wanted)
            added.set_leaving(session, operation.unwanted, leaving=True)
            operations.save(session, operation)

    @retried
    def run_change(self, record: EnsembleRecord, message: Message) -> bool:
        """Leave a change whose capacity is held to the worker; say whether it still is."""
        with self.writing() as session:
            known = under_way(session, record.id, operation_of(record).id)
            if known is None or known.status is not OperationStatus.RESERVING:
                return False
            operations.save(session, replace(known, status=OperationStatus.RUNNING))
            _touch(session, record.id)
            rows.event(session, record.id, f"{known.type.value} reserved", message)
            return True

    @retried
    def drop_change(self, record: EnsembleRecord) -> None:
        """Forget a change that was never accepted, if it is still being reserved."""
        with self.writing() as session:
            known = under_way(session, record.id, operation_of(record).id)
            if known is None or known.status is not OperationStatus.RESERVING:
                return
            _restore(session, record.id, known)
            members.release(session, known.wanted)
            added.set_leaving(session, known.unwanted, leaving=False)
            session.execute(sa.delete(models.Operation).where(models.Operation.id == known.id))
            operations.resume(session, record.id)

    @retried
    def undo_change(
        self, record: EnsembleRecord, reason: Message | None, *, owner: str | None = None
    ) -> bool:
        """Let go what a change has added, and describe the ensemble as before; say whether it does.

        A repair, or one that moves, begins nothing more then. Without a ``reason`` it was
        cancelled. With an ``owner``, only if that has the lease.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has none any more.
        """
        with self.writing() as session:
            if owner is not None:
                update_ensemble(session, record, owner)
            known = under_way(session, record.id, operation_of(record).id)
            if known is None or not known.cancellable:
                return False
            operations.save(session, known.undone(reason))
            added.set_leaving(session, known.wanted, leaving=True)
            added.set_leaving(session, known.unwanted, leaving=False)
            _restore(session, record.id, known)
            kind = f"{known.type.value} {'undone' if known.undoes else 'stopped'}"
            rows.event(session, record.id, kind, reason or endings.told_cancel(known))
            return True

    @retried
    def advance_change(self, record: EnsembleRecord, owner: str) -> None:
        """Save that a change has reached its goals so far: it removes then, or it has ended.

        What is being removed is not undone, and what is gone is forgotten.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        with self.writing() as session:
            update_ensemble(session, record, owner)
            operation = operation_of(record)
            known = under_way(session, record.id, operation.id)
            if known is None or known.status is not operation.status:
                return  # it was cancelled just now
            _touch(session, record.id, blocked=None)
            if known.status is OperationStatus.RUNNING and known.unwanted:
                operations.save(session, replace(known, status=OperationStatus.REMOVING))
                rows.event(session, record.id, "change removes", _REMOVES())
                return
            members.release(session, known.unwanted)
            if known.released:
                names = listed([each.name for each in known.goals if each.released])
                rows.event(
                    session,
                    record.id,
                    "members released",
                    _RELEASED(members=names, count=len(known.released)),
                )
            status, reason = endings.end(known)
            operations.save(session, replace(known, status=status, reason=reason))
            kind = f"{known.type.value} ended"
            rows.event(session, record.id, kind, endings.told_end(known))
            if operations.resume(session, record.id):
                rows.event(session, record.id, "removal goes on", REMOVAL_GOES_ON())


def _write_description(
    session: orm.Session, record: EnsembleRecord, generation: int, **more: Any
) -> bool:
    model = models.Ensemble
    changed: Any = session.execute(
        sa.update(model)
        .where(
            model.id == record.id,
            model.generation == generation,
            model.status.in_(_BUILT),
            ~UNSETTLED,
        )
        .values(**_description(record.body, record.plan), exclusive=record.exclusive, **more)
    )
    return bool(changed.rowcount)


def _description(body: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that say what is described, and that this has changed."""
    return {
        "name": body["name"],
        "folded_name": folded(body["name"]),
        "body": body,
        "plan": plan,
        **rows.by_itself(body),
        # What is held for recovery has to be looked at before that can be told.
        "reserve_state": None,
        "generation": models.Ensemble.generation + 1,
        "updated_at": rows.now(),
        "unjudged": True,
    }


def _restore(session: orm.Session, ensemble_id: str, operation: Operation) -> None:
    """Describe an ensemble as a change has found it; what is no change has left that as it is."""
    if operation.before is None:
        return
    before = operation.before
    session.execute(
        sa.update(models.Ensemble)
        .where(models.Ensemble.id == ensemble_id)
        .values(**_description(before["body"], before["plan"]), exclusive=before["exclusive"])
    )


def _keep_templates(
    session: orm.Session, ensemble_id: str, before: Mapping[str, Any], body: Mapping[str, Any]
) -> None:
    """Note by which templates members were built, of tiers that get another one."""
    model = models.Member
    wanted = {tier["name"]: tier["server"] for tier in body["tiers"]}
    for tier in before.get("body", {}).get("tiers", ()):
        if wanted.get(tier["name"], tier["server"]) != tier["server"]:
            session.execute(
                sa.update(model)
                .where(
                    model.ensemble_id == ensemble_id,
                    model.tier == tier["name"],
                    model.template.is_(None),
                )
                .values(template=template_digest(tier["server"]))
            )


def _touch(session: orm.Session, ensemble_id: str, **values: Any) -> None:
    session.execute(
        sa.update(models.Ensemble)
        .where(models.Ensemble.id == ensemble_id)
        .values(updated_at=rows.now(), unjudged=True, **values)
    )
