# SPDX-License-Identifier: Apache-2.0
"""A guarded program ends when it is told to, and when its parent is gone."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from ensemble_cloud.full.guard import guarded

SLEEP = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"


def start(script: str) -> tuple["subprocess.Popen[str]", psutil.Process]:
    process = subprocess.Popen(
        guarded([sys.executable, "-c", script]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    return process, psutil.Process(int(process.stdout.readline()))


def ended(process: psutil.Process) -> bool:
    deadline = time.monotonic() + 20
    while process.is_running() and process.status() != "zombie":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_it_passes_on_the_end_that_it_is_asked_for() -> None:
    guard, program = start(SLEEP)
    guard.send_signal(signal.SIGTERM)
    assert guard.wait(20) == 128 + signal.SIGTERM
    assert ended(program)


def test_it_ends_the_program_when_its_own_parent_is_gone() -> None:
    guard, program = start(SLEEP)
    assert guard.stdin is not None
    guard.stdin.close()
    assert ended(program)
    assert guard.wait(20) == -signal.SIGKILL


def test_it_ends_as_the_program_did() -> None:
    guard, program = start(SLEEP)
    program.terminate()
    assert guard.wait(20) == 128 + signal.SIGTERM


def test_it_calls_itself_by_its_module() -> None:
    assert guarded(["true"])[1:] == ["-m", "ensemble_cloud.full.guard", "true"]
    assert Path(guarded(["true"])[0]).exists()
