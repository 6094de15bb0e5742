# SPDX-License-Identifier: Apache-2.0
"""Hosts that are closed for hand-overs: who closes how many, and whom the scheduler lets in."""

import queue
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import pytest
from oslo_config import cfg
from small_cloud import Clock
from test_moves import LEVELS, FakeNova, Spec
from test_store import record

from ensemble_api import exception
from ensemble_api.cloud.tags import HANDOVER_HINT
from ensemble_api.observed import ObservedHost
from ensemble_api.records import EnsembleRecord
from ensemble_api.scheduler.admission import Admission
from ensemble_api.scheduler.filter import EnsembleFilter
from ensemble_api.scheduler.guards import MOST_WAITING, PATIENCE, GuardedHosts
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels
from tests.fakes.host_states import host_state

EVERY_DATABASE = True

FLAVOR = "m1.small"
HOSTS = [f"h{number}" for number in range(6)]
SECONDS = 20.0


def shop(store: Store, members: int = 3, **facts: Any) -> EnsembleRecord:
    """An ensemble whose members are on hosts of their own, h0 and so on."""
    new = record(members=members, **facts)
    tiers = [{**new.body["tiers"][0], "server": {"flavor": FLAVOR}}]
    new = replace(new, body={**new.body, "tiers": tiers})
    store.create(new, "worker", 60)
    return new


def close(store: Store, new: EnsembleRecord, width: int | None = 8) -> dict[str, str]:
    """Close the hosts of its members; gives the hints by host."""
    opened = Guards(store).open(new, "worker", new.members, most=99, width=width, seconds=SECONDS)
    return {each.host: opened[each.id] for each in new.members if each.id in opened}


@dataclass
class Scheduler:
    """One scheduler process."""

    store: Store
    pauses: Callable[[float], None] = lambda seconds: None

    def admit(
        self,
        hint: str | None = None,
        hosts: Iterable[str] = HOSTS,
        *,
        server: str = "",
        project: str = "p1",
        flavor: str = FLAVOR,
        **fields: Any,
    ) -> list[str]:
        found = [host_state(name) for name in hosts]
        spec = Spec(
            instance_uuid=server or str(uuid.uuid4()),
            project_id=project,
            flavor=SimpleNamespace(flavorid=flavor),
            scheduler_hints={} if hint is None else {HANDOVER_HINT: [hint]},
            **fields,
        )
        guarded = GuardedHosts(Guards(self.store), self.pauses)
        admission = Admission(CurrentStates(self.store), guarded, LEVELS, FakeNova())
        return [each.host for each in admission.admit(found, spec)]


@pytest.fixture
def scheduler(store: Store) -> Scheduler:
    return Scheduler(store)


def test_a_closed_host_is_open_to_its_member_alone(store: Store, scheduler: Scheduler) -> None:
    hints = close(store, shop(store, members=2))
    assert hints.keys() == {"h0", "h1"}
    assert scheduler.admit(project="p2") == ["h2", "h3", "h4", "h5"]
    assert scheduler.admit(project="p1") == ["h2", "h3", "h4", "h5"], "of the same project too"
    assert scheduler.admit(hints["h0"]) == ["h0"], "and to no other host than its own"


FOREIGN = [
    ("another project's", {"project": "p2"}),
    ("one for another flavor", {"flavor": "m1.large"}),
    ("one for another host", {"hosts": ["h1", "h2"]}),
]


@pytest.mark.parametrize("asked", [each for _, each in FOREIGN], ids=[name for name, _ in FOREIGN])
def test_a_hint_opens_nothing_but_what_it_is_bound_to(
    store: Store, scheduler: Scheduler, asked: dict[str, Any]
) -> None:
    hints = close(store, shop(store, members=2))
    assert not {"h0", "h1"} & set(scheduler.admit(hints["h0"], **asked))
    if "hosts" not in asked:
        assert scheduler.admit(hints["h0"]) == ["h0"], "and is not used up by that"


@pytest.mark.parametrize(
    "forged", ["", "h0", "1", "5f2b8a3e-6c0d-4d1e-9a53-0f4f6a2c7b11", "%", "' OR 1=1 --", "é\0"]
)
def test_a_hint_that_is_made_up_opens_nothing(
    store: Store, scheduler: Scheduler, forged: str
) -> None:
    close(store, shop(store, members=1))
    assert scheduler.admit(forged) == HOSTS[1:]


def test_ids_that_tenants_know_are_no_hints(store: Store, scheduler: Scheduler) -> None:
    new = shop(store, members=1)
    close(store, new)
    for known in (new.id, new.members[0].id):
        assert scheduler.admit(known) == HOSTS[1:]


def test_a_hint_is_used_once(store: Store, scheduler: Scheduler) -> None:
    hint = close(store, shop(store, members=1))["h0"]
    server = str(uuid.uuid4())
    assert scheduler.admit(hint, server=server) == ["h0"]
    assert scheduler.admit(hint) == HOSTS[1:], "by another server"
    assert scheduler.admit(hint, server=server) == ["h0"], "Nova repeats a request that was lost"
    Guards(store).end(hint)
    assert scheduler.admit(hint, server=server) == HOSTS, "and is worth nothing afterwards"


def test_of_many_requests_with_one_hint_one_gets_the_host(store: Store) -> None:
    """Each in a scheduler of its own, with connections of its own."""
    hint = close(store, shop(store, members=1))["h0"]
    barrier, given = threading.Barrier(6), []

    def ask() -> None:
        own = Store(url_of(store))
        barrier.wait()
        given.append(Scheduler(own).admit(hint))
        own.engine.dispose()

    at_once(ask, 6)
    assert sorted(given, key=len) == [["h0"], *[HOSTS[1:]] * 5]


def test_a_scheduler_that_starts_anew_knows_what_is_closed(store: Store) -> None:
    hint = close(store, shop(store, members=1))["h0"]
    for _ in range(2):
        own = Store(url_of(store))
        assert Scheduler(own).admit() == HOSTS[1:]
        own.engine.dispose()
    assert Scheduler(store).admit(hint) == ["h0"]


def test_a_host_opens_when_nobody_looks_after_it(
    store: Store, clock: Clock, scheduler: Scheduler
) -> None:
    """As when the worker dies between the guard and the request."""
    hint = close(store, shop(store, members=1))["h0"]
    clock.forward(SECONDS - 1)
    assert scheduler.admit() == HOSTS[1:]
    clock.forward(2)
    assert scheduler.admit() == HOSTS
    assert scheduler.admit(hint) == HOSTS, "the hint went with it"


def test_members_on_one_host_share_its_turn_with_a_hint_for_each(
    store: Store, scheduler: Scheduler
) -> None:
    new = shop(store, members=3)
    new = replace(new, members=tuple(replace(each, host="h0") for each in new.members))
    opened = Guards(store).open(new, "worker", new.members, most=3, width=1, seconds=SECONDS)
    assert len(set(opened.values())) == 3
    for hint in opened.values():
        assert scheduler.admit(hint) == ["h0"]


def test_no_more_hosts_are_closed_than_are_allowed(store: Store, clock: Clock) -> None:
    first, second = shop(store, members=3), shop(store, members=3, name="other")
    assert close(store, first, width=2).keys() == {"h0", "h1"}
    assert close(store, second, width=2).keys() == {"h0", "h1"}, "which are closed already"
    for guard in Guards(store).live():
        if guard.host == "h0":
            Guards(store).end(guard.id)
    assert close(store, replace(first, members=first.members[2:]), width=2).keys() == {"h2"}
    clock.forward(SECONDS + 1)
    assert close(store, first, width=2).keys() == {"h0", "h1"}, "those of before have ended"


@pytest.mark.parametrize(("hosts", "closed"), [(0, 1), (3, 1), (11, 2), (32, 8), (400, 8)])
def test_by_default_a_quarter_of_the_hosts_is_closed_and_eight_at_most(
    store: Store, hosts: int, closed: int
) -> None:
    states = Observations(store, Levels(("host", "rack", "zone"), "zone"))
    turn = states.take("observer", 60, 600)
    assert turn is not None
    seen = [ObservedHost(f"n{each}", (None, None), up=True) for each in range(hosts)]
    states.save_hosts(seen, turn)
    assert len(close(store, shop(store, members=20), width=None)) == closed


def test_workers_that_close_hosts_at_the_same_time_keep_to_what_is_allowed(store: Store) -> None:
    """Each in a process of its own, and of another host."""
    close(store, shop(store, members=1, name="before"), width=1)
    wanted = [shop(store, members=6, name=f"e{number}") for number in range(4)]
    wanted = [
        replace(each, members=each.members[number : number + 2])
        for number, each in enumerate(wanted, start=1)
    ]
    barrier, left = threading.Barrier(4), list(wanted)

    def begin() -> None:
        own, new = Store(url_of(store)), left.pop()
        barrier.wait()
        close(own, new, width=3)
        own.engine.dispose()

    at_once(begin, 4)
    assert len({each.host for each in Guards(store).live()}) == 3


def test_a_worker_that_has_lost_its_lease_closes_and_opens_nothing(
    store: Store, clock: Clock
) -> None:
    new = shop(store, members=1)
    hints = close(store, new)
    clock.forward(61)
    assert store.claim(new.id, "another", 60)
    with pytest.raises(exception.LeaseLost):
        close(store, new)
    with pytest.raises(exception.LeaseLost):
        Guards(store).settle(new, "worker", hints.values(), (), SECONDS)


def test_an_ensemble_that_is_gone_closes_no_host(store: Store, scheduler: Scheduler) -> None:
    new = shop(store, members=2)
    close(store, new)
    store.remove(new.id)
    assert scheduler.admit() == HOSTS


# A request to which no other hosts are left.


def test_a_request_to_which_closed_hosts_alone_are_left_waits_for_one_to_open(
    store: Store,
) -> None:
    hints = close(store, shop(store, members=2))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            Guards(store).end(hints["h1"])

    assert Scheduler(store, pause).admit(hosts=["h0", "h1"]) == ["h1"]
    assert len(pauses) == 3
    assert Scheduler(store, pause).admit(hosts=[]) == [], "what Nova has no host for waits for none"
    assert len(pauses) == 3


def test_it_waits_for_a_few_seconds_at_most(store: Store) -> None:
    close(store, shop(store, members=1))
    pauses: list[float] = []
    assert Scheduler(store, pauses.append).admit(hosts=["h0"]) == []
    assert sum(pauses) == pytest.approx(PATIENCE, abs=0.3)


def test_a_server_that_is_moved_is_not_kept_from_its_last_host(store: Store) -> None:
    """Nova would set one to ERROR that is evacuated; a member that loses its host gets another."""
    close(store, shop(store, members=1))
    assert Scheduler(store).admit(hosts=["h0"], ignore_hosts=["h5"]) == ["h0"]
    assert Scheduler(store).admit(hosts=["h0", "h1"], ignore_hosts=["h5"]) == ["h1"]


def test_many_that_wait_leave_the_scheduler_to_members(store: Store) -> None:
    """A scheduler has so many threads; of a member's request it depends when a host opens."""
    hint = close(store, shop(store, members=1))["h0"]
    go_on = threading.Event()
    guarded = GuardedHosts(Guards(store), lambda seconds: go_on.wait(20) and None)
    host = SimpleNamespace(host="h0")

    answers: queue.Queue[list[Any]] = queue.Queue()

    def ask() -> None:
        spec = Spec(instance_uuid=str(uuid.uuid4()), project_id="p2", scheduler_hints={})
        found, _ = guarded.open_to([host], spec, Guards(store).live())
        answers.put(found)

    waiting = [threading.Thread(target=ask) for _ in range(2 * MOST_WAITING)]
    for each in waiting:
        each.start()
    assert [answers.get(timeout=20) for _ in range(MOST_WAITING)] == [[]] * MOST_WAITING
    Guards(store).end(hint)
    go_on.set()
    assert [answers.get(timeout=20) for _ in range(MOST_WAITING)] == [[host]] * MOST_WAITING
    for each in waiting:
        each.join()


# The filter itself, when the database is away.


@pytest.fixture
def enabled(store: Store) -> Iterator[EnsembleFilter]:
    made = EnsembleFilter()
    cfg.CONF.set_override("connection", url_of(store), "ensembles")
    yield made
    cfg.CONF.clear_override("connection", "ensembles")


def asked(made: EnsembleFilter, hint: str | None = None) -> list[str]:
    hosts = [host_state(name) for name in HOSTS]
    spec = Spec(
        instance_uuid=str(uuid.uuid4()),
        project_id="p1",
        flavor=SimpleNamespace(flavorid=FLAVOR),
        scheduler_hints={} if hint is None else {HANDOVER_HINT: [hint]},
    )
    return [each.host for each in made.filter_all(hosts, spec)]


def test_with_the_database_away_closed_hosts_stay_closed_for_their_time(
    store: Store,
    enabled: EnsembleFilter,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hint = close(store, shop(store, members=1))["h0"]
    assert asked(enabled) == HOSTS[1:]

    def away(*_: Any) -> None:
        raise exception.Unavailable("the database is away")

    with monkeypatch.context() as outage:
        outage.setattr(CurrentStates, "concern", away)
        assert [asked(enabled) for _ in range(3)] == [HOSTS[1:]] * 3
        assert asked(enabled, hint) == HOSTS, "its member is let in by what is remembered"
        assert caplog.text.count("not kept by the scheduler") == 1
        clock.forward(SECONDS + 1)
        assert asked(enabled) == HOSTS
    assert asked(enabled) == HOSTS


def at_once(what: Callable[[], None], times: int) -> None:
    threads = [threading.Thread(target=what) for _ in range(times)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def url_of(store: Store) -> str:
    return store.engine.url.render_as_string(hide_password=False)
