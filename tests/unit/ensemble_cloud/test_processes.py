# SPDX-License-Identifier: Apache-2.0
"""Children: their logs, their deaths, and the end of all of them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ensemble_cloud.processes import (
    FOUNDATION,
    NOVA,
    SERVICES,
    ChildError,
    Processes,
    Stopped,
    tail,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_output_goes_to_the_end_of_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    Processes().run("child", [sys.executable, "-c", "print('now')"], log, os.environ)
    assert log.read_text() == "before\nnow\n"


def test_a_failed_child_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    script = "import sys; print('the cause'); sys.exit(3)"
    with pytest.raises(ChildError, match=r"(?s)child ended with code 3.*the cause"):
        Processes().run("child", [sys.executable, "-c", script], tmp_path / "log", os.environ)


def test_a_death_is_noticed_and_a_stop_is_not_a_death(tmp_path: Path) -> None:
    processes = Processes()
    children = [processes.start(n, SLEEP, tmp_path / n, os.environ) for n in ("one", "two")]
    assert processes.dead() is None
    assert processes.pids() == {child.name: child.process.pid for child in children}
    children[0].process.send_signal(signal.SIGKILL)
    children[0].process.wait()
    dead = processes.dead()
    assert dead is children[0]
    assert "was ended by signal 9" in str(dead.failure())
    processes.stop_all()
    assert processes.dead() is None
    assert children[1].process.poll() == -signal.SIGTERM
    with pytest.raises(Stopped):
        processes.start("three", SLEEP, tmp_path / "three", os.environ)


def test_what_stands_on_others_ends_before_them(tmp_path: Path) -> None:
    script = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(0.2); print(sys.argv[1], file=open(sys.argv[2], 'a')); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "pathlib.Path(sys.argv[3]).touch(); time.sleep(60)"
    )
    processes, ends = Processes(), tmp_path / "ends"
    for name, layer in (("nova", NOVA), ("database", FOUNDATION), ("keystone", SERVICES)):
        ready = tmp_path / f"{name}-ready"
        command = [sys.executable, "-c", script, name, str(ends), str(ready)]
        processes.start(name, command, tmp_path / name, os.environ, layer=layer)
        _wait(ready.exists)
    processes.stop_all()
    assert ends.read_text().split() == ["nova", "keystone", "database"]


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    child = (
        "from ensemble_cloud import serve; import time\n"
        "serve.end_with_parent(); print('ready', flush=True); time.sleep(60)"
    )
    parent = (
        "import os, sys, time; from pathlib import Path\n"
        "from ensemble_cloud.processes import Processes\n"
        f"child = Processes().start('c', [sys.executable, '-c', {child!r}],"
        " Path(sys.argv[1]), os.environ)\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    log = tmp_path / "log"
    with subprocess.Popen(
        [sys.executable, "-c", parent, str(log)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        child_process = psutil.Process(int(process.stdout.readline()))
        _wait(lambda: log.exists() and "ready" in log.read_text())
        process.kill()
    _wait(lambda: not child_process.is_running() or child_process.status() == "zombie")


def test_the_tail_of_a_log_is_short_and_of_no_log_empty(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("\n".join(f"line {n}" for n in range(1000)))
    assert tail(tmp_path / "log", 2) == "    line 998\n    line 999"
    assert tail(tmp_path / "none") == ""


def _wait(condition: object, seconds: float = 20) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
