# SPDX-License-Identifier: Apache-2.0
"""Members that are an ensemble's no longer."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.store import late_servers, models, rows


def release(session: orm.Session, member_ids: Collection[str]) -> None:
    """Forget these members and all that was noted of their servers; servers that are there stay.

    From then on they are nobody's: nothing counts, moves or deletes them, and no host is closed for
    them. Tags that they have are no proof of anything (``cloud/tags``), and are the caller's to
    remove.
    """
    member = models.Member
    for some in rows.portions(sorted(member_ids)):
        servers = sa.select(member.server_id).where(
            member.id.in_(some), member.server_id.is_not(None)
        )
        session.execute(sa.delete(models.Move).where(models.Move.server_id.in_(servers)))
        session.execute(sa.delete(models.Guard).where(models.Guard.member_id.in_(some)))
        late_servers.end(session, member.id.in_(some))
        session.execute(sa.delete(member).where(member.id.in_(some)))
