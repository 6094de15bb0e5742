# SPDX-License-Identifier: Apache-2.0
"""Guards: which hosts are closed while members are handed over on them, from hold to server."""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried
from ensemble_api.store.progress import update_ensemble

_GUARDS: Any = models.Guard.__table__
_GUARD = _GUARDS.c
_NOW: Any = sa.bindparam("now")
_IT = _GUARD.id == sa.bindparam("guard")
_LIVE = sa.select(*_GUARD).where(_GUARD.until > _NOW)
_OF = sa.select(*_GUARD).where(_GUARD.ensemble_id == sa.bindparam("ensemble"))
_CLOSED = sa.select(_GUARD.host).distinct()
_END_THOSE_OVER = sa.delete(_GUARDS).where(_GUARD.until <= _NOW)
_END_OF_MEMBER = sa.delete(_GUARDS).where(_GUARD.member_id == sa.bindparam("member"))
_OPEN = sa.insert(_GUARDS)
_UNTIL = sa.select(_GUARD.until).where(_IT)
_PROLONG = sa.update(_GUARDS).where(_IT)
_CONFIRM = sa.update(_GUARDS).where(
    _IT,
    _GUARD.until > _NOW,
    sa.or_(_GUARD.server_id.is_(None), _GUARD.server_id == sa.bindparam("server")),
)
_TURNS: Any = models.GuardTurn.__table__
_TURN = sa.update(_TURNS).values(id=1)
_HOSTS = sa.select(sa.func.count()).select_from(models.Host.__table__)
MOST_HOSTS = 8
SHARE = 4  # one of so many hosts, where there are fewer than so many times MOST_HOSTS


@dataclass(frozen=True, slots=True)
class Guard:
    """A host that is closed to all servers but one, whose request has ``id`` as a hint.

    ``server_id`` is that server, once the scheduler has seen it. At ``until`` it ends by itself.
    """

    id: str
    ensemble_id: str
    member_id: str
    project_id: str
    host: str
    flavor: str
    until: datetime
    server_id: str | None = None

    def is_for(self, server_id: str, project_id: str, flavor: str) -> bool:
        """Whether this may be the server: as far as can be told before ``Guards.confirm``."""
        if self.server_id is not None:
            return self.server_id == server_id
        return (project_id, flavor) == (self.project_id, self.flavor)


class Guards:
    """Reads and writes of guards, each one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def live(self) -> list[Guard]:
        """All guards of the cloud that have not ended."""
        with self._database.reading() as session:
            return live(session)

    def of(self, ensemble_id: str) -> list[Guard]:
        """The guards of an ensemble, also those whose time is over."""
        with self._database.reading() as session:
            return [_guard(row) for row in session.execute(_OF, {"ensemble": ensemble_id})]

    @retried
    def open(
        self,
        record: EnsembleRecord,
        owner: str,
        members: Sequence[MemberRecord],
        *,
        most: int,
        width: int | None,
        seconds: float,
    ) -> Mapping[str, str]:
        """Close the hosts of ``most`` members, as far as ``width`` lets so many be closed at once.

        Those are the first on different hosts, and then others on the same ones. Gives the ids of
        the guards by member, in which those are not that have to wait. One that
        had a guard gets a new one. A ``width`` of None depends on how many hosts there are.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        now = rows.now()
        opened: dict[str, str] = {}
        moving = record.operation.moves if record.operation else {}
        with self._database.writing() as session:
            wait_for_turn(session)
            update_ensemble(session, record, owner)
            session.execute(_END_THOSE_OVER, {"now": now})
            closed = set(session.scalars(_CLOSED))
            most_closed = _width(session) if width is None else width
            for member in _by_turns(members):
                if len(opened) == most:
                    break
                if member.host not in closed and len(closed) >= most_closed:
                    continue
                closed.add(member.host)
                opened[member.id] = str(uuid.uuid4())
                session.execute(_END_OF_MEMBER, {"member": member.id})
                session.execute(
                    _OPEN,
                    {
                        "id": opened[member.id],
                        "ensemble_id": record.id,
                        "member_id": member.id,
                        "project_id": record.project_id,
                        "host": member.host,
                        "flavor": record.template(member)["flavor"],
                        "until": now + timedelta(seconds=seconds),
                        # Of one that moves the server is known.
                        "server_id": member.server_id if member.id in moving else None,
                    },
                )
        return opened

    @retried
    def go_on(
        self, record: EnsembleRecord, owner: str, guard_id: str | None, seconds: float
    ) -> bool:
        """Have a guard last for ``seconds``, where less than half of that is left, if it is there.

        Says whether it is: not once it was over and others have closed hosts since. Without one, as
        where no host is closed, the lease alone is looked at.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        now = rows.now()
        with self._database.writing() as session:
            update_ensemble(session, record, owner)
            if guard_id is None:
                return True
            until = session.scalar(_UNTIL, {"guard": guard_id})
            if until is None or until >= now + timedelta(seconds=seconds / 2):
                return until is not None
            # It may be over and others remove it just now.
            later = {"guard": guard_id, "until": now + timedelta(seconds=seconds)}
            result: Any = session.execute(_PROLONG, later)
            return bool(result.rowcount)

    @retried
    def settle(
        self,
        record: EnsembleRecord,
        owner: str,
        over: Collection[str],
        late: Collection[str],
        seconds: float,
    ) -> None:
        """End the guards that are ``over``, and those that are ``late`` not before ``seconds``.

        :raises ensemble_api.exception.LeaseLost: when ``owner`` has no lease any more.
        """
        until = rows.now() + timedelta(seconds=seconds)
        with self._database.writing() as session:
            update_ensemble(session, record, owner)
            if over:
                session.execute(sa.delete(_GUARDS).where(_GUARD.id.in_(over)))
            if late:
                session.execute(sa.update(_GUARDS).where(_GUARD.id.in_(late)).values(until=until))

    @retried
    def end(self, guard_id: str) -> None:
        """Open a host to everybody."""
        with self._database.writing() as session:
            session.execute(sa.delete(_GUARDS).where(_IT), {"guard": guard_id})

    @retried
    def confirm(self, guard_id: str, server_id: str) -> bool:
        """Say whether a guard is this server's, which it is from now on alone."""
        of = {"guard": guard_id, "now": rows.now(), "server": server_id}
        with self._database.writing() as session:
            result: Any = session.execute(_CONFIRM, {**of, "server_id": server_id})
            return bool(result.rowcount)


def live(session: orm.Session) -> list[Guard]:
    """All guards of the cloud that have not ended."""
    return [_guard(row) for row in session.execute(_LIVE, {"now": rows.now()})]


def _guard(row: Any) -> Guard:
    return Guard(
        id=row.id,
        ensemble_id=row.ensemble_id,
        member_id=row.member_id,
        project_id=row.project_id,
        host=row.host,
        flavor=row.flavor,
        until=row.until,
        server_id=row.server_id,
    )


def wait_for_turn(session: orm.Session) -> None:
    """Go on when no other transaction is about to count the closed hosts, or what is held."""
    result: Any = session.execute(_TURN)
    if not result.rowcount:
        session.add(models.GuardTurn(id=1))
        session.flush()


def _by_turns(members: Sequence[MemberRecord]) -> Iterator[MemberRecord]:
    """One member of each host, then a second of each, and so on."""
    by_host: dict[str, list[MemberRecord]] = {}
    for member in members:
        by_host.setdefault(member.host, []).append(member)
    for turn in zip_longest(*by_host.values()):
        yield from filter(None, turn)


def _width(session: orm.Session) -> int:
    hosts = session.scalar(_HOSTS) or 0
    return max(1, min(MOST_HOSTS, hosts // SHARE))
