# SPDX-License-Identifier: Apache-2.0
"""What is stored of capacity held for recovery, on every database."""

from dataclasses import replace
from typing import Any

import pytest
from test_store import record

from ensemble_api.planning.message import legacy_text
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.recovery_hold import Amount, RecoveryHold, ReserveState, ReserveStatus
from ensemble_api.store.api import Store
from ensemble_api.store.recovery_holds import RecoveryHolds, closed
from ensemble_api.usecases.recovery_capacity import consumer

EVERY_DATABASE = True
WISH = {"recovery": {"reserve": {"level": "rack"}}}


def stored(store: Store, status: Status = Status.ACTIVE, **more: Any) -> EnsembleRecord:
    new = record()
    new = replace(new, status=status, body={**new.body, **WISH, **more}, operation=None)
    store.create(new, "api", 60)
    return new


def held(new: EnsembleRecord, *hosts: str) -> list[RecoveryHold]:
    return [
        RecoveryHold(consumer(new.id, host), new.id, new.project_id, host, f"p-{host}", {"VCPU": 2})
        for host in hosts
    ]


def statuses(holds: RecoveryHolds, new: EnsembleRecord) -> dict[str, str]:
    return {each.host: each.status.value for each in holds.of(new.id)}


def test_what_is_wanted_is_held_used_given_back_and_held_elsewhere(store: Store) -> None:
    holds, new = RecoveryHolds(store), stored(store)
    assert holds.intend(new.id, held(new, "h1", "h2"), most=None, anew=True) is None
    assert statuses(holds, new) == {"h1": "WANTED", "h2": "WANTED"}
    assert holds.settle(new.id, held(new, "h1", "h2"))
    assert statuses(holds, new) == {"h1": "HELD", "h2": "HELD"}
    assert [each.id for each in holds.wanting()] == [new.id]
    assert holds.losing() == [] and holds.in_use() == []
    holds.close(new.id, {"s1"}, 60)
    assert statuses(holds, new) == {"h1": "CLOSED", "h2": "CLOSED"}
    holds.save_given_back(new.id)
    holds.close(new.id, {"s1", "s2"}, 60)
    assert statuses(holds, new) == {"h1": "GIVEN_BACK", "h2": "GIVEN_BACK"}
    assert [each.id for each in holds.losing()] == [new.id]
    with store.reading() as session:
        assert {(each.host, each.servers) for each in closed(session)} == {
            ("h1", frozenset({"s1", "s2"})),
            ("h2", frozenset({"s1", "s2"})),
        }
    holds.intend(new.id, held(new, "h2", "h3"), most=None, anew=False)
    assert statuses(holds, new) == {"h1": "GIVEN_BACK", "h2": "GIVEN_BACK", "h3": "WANTED"}
    assert holds.settle(new.id, held(new, "h2", "h3"))
    assert statuses(holds, new) == {"h2": "HELD", "h3": "HELD"}
    assert not holds.settle(new.id, held(new, "h9")), "it was given up meanwhile"
    state = store.get(new.id).reserve
    assert state is not None and state.status is ReserveStatus.HELD
    with store.reading() as session:
        assert closed(session) == []


def test_a_host_that_nobody_looks_after_is_open_after_its_time(store: Store) -> None:
    holds, new = RecoveryHolds(store), stored(store)
    holds.intend(new.id, held(new, "h1"), most=None, anew=True)
    holds.close(new.id, {"s1"}, -1)
    with store.reading() as session:
        assert closed(session) == []
    assert [each.host for each in holds.in_use()] == ["h1"], "others do not plan with it yet"


def test_it_is_counted_by_project(store: Store) -> None:
    holds, first, second = RecoveryHolds(store), stored(store), stored(store)
    most = Amount(4, -1)
    assert holds.intend(first.id, held(first, "h1"), most=most, anew=True) is None
    assert holds.used(first.project_id, "") == Amount(2, 0)
    assert holds.intend(second.id, held(second, "h1", "h2"), most=most, anew=True) == Amount(2, 0)
    assert holds.of(second.id) == []
    assert holds.intend(second.id, held(second, "h1"), most=most, anew=True) is None
    assert holds.intend(second.id, held(second, "h2"), most=most, anew=True) is None, "its own"
    assert holds.consumers() == {consumer(first.id, "h1"), consumer(second.id, "h2")}


LEFT = [
    ("it is gone", None, {}, True),
    ("it is being deleted", Status.DELETING, {}, True),
    ("it is being rolled back", Status.ROLLING_BACK, {}, True),
    ("it could not be built", Status.ERROR, {}, True),
    ("it wants none any more", Status.DEGRADED, {"recovery": {}}, True),
    ("it runs", Status.ACTIVE, {}, False),
    ("it runs, and does not keep its promise", Status.DEGRADED, {}, False),
]


@pytest.mark.parametrize(
    ("status", "more", "left"), [each[1:] for each in LEFT], ids=[each[0] for each in LEFT]
)
def test_what_an_ensemble_does_not_want_any_more_is_left_over(
    store: Store, status: Status | None, more: dict[str, Any], left: bool
) -> None:
    holds, new = RecoveryHolds(store), stored(store, status or Status.ACTIVE, **more)
    holds.intend(new.id, held(new, "h1"), most=None, anew=True)
    if status is None:
        store.remove(new.id)
    assert [each.host for each in holds.left_over()] == (["h1"] if left else [])


def test_while_it_is_reserved_it_is_wanted(store: Store) -> None:
    holds, new = RecoveryHolds(store), record()
    store.create(new, "api", 60)
    holds.intend(new.id, held(new, "h1"), most=None, anew=True)
    assert new.operation is not None and holds.left_over() == []


def test_how_it_stands_is_told_once_each_time_it_changes(store: Store) -> None:
    holds, new = RecoveryHolds(store), stored(store)
    for reason in ("full", "full", "fuller"):
        state = ReserveState(ReserveStatus.NOT_HELD, reason=legacy_text(reason))
        holds.write_state(new.id, state)
    holds.write_state(new.id, ReserveState(ReserveStatus.HELD))
    holds.write_state(new.id, None)
    assert [str(each["message"]) for each in store.get(new.id).events][-3:] == [
        "The capacity for recovery is not held now: full",
        "The capacity for recovery is not held now: fuller",
        "The capacity for recovery is held.",
    ]
    assert store.get(new.id).reserve is None
