# SPDX-License-Identifier: Apache-2.0
"""The control of an embedded cloud, whose hosts can really be stopped; no other cloud has one.

The setting ENSEMBLES_EMBEDDED_CLOUD names its socket, which only the user that runs the cloud may
open. The embedded cloud writes it for its own dashboard.
"""

import json
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

_SECONDS = 120
_AT_ONCE = 4


class ControlError(Exception):
    """The embedded cloud refused, or did not answer."""


def is_there() -> bool:
    """Whether this dashboard is that of an embedded cloud."""
    return bool(_path())


def stopped() -> list[str]:
    """Give the hosts whose compute services are stopped. Raises ControlError."""
    return [str(each["name"]) for each in _ask({"do": "hosts"}) if not each["running"]]


def act(action: str, hosts: Iterable[str]) -> int:
    """Stop or start the compute services of hosts, and give how many had not been so already.

    Raises ControlError.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(lambda host: bool(_ask({"do": action, "host": host})), hosts))


def _path() -> str:
    return str(getattr(settings, "ENSEMBLES_EMBEDDED_CLOUD", "") or "")


def _ask(request: Mapping[str, Any]) -> Any:
    """Send one line of JSON, and read one."""
    try:
        with _short(Path(_path())) as path, socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(path)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as stream:
                line = stream.readline()
        reply = json.loads(line)
    except (OSError, ValueError) as error:
        raise ControlError(f"the embedded cloud does not answer: {error}") from None
    if "error" in reply:
        raise ControlError(str(reply["error"]))
    return reply["result"]


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Name a socket in at most 107 bytes, which is all that its address holds."""
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
