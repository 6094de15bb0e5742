# SPDX-License-Identifier: Apache-2.0
"""Notifies others of what happens to ensembles, by oslo.messaging; nobody ever waits for it."""

import logging
import queue
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import oslo_messaging
from oslo_config import cfg

from ensemble_api import advice
from ensemble_api.occurrences import Occurrence

LOG = logging.getLogger(__name__)

MOST = 1000  # that wait while the message bus is away; what comes then is not notified of
GRACE = 2.0  # seconds that a process which ends gives those that wait
RETRIES = 3  # of one notification
SERVICE = "ensembles"


class Notifier:
    """Sends one notification of each occurrence to ``topics``, in the order in which it is told.

    ``event_type`` and ``payload`` say what is sent. What cannot be sent is logged and forgotten.
    """

    def __init__(
        self,
        config: cfg.ConfigOpts,
        topics: Sequence[str],
        event_type: Callable[[Occurrence], str],
        payload: Callable[[Occurrence], Mapping[str, Any]],
        get_transport: Callable[..., Any] = oslo_messaging.get_notification_transport,
    ) -> None:
        self._config = config
        self._topics = list(topics)
        self._event_type = event_type
        self._payload = payload
        self._get_transport = get_transport
        self._waiting: queue.Queue[Occurrence | None] = queue.Queue(MOST)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._told = ""
        self._sender: Any = None

    def start(self) -> None:
        """Send from now on, in a thread."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="ensemble-notifier", daemon=True
                )
                self._thread.start()

    def stop(self) -> None:
        """Send what waits, within ``GRACE`` seconds, and no more."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        thread.join(GRACE)

    def hear(self, occurrences: Sequence[Occurrence]) -> None:
        """Have these sent; that returns at once, and never fails."""
        for each in occurrences:
            try:
                self._waiting.put_nowait(each)
            except queue.Full:
                self._log(f"{MOST} notifications wait, and no more are taken", None)
                return

    def _run(self) -> None:
        while (occurrence := self._waiting.get()) is not None:
            try:
                self._send(occurrence)
            except Exception as error:  # noqa: BLE001
                self._log("Ensembles cannot be notified of", error)
            else:
                self._told = ""

    def _send(self, occurrence: Occurrence) -> None:
        if self._sender is None:
            self._sender = oslo_messaging.Notifier(
                self._get_transport(self._config),
                publisher_id=f"{SERVICE}:{socket.gethostname()}",
                driver="messagingv2",
                topics=self._topics,
                retry=RETRIES,
            )
        event_type = self._event_type(occurrence)
        priority = "error" if event_type.endswith(".error") else "info"
        getattr(self._sender, priority)({}, event_type, self._payload(occurrence))

    def _log(self, what: str, error: Exception | None) -> None:
        """Log what goes wrong, once for each reason until something works again."""
        line = f"{what}: {error!r}"
        if line == self._told:
            return
        self._told = line
        if error is None:
            LOG.warning("%s", what)
        else:
            advice.log(LOG, what, error)
