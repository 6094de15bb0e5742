# SPDX-License-Identifier: Apache-2.0
"""What the one process that observes Nova writes of servers and hosts, and reads for that."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import exception
from ensemble_api.observed import GONE, ObservedHost, ObservedServer
from ensemble_api.planning.message import Sentence
from ensemble_api.records import MemberStatus
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried
from ensemble_api.store.standings import Levels, judge

SERVERS = "servers"  # the one thing that is observed so far
GAP = timedelta(minutes=5)  # without a look, after which nothing is known any more
SETTLING = timedelta(seconds=30)  # until what the scheduler gave can be seen of its server

_OF_SERVERS = rows.OBSERVATIONS.c.name == SERVERS
_SEEN = sa.select(*rows.OBSERVATIONS.c).where(_OF_SERVERS)
_WRITE = sa.update(rows.OBSERVATIONS).where(_OF_SERVERS)
_FIRST = sa.insert(rows.OBSERVATIONS)
_HOSTS = sa.select(*rows.HOSTS.c)
_MINE = (
    sa.update(rows.OBSERVATIONS)
    .where(_OF_SERVERS, rows.OBSERVATIONS.c.owner == sa.bindparam("mine"))
    .values(owner=sa.bindparam("mine"))
)
_OF_THESE: sa.BindParameter[str] = sa.bindparam("servers", expanding=True)
_MEMBERS = sa.select(*rows.MEMBERS.c).where(rows.MEMBERS.c.server_id.in_(_OF_THESE))
_MOVES = sa.select(rows.MOVES.c.server_id, rows.MOVES.c.at).where(
    rows.MOVES.c.server_id.in_(_OF_THESE)
)

_MOVED = Sentence("event.moved", "Nova has moved the server of %(member)s to another host.")
_GONE = Sentence("event.server-gone", "The server of %(member)s was deleted.")
_OFF = Sentence("event.server-off", "The server of %(member)s is on no host any more.")
_SHELVED = Sentence("event.server-shelved", "The server of %(member)s was shelved.")
_RESIZED = Sentence("event.server-resized", "The server of %(member)s has another flavor now.")
_UNPINNED = Sentence(
    "event.zone-unpinned",
    "The server of %(member)s is not pinned to an availability zone any more.",
)
_FAILED = Sentence("event.server-failed", "The server of %(member)s is in status ERROR.")

_STATUSES = {
    "SHELVED": ("shelved", _SHELVED),
    "SHELVED_OFFLOADED": ("shelved", _SHELVED),
    "ERROR": ("failed", _FAILED),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to observe that ``owner`` has, until another process takes it.

    ``watermark`` is from where on; None: everything is to be compared.
    """

    watermark: datetime | None
    owner: str


class Observations:
    """Reads and writes of what is observed, each one transaction.

    Each write sees that the turn is still its process's own, as one that was too slow has old news.
    """

    def __init__(self, database: Database, levels: Levels) -> None:
        self._database = database
        self._levels = levels

    @retried
    def take(self, owner: str, seconds: float, compared: float) -> Turn | None:
        """Take or prolong the right to observe for ``seconds``; None while another process has it.

        All is compared when that was not done for ``compared`` seconds.
        """
        now = rows.now()
        mine: dict[str, Any] = {"owner": owner, "until": now + timedelta(seconds=seconds)}
        with self._database.writing() as session:
            session.execute(_WRITE, {"name": SERVERS})  # others wait
            row = session.execute(_SEEN).first()
            if row is None:
                first = {"name": SERVERS, "hosts_version": 0, "since": now}
                session.execute(_FIRST, first | mine)
                return Turn(None, owner)
            if row.owner != owner and row.until is not None and row.until > now:
                return None
            if row.since is None or row.owner != owner or (row.until or now) < now - GAP:
                mine["since"] = now
            session.execute(_WRITE, mine)
            due = row.compared_at is None or row.compared_at < now - timedelta(seconds=compared)
            return Turn(None if due else row.watermark, owner)

    @retried
    def save_hosts(self, hosts: Sequence[ObservedHost], turn: Turn) -> bool:
        """Make these all hosts there are; say whether that changed anything.

        Of a silent host nothing is known but that, and the rest stays as it was.

        :raises ensemble_api.exception.LeaseLost: when another process observes now.
        """
        model, now = models.Host, rows.now()
        with self._database.writing() as session:
            _check(session, turn)
            there: dict[str, ObservedHost] = {}
            lost: dict[str, datetime | None] = {}
            back: dict[str, datetime | None] = {}
            for row in session.execute(_HOSTS):
                there[row.name] = rows.to_observed_host(row)
                if row.up:
                    back[row.name] = row.back_at
                else:
                    lost[row.name], back[row.name] = row.down_since, now
            wanted = {
                each.name: _kept(each, there.get(each.name))
                for each in hosts
                if not each.silent or each.name in there
            }
            if there == wanted:
                return False
            changed = [name for name in there if there[name] != wanted.get(name)]
            for some in rows.portions(changed):
                session.execute(sa.delete(model).where(model.name.in_(some)))
            session.add_all(
                models.Host(
                    name=name,
                    above=list(each.above),
                    up=each.up,
                    silent=each.silent,
                    disabled=each.disabled,
                    selectors={key: list(values) for key, values in each.selectors.items()},
                    down_since=None if each.up else lost.get(name, now),
                    provider=each.provider or None,
                    back_at=back.get(name) if each.up else None,
                )
                for name, each in wanted.items()
                if there.get(name) != each
            )
            moved = [
                name
                for name, each in there.items()
                if name in wanted and wanted[name].above != each.above
            ]
            for some in rows.portions(moved):
                # What guests were told of the domains above their hosts.
                session.execute(
                    sa.update(models.Member)
                    .where(models.Member.told.is_not(None), rows.LOCATION.in_(some))
                    .values(untold=True)
                )
            if _places(there) == _places(wanted):
                return True  # who may get new servers breaks and mends nothing
            session.execute(
                sa.update(models.Observation)
                .where(models.Observation.name == SERVERS)
                .values(hosts_version=models.Observation.hosts_version + 1)
            )
            session.execute(
                sa.update(models.Ensemble)
                .where(models.Ensemble.unjudged.is_(False))
                .values(unjudged=True)
            )
            return True

    @retried
    def save_servers(
        self,
        servers: Iterable[ObservedServer],
        watermark: datetime | None,
        turn: Turn,
        *,
        whole: bool,
    ) -> int:
        """Save where members' servers are; give how many had changed. Others are passed over.

        What does not hold any more is written in the same transaction, of as many ensembles as one
        should judge; ``judge`` goes on with the others. With ``whole`` these are all that Nova has
        of ours: the time of the comparison is noted.

        :raises ensemble_api.exception.LeaseLost: when another process observes now.
        """
        seen = {each.id: each for each in servers}
        now, model = rows.now(), models.Member
        changed: list[str] = []
        with self._database.writing() as session:
            _check(session, turn)
            for some in rows.portions(sorted(seen)):
                others = [
                    row.id
                    for row in session.execute(_MEMBERS, {"servers": some})
                    if not _is_known(row, seen[row.server_id])
                ]
                news = sa.select(model).where(model.id.in_(others))
                changed += [
                    row.ensemble_id
                    for row in (session.scalars(news) if others else ())
                    if _observe(session, row, seen[row.server_id or ""])
                ]
                _follow_moves(session, some, seen, now)
            for some in rows.portions(sorted(set(changed))):
                # Where others are matters to those that want to be without them.
                session.execute(
                    sa.update(models.Ensemble)
                    .where(sa.or_(models.Ensemble.id.in_(some), models.Ensemble.exclusive))
                    .values(unjudged=True)
                )
            values: dict[str, Any] = {"observed_at": now}
            if watermark:
                values["watermark"] = watermark
            if whole:
                values["compared_at"] = now
            session.execute(_WRITE, values)
            judge(session, self._levels)
        return len(changed)

    @retried
    def judge(self, turn: Turn) -> int:
        """See what holds of some ensembles that have changed since; give how many these were.

        :raises ensemble_api.exception.LeaseLost: when another process observes now.
        """
        with self._database.writing() as session:
            _check(session, turn)
            return judge(session, self._levels)

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

    def concerned(self, servers: Collection[str], hosts: Collection[str]) -> bool:
        """Whether any of these servers is a member's, or a member is on any of these hosts."""
        model = models.Member
        built = sa.select(model.id).where(model.status == MemberStatus.ACTIVE.value).limit(1)
        with self._database.reading() as session:
            return any(
                session.scalar(built.where(column.in_(some))) is not None
                for column, names in ((model.server_id, servers), (rows.LOCATION, hosts))
                for some in rows.portions(sorted(names))
            )

    def unsettled(self) -> list[str]:
        """The servers whose moves are not known to be over, and those not seen since their build.

        Nova may not list these as changed.
        """
        member = models.Member
        with self._database.reading() as session:
            moving = session.scalars(sa.select(models.Move.server_id).distinct())
            unseen = session.scalars(
                sa.select(member.server_id).where(
                    member.status == MemberStatus.ACTIVE.value,
                    member.server_status.is_(None),
                    member.server_id.is_not(None),
                )
            )
            return [*moving, *(str(each) for each in unseen)]


def _check(session: orm.Session, turn: Turn) -> None:
    """See that a turn is still its owner's, which nobody else can take before this has ended."""
    result: Any = session.execute(_MINE, {"mine": turn.owner})
    if not result.rowcount:
        raise exception.LeaseLost(SERVERS)


def _kept(seen: ObservedHost, before: ObservedHost | None) -> ObservedHost:
    """A host with what is not known of it now as it was last seen: of a silent one that is all."""
    if before is None:
        return seen
    found = replace(seen, provider=seen.provider or before.provider)
    return replace(found, up=before.up, disabled=before.disabled) if seen.silent else found


def _places(hosts: Mapping[str, ObservedHost]) -> dict[str, ObservedHost]:
    """What of the hosts matters to what is promised."""
    return {name: replace(each, disabled=False, provider="") for name, each in hosts.items()}


def _follow_moves(
    session: orm.Session, servers: Sequence[str], seen: Mapping[str, ObservedServer], now: datetime
) -> None:
    """Keep the moves of these servers that are under way, and forget those that are over.

    Nothing is locked where there is none, so that no scheduler waits for a look.
    """
    model = models.Move
    found = session.execute(_MOVES, {"servers": servers}).all()
    moving = {row.server_id for row in found if seen[row.server_id].moving}
    if moving:
        session.execute(sa.update(model).where(model.server_id.in_(moving)).values(at=now))
    over = {row.server_id for row in found if row.at < now - SETTLING} - moving
    if over:
        session.execute(
            sa.delete(model).where(model.server_id.in_(over), model.at < now - SETTLING)
        )


def _is_known(row: Any, seen: ObservedServer) -> bool:
    """Whether a look adds nothing to what is written of a member, as is so for most of them."""
    written = (row.addresses, row.server_flavor, row.pinned_zone)
    addresses = [list(each) for each in seen.addresses]
    return row.status != MemberStatus.ACTIVE.value or (
        (*written, row.current_host, row.server_status)
        == (addresses, seen.flavor or row.server_flavor, seen.pinned_zone, seen.host, seen.status)
    )


def _observe(session: orm.Session, row: models.Member, seen: ObservedServer) -> bool:
    """Write one server down, and tell of what happened to it; whether anything did.

    Until a member is built it counts on its planned host, which is held for it: what its server
    is meanwhile, on no host yet or gone and asked for again, is the build's to tell.
    """
    if row.status != MemberStatus.ACTIVE.value:
        return False
    addresses = [list(each) for each in seen.addresses]
    if seen.status != GONE and row.addresses != addresses:
        row.addresses = addresses
    flavor, row.server_flavor = row.server_flavor, seen.flavor or row.server_flavor
    member = f"{row.tier}-{row.number}"
    if flavor is not None and flavor != row.server_flavor:
        rows.event(session, row.ensemble_id, f"{member} resized", _RESIZED(member=member))
    if seen.status != GONE:
        pinned, row.pinned_zone = row.pinned_zone, seen.pinned_zone
        if pinned is not None and seen.pinned_zone is None:
            rows.event(
                session, row.ensemble_id, f"{member} zone unpinned", _UNPINNED(member=member)
            )
    if (row.current_host, row.server_status) == (seen.host, seen.status):
        return False
    status = row.server_status
    # One that was never seen has been on its planned host, where the build has seen it.
    before = row.host if status is None else row.current_host
    row.current_host, row.server_status = seen.host, seen.status
    # What is shelved may be seen on its host for a moment more, and is told of once.
    told = seen.status in _STATUSES
    if told and seen.status != status:
        kind, sentence = _STATUSES[seen.status]
        if status not in _STATUSES or _STATUSES[status][0] != kind:
            rows.event(session, row.ensemble_id, f"{member} {kind}", sentence(member=member))
    row.untold = row.untold or (row.told is not None and before != seen.host)
    if seen.status == GONE:
        rows.event(session, row.ensemble_id, f"{member} gone", _GONE(member=member))
    elif before is not None and seen.host is None and not told:
        rows.event(session, row.ensemble_id, f"{member} off", _OFF(member=member))
    elif seen.host is not None and before != seen.host:
        rows.event(session, row.ensemble_id, f"{member} moved", _MOVED(member=member))
    return True
