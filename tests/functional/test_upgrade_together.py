# SPDX-License-Identifier: Apache-2.0
"""Old and new processes on one database: what a later release has written is left to it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
import webob
from small_cloud import SmallCloud, body, caller

from ensemble_api import exception, routes
from ensemble_api.store import migration, models
from ensemble_api.store.api import Page, Store

LEASE = 20


@dataclass(frozen=True)
class Case:
    """A column of a table that a later release has written a value to, which we do not know."""

    name: str
    table: str
    column: str
    written: Callable[[Any], Any]


def with_a_field(stored: str) -> str:
    """Goals of which each has one more field."""
    return json.dumps([{**goal, "until": "2027-01-01"} for goal in json.loads(stored)])


def with_another_move(stored: str) -> str:
    goals = json.loads(stored)
    goals[0]["move"] = {"kind": "teleport", "status": "WAITING", "domains": {}}
    return json.dumps(goals)


OF_OPERATIONS = [
    Case("a type of operations", "operations", "type", lambda stored: "heal"),
    Case("a status of operations", "operations", "status", lambda stored: "PAUSING"),
    Case("a kind of moves", "operations", "goals", with_another_move),
    Case("a requester without a user", "operations", "requester", lambda stored: "{}"),
]
CASES = [
    *OF_OPERATIONS,
    # Who only reads it leaves that out; a worker would write it back without.
    Case("a field of goals", "operations", "goals", with_a_field),
    Case("a status of ensembles", "ensembles", "status", lambda stored: "HEALING"),
    Case("a status of members", "members", "status", lambda stored: "PARKED"),
]


def rewrite(store: Store, ensemble_id: str, case: Case) -> Callable[[], None]:
    """Write what a later release would; gives what undoes it."""
    key = "id" if case.table == "ensembles" else "ensemble_id"
    where = f"UPDATE {case.table} SET {case.column} = :value WHERE {key} = :id"

    def write(value: Any) -> None:
        with store.engine.begin() as connection:
            connection.execute(sa.text(where), {"value": value, "id": ensemble_id})

    with store.engine.connect() as connection:
        found = sa.text(f"SELECT {case.column} FROM {case.table} WHERE {key} = :id")
        stored = connection.scalars(found, {"id": ensemble_id}).first()
    write(case.written(stored))
    return lambda: write(stored)


def ask(cloud: SmallCloud, path: str, method: str = "GET", **more: Any) -> webob.Response:
    request = webob.Request.blank(
        path,
        method=method,
        base_url="http://cloud:8774/v2.1",
        environ={"nova.context": caller()},
        **more,
    )
    return routes.dispatch(request, cloud.service(), path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_worker_takes_no_lease_on_what_it_cannot_read(case: Case, cloud: SmallCloud) -> None:
    later, ours = (cloud.service().create(caller(), body(("web", 1))).id for _ in range(2))
    undo = rewrite(cloud.store, later, case)
    assert not cloud.store.claim(later, "worker", LEASE)
    assert cloud.store.claim(ours, "worker", LEASE)
    cloud.store.release(ours, "worker")
    cloud.run(ours)
    undo()  # the later release has brought it to where we know it again
    cloud.run(later)
    assert [cloud.store.get(each).status for each in (later, ours)] == ["ACTIVE", "ACTIVE"]


@pytest.mark.parametrize("case", OF_OPERATIONS[:2], ids=lambda case: case.name)
def test_a_worker_does_not_even_look_at_it(case: Case, cloud: SmallCloud) -> None:
    """So many of them would keep it from what it can do."""
    later = cloud.service().create(caller(), body(("web", 1))).id
    assert cloud.store.unsettled() == [later]
    rewrite(cloud.store, later, case)
    assert cloud.store.unsettled() == []


@pytest.mark.parametrize("case", OF_OPERATIONS, ids=lambda case: case.name)
def test_callers_are_told_to_wait_for_it_and_see_all_others(case: Case, cloud: SmallCloud) -> None:
    later, ours = (cloud.service().create(caller(), body(("web", 1))).id for _ in range(2))
    rewrite(cloud.store, later, case)
    for method, path in (("GET", f"/os-ensembles/{later}"), ("DELETE", f"/os-ensembles/{later}")):
        told = ask(cloud, path, method)
        assert told.status_int == 503
        assert "later release" in told.text
    assert ask(cloud, f"/os-ensembles/{ours}").status_int == 200
    assert {each.id for each in cloud.store.select(Page())} == {later, ours}
    assert ask(cloud, f"/os-ensembles/{later}/operations").status_int in (200, 503)
    # What the planner must know of all ensembles.
    assert cloud.store.handovers() == []


def test_a_worker_that_has_a_lease_when_a_later_release_takes_over_lets_go(
    cloud: SmallCloud,
) -> None:
    later = cloud.service().create(caller(), body(("web", 1))).id
    assert cloud.store.claim(later, "worker", LEASE)
    rewrite(cloud.store, later, OF_OPERATIONS[0])
    with pytest.raises(exception.Unavailable):
        cloud.store.get_for_work(later)
    cloud.store.release(later, "worker")
    assert not cloud.store.claim(later, "worker", LEASE)


ADDED = {
    "a table": "CREATE TABLE more (id INTEGER PRIMARY KEY)",
    "a column that may be empty": "ALTER TABLE ensembles ADD COLUMN site VARCHAR(20)",
    "a column with a default": "ALTER TABLE members ADD COLUMN lot INTEGER NOT NULL DEFAULT 3",
    "an index": "CREATE INDEX more_idx ON events (type)",
}
TAKEN_AWAY = {
    "a table": ("DROP TABLE saved_plans", "saved_plans is gone"),
    "the name of a column": (
        "ALTER TABLE events RENAME COLUMN type TO kind",
        "events.type is gone, events.kind must be filled",
    ),
    "that one may be there twice": (
        "CREATE UNIQUE INDEX one_idx ON ensembles (project_id, name)",
        "ensembles has the unique index one_idx",
    ),
}


def at_a_later_revision(store: Store, statement: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text(statement))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0999'"))


@pytest.mark.parametrize("statement", ADDED.values(), ids=ADDED)
def test_a_process_goes_on_with_a_schema_to_which_a_later_release_has_added(
    statement: str, cloud: SmallCloud
) -> None:
    at_a_later_revision(cloud.store, statement)
    cloud.store.check()
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.run(record.id)
    cloud.assert_built(cloud.store.get(record.id))
    # Only the later release may change it further.
    with pytest.raises(exception.Unavailable, match="which a later release made"):
        cloud.store.upgrade()


@pytest.mark.parametrize(("statement", "why"), TAKEN_AWAY.values(), ids=TAKEN_AWAY)
def test_a_process_refuses_a_schema_from_which_a_later_release_has_taken_away(
    statement: str, why: str, store: Store
) -> None:
    at_a_later_revision(store, statement)
    with pytest.raises(exception.Unavailable, match="install that release here too") as caught:
        store.check()
    assert why in str(caught.value)


def test_what_may_be_empty_no_more_hinders_those_who_leave_it_empty(store: Store) -> None:
    """As it looks to a release in whose tables it may."""
    older = sa.MetaData()
    table = sa.Table(models.Event.__tablename__, older)
    table.append_column(sa.Column("type", sa.String(32), nullable=True))
    found = list(migration.hindrances(store.engine, older))
    assert "events.type must not be empty any more" in found
    assert "events.message must be filled" in found
