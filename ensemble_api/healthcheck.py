# SPDX-License-Identifier: Apache-2.0
"""Backends of oslo.middleware's healthcheck: the ensembles database, and whoever observes Nova.

They are asked without authentication: what they say names nothing, and they look seldom.
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from oslo_config import cfg
from oslo_middleware.healthcheck import pluginbase

from ensemble_api import advice, conf
from ensemble_api.store import rows
from ensemble_api.store.database import Database

FRESH = 5.0  # seconds for which an answer is given again, whoever asks
LAGS = 10  # periods of the observer that may go by
LEAST_LAG = 60.0  # seconds that may go by in any case, as for another process to take over

Result: Any = pluginbase.HealthcheckResult


class _Check(pluginbase.HealthcheckBaseExtension):  # type: ignore[misc]
    """What the backends share: one look in ``FRESH`` seconds, by one caller, after any fork."""

    clock: Callable[[], float] = time.monotonic

    def __init__(self, oslo_conf: cfg.ConfigOpts, settings: dict[str, str]) -> None:
        super().__init__(oslo_conf, settings)
        conf.register(oslo_conf)
        self._lock = threading.Lock()
        self._process: int | None = None
        self._database: Database | None = None
        self._looked_at = -FRESH
        self._result: Any = None

    def healthcheck(self, server_port: int) -> Any:
        """What oslo.middleware asks."""
        with self._lock:
            if self._process != os.getpid():
                self._process, self._database, self._result = os.getpid(), None, None
            if self._result is None or self.clock() - self._looked_at >= FRESH:
                self._result = self._look()
                self._looked_at = self.clock()
            return self._result

    def _look(self) -> Any:
        connection = self.oslo_conf[conf.GROUP].connection
        if not connection:
            return Result(False, "ensembles: [ensembles] connection is not set")
        try:
            if self._database is None:
                self._database = Database(connection)
            return self.look(self._database)
        except Exception as error:  # noqa: BLE001
            # Details are for the operator who has them shown: whoever else asks is not told.
            return Result(False, "ensembles database: does not answer", advice.advice(error))

    def look(self, database: Database) -> Any:
        """What is there to say.

        :raises ensemble_api.exception.Unavailable: when the database does not answer.
        """
        raise NotImplementedError


class DatabaseHealthcheck(_Check):
    """Whether the ensembles database answers, and is of this release."""

    def look(self, database: Database) -> Any:
        """Look at the version of its schema."""
        database.check()
        return Result(True, "ensembles database: answers")


class ObserverHealthcheck(_Check):
    """Whether some process has looked at Nova lately."""

    def look(self, database: Database) -> Any:
        """Compare when that was with what may go by."""
        with database.reading() as session:
            at = rows.observed_at(session)
        if not at:
            return Result(False, "ensembles observer: has not looked at Nova yet")
        lag = (rows.now() - datetime.fromisoformat(at)).total_seconds()
        most = max(LEAST_LAG, LAGS * self.oslo_conf[conf.GROUP].observe_interval)
        if lag > most:
            return Result(False, f"ensembles observer: has not looked at Nova for {lag:.0f} s")
        return Result(True, "ensembles observer: looks at Nova")
