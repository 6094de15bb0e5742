# SPDX-License-Identifier: Apache-2.0
"""Where guests send their signals: an application without authentication, in any pipeline.

Its answer is 204 before anybody has looked whether the signal was waited for: who asks learns
nothing, not by the time that it takes either. So a guest sends it some times, since one that was
dropped is answered alike.
"""

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, Protocol

from oslo_config import cfg

from ensemble_api import advice, conf, exception, signals
from ensemble_api.rates import Rates, network
from ensemble_api.store.database import Database
from ensemble_api.store.signals import Signals

LOG = logging.getLogger(__name__)

PATH: Final = "/signal"
LONGEST_BODY: Final = 64 * 1024  # bytes that are read, and not looked at
SECONDS_AT_ONCE: Final = 10  # for whose signals an address may come at once
_DIGITS: Final = 9  # of a length that is worth a look
MOST_WAITING: Final = 1000  # signals that are not saved yet
MOST_AT_ONCE: Final = 100  # that are looked for together
PAUSE: Final = 0.1  # seconds between two looks, however many come
RETRY: Final = 2.0  # seconds until the next one when the database does not answer


class Receiver(Protocol):
    """Who takes signals by their digests: see ``store/signals``."""

    def receive(self, digests: Collection[str]) -> int:
        """Take them, and say how many were waited for."""


class Inbox:
    """The signals that have come and are not saved: one thread saves them, at its own pace.

    What comes when there are too many is dropped.
    """

    def __init__(
        self,
        receiver: Callable[[], Receiver],
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._receiver = receiver
        self._wait = wait
        self._come: queue.Queue[str] = queue.Queue(MOST_WAITING)
        self._logged = ""

    def start(self) -> None:
        """Save from now on."""
        threading.Thread(target=self._run, name="ensemble-signals", daemon=True).start()

    def put(self, digest: str) -> None:
        """Have one saved soon."""
        with contextlib.suppress(queue.Full):
            self._come.put_nowait(digest)

    def save(self) -> None:
        """Save what has come, and wait for something before."""
        digests = {self._come.get()}
        with contextlib.suppress(queue.Empty):
            while len(digests) < MOST_AT_ONCE:
                digests.add(self._come.get_nowait())
        while not self._is_saved(digests):
            self._wait(RETRY)
        self._wait(PAUSE)

    def _is_saved(self, digests: Collection[str]) -> bool:
        try:
            self._receiver().receive(digests)
        except exception.Unavailable as error:
            if (line := advice.advice(error) or repr(error)) != self._logged:
                LOG.warning("Signals of guests wait to be saved: %s", line)
            self._logged = line
            return False
        except Exception:
            LOG.exception("Signals of guests could not be saved")
        self._logged = ""
        return True

    def _run(self) -> None:
        while True:
            self.save()


class SignalApp:
    """Takes ``POST .../{secret}``. A process that was forked has an inbox of its own."""

    def __init__(self, config: cfg.ConfigOpts) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._process: int | None = None
        self._inbox: Inbox
        self._rates: Rates

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer at once, whatever it is."""
        if environ["REQUEST_METHOD"] != "POST":
            allowed = [("Allow", "POST"), ("Content-Length", "0")]
            start_response("405 Method Not Allowed", allowed)
            return [b""]
        self._start()
        if self._rates.allows(network(environ.get("REMOTE_ADDR", ""))):
            _drain(environ)
            secret = environ.get("PATH_INFO", "").strip("/").rpartition("/")[2]
            if signals.is_secret(secret):
                self._inbox.put(signals.digest(secret))
        start_response("204 No Content", [("Cache-Control", "no-store")])
        return [b""]

    def _start(self) -> None:
        with self._lock:
            if self._process == os.getpid():
                return
            rate = self._config[conf.GROUP].signal_rate
            self._rates = Rates(rate, max(1.0, rate * SECONDS_AT_ONCE))
            self._inbox = Inbox(_receiver(self._config[conf.GROUP].connection))
            self._inbox.start()
            self._process = os.getpid()


def app_factory(global_conf: dict[str, str], **local_conf: str) -> SignalApp:
    """What paste calls; the options are nova.conf's ``[ensembles]``."""
    conf.register(cfg.CONF)
    return SignalApp(cfg.CONF)


def _receiver(connection: str) -> Callable[[], Receiver]:
    """The database, which is looked for until it is there."""
    found: list[Signals] = []

    def receiver() -> Receiver:
        if not found:
            found.append(Signals(Database(connection)))
        return found[0]

    return receiver


def _drain(environ: dict[str, Any]) -> None:
    """Read a body that is not too long, as servers want it, and forget it."""
    length = environ.get("CONTENT_LENGTH") or "0"
    known = length.isascii() and length.isdecimal() and len(length) <= _DIGITS
    if known and 0 < int(length) <= LONGEST_BODY:
        with contextlib.suppress(OSError):  # who asked is gone
            environ["wsgi.input"].read(int(length))
