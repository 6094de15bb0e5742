# SPDX-License-Identifier: Apache-2.0
"""A program that knows nothing of its parent, made to end with it.

Run as `python -m ensemble_cloud.full.guard PROGRAM ARGUMENT...`, with a standard input that the
parent holds open.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import FrameType


def guarded(command: Sequence[str]) -> list[str]:
    """Return the command that runs another one guarded."""
    return [sys.executable, "-m", __spec__.name, *command]


def main() -> int:
    """Run the program; return its exit code, negative for a signal."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def end_with_parent() -> None:
        while os.read(0, 1024):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    def terminate(_number: int, _frame: FrameType | None) -> None:
        process.terminate()

    signal.signal(signal.SIGTERM, terminate)
    threading.Thread(target=end_with_parent, daemon=True).start()
    code = process.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    # The interpreter would wait for the thread that reads.
    os._exit(main())
