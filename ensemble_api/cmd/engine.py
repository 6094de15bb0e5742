# SPDX-License-Identifier: Apache-2.0
"""``ensemble-engine``: worker, observer and metrics as a process of their own.

It needs no port: it takes its work from the ensembles database. Nova internals used here:
``nova.monkey_patch``, ``nova.rpc`` and, to ask Nova as nova-api does, its compute application.
"""

import logging
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from nova import monkey_patch
from oslo_config import cfg

from ensemble_api.version import version

CONF = cfg.CONF
LOG = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Work until SIGTERM or SIGINT, and give the leases back; SIGHUP reads the log levels anew."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        print(version())  # noqa: T201
        return 0
    told = _told()  # before anything that takes its time, so that no signal is lost
    monkey_patch.patch(backend="threading")  # before what would make threads of another kind
    from ensemble_api import startup
    from ensemble_api.process import Process

    try:
        startup.configure("ensemble-engine", given)
    except cfg.Error as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    process = Process(lambda: startup.assembled(_nova, CONF, works=True))
    LOG.info("ensemble-engine %s starts", version())
    process.start()
    told.wait()
    LOG.info("ensemble-engine ends")
    process.stop()
    return 0


def _told() -> threading.Event:
    """What is set when this process is told to end."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    signal.signal(signal.SIGHUP, lambda *_: CONF.mutate_config_files())
    return told


def _nova(store: Any) -> Any:
    """How Nova is asked: by HTTP, or by its compute application in this process."""
    from ensemble_api import conf, exception, startup

    ours = CONF[conf.GROUP]
    if ours.mount == conf.SERVICE:
        if not ours.use_trusts:
            raise exception.Unavailable(
                f"[{conf.GROUP}] use_trusts must be on for ensemble-engine: without, only the "
                "process that was asked can go on."
            )
        return startup.by_http(CONF, store, works=True)
    from nova import rpc
    from nova.api.openstack.compute import APIRouterV21

    rpc.init(CONF)
    return startup.inside(APIRouterV21(), CONF)
