# SPDX-License-Identifier: Apache-2.0
"""One service in its own process: its WSGI application behind a threaded server.

Run as `python -m ensemble_cloud.serve SERVICE PORT THREADS`; the environment names the
configuration.
"""

import atexit
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import waitress

from ensemble_cloud.ports import ADDRESS

_APPLICATIONS = {
    "keystone": "keystone.wsgi.api",
    "placement": "placement.wsgi.api",
    "glance": "glance.wsgi.api",
    "neutron": "neutron.wsgi.api",
    "dashboard": "ensemble_cloud.dashboard",
    "ensembles": "ensemble_api.wsgi",
}


def end_with_parent() -> None:
    """End this process as soon as its parent is gone, however that ended.

    The parent holds the other end of our standard input and never writes to it.
    """

    def wait() -> None:
        # Not by sys.stdin: its lock, held here, would stay held in a fork, which closes it.
        while os.read(0, 1024):
            pass
        os._exit(0)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


def wait_for_the_end() -> None:
    """Wait for SIGTERM in the main thread, let what asked for it say goodbye, and end.

    The interpreter would first wait for all threads, and a service's may never end; without any
    of this nobody would be asked, and leases would stay until they run out.
    """
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: told.set())
    told.wait()
    atexit._run_exitfuncs()
    os._exit(0)


def serve(application: Callable[..., Any], port: int, threads: int) -> None:
    """Answer HTTP requests with a WSGI application, for ever."""
    waitress.serve(
        application,
        host=ADDRESS,
        port=port,
        threads=threads,
        ident=None,
        connection_limit=500,
        channel_timeout=300,
        clear_untrusted_proxy_headers=False,
    )


def main() -> None:
    """Load the service that the command line names, and serve it."""
    service, port, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    end_with_parent()
    # The services parse the command line themselves when they are imported.
    sys.argv = [service]
    module = importlib.import_module(_APPLICATIONS[service])
    if service == "neutron":
        # Of its first requests side by side, one loads the rules, and the others would find none:
        # they see no network.
        importlib.import_module("neutron.policy").init()
    serve(module.application, port, threads)


if __name__ == "__main__":
    main()
