# SPDX-License-Identifier: Apache-2.0
"""Calls, casts and notifications inside one process, without a look every moment."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import oslo_messaging
import pytest
from oslo_config import cfg
from oslo_messaging import conffixture

from ensemble_cloud import message_bus

SECONDS = 10


class Host:
    """What a compute service would have."""

    target = oslo_messaging.Target(version="1.0")

    def __init__(self, name: str) -> None:
        self.name = name
        self.told: list[str] = []
        self.heard = threading.Semaphore(0)

    def ask(self, _context: Any, text: str) -> str:
        """Answer with the host's name."""
        return f"{self.name}: {text}"

    def tell(self, _context: Any, text: str) -> None:
        """Note what was told."""
        self.told.append(text)
        self.heard.release()


@pytest.fixture
def transport() -> Iterator[oslo_messaging.Transport]:
    # The options of its tracing are registered with the configuration of the process alone.
    with conffixture.ConfFixture(cfg.ConfigOpts(), transport_url="ensemblecloud:/") as config:
        yield oslo_messaging.get_rpc_transport(config.conf)


@pytest.fixture
def hosts(transport: oslo_messaging.Transport) -> Iterator[list[Host]]:
    hosts = [Host("h1"), Host("h2")]
    servers = [
        oslo_messaging.get_rpc_server(
            transport,
            oslo_messaging.Target(topic="compute", server=each.name),
            [each],
            executor="threading",
        )
        for each in hosts
    ]
    for server in servers:
        server.start()
    yield hosts
    for server in servers:
        server.stop()
        server.wait()


@pytest.fixture
def client(transport: oslo_messaging.Transport) -> oslo_messaging.RPCClient:
    target = oslo_messaging.Target(topic="compute", version="1.0")
    return oslo_messaging.get_rpc_client(transport, target, timeout=SECONDS)


def test_a_host_is_called_by_name(client: oslo_messaging.RPCClient, hosts: list[Host]) -> None:
    answers = [client.prepare(server=each.name).call({}, "ask", text="up?") for each in hosts]
    assert answers == ["h1: up?", "h2: up?"]


def test_any_host_of_a_topic_answers(client: oslo_messaging.RPCClient, hosts: list[Host]) -> None:
    assert client.call({}, "ask", text="up?") in ("h1: up?", "h2: up?")


def test_all_hosts_are_told_what_is_for_all(
    client: oslo_messaging.RPCClient, hosts: list[Host]
) -> None:
    client.prepare(fanout=True).cast({}, "tell", text="news")
    assert all(each.heard.acquire(timeout=SECONDS) for each in hosts)
    assert [each.told for each in hosts] == [["news"], ["news"]]


def test_nobody_looks_where_nothing_comes(
    client: oslo_messaging.RPCClient, hosts: list[Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Any] = []
    look = message_bus._Exchange.poll

    def count(exchange: message_bus._Exchange, target: Any, pool: Any) -> Any:
        looks.append(target)
        return look(exchange, target, pool)

    monkeypatch.setattr(message_bus._Exchange, "poll", count)
    assert client.prepare(server="h1").call({}, "ask", text="up?") == "h1: up?"
    time.sleep(0.3)  # the driver `fake` would look a dozen times
    assert {each.server for each in looks} == {"h1", None}
    assert len(looks) <= 3  # one finds it, and one more at each queue finds nothing


def test_what_is_stopped_ends_though_nothing_comes(transport: oslo_messaging.Transport) -> None:
    target = oslo_messaging.Target(topic="quiet", server="h1")
    server = oslo_messaging.get_rpc_server(transport, target, [Host("h1")], executor="threading")
    server.start()
    server.stop()
    ended = threading.Thread(target=server.wait)
    ended.start()
    ended.join(SECONDS)
    assert not ended.is_alive()


def test_notifications_reach_who_listens(transport: oslo_messaging.Transport) -> None:
    config = cfg.ConfigOpts()
    bus = oslo_messaging.get_notification_transport(config, url="ensemblecloud:/")
    heard = threading.Event()

    class Endpoint:
        def info(self, *_: Any) -> None:
            heard.set()

    listener = oslo_messaging.get_notification_listener(
        bus, [oslo_messaging.Target(topic="versioned")], [Endpoint()], executor="threading"
    )
    listener.start()
    try:
        notifier = oslo_messaging.Notifier(
            bus, publisher_id="nova", driver="messaging", topics=["versioned"]
        )
        notifier.info({}, "instance.update", {})
        assert heard.wait(SECONDS)
    finally:
        listener.stop()
        listener.wait()
