# SPDX-License-Identifier: Apache-2.0
"""Notifications of Nova's have the observer look at once, tell it nothing, and are left to others.

They go through oslo.messaging, with its driver in memory.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import oslo_messaging
import pytest
from nova import conf as nova_conf
from oslo_config import cfg
from test_observer import Scene, scene

from ensemble_api.cloud.notifications import Notifications
from ensemble_api.execution import observer
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.store.observations import Observations

__all__ = ["scene"]  # the fixture

HOUR = 3600.0
TOPIC = "versioned_notifications"


@dataclass
class Bus:
    """A message bus, what Nova sends on it, and what another program gets of it."""

    config: cfg.ConfigOpts
    transport: Any
    others: list[str] = field(default_factory=list)

    def notify(self, event_type: str, payload: Any, priority: str = "info") -> None:
        notifier = oslo_messaging.Notifier(
            self.transport, "nova-compute:h0", driver="messagingv2", topics=[TOPIC]
        )
        getattr(notifier, priority)({}, event_type, payload)

    def instance(self, server_id: str, action: str = "update", **more: Any) -> None:
        data = {"uuid": server_id, **more}
        self.notify(f"instance.{action}", {"nova_object.data": data})

    def service(self, host: str, binary: str = "nova-compute") -> None:
        data = {"host": host, "binary": binary, "forced_down": True}
        self.notify("service.update", {"nova_object.data": data})

    def info(self, context: Any, publisher: str, event_type: str, payload: Any, _: Any) -> None:
        self.others.append(event_type)


@pytest.fixture
def bus() -> Iterator[Bus]:
    config = cfg.ConfigOpts()
    nova_conf.notifications.register_opts(config)
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


class Running:
    """An observer in its thread, which looks once an hour unless it is told to."""

    def __init__(self, scene: Scene, bus: Bus, period: float = HOUR) -> None:
        plain = scene.observer()
        self.hints = Notifications(bus.config, lambda _: bus.transport)
        self.looks: list[float] = []

        def observe() -> bool:
            self.looks.append(time.monotonic())
            return CloudObserver.observe(self.observer)

        self.observer = CloudObserver(
            plain._states,
            plain._compute,
            plain._inventory,
            plain._history,
            owner="one",
            period=period,
            hints=self.hints,
        )
        self.observer.observe = observe  # type: ignore[method-assign]
        # The first look makes it the one that listens.
        assert observe()
        self.hints.start(self.observer.hear)
        until(lambda: self.hints._listener is not None)
        self.observer.start()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def running(scene: Scene, bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(observer, "SOON", 0.2)
    found = Running(scene, bus)
    yield found
    found.observer.stop()


def test_what_is_notified_of_a_member_s_server_is_looked_at_and_not_believed(
    scene: Scene, bus: Bus, running: Running
) -> None:
    scene.compute.put(scene.ids[0], "h1")
    bus.instance(scene.ids[0], "live_migration_post.end", host="elsewhere", state="deleted")
    until(lambda: scene.seen[0] == ("h1", "ACTIVE"))
    assert scene.told == ["Nova has moved the server of web-0 to another host."]


def test_what_is_notified_of_a_compute_service_with_members_is_looked_at(
    scene: Scene, bus: Bus, running: Running
) -> None:
    bus.service("h0")
    until(lambda: len(running.looks) == 2)


def test_errors_are_hints_too(scene: Scene, bus: Bus, running: Running) -> None:
    payload = {"nova_object.data": {"uuid": scene.ids[1]}}
    bus.notify("instance.create.error", payload, priority="error")
    until(lambda: len(running.looks) == 2)


def test_many_notifications_cause_one_look(scene: Scene, bus: Bus, running: Running) -> None:
    for _ in range(50):
        bus.instance(scene.ids[0])
    until(lambda: len(running.looks) == 2)
    bus.instance(scene.ids[0])
    until(lambda: len(running.looks) == 3)
    assert running.looks[2] - running.looks[1] >= observer.SOON


def test_what_is_not_about_us_or_not_to_be_read_causes_nothing(
    scene: Scene, bus: Bus, running: Running
) -> None:
    bus.instance("11111111-1111-4111-8111-111111111111")
    bus.service("h7")
    bus.service("h0", binary="nova-scheduler")
    bus.notify("flavor.create", {"nova_object.data": {"uuid": scene.ids[0]}})
    for payload in (None, [], "text", {}, {"nova_object.data": None}, {"nova_object.data": 7}):
        bus.notify("instance.update", payload)
    bus.instance(7)  # type: ignore[arg-type]
    until(lambda: len(bus.others) == 11)
    bus.instance(scene.ids[0])
    until(lambda: len(running.looks) == 2)
    time.sleep(3 * observer.SOON)
    assert len(running.looks) == 2


def test_others_get_what_we_get(scene: Scene, bus: Bus, running: Running) -> None:
    bus.instance(scene.ids[0], "delete.end")
    until(lambda: len(running.looks) == 2)
    assert bus.others == ["instance.delete.end"]


def test_a_process_without_the_turn_listens_no_more(
    scene: Scene, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(scene, bus, period=0.1)
    monkeypatch.setattr(Observations, "take", lambda *_: None)
    until(lambda: running.hints._listener is None)
    monkeypatch.undo()
    until(lambda: running.hints._listener is not None)
    running.observer.stop()
    until(lambda: running.hints._listener is None)


def test_without_a_bus_the_cloud_is_observed_all_the_same(scene: Scene, bus: Bus) -> None:
    def fails(_: Any) -> Any:
        raise RuntimeError("no such transport")

    hints = Notifications(bus.config, fails)
    hints.start(lambda **_: None)
    until(lambda: not hints._wanted)
    scene.observe()
    assert scene.seen == [("h0", "ACTIVE"), ("h1", "ACTIVE")]
