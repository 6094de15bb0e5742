# SPDX-License-Identifier: Apache-2.0
"""The worker of one nova-api process: takes leases on unsettled ensembles and works on them."""

import logging
import os
import threading
from collections.abc import Sequence
from typing import Protocol

from ensemble_api import advice, exception
from ensemble_api.execution.engine import Engine
from ensemble_api.execution.next_step import NextStep
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.store.api import Store

LOG = logging.getLogger(__name__)

BLOCKED = 5  # polls between two looks at what only a person can help on

# Seconds that a process which stops gives the steps under way. One that takes longer keeps its
# lease until that runs out, as after a crash, since what it asked of Nova may still come about.
GRACE = 2.0


class Companion(Protocol):
    """What runs in a process for as long as its worker does, in threads of its own."""

    def start(self) -> None:
        """Run from now on."""

    def stop(self) -> None:
        """End, soon."""


class Worker:
    """Background threads that go on until every ensemble is settled, and then look out for more.

    Every process has one; one that does not ``work``, since ``ensemble-engine`` does, has the
    companions alone. A lease in the database keeps two from acting on the same ensemble; it is
    renewed while its worker lives, so that a dead worker's ensembles are free ``lease_seconds``
    later.
    """

    def __init__(
        self,
        store: Store,
        engine: Engine,
        *,
        owner: str,
        lease_seconds: int,
        poll: float,
        threads: int,
        observer: CloudObserver | None = None,
        companions: Sequence[Companion] = (),
        works: bool = True,
    ) -> None:
        self._store = store
        self._engine = engine
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._poll = poll
        self._threads = threads
        self._observer = observer
        self._companions = companions
        self._works = works
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._news = threading.Event()
        self._ended = threading.Event()
        self._process: int | None = None

    def start(self) -> None:
        """Start the threads, in this process."""
        self._process = os.getpid()
        for companion in self._companions:
            companion.start()
        if not self._works:
            self._ended.set()
            return
        for name, run in (("dispatch", self._dispatch), ("renew", self._renew)):
            threading.Thread(target=run, name=f"ensemble-{name}", daemon=True).start()
        if self._observer is not None:
            self._observer.start()

    def wake(self) -> None:
        """Look at the database now rather than at the next poll."""
        self._news.set()

    def stop(self) -> None:
        """End the threads after what they are about, and give the leases back; soon, in any case.

        Does nothing in a fork, which has no threads of its parent's.
        """
        if self._process == os.getpid():
            self._stopping.set()
            if self._observer is not None:
                self._observer.stop()
            self._engine.stop()
            self._news.set()
            self._ended.wait(GRACE)
            for companion in self._companions:
                companion.stop()

    def _dispatch(self) -> None:
        while True:
            self._news.clear()
            if self._stopping.is_set():
                break
            try:
                for ensemble_id in self._store.unsettled():
                    self._take(ensemble_id)
            except exception.Unavailable:
                pass  # the store has told why
            except Exception as error:  # noqa: BLE001
                advice.log(LOG, "Ensembles cannot be looked for; trying again", error)
            self._news.wait(self._poll)
        self._let_go()
        while self._busy:
            self._news.wait(self._poll)  # each tells when it has let go
            self._news.clear()
        self._let_go()  # of what came between two steps in the meantime
        self._ended.set()

    def _let_go(self) -> None:
        """Give back what is between two steps, and would be kept from others for a while."""
        with self._lock:
            busy = frozenset(self._busy)
        try:
            self._store.release_others(self._owner, busy)
        except Exception as error:  # noqa: BLE001
            advice.log(LOG, "Leases could not be given back; they end by themselves", error)

    def _take(self, ensemble_id: str) -> None:
        with self._lock:
            if len(self._busy) >= self._threads or ensemble_id in self._busy:
                return
            if not self._store.claim(ensemble_id, self._owner, self._lease_seconds):
                return
            # A thread that cannot be started leaves a lease that runs out by itself.
            threading.Thread(
                target=self._work, args=(ensemble_id,), name="ensemble-worker", daemon=True
            ).start()
            self._busy.add(ensemble_id)

    def _work(self, ensemble_id: str) -> None:
        """Step until the ensemble is settled, and let go where that takes somebody else."""
        pause = 0.0
        try:
            while not self._stopping.is_set():
                match self._engine.step(ensemble_id):
                    case NextStep.NEVER:
                        break
                    case NextStep.AFTER_A_WHILE:
                        # Others that wait for a thread have it meanwhile.
                        pause = self._poll / 2
                        break
                    case NextStep.WHEN_UNBLOCKED:
                        pause = BLOCKED * self._poll
                        break
        except exception.NotFound:
            pass
        except exception.LeaseLost:
            LOG.warning("Another worker has taken ensemble %s over", ensemble_id)
        except Exception as error:  # noqa: BLE001
            advice.log(LOG, f"Working on ensemble {ensemble_id} failed; trying again", error)
            pause = self._poll
        finally:
            try:
                if pause and not self._stopping.is_set():
                    # The lease goes on for a while, in which others that wait have their turn.
                    self._store.renew(ensemble_id, self._owner, pause)
                else:
                    self._store.release(ensemble_id, self._owner)
            except Exception as error:  # noqa: BLE001
                message = f"The lease of ensemble {ensemble_id} runs out by itself"
                advice.log(LOG, message, error)
            finally:
                with self._lock:
                    self._busy.discard(ensemble_id)
                self._news.set()

    def _renew(self) -> None:
        while not self._stopping.wait(self._lease_seconds / 4):
            with self._lock:
                busy = sorted(self._busy)
            for ensemble_id in busy:
                try:
                    self._store.renew(ensemble_id, self._owner, self._lease_seconds)
                except Exception as error:  # noqa: BLE001
                    advice.log(LOG, f"The lease of ensemble {ensemble_id} cannot be renewed", error)
