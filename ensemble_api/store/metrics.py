# SPDX-License-Identifier: Apache-2.0
"""What was counted and measured for operators, as it is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from oslo_db import exception as db_exception

from ensemble_api.metrics import Key, Metric
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried


class _IsThereError(Exception):
    """Another process has begun to count the same just now."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One sample, and when it was written last."""

    key: Key
    value: float
    at: datetime


class StoredMetrics:
    """Reads and writes of metrics, each one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> list[Stored]:
        """All that there is."""
        with self._database.reading() as session:
            return [
                Stored(Key(row.name, tuple(row.labels.split(","))), row.value, row.updated_at)
                for row in session.scalars(sa.select(models.Metric))
            ]

    def add(self, amounts: Mapping[Key, float]) -> None:
        """Add to what was counted, all of it or nothing."""
        known = {each.key for each in self.read()}
        for key in amounts:
            if key not in known:
                self._begin(key)
        self._add(amounts)

    @retried
    def _begin(self, key: Key) -> None:
        try:
            with self._database.writing() as session:
                session.add(_row(key, 0.0))
                try:
                    session.flush()
                except db_exception.DBDuplicateEntry as error:
                    raise _IsThereError from error
        except _IsThereError:
            pass

    @retried
    def _add(self, amounts: Mapping[Key, float]) -> None:
        model, now = models.Metric, rows.now()
        with self._database.writing() as session:
            # In one order everywhere, so that two of these never wait for each other.
            for key in sorted(amounts, key=lambda each: (each.metric, each.labels)):
                session.execute(
                    sa.update(model)
                    .where(model.name == key.metric, model.labels == _labels(key))
                    .values(value=model.value + amounts[key], updated_at=now)
                )

    @retried
    def replace(self, metrics: Iterable[Metric], level: str, values: Mapping[Key, float]) -> None:
        """Make these values all that was measured of a level by ``metrics``."""
        model = models.Metric
        of_level = sa.or_(
            model.labels == level, model.labels.startswith(f"{level},", autoescape=True)
        )
        with self._database.writing() as session:
            names = [each.name for each in metrics]
            session.execute(sa.delete(model).where(model.name.in_(names), of_level))
            session.add_all(_row(key, value) for key, value in values.items())


def _row(key: Key, value: float) -> models.Metric:
    return models.Metric(name=key.metric, labels=_labels(key), value=value, updated_at=rows.now())


def _labels(key: Key) -> Any:
    return ",".join(key.labels)
