# SPDX-License-Identifier: Apache-2.0
"""The signals of guests that are waited for: what is kept of their secrets, and their use."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.planning.message import Sentence
from ensemble_api.records import MemberRecord
from ensemble_api.signals import Signal
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried

_SIGNALLED = Sentence("event.signalled", "The guest of %(member)s says that it is ready.")


@dataclass(frozen=True, slots=True)
class _Awaited:
    digest: str
    member_id: str
    member: str
    ensemble_id: str


class Signals:
    """What comes of signals. A secret that was used is forgotten: it is of no use again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, digests: Collection[str]) -> int:
        """Take the signals of which these are the digests; says how many were waited for.

        One that is not known, was used or has expired changes nothing.
        """
        model, member = models.Signal, models.Member
        query = (
            sa.select(model.id, member.id, member.tier, member.number, member.ensemble_id)
            .join(member, model.member_id == member.id)
            .where(model.id.in_(list(digests)), model.until > rows.now())
        )
        # Apart from the writes: what floods us with what nobody knows has nothing locked.
        with self._database.reading() as session:
            found = [
                _Awaited(digest, member_id, f"{tier}-{number}", ensemble_id)
                for digest, member_id, tier, number, ensemble_id in session.execute(query)
            ]
        return sum(self._use(each) for each in found)

    @retried
    def _use(self, awaited: _Awaited) -> bool:
        """Use one up, and those of earlier requests for the same server; says whether it was there.

        That counts as progress of the ensemble.
        """
        model = models.Signal
        with self._database.writing() as session:
            # First, as everybody does who writes both: nobody waits for another in a circle.
            session.execute(
                sa.update(rows.ENSEMBLES)
                .where(rows.ENSEMBLES.c.id == awaited.ensemble_id)
                .values(updated_at=rows.now())
            )
            it = sa.delete(model).where(model.id == awaited.digest, model.until > rows.now())
            if not _count(session, it):
                return False  # another process was quicker
            _forget(session, awaited.member_id)
            session.execute(
                sa.update(rows.MEMBERS)
                .where(rows.MEMBERS.c.id == awaited.member_id)
                .values(signal_awaited=False)
            )
            kind, message = f"{awaited.member} signal", _SIGNALLED(member=awaited.member)
            rows.event(session, awaited.ensemble_id, kind, message)
            return True


def expect(
    session: orm.Session, member: MemberRecord, signal: Signal | None, *, anew: bool
) -> dict[str, bool]:
    """Wait for a member's ``signal``, if any; gives what is to be written of the member.

    ``anew`` is whether no server can come of earlier requests: their secrets are forgotten then.
    Of one that may, the guest can have signalled already.
    """
    if signal is None:
        return {"signal_awaited": False} if member.signal_awaited else {}
    if anew:
        _forget(session, member.id)
    until = rows.now() + timedelta(seconds=signal.seconds)
    session.add(models.Signal(id=signal.digest, member_id=member.id, until=until))
    return {"signal_awaited": True} if anew else {}


def purge_expired(session: orm.Session, most: int) -> int:
    """Forget up to ``most`` that are of no use any more; gives how many."""
    model = models.Signal
    old = session.scalars(sa.select(model.id).where(model.until < rows.now()).limit(most)).all()
    session.execute(sa.delete(model).where(model.id.in_(old)))
    return len(old)


def _forget(session: orm.Session, member_id: str) -> None:
    model = models.Signal
    known = session.scalars(sa.select(model.id).where(model.member_id == member_id)).all()
    if known:  # by their keys: a condition that finds none would lock what is beside it
        session.execute(sa.delete(model).where(model.id.in_(known)))


def _count(session: orm.Session, statement: sa.Delete) -> int:
    result: sa.CursorResult[tuple[()]] = session.execute(statement)  # type: ignore[assignment]
    return result.rowcount
