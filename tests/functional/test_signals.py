# SPDX-License-Identifier: Apache-2.0
"""Signals on every real database: each secret once, in its time, and for its server alone."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from test_store import add

from ensemble_api import signals
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.signals import Signal, SignalUrls
from ensemble_api.store import models, rows
from ensemble_api.store.api import Store
from ensemble_api.store.history import History
from ensemble_api.store.signals import Signals

EVERY_DATABASE = True

URLS = SignalUrls("https://c/signal", 600)
OWNER = "api"  # who has the lease


class Gate:
    """An ensemble of which members are asked for, by a worker that has its lease."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.id = add(store).id

    @property
    def record(self) -> EnsembleRecord:
        return self.store.get(self.id)

    def member(self, index: int = 0) -> MemberRecord:
        return self.record.members[index]

    def ask(self, index: int = 0, signal: Signal | None = None) -> Signal:
        made = signal or URLS.new()
        self.store.save_server_request(self.record, self.member(index), OWNER, signal=made)
        return made

    def awaited(self) -> list[bool]:
        return [each.signal_awaited for each in self.record.members]

    def receive(self, *made: Signal) -> int:
        return Signals(self.store).receive([each.digest for each in made])

    def kept(self) -> int:
        with self.store.reading() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(models.Signal)) or 0

    def told(self) -> list[str]:
        return [str(each["message"]) for each in self.record.events if "signal" in each["type"]]


@pytest.fixture
def gate(store: Store) -> Gate:
    return Gate(store)


def test_a_signal_is_taken_once_and_told(gate: Gate) -> None:
    made = gate.ask(0)
    gate.ask(1)
    assert gate.awaited() == [True, True]
    assert gate.receive(made) == 1
    assert gate.awaited() == [False, True]
    assert [gate.receive(made) for _ in range(3)] == [0, 0, 0]
    assert gate.told() == ["The guest of web-0 says that it is ready."]
    assert gate.kept() == 1, "what was used is forgotten"


def test_no_secret_is_in_the_database(gate: Gate) -> None:
    made = gate.ask()
    secret = made.url.rpartition("/")[2]
    with gate.store.reading() as session:
        (kept,) = session.scalars(sa.select(models.Signal.id))
    assert kept == signals.digest(secret)
    assert secret.encode() not in repr(gate.record).encode()


def test_guesses_and_nonsense_change_nothing(gate: Gate) -> None:
    gate.ask()
    guesses = [URLS.new().digest for _ in range(500)]
    assert Signals(gate.store).receive(guesses) == 0
    assert Signals(gate.store).receive([]) == 0
    assert Signals(gate.store).receive(["", "' OR 1=1 --", "é"]) == 0
    assert gate.awaited() == [True, False]


def test_one_that_has_expired_is_of_no_use_and_goes(gate: Gate) -> None:
    made = gate.ask()
    with gate.store.writing() as session:
        session.execute(sa.update(models.Signal).values(until=rows.now() - timedelta(seconds=1)))
    assert gate.receive(made) == 0
    assert gate.awaited() == [True, False]
    history = History(gate.store, timedelta(days=1))
    assert [history.purge(), history.purge()] == [1, 0]
    assert gate.kept() == 0
    assert gate.awaited() == [True, False], "that it never came is known"


def test_what_has_not_expired_is_not_purged(gate: Gate) -> None:
    made = gate.ask()
    assert History(gate.store, timedelta(days=1)).purge() == 0
    assert gate.receive(made) == 1


def test_of_a_request_whose_answer_was_lost_the_guest_may_signal_too(gate: Gate) -> None:
    first = gate.ask()
    second = gate.ask()  # nobody knows whether a server came of the first
    assert gate.receive(first) == 1
    assert gate.awaited() == [False, False]
    assert gate.receive(second) == 0, "it is of the same member, and of no use any more"
    gate.ask()
    assert gate.awaited() == [False, False], "it has signalled already"


def test_the_guest_of_a_server_that_is_gone_signals_in_vain(gate: Gate) -> None:
    old = gate.ask()
    gate.store.update_member(gate.record, gate.member(), OWNER, server_id="server-1")
    new = gate.ask()
    assert gate.receive(old) == 0
    assert gate.awaited() == [True, False]
    assert gate.receive(new) == 1


def test_a_new_server_is_waited_for_though_the_one_before_has_signalled(gate: Gate) -> None:
    assert gate.receive(gate.ask()) == 1
    gate.store.update_member(gate.record, gate.member(), OWNER, server_id="server-1")
    gate.ask()
    assert gate.awaited() == [True, False]


def test_a_server_that_is_asked_for_without_a_signal_is_not_waited_for(gate: Gate) -> None:
    gate.ask()
    gate.store.save_server_request(gate.record, gate.member(), OWNER)
    assert gate.awaited() == [False, False]


def test_signals_go_with_their_ensemble(gate: Gate) -> None:
    made = gate.ask()
    with gate.store.writing() as session:
        session.execute(sa.delete(models.Ensemble))
    assert gate.kept() == 0
    assert gate.receive(made) == 0


def test_of_many_who_send_the_same_at_once_one_is_taken(gate: Gate) -> None:
    made = gate.ask()
    url = gate.store.engine.url.render_as_string(hide_password=False)
    stores = [Store(url) for _ in range(4)]
    start, taken = threading.Barrier(len(stores)), list[int]()

    def send(store: Store) -> None:
        start.wait(30)
        taken.append(Signals(store).receive([made.digest]))

    threads = [threading.Thread(target=send, args=(each,)) for each in stores]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for store in stores:
        store.engine.dispose()
    assert sorted(taken) == [0, 0, 0, 1]
    assert len(gate.told()) == 1


def test_a_signal_is_progress_of_its_ensemble(gate: Gate) -> None:
    made = gate.ask()
    with gate.store.writing() as session:
        old = rows.now() - timedelta(hours=1)
        session.execute(sa.update(models.Ensemble).values(updated_at=old))
    assert gate.record.idle > 3000
    gate.receive(made)
    assert gate.record.idle < 3000
