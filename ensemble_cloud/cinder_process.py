# SPDX-License-Identifier: Apache-2.0
"""All of Cinder in one process: API, scheduler, and one volume service with a simulated driver.

Run as `python -m ensemble_cloud.cinder_process CONFIG PORT`.
"""

# ruff: noqa: E402 - Cinder must be told its kind of threads before anything of it is imported.
import sys

_ARGUMENTS, sys.argv = sys.argv[1:], ["cinder"]

from cinder import monkey_patch

monkey_patch.patch(backend="threading")

import logging
import threading

import os_brick
from cinder import objects, service
from cinder.cmd import volume as volume_command
from cinder.common import constants
from cinder.wsgi import wsgi
from oslo_config import cfg
from oslo_privsep import priv_context

from ensemble_cloud import serve
from ensemble_cloud.config.cinder import BACKEND

CONF = cfg.CONF
LOG = logging.getLogger("ensemble_cloud")
_API_THREADS = 8


def main(config: str, port: int) -> None:
    """Start everything, then serve until the process is ended."""
    serve.end_with_parent()
    sys.argv = ["cinder", "--config-file", config]
    objects.register_all()
    application = wsgi.initialize_application()
    priv_context.init()
    os_brick.setup(CONF)
    service.Service.create(binary="cinder-scheduler").start()
    CONF.register_opt(volume_command.host_opt, group=BACKEND)
    service.Service.create(
        host=f"{CONF.host}@{BACKEND}",
        service_name=BACKEND,
        binary=constants.VOLUME_BINARY,
        coordination=True,
    ).start()
    threading.Thread(
        target=serve.serve, args=(application, port, _API_THREADS), name="api", daemon=True
    ).start()
    LOG.info("Cinder is up")
    serve.wait_for_the_end()


if __name__ == "__main__":
    main(_ARGUMENTS[0], int(_ARGUMENTS[1]))
