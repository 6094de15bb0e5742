# SPDX-License-Identifier: Apache-2.0
"""The hosts that members count on now: where they are, and where the scheduler sent them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.records import MemberStatus
from ensemble_api.store import rows

LONGEST_MOVE = timedelta(hours=1)  # that nobody has seen under way
_MOVE = rows.MOVES.c
_MOVES = sa.select(_MOVE.server_id, _MOVE.source, _MOVE.target, _MOVE.at).where(
    _MOVE.ensemble_id.in_(sa.bindparam("ensembles", expanding=True))
)


@dataclass(frozen=True, slots=True)
class LocatedMember:
    """One member with a server or a hold, and the hosts that it counts on now."""

    server_id: str | None
    tier: str
    hosts: tuple[str, ...]


def moves(session: orm.Session, ensembles: Collection[str]) -> dict[str, list[Any]]:
    """The moves under way of these ensembles' servers, by server."""
    found: dict[str, list[Any]] = {}
    for move in session.execute(_MOVES, {"ensembles": [*ensembles]}):
        if move.at > rows.now() - LONGEST_MOVE:
            found.setdefault(move.server_id, []).append(move)
    return found


def located(members: Sequence[Any], under_way: Mapping[str, Sequence[Any]]) -> list[LocatedMember]:
    """Rows of members, or of what is used of these here, without those that have nothing.

    Nor with those that are about to go, of which nothing is promised any more.
    """
    return [
        LocatedMember(each.server_id, each.tier, _hosts(each, under_way))
        for each in members
        if each.status != MemberStatus.DELETED.value and not each.leaving
    ]


def _hosts(member: Any, under_way: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    """The hosts that a member counts on: the planned one until its server was seen."""
    here = member.host if member.server_status is None else member.current_host
    given = [
        host
        for move in under_way.get(member.server_id or "", ())
        for host in (move.source, move.target)
    ]
    return tuple(dict.fromkeys(host for host in (here, *given) if host is not None))
