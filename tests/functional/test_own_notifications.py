# SPDX-License-Identifier: Apache-2.0
"""What happens to ensembles is notified once, after it was committed, and harms nothing.

They go through oslo.messaging, with its driver in memory.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import oslo_messaging
import pytest
from oslo_config import cfg
from served import until
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import exception, views
from ensemble_api.cloud import notifier
from ensemble_api.cloud.notifier import Notifier
from ensemble_api.store import occurrences
from ensemble_api.store.api import Store

TOPIC = "ensembles_notifications"
SCHEMA = json.loads((Path(__file__).parents[2] / "doc/notifications/schema.json").read_text())


@dataclass
class Bus:
    """A message bus, and what a program of the operator's gets of it."""

    config: cfg.ConfigOpts
    transport: Any
    times: list[tuple[str, tuple[str, str, Any]]] = field(default_factory=list)

    def info(self, _: Any, publisher: str, event_type: str, payload: Any, metadata: Any) -> None:
        self._take("info", publisher, event_type, payload, metadata)

    def error(self, _: Any, publisher: str, event_type: str, payload: Any, metadata: Any) -> None:
        self._take("error", publisher, event_type, payload, metadata)

    def _take(
        self, priority: str, publisher: str, event_type: str, payload: Any, metadata: Any
    ) -> None:
        assert publisher.startswith("ensembles:")
        jsonschema.validate(payload, SCHEMA)
        found = (priority, event_type.removeprefix("ensemble."), payload)
        self.times.append((metadata["timestamp"], found))

    @property
    def got(self) -> list[tuple[str, str, Any]]:
        """In the order in which they were sent; the listener's threads race."""
        return [found for _, found in sorted(self.times, key=lambda each: each[0])]

    def events(self, number: int) -> list[str]:
        """The first events, and that there are no others."""
        self.wait(number)
        time.sleep(0.1)
        return [event for _, event, _ in self.got]

    def wait(self, number: int) -> None:
        until(lambda: len(self.got) >= number)

    def data(self, event: str) -> Any:
        (found,) = (payload for _, name, payload in self.got if name == event)
        return found["ensemble_object.data"]

    def operation(self, event: str) -> Any:
        return self.data(event)["operation"]["ensemble_object.data"]


@pytest.fixture
def bus() -> Iterator[Bus]:
    config = cfg.ConfigOpts()
    config([])
    transport = oslo_messaging.get_notification_transport(config, url="fake:/")
    found = Bus(config, transport)
    listener = oslo_messaging.get_notification_listener(
        transport, [oslo_messaging.Target(topic=TOPIC)], [found], executor="threading"
    )
    listener.start()
    yield found
    listener.stop()
    listener.wait()
    transport.cleanup()


def notify(store: Store, bus: Bus, get_transport: Callable[..., Any] | None = None) -> Notifier:
    made = Notifier(
        bus.config,
        [TOPIC],
        views.event_type,
        views.notification,
        get_transport or (lambda _: bus.transport),
    )
    store.listen(made.hear)
    made.start()
    return made


@pytest.fixture
def notified(cloud: SmallCloud, bus: Bus) -> Iterator[Bus]:
    made = notify(cloud.store, bus)
    yield bus
    made.stop()


def test_a_create_and_a_delete_start_and_end(cloud: SmallCloud, notified: Bus) -> None:
    who = caller()
    record = cloud.service().create(who, body(("web", 2)))
    cloud.run(record.id)
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    assert notified.events(4) == ["create.start", "create.end", "delete.start", "delete.end"]
    data = notified.data("create.start")
    assert (data["uuid"], data["name"], data["status"]) == (record.id, "shop", "BUILDING")
    assert (data["project_id"], data["user_id"]) == (who.project_id, who.user_id)
    begun, ended = notified.operation("create.start"), notified.operation("create.end")
    assert (begun["status"], begun["members_present"], begun["ended_at"]) == ("RUNNING", 2, None)
    assert begun["request_id"] == who.request_id
    assert (ended["status"], ended["uuid"]) == ("SUCCEEDED", begun["uuid"])
    assert ended["ended_at"] >= ended["started_at"] == begun["started_at"]
    assert notified.data("create.end")["status"] == "ACTIVE"
    assert notified.operation("delete.start")["members_absent"] == 2
    assert notified.operation("delete.end")["status"] == "SUCCEEDED"
    assert {priority for priority, _, _ in notified.got} == {"info"}


def test_a_build_that_fails_ends_with_an_error_that_says_why(
    cloud: SmallCloud, notified: Bus
) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    cloud.nova.refuse["web-1"] = (403, "Quota exceeded")
    cloud.run(record.id)
    assert notified.events(2) == ["create.start", "create.error"]
    priority, _, _ = notified.got[1]
    failed = notified.operation("create.error")
    assert (priority, failed["status"]) == ("error", "FAILED")
    assert "Quota exceeded" in failed["reason"]["message"]
    assert notified.data("create.error")["status"] == "ERROR"


def test_a_delete_of_a_build_cancels_it_first(cloud: SmallCloud, notified: Bus) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.service().delete(caller(), record.id)
    cloud.run(record.id)
    assert notified.events(4) == ["create.start", "create.cancel", "delete.start", "delete.end"]


def test_what_is_refused_has_never_begun(cloud: SmallCloud, notified: Bus) -> None:
    with pytest.raises(exception.InfeasibleEnsemble):
        cloud.service().create(caller(), body(("web", 9), policies=[anti_affinity("web")]))
    cloud.service().create(caller(), body(("web", 1)))
    assert notified.events(1) == ["create.start"]


def test_changes_and_new_descriptions_are_told_apart(cloud: SmallCloud, notified: Bus) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    assert cloud.patch(record.id, {"name": "renamed"}).status_int == 202
    wider = cloud.patch(record.id, {"tiers": body(("web", 2))["tiers"]})
    assert wider.status_int == 202, wider.text
    cloud.run(record.id)
    assert notified.events(5)[2:] == ["update", "change.start", "change.end"]
    assert notified.data("update")["name"] == "renamed"
    assert notified.data("change.end")["generation"] == 3
    assert notified.operation("change.start")["members_present"] == 1


def test_a_promise_that_is_lost_and_regained_is_told(cloud: SmallCloud, notified: Bus) -> None:
    record = cloud.service().create(
        caller(), body(("web", 2), policies=[anti_affinity("web", "rack")])
    )
    cloud.run(record.id)
    cloud.observe()
    built = cloud.store.get(record.id)
    (host,) = (each for each in cloud.nova.hosts if each.name == built.members[0].host)
    host.state = "down"
    cloud.observe()
    host.state = "up"
    cloud.observe()
    assert notified.events(4)[2:] == ["promise.lost", "promise.regained"]
    lost, regained = notified.data("promise.lost"), notified.data("promise.regained")
    assert (lost["status"], regained["status"]) == ("DEGRADED", "ACTIVE")
    assert [each["code"] for each in lost["reasons"]] and regained["reasons"] == []
    assert lost["operation"] is None


def test_what_is_rolled_back_is_not_told(cloud: SmallCloud, notified: Bus) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    with pytest.raises(RuntimeError), cloud.store.writing() as session:
        occurrences.note(session, record.id, "update")
        raise RuntimeError("before the commit")
    assert notified.events(2) == ["create.start", "create.end"]


def test_of_several_processes_the_one_that_did_it_tells_it(cloud: SmallCloud, bus: Bus) -> None:
    stores = [Store(str(cloud.store.engine.url)) for _ in range(3)]
    notifiers = [notify(each, bus) for each in stores]
    record = cloud.service(store=stores[0]).create(caller(), body(("web", 1)))
    cloud.run(record.id, owner="two", store=stores[1])
    cloud.service(store=stores[2]).delete(caller(), record.id)
    cloud.run(record.id, owner="two", store=stores[1])
    assert sorted(bus.events(4)) == ["create.end", "create.start", "delete.end", "delete.start"]
    for each in notifiers:
        each.stop()


def test_without_a_bus_ensembles_are_built_all_the_same(
    cloud: SmallCloud, bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    failed = threading.Event()

    def fails(_: Any) -> Any:
        failed.set()
        raise RuntimeError("no such transport")

    made = notify(cloud.store, bus, fails)
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    cloud.assert_built(cloud.store.get(record.id))
    assert failed.wait(20)
    made.stop()
    assert caplog.text.count("Ensembles cannot be notified of") == 1
    assert bus.got == []


def test_a_bus_that_does_not_answer_holds_nobody_up_and_takes_no_memory(
    cloud: SmallCloud, bus: Bus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notifier, "MOST", 2)
    monkeypatch.setattr(notifier, "GRACE", 0.1)
    answers = threading.Event()

    def waits(_: Any) -> Any:
        answers.wait(60)
        return bus.transport

    made = notify(cloud.store, bus, waits)
    for number in range(3):
        record = cloud.service().create(caller(), body(("web", 1), name=f"shop-{number}"))
        cloud.run(record.id)
        cloud.assert_open()
    assert "2 notifications wait" in caplog.text
    answers.set()
    assert bus.events(3) == ["create.start", "create.end", "create.start"]
    made.stop()


def test_a_listener_that_fails_harms_nothing(
    cloud: SmallCloud, notified: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: Any) -> None:
        raise RuntimeError("a defect")

    cloud.store.listen(fails)
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.run(record.id)
    assert notified.events(2) == ["create.start", "create.end"]
    assert "could not be told" in caplog.text
