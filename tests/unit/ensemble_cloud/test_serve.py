# SPDX-License-Identifier: Apache-2.0
"""How a service of the embedded cloud ends."""

import signal
import subprocess
import sys

SERVICE = """
import atexit, signal, threading, time
from ensemble_cloud import serve

def work():
    while signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        time.sleep(0.01)
    print("up", flush=True)
    threading.Event().wait()  # never ends

atexit.register(lambda: print("the leases are given up", flush=True))
threading.Thread(target=work).start()
serve.wait_for_the_end()
"""


def test_a_service_that_is_told_to_end_says_goodbye_whatever_its_threads_do() -> None:
    child = subprocess.Popen([sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "up\n"
        child.send_signal(signal.SIGTERM)
        said, _ = child.communicate(timeout=30)
    finally:
        child.kill()
    assert (child.returncode, said) == (0, "the leases are given up\n")
