# SPDX-License-Identifier: Apache-2.0
"""What runs of us in one process: one service and one worker, however many pipelines lead to it.

Nothing is started where it is made, since a server may make it before it forks, as uWSGI does
unless told ``lazy-apps``: threads do not come along, and one that held the interpreter's lock at
that moment would hold it for ever in the fork. The first request that passes starts the worker,
and under uWSGI the fork itself.
"""

import atexit
import importlib
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from ensemble_api import advice
from ensemble_api.execution.worker import Worker
from ensemble_api.service import Service

LOG = logging.getLogger(__name__)

RETRY_SECONDS = 2


class Process:
    """The service and the worker of this process, put together by ``assemble`` on first use.

    A fork puts its own together: it must share neither database connections with its parent nor
    the name under which leases are taken.
    """

    def __init__(self, assemble: Callable[[], tuple[Service, Worker]]) -> None:
        self._assemble = assemble
        self._lock = threading.Lock()
        self._started_in: int | None = None
        self._assembled_in: int | None = None
        self._service: Service
        self._worker: Worker

    def service(self) -> Service:
        """The service, with the worker running.

        :raises ensemble_api.exception.Unavailable: when the configuration does not do.
        """
        with self._lock:
            if self._assembled_in != os.getpid():
                self._service, self._worker = self._assemble()
                self._assembled_in = os.getpid()
                # Before the start: a process may be told to end as soon as a lease is taken.
                atexit.register(self._worker.stop)
                self._worker.start()
            return self._service

    def start(self) -> None:
        """Have the worker run soon, since builds may wait for it; at once when it does already."""
        if self._started_in != os.getpid():
            self._started_in = os.getpid()
            threading.Thread(target=self._start, name="ensemble-start", daemon=True).start()

    def start_after_fork(self) -> None:
        """Start in every process that uWSGI makes for requests, before the first of them comes."""
        try:
            uwsgi: Any = importlib.import_module("uwsgi")  # which is there inside of uWSGI alone
        except ImportError:
            return
        if uwsgi.worker_id():  # lazy-apps: this is such a process
            self.start()
            return
        others = getattr(uwsgi, "post_fork_hook", None)

        def hook() -> None:
            if others is not None:
                others()
            if uwsgi.worker_id():
                self.start()

        uwsgi.post_fork_hook = hook

    def stop(self) -> None:
        """End the worker, if it runs here; leases are given back."""
        if self._assembled_in == os.getpid():
            self._worker.stop()

    def _start(self) -> None:
        """Keystone and the database may come up after us, so this goes on until it works."""
        pause, logged = threading.Event(), ""
        while True:
            try:
                self.service()
            except Exception as error:  # noqa: BLE001
                if (line := advice.advice(error) or repr(error)) != logged:  # once for each reason
                    LOG.warning("Ensembles are not ready: %s", line)
                logged = line
                pause.wait(RETRY_SECONDS)
            else:
                return
