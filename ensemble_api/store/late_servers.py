# SPDX-License-Identifier: Apache-2.0
"""Requests for servers of which it is not known what came, and the servers that come of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.operations import Requester
from ensemble_api.store import models, operations, rows
from ensemble_api.store.database import Database
from ensemble_api.store.leases import UNSETTLED

KEPT: Final = timedelta(days=1)  # for which requests are known whose members are gone

_OPEN = (
    sa.select(
        models.Member.hints,
        models.Member.server_id,
        models.Ensemble.id,
        models.Ensemble.name,
        models.Ensemble.project_id,
        UNSETTLED.label("under_way"),
    )
    .join(models.Ensemble, models.Member.ensemble_id == models.Ensemble.id)
    .where(models.Member.hints.is_not(None))
)
_PROJECTS = (
    sa.select(models.Ensemble.project_id)
    .join(models.Member, models.Member.ensemble_id == models.Ensemble.id)
    .where(models.Member.hints.is_not(None))
    .union(sa.select(models.EndedRequest.project_id))
)


@dataclass(frozen=True, slots=True)
class LateServer:
    """A server that no member has, and the ensemble that its request was made for.

    While something is ``under_way`` with that, it is its worker's. ``requester`` is who asked for
    what was done with it last, None if that is not known any more.
    """

    server_id: str
    ensemble_id: str
    ensemble_name: str
    project_id: str
    under_way: bool
    requester: Requester | None


def end(session: orm.Session, *members: sa.ColumnElement[bool]) -> None:
    """Keep for a while what was asked for members that are about to go; their servers may stay."""
    for row in session.execute(_OPEN.where(*members)).all():
        requester = operations.last_requester(session, row.id)
        facts = {
            "project_id": row.project_id,
            "ensemble_id": row.id,
            "ensemble_name": row.name,
            "requester": requester,
            "kept_server": row.server_id,
            "ended_at": rows.now(),
        }
        session.execute(
            sa.insert(models.EndedRequest), [{"id": hint, **facts} for hint in row.hints]
        )


def may_be_of(database: Database, member_id: str, server_id: str, hint: str | None) -> bool:
    """Whether a server whose worker has lost the lease is a member's now, or may yet be found.

    By the ``hint`` of its request it is, be its ensemble gone. Without one it is the member's if
    that is recorded.
    """
    if hint is not None:
        return True
    with database.reading() as session:
        member = session.get(models.Member, member_id)
    return member is not None and member.server_id == server_id


def projects(database: Database) -> list[str]:
    """The projects with requests of which it is not known what came."""
    with database.reading() as session:
        return sorted(session.scalars(_PROJECTS))


def unrecorded(database: Database, servers: Mapping[str, str]) -> list[str]:
    """Those of the servers that no member has, in projects with such requests.

    ``servers`` are their projects, by their ids.
    """
    if not servers:
        return []
    known = set(projects(database))
    asked = sorted(each for each, project_id in servers.items() if project_id in known)
    with database.reading() as session:
        recorded = {
            server_id
            for some in rows.portions(asked)
            for server_id in session.scalars(
                sa.select(models.Member.server_id).where(models.Member.server_id.in_(some))
            )
        }
    return [each for each in asked if each not in recorded]


def late_server(
    database: Database, project_id: str, hint: str, server_id: str
) -> LateServer | None:
    """What a server that no member has is, by the hint of its request; None if it is not of ours.

    One that was kept when its member went is of ours no longer.
    """
    with database.reading() as session:
        ended = session.get(models.EndedRequest, hint)
        if ended is not None and ended.project_id == project_id:
            if ended.kept_server == server_id:
                return None
            return LateServer(
                server_id,
                ended.ensemble_id,
                ended.ensemble_name,
                project_id,
                under_way=False,
                requester=_requester(ended.requester),
            )
        for row in session.execute(_OPEN.where(models.Ensemble.project_id == project_id)):
            if hint in row.hints:
                return LateServer(
                    server_id,
                    row.id,
                    row.name,
                    project_id,
                    under_way=bool(row.under_way),
                    requester=_requester(operations.last_requester(session, row.id)),
                )
    return None


def _requester(stored: Any) -> Requester | None:
    return None if stored is None else operations.to_requester(stored)
