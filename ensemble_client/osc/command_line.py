# SPDX-License-Identifier: Apache-2.0
"""Commands that are printed for the user, and run as printed."""

import os
import shlex
from typing import Any


def command_line(app: Any, *words: str) -> str:
    """A command of ours as a shell takes it, for the cloud that this one was told to use."""
    cloud = str(getattr(app.options, "cloud", None) or "")
    named = ["--os-cloud", cloud] if cloud != os.environ.get("OS_CLOUD", "") else []
    return shlex.join(["openstack", *named, "ensemble", *words])
