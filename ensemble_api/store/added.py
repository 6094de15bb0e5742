# SPDX-License-Identifier: Apache-2.0
"""Members that come to an ensemble which is there, and those that are to go, as rows."""

from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.records import EnsembleRecord
from ensemble_api.store import models, rows


def add(session: orm.Session, record: EnsembleRecord, member_ids: Collection[str]) -> None:
    """Add the rows of these members, behind those that there are."""
    if not member_ids:
        return
    model = models.Member
    last = session.scalar(
        sa.select(sa.func.max(model.position)).where(model.ensemble_id == record.id)
    )
    new = tuple(each for each in record.members if each.id in member_ids)
    rows.add_members(session, replace(record, members=new), start=(last or 0) + 1)


def set_leaving(session: orm.Session, member_ids: Collection[str], *, leaving: bool) -> None:
    """Say of these members whether they are about to go."""
    for some in rows.portions(sorted(member_ids)):
        session.execute(
            sa.update(models.Member).where(models.Member.id.in_(some)).values(leaving=leaving)
        )
