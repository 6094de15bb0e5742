# SPDX-License-Identifier: Apache-2.0
"""What Nova notifies of servers and compute services: a hint to look, and never believed."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import oslo_messaging
from oslo_config import cfg

LOG = logging.getLogger(__name__)

POOL = "ensembles"  # a queue of our own, so that nobody else misses what we get
_OURS = oslo_messaging.NotificationFilter(event_type=r"^(instance|service)\.")


class Hearer(Protocol):
    """Who is told that something may have changed."""

    def __call__(self, *, server_id: str | None, host: str | None) -> None:
        """Of a server, or of the compute service of a host."""


class Notifications:
    """Listens to Nova's versioned notifications, on the message bus that ``config`` names.

    The processes that listen share one queue: each notification is heard by one of them.
    """

    def __init__(
        self,
        config: cfg.ConfigOpts,
        get_transport: Callable[..., Any] = oslo_messaging.get_notification_transport,
    ) -> None:
        self._config = config
        self._get_transport = get_transport
        self._lock = threading.Lock()
        self._wanted = False
        self._told = ""
        self._listener: Any = None

    def start(self, hearer: Hearer) -> None:
        """Listen from now on, if that is not so yet. The bus may be away: nobody waits for it."""
        with self._lock:
            if self._wanted:
                return
            self._wanted = True
        threading.Thread(
            target=self._listen, args=(hearer,), name="ensemble-notifications", daemon=True
        ).start()

    def stop(self) -> None:
        """Listen no more: what comes from here on waits for the next one that listens."""
        with self._lock:
            self._wanted = False
            listener, self._listener = self._listener, None
        if listener is not None:
            # Giving up a connection takes a while.
            threading.Thread(target=_end, args=(listener,), daemon=True).start()

    def _listen(self, hearer: Hearer) -> None:
        topics = self._config.notifications.versioned_notifications_topics
        try:
            listener = oslo_messaging.get_notification_listener(
                self._get_transport(self._config),
                [oslo_messaging.Target(topic=topic) for topic in topics[:1]],
                [_Endpoint(hearer)],
                executor="threading",
                pool=POOL,
            )
            listener.start()
        except Exception as error:
            # The cloud is looked at without them, too.
            if repr(error) != self._told:
                LOG.exception("Nova's notifications are not listened to")
            with self._lock:
                self._wanted, self._told = False, repr(error)
            return
        with self._lock:
            if self._wanted and self._listener is None:
                self._listener = listener
                return
        _end(listener)


def _end(listener: Any) -> None:
    listener.stop()
    listener.wait()


class _Endpoint:
    """What oslo.messaging calls with each notification, by its priority."""

    filter_rule = _OURS

    def __init__(self, hearer: Hearer) -> None:
        self._hearer = hearer

    def info(
        self, context: Any, publisher: str, event_type: str, payload: Any, metadata: Any
    ) -> None:
        """Pass on which server or host a notification is of; what else it says is not looked at."""
        data = payload.get("nova_object.data") if isinstance(payload, Mapping) else None
        if not isinstance(data, Mapping):
            return
        if event_type.startswith("instance."):
            self._hearer(server_id=_text(data.get("uuid")), host=None)
        elif data.get("binary") == "nova-compute":
            self._hearer(server_id=None, host=_text(data.get("host")))

    error = info


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
