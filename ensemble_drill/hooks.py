# SPDX-License-Identifier: Apache-2.0
"""The commands that let a domain really fail, and bring it back."""

import os
import subprocess
import time
from collections.abc import Callable

from ensemble_drill.cloud import CloudError
from ensemble_drill.result import Ran
from ensemble_drill.service import Domain

_SECONDS = 600
_MOST_LINES = 200  # that are kept of what a command says


def run(command: str, domain: Domain, say: Callable[[str], None], at: float = 0.0) -> Ran:
    """Run a command of the operator's by the shell, and say what it says.

    It finds in its environment DRILL_LEVEL, DRILL_DOMAIN, and DRILL_HOSTS with a blank between two.
    Raises CloudError when it fails.
    """
    given = {
        "DRILL_LEVEL": domain.level,
        "DRILL_DOMAIN": domain.name,
        "DRILL_HOSTS": " ".join(sorted(domain.hosts)),
    }
    begun = time.monotonic()
    try:
        done = subprocess.run(  # noqa: S603 - whoever gives the command means it to be run
            ["/bin/sh", "-c", command],
            env={**os.environ, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CloudError(f"this has not ended after {_SECONDS} s: {command}") from None
    lines = done.stdout.splitlines()
    for line in lines:
        say(f"  {line}")
    if done.returncode:
        raise CloudError(f"this ended with code {done.returncode}: {command}")
    return Ran(command, at, time.monotonic() - begun, given, tuple(lines[:_MOST_LINES]))
