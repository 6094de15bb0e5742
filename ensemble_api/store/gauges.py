# SPDX-License-Identifier: Apache-2.0
"""How ensembles are now, in figures, as the tables say."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import metrics
from ensemble_api.losses import losses
from ensemble_api.metrics import Key, Metric, label
from ensemble_api.occurrences import WORDS
from ensemble_api.operations import OperationType
from ensemble_api.records import Status
from ensemble_api.standing import CloudHosts
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database
from ensemble_api.store.observations import SERVERS
from ensemble_api.store.standings import Levels

MOST = 1000  # degraded ensembles whose members are looked at

_UNDER_WAY = models.Operation.ended_at.is_(None)


class Gauges:
    """Reads of figures; each comes with all values of its labels, most of them 0."""

    def __init__(self, database: Database, levels: Levels) -> None:
        self._database = database
        self._levels = levels

    def read(self) -> dict[Key, float]:
        """All figures, as of one transaction."""
        now = rows.now()
        with self._database.reading() as session:
            hosts = [rows.to_observed_host(row) for row in session.scalars(sa.select(models.Host))]
            states = Counter(
                "silent" if each.silent else "up" if each.up else "down" for each in hosts
            )
            return {
                **_by_status(session, metrics.ENSEMBLES, models.Ensemble.status),
                **_by_status(session, metrics.MEMBERS, models.Member.status),
                **self._lost(session, CloudHosts.of(self._levels.names, self._levels.zone, hosts)),
                **_all(metrics.HOSTS, states),
                **_operations(session, now),
                **_ages(session, now),
            }

    @staticmethod
    def _lost(session: orm.Session, hosts: CloudHosts) -> Mapping[Key, float]:
        """Of ensembles that are degraded, as each is that has lost a member."""
        model = models.Ensemble
        degraded = session.scalars(
            sa.select(model).where(model.status == Status.DEGRADED.value).limit(MOST)
        ).all()
        found = Counter(
            label(each.cause)
            for record in rows.with_members(session, degraded)
            for each in losses(record, hosts)
        )
        return _all(metrics.LOST, found)


def _all(metric: Metric, found: Mapping[str, float]) -> dict[Key, float]:
    """The samples of a metric with one label, also those of which nothing was found."""
    ((_, values),) = metric.labels.items()
    return {metric.key(value): float(found.get(value, 0)) for value in values}


def _by_status(session: orm.Session, metric: Metric, column: Any) -> dict[Key, float]:
    query = sa.select(column, sa.func.count()).group_by(column)
    return _all(metric, {label(value): count for value, count in session.execute(query)})


def _operations(session: orm.Session, now: datetime) -> dict[Key, float]:
    model, ensemble = models.Operation, models.Ensemble
    of_type = sa.select(model.type, sa.func.count()).where(_UNDER_WAY).group_by(model.type)
    counts = {WORDS[OperationType(kind)]: count for kind, count in session.execute(of_type)}
    oldest = session.scalar(sa.select(sa.func.min(model.started_at)).where(_UNDER_WAY))
    without = sa.or_(ensemble.lease_until.is_(None), ensemble.lease_until < now)
    # Without a lease that ran out it was given back after the last progress.
    since = sa.func.min(sa.func.coalesce(ensemble.lease_until, ensemble.updated_at))
    count, first = session.execute(
        sa.select(sa.func.count(), since)
        .select_from(model)
        .join(ensemble, ensemble.id == model.ensemble_id)
        .where(_UNDER_WAY, without)
    ).one()
    return {
        **_all(metrics.UNDER_WAY, counts),
        metrics.OPERATION_SECONDS.key(): _seconds(oldest, now),
        metrics.UNATTENDED.key(): float(count),
        metrics.LEASE_SECONDS.key(): _seconds(first, now),
    }


def _ages(session: orm.Session, now: datetime) -> dict[Key, float]:
    degraded = session.scalar(
        sa.select(sa.func.min(models.Ensemble.degraded_at)).where(
            models.Ensemble.status == Status.DEGRADED.value
        )
    )
    found = {metrics.DEGRADED_SECONDS.key(): _seconds(degraded, now)}
    row = session.get(models.Observation, SERVERS)
    if row is not None and row.observed_at is not None:
        found[metrics.OBSERVED_SECONDS.key()] = _seconds(row.observed_at, now)
    if row is not None and row.compared_at is not None:
        found[metrics.COMPARED_SECONDS.key()] = _seconds(row.compared_at, now)
    return found


def _seconds(since: datetime | None, now: datetime) -> float:
    """How long ago that was, 0 for never; clocks of other nodes may be ahead."""
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
