# SPDX-License-Identifier: Apache-2.0
"""Where Nova has members and hosts now, as the one process that observes them has written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.planning.message import Sentence
from ensemble_api.records import (
    GONE,
    EnsembleRecord,
    MemberStatus,
    ObservedHost,
    ObservedServer,
)
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried

SERVERS = "servers"  # the one thing that is observed so far
SETTLING = timedelta(seconds=30)  # until what the scheduler gave can be seen of its server
LONGEST_MOVE = timedelta(hours=1)  # that nobody has seen under way
MANY = 500  # ids in one statement

_MOVED = Sentence("event.moved", "Nova has moved the server of %(member)s to another host.")
_GONE = Sentence("event.server-gone", "The server of %(member)s was deleted.")
_OFF = Sentence("event.server-off", "The server of %(member)s is on no host any more.")


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to observe, and from where on; None: everything is to be compared."""

    watermark: datetime | None


@dataclass(frozen=True, slots=True)
class LocatedMember:
    """One member with a server or a hold, and the hosts that it counts on now."""

    server_id: str | None
    tier: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LocatedEnsemble:
    """An ensemble with all its members where they are now."""

    record: EnsembleRecord
    members: tuple[LocatedMember, ...]

    def member(self, server_id: str) -> LocatedMember | None:
        """The member that has this server."""
        return next((each for each in self.members if each.server_id == server_id), None)


class CurrentStates:
    """Reads and writes of what is observed, each one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Of the process that observes.

    @retried
    def take(self, owner: str, seconds: float, compared: float) -> Turn | None:
        """Take or prolong the right to observe for ``seconds``; None while another process has it.

        All is compared when that was not done for ``compared`` seconds.
        """
        now, model = rows.now(), models.Observation
        with self._database.writing() as session:
            session.execute(sa.update(model).where(model.name == SERVERS).values(name=SERVERS))
            row = session.get(model, SERVERS)
            if row is None:
                row = models.Observation(name=SERVERS, hosts_version=0)
                session.add(row)
            elif row.owner != owner and row.until is not None and row.until > now:
                return None
            row.owner, row.until = owner, now + timedelta(seconds=seconds)
            due = row.compared_at is None or row.compared_at < now - timedelta(seconds=compared)
            return Turn(None if due else row.watermark)

    @retried
    def save_hosts(self, hosts: Sequence[ObservedHost]) -> bool:
        """Make these all hosts there are; say whether that changed anything."""
        model = models.Host
        wanted = {each.name: (list(each.above), each.up) for each in hosts}
        with self._database.writing() as session:
            there = {row.name: (row.above, row.up) for row in session.scalars(sa.select(model))}
            if there == wanted:
                return False
            changed = [name for name in there if there[name] != wanted.get(name)]
            for some in _portions(changed):
                session.execute(sa.delete(model).where(model.name.in_(some)))
            session.add_all(
                models.Host(name=name, above=above, up=up)
                for name, (above, up) in wanted.items()
                if there.get(name) != (above, up)
            )
            session.execute(
                sa.update(models.Observation)
                .where(models.Observation.name == SERVERS)
                .values(hosts_version=models.Observation.hosts_version + 1)
            )
            return True

    @retried
    def save_servers(
        self, servers: Iterable[ObservedServer], watermark: datetime | None, *, whole: bool
    ) -> int:
        """Save where members' servers are; give how many had changed. Others are passed over.

        With ``whole`` these are all that Nova has of ours: the time of the comparison is noted.
        """
        seen = {each.id: each for each in servers}
        now, model, changed = rows.now(), models.Member, 0
        with self._database.writing() as session:
            for some in _portions(sorted(seen)):
                query = sa.select(model).where(model.server_id.in_(some))
                for row in session.scalars(query):
                    changed += _observe(session, row, seen[row.server_id or ""])
                for move in session.scalars(
                    sa.select(models.Move).where(models.Move.server_id.in_(some))
                ):
                    if seen[move.server_id].moving:
                        move.at = now
                    elif move.at < now - SETTLING:
                        session.delete(move)
            values: dict[str, Any] = {"watermark": watermark} if watermark else {}
            if whole:
                values["compared_at"] = now
            if values:
                session.execute(
                    sa.update(models.Observation)
                    .where(models.Observation.name == SERVERS)
                    .values(**values)
                )
        return changed

    def expected(self) -> dict[str, str]:
        """The servers of ours that are thought to be there, with their projects, by id."""
        query = (
            sa.select(models.Member.server_id, models.Ensemble.project_id)
            .join(models.Ensemble, models.Member.ensemble_id == models.Ensemble.id)
            .where(
                models.Member.server_id.is_not(None),
                models.Member.status != MemberStatus.DELETED.value,
                sa.or_(models.Member.server_status.is_(None), models.Member.server_status != GONE),
            )
        )
        with self._database.reading() as session:
            return {str(row[0]): row[1] for row in session.execute(query)}

    def moving(self) -> list[str]:
        """The servers whose moves are not known to be over."""
        with self._database.reading() as session:
            return list(session.scalars(sa.select(models.Move.server_id).distinct()))

    # Of the scheduler.

    def ensemble_of(self, server_id: str) -> str | None:
        """The id of the ensemble that a server is a member of, once it is built."""
        model = models.Member
        with self._database.reading() as session:
            return session.scalar(
                sa.select(model.ensemble_id).where(
                    model.server_id == server_id, model.status == MemberStatus.ACTIVE.value
                )
            )

    def hosts_version(self) -> int:
        """A number that changes whenever a host does."""
        with self._database.reading() as session:
            model = models.Observation
            return session.scalar(sa.select(model.hosts_version)) or 0

    def hosts(self) -> list[ObservedHost]:
        """All hosts as last observed."""
        with self._database.reading() as session:
            return [
                ObservedHost(row.name, tuple(row.above), row.up)
                for row in session.scalars(sa.select(models.Host))
            ]

    def exclusive(self) -> list[LocatedEnsemble]:
        """The ensembles that keep others out of some of their domains."""
        model = models.Ensemble
        with self._database.reading() as session:
            found = session.scalars(sa.select(model).where(model.exclusive)).all()
            return _located_ensembles(session, found) if found else []

    @retried
    def place(
        self,
        server_id: str,
        ensemble_id: str,
        here: str | None,
        refused: Iterable[str],
        choose: Callable[[LocatedEnsemble], str | None],
    ) -> str | None:
        """Give the host that ``choose`` finds for a member, and record it; one at a time.

        ``here`` is where its server is now, ``refused`` are hosts that did not take it.
        """
        model, move = models.Ensemble, models.Move
        with self._database.writing() as session:
            # The row is locked before anything is read: another scheduler waits here.
            session.execute(sa.update(model).where(model.id == ensemble_id).values(id=model.id))
            session.execute(
                sa.delete(move).where(move.server_id == server_id, move.target.in_([*refused]))
            )
            row = session.get(model, ensemble_id)
            if row is None:
                return None
            (located,) = _located_ensembles(session, [row])
            if located.member(server_id) is None:
                return None
            target = choose(located)
            if target is not None:
                session.merge(
                    move(
                        server_id=server_id,
                        ensemble_id=ensemble_id,
                        source=here,
                        target=target,
                        at=rows.now(),
                    )
                )
            return target


def _observe(session: orm.Session, row: models.Member, seen: ObservedServer) -> bool:
    """Write one server down, and tell of what happened to it; whether anything did.

    Until a member is built it counts on its planned host, which is held for it: what its server
    is meanwhile, on no host yet or gone and asked for again, is the build's to tell.
    """
    if row.status != MemberStatus.ACTIVE.value:
        return False
    if (row.current_host, row.server_status) == (seen.host, seen.status):
        return False
    before, known = row.current_host, row.server_status is not None
    row.current_host, row.server_status = seen.host, seen.status
    member = f"{row.tier}-{row.number}"
    if seen.status == GONE:
        rows.event(session, row.ensemble_id, f"{member} gone", _GONE(member=member))
    elif known and before is not None and seen.host is None:
        rows.event(session, row.ensemble_id, f"{member} off", _OFF(member=member))
    elif known and seen.host is not None and before != seen.host:
        rows.event(session, row.ensemble_id, f"{member} moved", _MOVED(member=member))
    return True


def _located_ensembles(
    session: orm.Session, found: Sequence[models.Ensemble]
) -> list[LocatedEnsemble]:
    """These ensembles with their members and moves, which are read in one go each."""
    ids = [row.id for row in found]
    members: dict[str, list[models.Member]] = {each: [] for each in ids}
    for member in session.scalars(
        sa.select(models.Member)
        .where(models.Member.ensemble_id.in_(ids))
        .order_by(models.Member.position)
    ):
        members[member.ensemble_id].append(member)
    moves: dict[str, list[models.Move]] = {}
    for move in session.scalars(sa.select(models.Move).where(models.Move.ensemble_id.in_(ids))):
        if move.at > rows.now() - LONGEST_MOVE:
            moves.setdefault(move.server_id, []).append(move)
    return [
        LocatedEnsemble(
            rows.to_ensemble(row, members[row.id]),
            tuple(
                LocatedMember(each.server_id, each.tier, _hosts(each, moves))
                for each in members[row.id]
                if each.status != MemberStatus.DELETED.value
            ),
        )
        for row in found
    ]


def _hosts(member: models.Member, moves: Mapping[str, Sequence[models.Move]]) -> tuple[str, ...]:
    """The hosts that a member counts on: the planned one until its server was seen."""
    here = member.host if member.server_status is None else member.current_host
    given = [host for move in moves.get(member.server_id or "", ()) for host in _both(move)]
    return tuple(dict.fromkeys(host for host in (here, *given) if host is not None))


def _both(move: models.Move) -> tuple[str | None, str]:
    return move.source, move.target


def _portions(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[at : at + MANY] for at in range(0, len(items), MANY))
