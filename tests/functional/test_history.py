# SPDX-License-Identifier: Apache-2.0
"""What happened to ensembles is kept for a while, and then goes, the oldest first."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from test_store import record

from ensemble_api.planning.message import legacy_text
from ensemble_api.store import history, models, rows
from ensemble_api.store.api import Store
from ensemble_api.store.history import History

EVERY_DATABASE = True


def test_events_older_than_their_lifetime_go_some_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensemble = record()
    store.create(ensemble, "api", 60)
    ages = [30, 20, 11, 9, 1]
    with store.writing() as session:
        session.execute(sa.delete(models.Event))
        session.add_all(
            models.Event(
                ensemble_id=ensemble.id,
                at=rows.now() - timedelta(days=days),
                type=str(days),
                message=legacy_text(""),
            )
            for days in ages
        )
    monkeypatch.setattr(history, "MANY", 2)
    kept = History(store, timedelta(days=10))
    assert [kept.purge() for _ in range(3)] == [2, 1, 0]
    with store.reading() as session:
        assert list(session.scalars(sa.select(models.Event.type).order_by(models.Event.id))) == [
            "9",
            "1",
        ]
