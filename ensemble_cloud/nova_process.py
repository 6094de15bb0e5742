# SPDX-License-Identifier: Apache-2.0
"""All of Nova in one process: API, conductor, scheduler, and one compute service per host.

Run as `python -m ensemble_cloud.nova_process STATE PORT URL...`: the services start as soon as
every URL (those of Keystone and Placement) answers.
"""

# ruff: noqa: E402 - Nova must be told its kind of threads before anything of it is imported.
import sys

_ARGUMENTS, sys.argv = sys.argv[1:], ["nova"]

from nova import monkey_patch

monkey_patch.patch(backend="threading")

import logging
import threading
import time
from pathlib import Path
from typing import Any

import nova.conf
import os_vif
import requests
from nova import context, objects, service, thread_pool_factory
from nova.api.openstack import wsgi_app
from nova.conductor import rpcapi as conductor_rpcapi
from nova.objects import host_mapping
from nova.scheduler import rpcapi as scheduler_rpcapi

from ensemble_cloud import control, hypervisor, serve, shape_file
from ensemble_cloud.cells import compact_cells, map_cells
from ensemble_cloud.computes import Computes
from ensemble_cloud.state import SHAPE

CONF = nova.conf.CONF
LOG = logging.getLogger("ensemble_cloud")
_API_THREADS = 24


def main(state: Path, port: int, needed_urls: list[str]) -> None:
    """Start everything, then serve until the process is ended."""
    serve.end_with_parent()
    wsgi_app.init_global_data(wsgi_app._get_config_files(), "osapi_compute", "nova-api")
    objects.register_all()
    os_vif.initialize()
    # The pools are shared by all services of this process: one that stops must not end them.
    thread_pool_factory.shutdown_all_executors = lambda: None

    hosts = shape_file.load(state / SHAPE)[0].hosts
    hypervisor.install({host.name: host.size for host in hosts})
    admin = context.get_admin_context()
    map_cells(admin, compact_cells())
    for url in needed_urls:
        _wait_for(url)
    for binary, topic in (
        ("nova-conductor", conductor_rpcapi.RPC_TOPIC),
        ("nova-scheduler", scheduler_rpcapi.RPC_TOPIC),
    ):
        service.Service.create(host="controller", binary=binary, topic=topic).start()
    application = wsgi_app.init_application("osapi_compute", "nova-api")
    threading.Thread(
        target=serve.serve, args=(application, port, _API_THREADS), name="api", daemon=True
    ).start()

    computes = Computes(tuple(host.name for host in hosts))
    computes.start_all()
    host_mapping.discover_hosts(admin)
    control.listen(state / "run", lambda request: _answer(computes, request))
    LOG.info("%d compute services are up", len(hosts))
    serve.wait_for_the_end()


def _answer(computes: Computes, request: dict[str, Any]) -> Any:
    match request:
        case {"do": "hosts"}:
            return computes.states()
        case {"do": "stop", "host": str(host)}:
            return computes.stop(host)
        case {"do": "start", "host": str(host)}:
            return computes.start(host)
    raise control.ControlError(f"unknown request: {request}")


def _wait_for(url: str) -> None:
    while True:
        try:
            requests.get(url, timeout=5)
        except requests.RequestException:
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    main(Path(_ARGUMENTS[0]), int(_ARGUMENTS[1]), _ARGUMENTS[2:])
