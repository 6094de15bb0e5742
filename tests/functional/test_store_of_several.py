# SPDX-License-Identifier: Apache-2.0
"""Ensembles that are made as one are saved together and begin to be built together, or not."""

import pytest
from test_store import in_threads, record

from ensemble_api import exception
from ensemble_api.planning.message import legacy_text
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store.api import Page, Store
from ensemble_api.store.create_requests import RequestKey

EVERY_DATABASE = True


def saved(store: Store, count: int = 2) -> list[EnsembleRecord]:
    made = [record(f"shop-{number}") for number in range(count)]
    store.create_all(made, "api", 60, [()] * count)
    return made


def begin(store: Store, records: list[EnsembleRecord]) -> bool:
    return store.begin_building({each.id: legacy_text("begun") for each in records})


def statuses(store: Store, records: list[EnsembleRecord]) -> set[str]:
    return {store.get(each.id).status.value for each in records}


def test_all_are_saved_with_their_keys_or_none_is(store: Store) -> None:
    keys = [[RequestKey(f"key-{number}", "p1", "d")] for number in range(3)]
    store.create_all([record("first"), record("second")], "api", 60, keys[:2])
    for own in ([keys[2], keys[1]], [keys[1], keys[2]]):
        with pytest.raises(exception.DuplicateCreate):
            store.create_all([record("third"), record("fourth")], "api", 60, own)
    assert {each.name for each in store.select(Page())} == {"first", "second"}
    store.create_all([record("third")], "api", 60, [keys[2]])


def test_all_begin_or_none_does(store: Store) -> None:
    records = saved(store, 3)
    store.transition(records[1].id, [Status.RESERVING], Status.DELETING)
    assert not begin(store, records)
    assert statuses(store, records) == {"RESERVING", "DELETING"}
    assert [store.get(each.id).events for each in (records[0], records[2])] == [(), ()]
    rest = [records[0], records[2]]
    assert begin(store, rest)
    assert statuses(store, rest) == {"BUILDING"}
    assert {str(store.get(each.id).events[-1]["message"]) for each in rest} == {"begun"}
    assert not begin(store, rest), "they are not being reserved any more"


def test_of_a_beginning_and_a_cancel_of_one_of_them_one_is_quicker(store: Store) -> None:
    for _ in range(5):
        records = saved(store)

        def one(number: int, records: list[EnsembleRecord] = records) -> bool:
            if number:
                return begin(store, records)
            expected = [Status.RESERVING]
            return store.transition(records[1].id, expected, Status.DELETING)

        cancelled, begun = in_threads(2, one)
        assert cancelled != begun
        assert statuses(store, records) == ({"BUILDING"} if begun else {"RESERVING", "DELETING"})
