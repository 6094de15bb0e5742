# SPDX-License-Identifier: Apache-2.0
"""Any character that a tenant or Nova may send, on every database."""

import dataclasses
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from test_store import record

from ensemble_api import exception
from ensemble_api.planning.message import legacy_text
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store import characters, migration
from ensemble_api.store.api import Page, Store

EVERY_DATABASE = True
SMILE = "shop \U0001f600"
# What is held though it is too long elsewhere, or no text elsewhere.
HELD = {("sqlite", "x" * 300), ("sqlite", "a\0b"), ("mariadb", "a\0b")}


def add(store: Store, name: str = SMILE) -> EnsembleRecord:
    new = record(name)
    store.create(new, "api", 60)
    return new


def test_names_and_events_hold_any_character(store: Store) -> None:
    saved = add(store)
    store.transition(
        saved.id, [Status.RESERVING], Status.BUILDING, message=legacy_text(f"{SMILE} is built")
    )
    store.update_member(saved, saved.members[0], "api", message=legacy_text(SMILE), status="ACTIVE")
    found = store.get(saved.id)
    assert found.name == SMILE
    assert [str(each["message"]) for each in found.events] == [f"{SMILE} is built", SMILE]
    assert [each.id for each in store.select(Page(name="\U0001f600"))] == [saved.id]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        pytest.param("a\0b", "a\ufffdb", id="a NUL"),
        pytest.param("a\ud800b", "a?b", id="half of a surrogate pair"),
        pytest.param("\U0001f600" * 70_000, "\U0001f600" * characters.MOST, id="far too long"),
    ],
)
def test_an_event_keeps_of_its_text_what_a_database_can(
    store: Store, message: str, kept: str
) -> None:
    saved = add(store)
    assert store.transition(
        saved.id, [Status.RESERVING], Status.ROLLING_BACK, message=legacy_text(message)
    )
    assert [str(each["message"]) for each in store.get(saved.id).events] == [kept]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "a\ud800b"])
def test_what_the_database_cannot_hold_is_the_caller_s_error(
    store: Store, database: str, name: str
) -> None:
    if (database, name) in HELD:
        pytest.skip("this database holds it")
    with pytest.raises(exception.Invalid):
        add(store, name)


def test_names_that_differ_in_case_are_different_and_sort_the_same_everywhere(
    store: Store,
) -> None:
    for name in ("b", "A", "a", "B", "é"):
        add(store, name)
    found = store.select(Page(sort_key="name", descending=False))
    assert [each.name for each in found] == ["A", "B", "a", "b", "é"]
    with pytest.raises(exception.NotFound):
        store.get(found[0].id.upper())


def test_tables_of_an_older_version_are_converted(new_database: Callable[[], Store]) -> None:
    store = new_database()
    migration.upgrade(store.engine, "0002")  # as db sync did it
    if store.engine.dialect.name == "mysql":
        with pytest.raises(exception.Unavailable, match="db sync"):
            store.check()
    store.upgrade()
    store.check()
    saved = add(store)
    store.update_member(saved, saved.members[0], "api", message=legacy_text(SMILE), status="ACTIVE")
    assert store.get(saved.id).events[0]["message"] == legacy_text(SMILE)
    store.remove(saved.id)
    inspector = sa.inspect(store.engine)
    for table in ("members", "events"):
        (key,) = inspector.get_foreign_keys(table)
        assert key["options"] == {"ondelete": "CASCADE"}
    assert {each["name"]: each["nullable"] for each in inspector.get_columns("events")} == {
        "id": False,
        "ensemble_id": False,
        "at": False,
        "type": False,
        "message": False,
    }


def test_what_is_made_later_has_the_same_characters(new_database: Callable[[], Store]) -> None:
    store = new_database()
    store.upgrade()
    with store.engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE later (id VARCHAR(36) PRIMARY KEY)"))
    store.check()


def test_a_url_that_does_not_do_is_refused(store: Store) -> None:
    if store.engine.dialect.name != "mysql":
        pytest.skip("one URL parameter of MySQL and MariaDB")
    url = store.engine.url.update_query_dict({"charset": "utf8"})
    with pytest.raises(exception.Unavailable, match="charset=utf8mb4"):
        Store(url.render_as_string(hide_password=False))
    with pytest.raises(exception.Unavailable, match=r"mysql\+pymysql"):
        Store("mariadb+pymysql://ensembles@db/ensembles")


def test_members_come_back_the_same_whatever_their_names(store: Store) -> None:
    new = record(SMILE)
    odd = dataclasses.replace(new.members[0], host="h\U0001f600", domains={"host": (SMILE,)})
    store.create(dataclasses.replace(new, members=(odd,)), "api", 60)
    assert store.get(new.id).members == (odd,)
