# SPDX-License-Identifier: Apache-2.0
"""The driver of oslo.messaging that passes messages inside one process and wakes who waits.

The driver `fake`, on which it is built, has every listener look for messages twenty times a second.
With the services of all hosts in one process, that is work without end, and each message waits for
the next look. Its URL is `ensemblecloud:/`.
"""

import threading
import time
from typing import Any, ClassVar

import oslo_messaging
from oslo_messaging._drivers import base, impl_fake


class _Exchange(impl_fake.FakeExchange):
    """The queues of one exchange, and who is told when something was put into which."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._waiting: list[tuple[str, str | None, threading.Event]] = []

    def tell(self, target: oslo_messaging.Target, arrived: threading.Event) -> None:
        """Set `arrived` from now on whenever a message comes that the target may be for."""
        with self._queues_lock:
            self._waiting.append((target.topic, target.server, arrived))

    def forget(self, arrived: threading.Event) -> None:
        """Tell that one nothing more."""
        with self._queues_lock:
            self._waiting = [each for each in self._waiting if each[2] is not arrived]

    def deliver_message(
        self,
        topic: str,
        ctxt: Any,
        message: Any,
        server: str | None = None,
        fanout: bool = False,
        reply_q: Any = None,
    ) -> None:
        """Put a message into its queues, and wake those who look into one of them."""
        with self._queues_lock:
            super().deliver_message(topic, ctxt, message, server, fanout, reply_q)
            for of_topic, of_server, arrived in self._waiting:
                if of_topic == topic and (fanout or of_server == server):
                    arrived.set()


class _Exchanges(impl_fake.FakeExchangeManager):
    _exchanges_lock = threading.Lock()
    _exchanges: ClassVar[dict[str, _Exchange]] = {}

    def get_exchange(self, name: str | None) -> _Exchange:
        name = name or self._default_exchange
        with self._exchanges_lock:
            return self._exchanges.setdefault(name, _Exchange(name))


class _Listener(impl_fake.FakeListener):
    def __init__(
        self, exchanges: _Exchanges, targets: list[oslo_messaging.Target], pool: str | None = None
    ) -> None:
        super().__init__(exchanges, targets, pool)
        self._arrived = threading.Event()
        for target in targets:
            exchanges.get_exchange(target.exchange).tell(target, self._arrived)

    @base.batch_poll_helper
    def poll(self, timeout: float | None = None) -> impl_fake.FakeIncomingMessage | None:
        """The next message, None once the seconds are over or the listener is stopped."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._stopped.is_set():
            self._arrived.clear()  # before the look: what comes after it sets it again
            for target in self._targets:
                exchange = self._exchange_manager.get_exchange(target.exchange)
                found = exchange.poll(target, self._pool)
                if found[1] is not None:
                    return impl_fake.FakeIncomingMessage(*found)
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return None
            self._arrived.wait(left)
        return None

    def stop(self) -> None:
        super().stop()
        self._arrived.set()
        for target in self._targets:
            self._exchange_manager.get_exchange(target.exchange).forget(self._arrived)


class Driver(impl_fake.FakeDriver):
    """The driver `fake`, but that listeners wait until something comes."""

    def __init__(
        self, conf: Any, url: Any, default_exchange: Any = None, allowed_remote_exmods: Any = None
    ) -> None:
        super().__init__(conf, url, default_exchange, allowed_remote_exmods)
        self._exchange_manager = _Exchanges(default_exchange)

    def listen(
        self, target: oslo_messaging.Target, batch_size: int, batch_timeout: float
    ) -> base.PollStyleListenerAdapter:
        """Listen to what is for a server alone, and for whoever has the topic."""
        exchange = target.exchange or self._default_exchange
        targets = [
            oslo_messaging.Target(topic=target.topic, server=server, exchange=exchange)
            for server in (target.server, None)
        ]
        listener = _Listener(self._exchange_manager, targets)
        return base.PollStyleListenerAdapter(listener, batch_size, batch_timeout)

    def listen_for_notifications(
        self, targets_and_priorities: Any, pool: str | None, batch_size: int, batch_timeout: float
    ) -> base.PollStyleListenerAdapter:
        """Listen to the notifications of some topics, each of a priority."""
        targets = [
            oslo_messaging.Target(topic=f"{target.topic}.{priority}", exchange=target.exchange)
            for target, priority in targets_and_priorities
        ]
        listener = _Listener(self._exchange_manager, targets, pool)
        return base.PollStyleListenerAdapter(listener, batch_size, batch_timeout)
