# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage db purge`` removes what is too old, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ensemble_api.cmd import manage
from ensemble_api.planning.message import legacy_text
from ensemble_api.store import models, rows
from ensemble_api.store.api import Store

PROJECT = "shop-project"


def add(store: Store, days: int) -> None:
    """One of each kind of row, so many days old, of an ensemble that stays."""
    at, name = rows.now() - timedelta(days=days), str(days)
    kept = {"id": name, "project_id": PROJECT, "digest": "x", "created_at": at}
    with store.writing() as session:
        session.add(
            models.Ensemble(
                id=name,
                project_id=PROJECT,
                user_id="u",
                name=name,
                status="ACTIVE",
                body={},
                plan={},
                exclusive=False,
                created_at=at,
                updated_at=at,
            )
        )
        session.flush()
        session.add_all(
            [
                models.Event(ensemble_id=name, at=at, type="x", message=legacy_text("x")),
                models.Operation(
                    id=name,
                    ensemble_id=name,
                    type="create",
                    status="SUCCEEDED",
                    requester={},
                    goals=[],
                    attempts=1,
                    started_at=at,
                    ended_at=at,
                ),
                models.SavedPlan(content={}, **kept),
                models.CreateRequest(reserved=False, **kept),
            ]
        )


def ages(store: Store) -> dict[str, set[str]]:
    """The names of the rows that are left, by table."""
    with store.engine.connect() as connection:
        return {
            table.__tablename__: set(connection.scalars(sa.select(column)))
            for table, column in (
                (models.Ensemble, models.Ensemble.id),
                (models.Event, models.Event.ensemble_id),
                (models.Operation, models.Operation.id),
                (models.SavedPlan, models.SavedPlan.id),
                (models.CreateRequest, models.CreateRequest.id),
            )
        }


CASES = {
    "as configured": ((), {"0", "3"}, 10),
    "by days": (("--days", "2"), {"0"}, 12),
}


@pytest.mark.parametrize(("arguments", "young", "removed"), CASES.values(), ids=CASES)
def test_what_is_too_old_goes(
    arguments: tuple[str, ...],
    young: set[str],
    removed: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"sqlite:///{tmp_path}/e.sqlite"
    store = Store(url)
    store.upgrade()
    days = (0, 3, 40, 41)
    for each in days:
        add(store, each)
    conf = tmp_path / "nova.conf"
    conf.write_text(f"[ensembles]\nconnection = {url}\nevent_lifetime = 30\n")
    command = ["--config-file", str(conf), "db", "purge", *arguments]
    assert manage.main(command) == 0
    left = ages(store)
    assert left["ensembles"] == {"0", "3", "40", "41"}
    assert left["events"] == left["operations"] == young
    # Of a day, or some lifetimes of a plan: whatever is given, these are of no use to anybody.
    assert left["saved_plans"] == left["create_requests"] == {"0"}
    gone = sum(len(days) - len(names) for names in left.values())
    assert capsys.readouterr().out == f"{gone} rows were too old and are gone.\n"
    assert gone == removed
    assert manage.main(command) == 0
    assert capsys.readouterr().out == "0 rows were too old and are gone.\n"


@pytest.mark.parametrize("days", ["0", "-1", "x", "1.5", "99999999"])
def test_an_age_that_is_none_is_refused(
    days: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        manage.main(["db", "purge", "--days", days])
    assert caught.value.code == 2
    assert "must be a whole number from 1 to 36500" in capsys.readouterr().err
