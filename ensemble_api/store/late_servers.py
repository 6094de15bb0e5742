# SPDX-License-Identifier: Apache-2.0
"""Servers of which nothing is recorded, though their tags name a member of an ensemble."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ensemble_api.store import models, rows
from ensemble_api.store.database import Database
from ensemble_api.store.leases import UNSETTLED

_MEMBERS = (
    sa.select(
        models.Member.id,
        models.Member.ensemble_id,
        models.Member.server_id,
        models.Member.discarded_servers,
        models.Member.hints,
        models.Ensemble.project_id,
    )
    .join(models.Ensemble, models.Member.ensemble_id == models.Ensemble.id)
    .where(models.Member.hints.is_not(None), ~UNSETTLED)
)


@dataclass(frozen=True, slots=True)
class UnrecordedServer:
    """A server with the tag of a member, and the hints of the requests for that member."""

    server_id: str
    ensemble_id: str
    project_id: str
    hints: tuple[str, ...]


def may_be_of(database: Database, member_id: str, server_id: str, hint: str | None) -> bool:
    """Whether a server whose worker has lost the lease is a member's now, or may yet be.

    Whoever has the ensemble now finds it by the ``hint`` of its request, and takes it as the
    member's or has it deleted. Without one the member has it if it is recorded.
    """
    with database.reading() as session:
        member = session.get(models.Member, member_id)
    return member is not None and (hint is not None or member.server_id == server_id)


def unrecorded(
    database: Database, tagged: Mapping[str, tuple[str, str]]
) -> Iterator[UnrecordedServer]:
    """Those of the servers that are not known to be a member's, with no operation under way.

    ``tagged`` are the id of the member that the tag names and the project, by the server.
    """
    if not tagged:
        return
    names = sorted({member_id for member_id, _ in tagged.values()})
    with database.reading() as session:
        members = {
            row.id: row
            for some in rows.portions(names)
            for row in session.execute(_MEMBERS.where(models.Member.id.in_(some)))
        }
        recorded = {
            server_id
            for some in rows.portions(sorted(tagged))
            for server_id in session.scalars(
                sa.select(models.Member.server_id).where(models.Member.server_id.in_(some))
            )
        }
    for server_id, (member_id, project_id) in sorted(tagged.items()):
        row = members.get(member_id)
        if row is None or row.project_id != project_id:
            continue
        if server_id not in recorded and server_id not in (row.discarded_servers or ()):
            yield UnrecordedServer(server_id, row.ensemble_id, project_id, tuple(row.hints))
