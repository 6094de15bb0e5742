# SPDX-License-Identifier: Apache-2.0
"""One run of a cloud: from `up` to the signal that ends it."""

import os
import signal
import threading
import time
from types import FrameType

from ensemble_cloud import steps
from ensemble_cloud.bring_up import BringUp, busy_at_once, has_ensembles
from ensemble_cloud.config import files
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.processes import Processes, Stopped
from ensemble_cloud.progress import Progress
from ensemble_cloud.welcome import welcome

STATUS_FILE = "run/status.json"


class Supervisor:
    """Starts the cloud, watches its processes, and ends them."""

    def __init__(self, cloud: Cloud, progress: Progress, *, with_dashboard: bool) -> None:
        self._cloud = cloud
        self._progress = progress
        self._processes = Processes()
        self._ending = threading.Event()
        self._bring_up = BringUp(cloud, self._processes, with_dashboard=with_dashboard)

    def run(self) -> None:
        """Run the cloud until a signal. Raises ChildError or RestError when something fails."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)
        try:
            self._write_status("starting")
            files.write_all(self._cloud, with_ensembles=has_ensembles())
            steps.run(
                self._bring_up.steps(),
                self._progress.watcher,
                busy_at_once=busy_at_once(),
            )
            self._write_status("up")
            self._progress.say(welcome(self._cloud, self._progress.seconds))
            self._watch()
        except Stopped:
            pass
        finally:
            self._progress.say("Stopping ...")
            self._processes.stop_all()
            self._write_status("down")
        self._progress.say("Stopped.")

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        # A thread, as the lock may be held by the code that this signal interrupts.
        if not self._ending.is_set():
            self._ending.set()
            threading.Thread(target=self._processes.stop_all, daemon=True).start()

    def _watch(self) -> None:
        while not self._ending.wait(0.5):
            child = self._processes.dead()
            if child is not None:
                raise child.failure()

    def _write_status(self, state: str) -> None:
        self._cloud.state.write_json(
            STATUS_FILE,
            {
                "state": state,
                "pid": os.getpid(),
                "at": time.time(),
                "port_base": self._cloud.ports.base,
                "pids": self._processes.pids(),
            },
        )
