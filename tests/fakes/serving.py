# SPDX-License-Identifier: Apache-2.0
"""A fake service's socket on loopback, and the thread that answers there."""

import contextlib
import socket
import threading
from typing import Any

import waitress


class Served:
    """A WSGI application behind a port of its own until it is stopped; ``origin`` is its URL."""

    def __init__(self, application: Any, name: str, threads: int = 1) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = waitress.create_server(application, sockets=[listener], threads=threads)
        threading.Thread(target=self._serve, name=name, daemon=True).start()

    def stop(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # its socket is closed under it at the end
            self._server.run()
