# SPDX-License-Identifier: Apache-2.0
"""Which ensembles are degraded: written when what was observed of them has changed."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api.occurrences import PROMISE_LOST, PROMISE_REGAINED
from ensemble_api.planning.message import Message, Sentence, following
from ensemble_api.planning.policies import Exclusive
from ensemble_api.records import EnsembleRecord, MemberStatus, Status
from ensemble_api.standing import CloudHosts, standing
from ensemble_api.store import models, occurrences, rows

LOG = logging.getLogger(__name__)

AT_ONCE = 100  # ensembles that one transaction judges
BUILT = (Status.ACTIVE.value, Status.DEGRADED.value)
_UNJUDGED = (
    sa.select(*rows.ENSEMBLES.c)
    .where(rows.ENSEMBLES.c.unjudged, rows.ENSEMBLES.c.status.in_(BUILT))
    .order_by(rows.ENSEMBLES.c.id)
    .limit(AT_ONCE)
)

_LOST = Sentence("event.promise-lost", "Degraded: %(reasons)s")
_REGAINED = Sentence("event.promise-regained", "What was promised holds again.")


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of this cloud, smallest first, and that of Nova's availability zones."""

    names: tuple[str, ...]
    zone: str | None = None


def judge(session: orm.Session, levels: Levels) -> int:
    """See of some ensembles, about which something has changed, what holds; give their number."""
    found = session.execute(_UNJUDGED).all()
    if not found:
        return 0
    observed = [rows.to_observed_host(row) for row in session.scalars(sa.select(models.Host))]
    hosts = CloudHosts.of(levels.names, levels.zone, observed)
    for record in rows.with_members(session, found):
        others = _others(session, record)
        try:
            reasons = standing(record, hosts, others).reasons
        except Exception:
            # One that cannot be judged, as of another release, must not keep the others from it.
            LOG.exception("It cannot be told what of ensemble %s holds", record.id)
            reasons = record.reasons
        _write(session, record, reasons)
    return len(found)


def _write(session: orm.Session, record: EnsembleRecord, reasons: Sequence[Message]) -> None:
    """Write what does not hold, and tell of what has changed; a removal may be quicker."""
    model, now = models.Ensemble, rows.now()
    values: dict[str, Any] = {"unjudged": False}
    if tuple(reasons) != record.reasons:
        status = Status.DEGRADED if reasons else Status.ACTIVE
        values |= {
            "status": status.value,
            "reasons": [each.stored for each in reasons] or None,
            "updated_at": now,
        }
        if status is not record.status:
            values["degraded_at"] = now if reasons else None
    result: Any = session.execute(
        sa.update(model)
        .where(model.id == record.id, model.status.in_(BUILT))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if not result.rowcount:
        return
    new = [each for each in reasons if each not in record.reasons]
    if new:
        rows.event(session, record.id, "promise lost", _LOST(reasons=following(new)))
        occurrences.note(session, record.id, PROMISE_LOST, reasons=new)
    elif record.reasons and not reasons:
        rows.event(session, record.id, "promise regained", _REGAINED())
        occurrences.note(session, record.id, PROMISE_REGAINED)


def _others(session: orm.Session, record: EnsembleRecord) -> Mapping[str, frozenset[str]]:
    """The hosts with members of other ensembles, and those of other projects, if that matters."""
    wanted = {each.other for each in record.ensemble.policies if isinstance(each, Exclusive)}
    if not wanted:
        return {}
    member = models.Member
    query = (
        sa.select(models.Ensemble.project_id, rows.LOCATION)
        .join(models.Ensemble, member.ensemble_id == models.Ensemble.id)
        .where(
            member.ensemble_id != record.id,
            member.status != MemberStatus.DELETED.value,
            rows.LOCATION.is_not(None),
        )
        .distinct()
    )
    there = [(project_id, host) for project_id, host in session.execute(query)]
    hosts = {
        "ensemble": frozenset(host for _, host in there),
        "project": frozenset(host for owner, host in there if owner != record.project_id),
    }
    return {whose: hosts[whose] for whose in wanted}
