# SPDX-License-Identifier: Apache-2.0
"""The store on every real database: schema, pages, transitions, leases, hand-overs."""

import dataclasses
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ensemble_api import codec, exception
from ensemble_api.operations import Operation, OperationStatus, OperationType, Requester
from ensemble_api.planning.message import legacy_text
from ensemble_api.records import (
    EnsembleRecord,
    MemberRecord,
    MemberStatus,
    Status,
)
from ensemble_api.store import migration, models, rows
from ensemble_api.store.api import MAX_EVENTS, Page, Store

EVERY_DATABASE = True


def record(name: str = "shop", project: str = "p1", members: int = 2) -> EnsembleRecord:
    tiers = [{"name": "web", "count": members, "server": {}}]
    body = {"name": name, "description": "é\U0001f600\0", "tiers": tiers, "policies": []}
    placed = tuple(
        MemberRecord(
            id=str(uuid.uuid4()),
            tier="web",
            index=index,
            host=f"h{index}",
            provider=str(uuid.uuid4()),
            resources={"VCPU": 1},
            domains={"host": ("az1", "r1", f"h{index}"), "zone": ("az1",)},
        )
        for index in range(members)
    )
    return EnsembleRecord(
        id=str(uuid.uuid4()),
        project_id=project,
        user_id="ada",
        name=name,
        status=Status.RESERVING,
        ensemble=codec.stored_ensemble(body, {"web": {"VCPU": 1}}),
        body=body,
        plan={"objectives": [], "violations": []},
        members=placed,
        operation=Operation(
            str(uuid.uuid4()),
            OperationType.CREATE,
            OperationStatus.RESERVING,
            Requester("ada", ("member",)),
            tuple(each.goal for each in placed),
        ),
    )


def add(store: Store, **facts: Any) -> EnsembleRecord:
    new = record(**facts)
    store.create(new, "api", 60)
    return new


@pytest.mark.parametrize(
    ("name", "sought"),
    [
        pytest.param("Shop", "sHOp", id="Latin"),
        pytest.param("Магазин Москва", "мОСК", id="Cyrillic"),
        pytest.param("ΟΔΟΣ", "οδος", id="Greek, with the sigma that ends a word"),
        pytest.param("Straße", "STRASSE", id="German"),
        pytest.param("STRASSE", "straß", id="German, the other way round"),
        pytest.param("İSTANBUL", "istanbul", id="Turkish, with a dot"),
        pytest.param("ISPARTA", "ısparta", id="Turkish, without a dot"),
        pytest.param("E\u0301COLE", "école", id="a letter and its mark apart"),
        pytest.param("100%_", "%_", id="what databases have a meaning for"),
    ],
)
def test_a_search_by_name_ignores_case_in_every_script(
    store: Store, name: str, sought: str
) -> None:
    found = add(store, name=name)
    add(store, name="другой")
    assert [each.id for each in store.select(Page(name=sought))] == [found.id]


def test_ensembles_from_before_can_be_found_too(new_database: Callable[[], Store]) -> None:
    store = new_database()
    migration.upgrade(store.engine, "0006")
    now = rows.now().replace(tzinfo=None)
    row = {
        "id": str(uuid.uuid4()), "project_id": "p1", "user_id": "ada", "name": "МАГАЗИН",
        "status": "ACTIVE", "body": "{}", "plan": "{}", "exclusive": False,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    table = sa.table("ensembles", *map(sa.column, row))
    with store.engine.begin() as connection:
        connection.execute(sa.insert(table).values(**row))
    migration.upgrade(store.engine)
    model = models.Ensemble
    with store.engine.connect() as connection:
        kept = connection.execute(sa.select(model.folded_name)).scalar()
    assert kept == "магазин"


def test_what_is_saved_comes_back_the_same(store: Store) -> None:
    saved = add(store)
    found = store.get(saved.id)
    assert found.members == saved.members
    assert found.operation is not None
    started = dataclasses.replace(found.operation, started_at="")
    volatile = {"operation": started, "created_at": "", "updated_at": "", "idle": 0.0}
    assert dataclasses.replace(found, **volatile) == saved
    assert found.created_at.endswith("Z")
    assert 0 <= found.idle < 30


def test_an_unknown_id_is_not_found(store: Store) -> None:
    with pytest.raises(exception.NotFound):
        store.get("nobody")


def test_removing_takes_members_and_events_along(store: Store) -> None:
    gone, stays = add(store), add(store)
    store.transition(gone.id, [Status.RESERVING], Status.BUILDING, message=legacy_text("x"))
    store.remove(gone.id)
    store.remove(gone.id)
    with store.engine.connect() as connection:
        counts = [
            connection.scalar(sa.select(sa.func.count()).select_from(model.__table__))
            for model in (models.Ensemble, models.Member, models.Event)
        ]
    assert counts == [1, 2, 0]
    assert len(store.get(stays.id).members) == 2


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("key", ["created_at", "name", "status"])
def test_pages_give_every_ensemble_once_whatever_the_order(
    store: Store, key: str, descending: bool
) -> None:
    saved = [add(store, name=name) for name in ("b", "a", "c", "a", "b")]
    store.transition(saved[1].id, [Status.RESERVING], Status.BUILDING)
    seen: list[EnsembleRecord] = []
    marker = None
    while found := store.select(
        Page(limit=2, marker=marker, sort_key=key, descending=descending, project_id="p1")
    ):
        assert len(found) <= 2
        seen += found
        marker = found[-1].id
    assert sorted(each.id for each in seen) == sorted(each.id for each in saved)
    if key == "created_at":
        order = [each.id for each in saved]
        assert [each.id for each in seen] == (order[::-1] if descending else order)
    else:
        values = [getattr(each, key) for each in seen]
        assert values == sorted(values, reverse=descending)


def test_a_page_is_of_one_project_name_and_status(store: Store) -> None:
    mine = add(store, name="shop")
    add(store, name="bakery")
    add(store, name="shop", project="p2")
    assert [each.id for each in store.select(Page(project_id="p1", name="sho"))] == [mine.id]
    assert len(store.select(Page())) == 3
    assert store.select(Page(project_id="p1", status="ACTIVE")) == []


@pytest.mark.parametrize("name", ["%", "_", "s%p", "/"])
def test_wildcards_in_a_name_filter_are_plain_text(store: Store, name: str) -> None:
    add(store, name="shop")
    exact = add(store, name=f"a{name}b")
    assert [each.id for each in store.select(Page(name=name))] == [exact.id]


def test_a_marker_of_another_project_is_as_unknown_as_any(store: Store) -> None:
    foreign = add(store, project="p2")
    for marker in (foreign.id, "nobody"):
        with pytest.raises(exception.Invalid) as caught:
            store.select(Page(marker=marker, project_id="p1"))
        assert caught.value.facts["field"] == "marker"


@pytest.mark.parametrize("bad", [{"limit": 0}, {"sort_key": "user_id"}])
def test_a_page_refuses_what_it_cannot_be(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Page(**bad)


def test_a_transition_happens_from_an_expected_status_only(store: Store) -> None:
    saved = add(store)
    assert not store.transition(
        saved.id, [Status.BUILDING], Status.ACTIVE, message=legacy_text("no")
    )
    assert store.get(saved.id).events == ()
    fault = legacy_text("why")
    assert store.transition(
        saved.id, [Status.RESERVING], Status.ROLLING_BACK, fault=fault, message=fault
    )
    found = store.get(saved.id)
    assert (found.status, found.fault) == ("ROLLING_BACK", fault)
    assert [(each["type"], each["message"]) for each in found.events] == [("ROLLING_BACK", fault)]
    assert not store.transition("nobody", list(Status), Status.ERROR)


def test_only_the_latest_events_are_told_the_newest_last(store: Store) -> None:
    saved = add(store)
    with store.writing() as session:
        for number in range(MAX_EVENTS + 5):
            rows.event(session, saved.id, "BUILDING", legacy_text(f"event {number}"))
    messages = [str(each["message"]) for each in store.get(saved.id).events]
    assert len(messages) == MAX_EVENTS
    assert messages[0] == "event 5"
    assert messages[-1] == f"event {MAX_EVENTS + 4}"


def in_threads(count: int, run: Any) -> list[Any]:
    """The results of ``run(number)``, started at the same time in so many threads."""
    ready = threading.Barrier(count)
    results: list[Any] = [None] * count

    def work(number: int) -> None:
        ready.wait(20)
        results[number] = run(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_of_many_workers_exactly_one_gets_the_lease(store: Store) -> None:
    saved = add(store)
    store.release(saved.id, "api")
    for _ in range(5):
        won = in_threads(8, lambda number: store.claim(saved.id, f"w{number}", 20))
        assert sum(won) == 1
        store.release(saved.id, f"w{won.index(True)}")


def test_of_many_transitions_exactly_one_happens(store: Store) -> None:
    saved = add(store)
    won = in_threads(
        8,
        lambda number: store.transition(
            saved.id, [Status.RESERVING], Status.BUILDING, message=legacy_text(str(number))
        ),
    )
    assert sum(won) == 1
    assert [str(each["message"]) for each in store.get(saved.id).events] == [str(won.index(True))]


def test_many_members_marked_at_once_are_all_saved(store: Store) -> None:
    saved = add(store, members=12)
    in_threads(
        12,
        lambda number: store.update_member(
            saved,
            saved.members[number],
            "api",
            message=legacy_text("m"),
            status="ACTIVE",
            server_id=str(number),
        ),
    )
    found = store.get(saved.id)
    assert [each.server_id for each in found.members] == [str(number) for number in range(12)]
    assert found.active == 12
    assert len(found.events) == 12


@pytest.mark.parametrize(
    "changed",
    [pytest.param({"min_available": "500%"}, id="a bad value"), pytest.param({"new": 1}, id="new")],
)
def test_policies_that_cannot_be_read_do_not_hide_other_ensembles(
    store: Store, caplog: pytest.LogCaptureFixture, changed: dict[str, Any]
) -> None:
    odd, fine = add(store, name="odd"), add(store, name="fine")
    survive = {
        "type": "survive",
        "level": "host",
        "tiers": ["web"],
        "failures": 1,
        "min_available": 1,
    }
    with store.writing() as session:
        row = session.get(models.Ensemble, odd.id)
        row.body = {**row.body, "policies": [survive | changed]}
    owners, _ = store.occupants()
    assert owners.keys() == {odd.id, fine.id}
    assert {owner.id for owner, _ in store.all_members()} == {odd.id, fine.id}
    assert store.get(odd.id).ensemble.policies == ()
    assert f"The policies of ensemble {odd.id} cannot be read" in caplog.text


def test_a_record_holds_the_ensemble_that_was_described(store: Store) -> None:
    saved = add(store)
    assert store.get(saved.id).ensemble == saved.ensemble
    [tier] = store.get(saved.id).ensemble.tiers
    assert (tier.name, tier.count, dict(tier.resources)) == ("web", 2, {"VCPU": 1})


def test_a_lease_is_of_unsettled_ensembles_and_comes_free_when_released(store: Store) -> None:
    saved = add(store)
    assert store.unsettled() == []  # its creator has it
    assert store.claim(saved.id, "api", 20)  # again: it is its own
    store.release(saved.id, "somebody else")
    assert not store.claim(saved.id, "w1", 20)
    store.release(saved.id, "api")
    assert store.unsettled() == [saved.id]
    store.transition(saved.id, [Status.RESERVING], Status.ERROR)
    assert store.unsettled() == []
    assert not store.claim(saved.id, "w1", 20)


def test_marks_without_the_lease_are_refused(store: Store) -> None:
    saved = add(store)
    with pytest.raises(exception.LeaseLost):
        store.update_member(saved, saved.members[0], "w2", status="ACTIVE")
    assert store.get(saved.id).members[0].status is MemberStatus.RESERVED


def test_a_mark_counts_as_progress(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = add(store)
    ahead = rows.now() + timedelta(seconds=100)
    monkeypatch.setattr(rows, "now", lambda: ahead)
    assert store.get(saved.id).idle > 99
    store.update_member(saved, saved.members[0], "api", status="BUILDING")
    assert store.get(saved.id).idle < 1


def test_replanning_replaces_the_members_while_the_lease_holds(store: Store) -> None:
    saved = add(store)
    fresh = dataclasses.replace(record(members=3), id=saved.id, plan={"objectives": [1]})
    store.replan(fresh, "api", 60)
    assert store.get(saved.id).members == fresh.members
    assert store.get(saved.id).plan == {"objectives": [1]}
    with pytest.raises(exception.LeaseLost):
        store.replan(fresh, "w2", 60)


def test_handovers_are_the_members_that_are_building(store: Store) -> None:
    saved = add(store, members=3)
    first, second, _ = saved.members
    store.update_member(saved, first, "api", status="BUILDING")
    store.update_member(saved, second, "api", status="BUILDING", server_id="s1")
    assert sorted((each.member_id, each.server_id, each.host) for each in store.handovers()) == (
        sorted([(first.id, None, "h0"), (second.id, "s1", "h1")])
    )
    store.update_member(saved, first, "api", status="ACTIVE")
    store.update_member(saved, second, "api", status="DELETED")
    assert store.handovers() == []


def test_deleted_members_are_on_no_host(store: Store) -> None:
    saved = add(store)
    store.update_member(saved, saved.members[0], "api", status="DELETED")
    assert [(owner.id, member.name) for owner, member in store.all_members()] == [
        (saved.id, "web-1")
    ]


def test_a_database_without_our_tables_does_not_answer(
    new_database: Callable[[], Store],
) -> None:
    with pytest.raises(exception.Unavailable, match="database does not answer"):
        new_database().get("any")
