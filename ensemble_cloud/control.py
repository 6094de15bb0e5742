# SPDX-License-Identifier: Apache-2.0
"""The control channel into the Nova process: one JSON line each way over a local socket."""

import json
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SOCKET = "nova.sock"

Answer = Callable[[dict[str, Any]], Any]


class ControlError(Exception):
    """The other side refused the request, or nobody is there."""


def ask(run: Path, request: dict[str, Any], *, timeout: float = 120) -> Any:
    """Send a request to the process that listens in a directory, and return its answer.

    The timeout is in seconds. Raises ControlError.
    """
    with _short_path(run) as path, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(path)
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as stream:
                line = stream.readline()
        except OSError as error:
            raise ControlError(f"the Nova process does not answer: {error}") from None
    if not line:
        raise ControlError("the Nova process ended before it answered")
    reply = json.loads(line)
    if "error" in reply:
        raise ControlError(reply["error"])
    return reply["result"]


def socket_of(run: Path) -> Path:
    """Where a process listens in a directory."""
    return run / _SOCKET


def listens(run: Path) -> bool:
    """Whether a process has begun to listen in a directory."""
    return socket_of(run).exists()


def forget(run: Path) -> None:
    """Remove what an earlier process left behind."""
    socket_of(run).unlink(missing_ok=True)


def listen(run: Path, answer: Answer) -> None:
    """Answer requests in a background thread. ControlError from `answer` goes to the asker."""

    class Handler(socketserver.StreamRequestHandler):
        """One request."""

        def handle(self) -> None:
            """Read a line, write a line."""
            try:
                reply = {"result": answer(json.loads(self.rfile.readline()))}
            except ControlError as error:
                reply = {"error": str(error)}
            except Exception as error:  # noqa: BLE001 - the asker must learn of any failure
                reply = {"error": f"{type(error).__name__}: {error}"}
            self.wfile.write(json.dumps(reply).encode() + b"\n")

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True

    forget(run)
    with _short_path(run) as path:
        server = Server(path, Handler)
    threading.Thread(target=server.serve_forever, name="control", daemon=True).start()


@contextmanager
def _short_path(run: Path) -> Iterator[str]:
    """Name the socket in at most 107 bytes, which is all a socket address holds."""
    directory = os.open(run, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{_SOCKET}"
    finally:
        os.close(directory)
