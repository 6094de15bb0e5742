# SPDX-License-Identifier: Apache-2.0
"""Heat in one process: its API, its engine, or both.

Run as `python -m ensemble_cloud.heat_process CONFIG api|engine|all PORT`.
"""

# ruff: noqa: E402 - oslo.service must be told its kind of threads before Heat is imported.
import sys

_ARGUMENTS, sys.argv = sys.argv[1:], ["heat"]

from oslo_service import backend

backend.init_backend(backend.BackendType.THREADING)

import logging
import threading

from heat.api.openstack import wsgi
from heat.common import config as heat_config
from heat.rpc import api as rpc_api
from oslo_config import cfg

from ensemble_cloud import serve

LOG = logging.getLogger("ensemble_cloud")
_API_THREADS = 8


def main(config: str, what: str, port: int) -> None:
    """Start what is asked for, then serve until the process is ended."""
    serve.end_with_parent()
    sys.argv = ["heat", "--config-file", config]
    application = wsgi.init_application()
    if what != "api":
        _start_engine()
    if what != "engine":
        threading.Thread(
            target=serve.serve, args=(application, port, _API_THREADS), name="api", daemon=True
        ).start()
    LOG.info("Heat is up")
    serve.wait_for_the_end()


def _start_engine() -> None:
    """Start one engine, as heat-engine does in each process that it forks."""
    # It reads options when it is imported, and has some of its own.
    from heat.engine import service

    heat_config.startup_sanity_check()
    service.EngineService(cfg.CONF.host, rpc_api.ENGINE_TOPIC).start()


if __name__ == "__main__":
    main(_ARGUMENTS[0], _ARGUMENTS[1], int(_ARGUMENTS[2]))
