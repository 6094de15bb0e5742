# SPDX-License-Identifier: Apache-2.0
"""One run of a cloud: from `up` to the signal that ends it."""

import contextlib
import os
import signal
import threading
from types import FrameType

from ensemble_cloud import steps
from ensemble_cloud.bring_up import BringUp, busy_at_once
from ensemble_cloud.config import files
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.control import ControlError
from ensemble_cloud.full.bring_up import FullBringUp
from ensemble_cloud.processes import ChildError, Processes, Stopped
from ensemble_cloud.profile import Profile
from ensemble_cloud.progress import Progress
from ensemble_cloud.rest import RestError
from ensemble_cloud.state import STATUS
from ensemble_cloud.welcome import welcome

_BRING_UPS = {Profile.COMPACT: BringUp, Profile.FULL: FullBringUp}


class Supervisor:
    """Starts the cloud, watches its processes, and ends them."""

    def __init__(
        self, cloud: Cloud, progress: Progress, *, with_dashboard: bool, with_background: bool
    ) -> None:
        self._cloud = cloud
        self._progress = progress
        self._processes = Processes()
        self._ending = threading.Event()
        self._bring_up = _BRING_UPS[cloud.profile](
            cloud,
            self._processes,
            with_dashboard=with_dashboard,
            with_background=with_background,
        )

    def run(self, last_words: str) -> None:
        """Run the cloud until a signal; the last words are said when it is ready.

        Raises ChildError, ControlError or RestError when something fails.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)
        error = ""
        try:
            self._start()
            self._progress.say(last_words)
            self._watch()
        except (ChildError, ControlError, RestError) as caught:
            # What fails because we stop it has not failed.
            if not self._ending.is_set():
                error = str(caught)
                raise
        except Stopped:
            pass
        finally:
            self._progress.say("Stopping ...")
            self._processes.stop_all()
            with contextlib.suppress(OSError):  # a full disk; the error on its way says so
                self._write_status("down", error)
        self._progress.say("Stopped.")

    def _start(self) -> None:
        self._write_status("starting")
        files.write_all(self._cloud)
        watcher = steps.Watcher(self._progress.note_begin, self._end_step)
        steps.run(self._bring_up.steps(), watcher, busy_at_once=busy_at_once())
        self._write_status("up")
        self._progress.say(welcome(self._cloud, self._progress.seconds))

    def _end_step(self, step: steps.Step) -> None:
        self._progress.show_end(step)
        self._write_status("starting")

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        # In a thread, as the code that this signal interrupts may hold the lock.
        if not self._ending.is_set():
            self._ending.set()
            threading.Thread(target=self._processes.stop_all, daemon=True).start()

    def _watch(self) -> None:
        while not self._ending.wait(0.5):
            child = self._processes.dead()
            if child is None:
                continue
            if self._cloud.profile is Profile.COMPACT:
                raise child.failure()
            # As a system's own service manager does it.
            self._progress.say(f"{child.name} has ended; it is started again.")
            self._processes.restart(child)
            self._write_status("up")

    def _write_status(self, state: str, error: str = "") -> None:
        self._cloud.state.write_json(
            STATUS,
            {
                "state": state,
                "pid": os.getpid(),
                "pids": self._processes.pids(),
                "error": error,
            },
        )
