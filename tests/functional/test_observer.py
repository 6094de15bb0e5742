# SPDX-License-Identifier: Apache-2.0
"""What is written down of what Nova says, and what is not concluded from its silence."""

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_store import record

from ensemble_api import exception
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.records import MemberStatus
from ensemble_api.store import models, rows
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.history import History
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels

EVERY_DATABASE = True


@dataclass
class FakeCompute:
    """What is asked of Nova, and how often; ``hidden`` are of a cell that does not answer."""

    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    down: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    since: list[str] = field(default_factory=list)

    def put(self, server_id: str, host: str | None, status: str = "ACTIVE", **more: Any) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        old = self.servers.get(server_id, {"id": server_id, "tenant_id": "p1"})
        self.servers[server_id] = old | {
            "status": status,
            "updated": now,
            "OS-EXT-SRV-ATTR:host": host,
            "OS-EXT-STS:task_state": None,
            **more,
        }

    def all_servers(self, context: Any, project_id: str | None = None) -> Iterator[dict[str, Any]]:
        self.asked.append("all")
        for server in self.servers.values():
            if server["id"] in self.hidden:
                yield {"id": server["id"], "tenant_id": server["tenant_id"], "status": "UNKNOWN"}
            elif server["status"] != "DELETED":
                yield server

    def changed_since(self, context: Any, moment: str) -> Iterator[dict[str, Any]]:
        self.asked.append("changes")
        self.since.append(moment)
        for server in self.servers.values():
            if (
                server["updated"] >= moment
                and server["id"] not in self.hidden
                and server["status"] != "DELETED"
            ):
                yield server

    def deleted_since(self, context: Any, moment: str) -> Iterator[str]:
        self.asked.append("deleted")
        for server in self.servers.values():
            if server["updated"] >= moment and server["status"] == "DELETED":
                yield server["id"]

    def server(self, context: Any, server_id: str) -> dict[str, Any] | None:
        self.asked.append("one")
        found = self.servers.get(server_id)
        return None if found is None or found["status"] == "DELETED" else found

    def services(self, context: Any) -> list[dict[str, Any]]:
        return [
            # Nova tells no more of the services of a cell that does not answer.
            {"host": name, "status": "UNKNOWN"}
            if name in self.silent
            else {"host": name, "state": "down" if name in self.down else "up"}
            for name in ("h0", "h1")
        ]

    def hypervisors(self, context: Any) -> Iterator[dict[str, Any]]:
        yield from ()

    def aggregates(self, context: Any) -> list[dict[str, Any]]:
        return [{"hosts": ["h0"], "metadata": {"rack": "r0"}}]


@dataclass
class Scene:
    store: Store
    compute: FakeCompute
    ids: list[str]
    ensemble_id: str

    def observer(
        self, owner: str = "one", clock: Callable[[], float] = time.monotonic
    ) -> CloudObserver:
        inventory = Inventory(self.compute, None, parse_levels(["rack:rack"]), "nova")  # type: ignore[arg-type]
        states = Observations(self.store, Levels(("host", "rack")))
        history = History(self.store, timedelta(days=90))
        return CloudObserver(
            states,
            self.compute,
            inventory,
            history,
            owner=owner,
            period=5,
            clock=clock,  # type: ignore[arg-type]
        )

    def observe(self) -> None:
        assert self.observer().observe()

    @property
    def seen(self) -> list[tuple[str | None, str | None]]:
        with self.store.reading() as session:
            query = session.query(models.Member).order_by(models.Member.position)
            return [(row.current_host, row.server_status) for row in query]

    @property
    def told(self) -> list[str]:
        return [str(each["message"]) for each in self.store.get(self.ensemble_id).events]


@pytest.fixture
def scene(store: Store) -> Scene:
    new = record(members=2)
    store.create(new, "api", 60)
    compute, ids = FakeCompute(), []
    for member in new.members:
        ids.append(str(uuid.uuid4()))
        store.update_member(new, member, "api", server_id=ids[-1], status=MemberStatus.ACTIVE.value)
        compute.put(ids[-1], member.host)
    return Scene(store, compute, ids, new.id)


def test_the_first_look_compares_everything_and_the_next_ask_for_changes(scene: Scene) -> None:
    scene.observe()
    assert scene.seen == [("h0", "ACTIVE"), ("h1", "ACTIVE")]
    assert scene.told == []
    scene.observe()
    assert scene.compute.asked == ["all", "deleted", "changes"]


def test_a_move_is_written_down_and_told(scene: Scene) -> None:
    scene.observe()
    scene.compute.put(scene.ids[0], "h1")
    scene.observe()
    assert scene.seen == [("h1", "ACTIVE"), ("h1", "ACTIVE")]
    assert scene.told == ["Nova has moved the server of web-0 to another host."]


def test_a_server_that_nova_says_is_deleted_is_gone(scene: Scene) -> None:
    scene.observe()
    scene.compute.put(scene.ids[0], None, "DELETED")
    scene.observe()
    assert scene.seen[0] == (None, "DELETED")
    assert scene.told == ["The server of web-0 was deleted."]


def test_a_server_that_nova_does_not_list_is_asked_for_before_it_is_gone(scene: Scene) -> None:
    scene.observe()
    kept = scene.compute.servers.pop(scene.ids[0])
    scene.observe()
    assert scene.seen[0] == ("h0", "ACTIVE"), "silence says nothing"
    _compare_again(scene.store)
    scene.observe()
    assert scene.seen[0] == (None, "DELETED"), "it was asked for, and is not there"
    assert kept


def test_a_cell_that_does_not_answer_changes_nothing(scene: Scene) -> None:
    scene.observe()
    scene.compute.hidden = set(scene.ids)
    _compare_again(scene.store)
    scene.observe()
    assert scene.seen == [("h0", "ACTIVE"), ("h1", "ACTIVE")]
    assert scene.told == []


@pytest.mark.parametrize(
    ("host", "status", "told"),
    [
        (None, "SHELVED_OFFLOADED", "The server of web-0 was shelved."),
        (None, "ACTIVE", "The server of web-0 is on no host any more."),
        ("h0", "ERROR", "The server of web-0 is in status ERROR."),
    ],
)
def test_what_becomes_of_a_server_is_told(
    scene: Scene, host: str | None, status: str, told: str
) -> None:
    scene.observe()
    scene.compute.put(scene.ids[0], host, status)
    scene.observe()
    assert scene.seen[0] == (host, status)
    assert scene.told == [told]


@pytest.mark.parametrize("first", ["SHELVED", "SHELVED_OFFLOADED"])
def test_shelving_is_told_once_though_nova_takes_two_steps(scene: Scene, first: str) -> None:
    """Nova may write the new status before it writes that the server has no host any more."""
    scene.observe()
    scene.compute.put(scene.ids[0], "h0", first)
    scene.observe()
    scene.compute.put(scene.ids[0], None, "SHELVED_OFFLOADED")
    scene.observe()
    assert scene.told == ["The server of web-0 was shelved."]


def test_a_resize_is_told_and_a_first_look_at_the_flavor_is_none(scene: Scene) -> None:
    scene.compute.put(scene.ids[0], "h0", flavor={"original_name": "m1.small"})
    scene.observe()
    scene.compute.put(scene.ids[0], "h0", flavor={"original_name": "m1.large"})
    scene.observe()
    assert scene.told == ["The server of web-0 has another flavor now."]


def test_a_zone_that_a_server_is_not_pinned_to_any_more_is_told_once(scene: Scene) -> None:
    """Nova dates the change no more than the rest: what is told of it comes with another."""
    scene.compute.put(scene.ids[0], "h0", pinned_availability_zone="zone-one")
    scene.compute.put(scene.ids[1], "h1", pinned_availability_zone=None)
    scene.observe()
    for pinned in ("zone-one", None, None, "zone-two"):
        scene.compute.put(scene.ids[0], "h0", pinned_availability_zone=pinned)
        scene.observe()
    assert scene.told == ["The server of web-0 is not pinned to an availability zone any more."]
    scene.compute.put(scene.ids[0], None, "DELETED")
    scene.observe()
    assert scene.told[1:] == ["The server of web-0 was deleted."]


def test_an_unpinned_zone_that_nova_does_not_date_is_told_after_the_next_comparison(
    scene: Scene,
) -> None:
    scene.compute.put(scene.ids[0], "h0", pinned_availability_zone="zone-one")
    scene.observe()
    scene.compute.servers[scene.ids[0]]["pinned_availability_zone"] = None
    _compare_again(scene.store)
    scene.observe()
    assert scene.told == ["The server of web-0 is not pinned to an availability zone any more."]


def test_a_member_that_was_built_long_after_its_server_changed_is_asked_for(scene: Scene) -> None:
    with scene.store.writing() as session:
        session.query(models.Member).update({"status": MemberStatus.BUILDING.value})
    scene.observe()
    for server in scene.compute.servers.values():
        server["updated"] = "2026-01-01T00:00:00Z"
    with scene.store.writing() as session:
        session.query(models.Member).update({"status": MemberStatus.ACTIVE.value})
    scene.observe()
    assert scene.seen == [("h0", "ACTIVE"), ("h1", "ACTIVE")]


@pytest.mark.parametrize("status", ["BUILD", "ERROR", "DELETED"])
def test_a_member_counts_on_its_planned_host_until_it_is_built(scene: Scene, status: str) -> None:
    member = scene.store.get(scene.ensemble_id).members[0]
    building = scene.store.get(scene.ensemble_id)
    scene.store.update_member(building, member, "api", status=MemberStatus.BUILDING.value)
    scene.compute.put(scene.ids[0], None, status)
    scene.observe()
    assert scene.store.get(scene.ensemble_id).members[0].location == "h0"
    scene.store.update_member(building, member, "api", status=MemberStatus.ACTIVE.value)
    scene.compute.put(scene.ids[0], "h1")
    scene.observe()
    assert scene.store.get(scene.ensemble_id).members[0].location == "h1"
    assert scene.told == ["Nova has moved the server of web-0 to another host."]


def test_one_process_observes_at_a_time_and_another_goes_on_when_it_ends(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scene.observer("one").observe()
    assert not scene.observer("two").observe()
    assert scene.observer("one").observe()
    later = rows.now() + timedelta(seconds=60)
    monkeypatch.setattr(rows, "now", lambda: later)
    assert scene.observer("two").observe()
    assert not scene.observer("one").observe()


def test_who_was_too_slow_writes_no_old_news_and_begins_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process takes its turn while Nova answers, and has seen that a server has moved."""
    scene.observe()
    begun: list[str] = []
    slow, old = scene.observer("slow"), scene.compute.services
    slow._repair = lambda: begun.append("repair")
    later = [rows.now() + timedelta(seconds=60)]
    monkeypatch.setattr(rows, "now", lambda: later[0])

    def services(context: Any) -> list[dict[str, Any]]:
        found = old(context)
        if len(later) == 1:
            later.insert(0, later[0] + timedelta(seconds=60))
            scene.compute.down.add("h1")
            scene.compute.put(scene.ids[0], "h1")
            assert scene.observer("quick").observe()
        return found

    monkeypatch.setattr(scene.compute, "services", services)
    assert not slow.observe()
    assert [each.up for each in CurrentStates(scene.store).hosts()] == [True, False]
    assert scene.seen[0] == ("h1", "ACTIVE")
    assert begun == []


def test_each_write_of_who_was_too_slow_is_refused(scene: Scene) -> None:
    states = Observations(scene.store, Levels(("host", "rack")))
    slow = states.take("slow", 0, 600)
    assert slow is not None and states.take("quick", 60, 600) is not None
    writes: list[Callable[[], object]] = [
        lambda: states.save_hosts([], slow),
        lambda: states.save_servers([], None, slow, whole=True),
        lambda: states.judge(slow),
    ]
    for write in writes:
        with pytest.raises(exception.LeaseLost):
            write()


def test_hosts_are_known_with_their_racks_and_states(scene: Scene) -> None:
    states = CurrentStates(scene.store)
    scene.observe()
    version = states.hosts_version()
    assert [(each.name, each.above, each.up) for each in states.hosts()] == [
        ("h0", ("r0",), True),
        ("h1", (None,), True),
    ]
    scene.observe()
    assert states.hosts_version() == version, "nothing has changed"
    scene.compute.down.add("h1")
    scene.observe()
    assert states.hosts_version() == version + 1
    assert [each.up for each in states.hosts()] == [True, False]


def test_what_nova_asks_does_not_grow_with_ensembles_that_do_not_change(scene: Scene) -> None:
    scene.observe()
    for name in "abcdefgh":
        scene.store.create(record(name), "api", 60)
    scene.compute.asked.clear()
    scene.observe()
    assert scene.compute.asked == ["deleted", "changes"]


def test_a_quiet_cloud_is_soon_asked_for_what_is_newer_alone(scene: Scene) -> None:
    for server in scene.compute.servers.values():
        server["updated"] = "2026-01-01T00:10:00Z"
    seconds = [0.0]
    observer = scene.observer(clock=lambda: seconds[0])
    for now in (0, 0, 20, 60, 3600):
        seconds[0] = now
        assert observer.observe()
    assert [each[11:19] for each in scene.compute.since] == [
        "00:09:00",
        "00:09:20",
        "00:10:00",
        "00:10:01",
    ]
    scene.compute.servers[scene.ids[0]]["updated"] = "2026-01-01T00:20:00Z"
    assert observer.observe()
    assert observer.observe()
    assert [each[11:19] for each in scene.compute.since[-2:]] == ["00:10:01", "00:19:00"]


def _compare_again(store: Store) -> None:
    with store.writing() as session:
        session.query(models.Observation).update({"compared_at": None})
