# SPDX-License-Identifier: Apache-2.0
"""Measures how much slower Nova's other requests are with the ensembles filter in the pipeline.

    python -m tests.bench.bench_beside STATE [PAIRS]

STATE is the state directory of an embedded cloud that runs: this loads Nova's API once more, with
that cloud's configuration and databases. Each request is made twice in a row, with the filter and
without it, in an order that alternates. What is compared is CPU time, which other work on the
machine disturbs less; the ratio is of the medians. What the filter takes alone is measured around
an application that does nothing, since it is less than requests differ by themselves.
"""

# ruff: noqa: E402 - Nova must be told its kind of threads before anything of it is imported.
import os
import sys
from pathlib import Path

_ARGUMENTS, sys.argv = sys.argv[1:], ["nova-api"]
_ETC = Path(_ARGUMENTS[0]) / "etc/nova"
os.environ["OS_NOVA_CONFIG_DIR"] = str(_ETC)
os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"

from nova import monkey_patch

monkey_patch.patch(backend="threading")

import statistics
import time
from types import SimpleNamespace
from typing import Any

import nova.conf
import webob
from nova import context, objects
from nova.api.openstack import wsgi_app
from paste import deploy

from ensemble_api.middleware import EnsemblesFilter
from ensemble_api.process import Process
from tests.embedded import EmbeddedCloud

PATHS = ("/flavors/detail", "/servers")  # what asks no other service
WARM_UP = 20
CALLS = 100_000


def idle() -> Any:
    """A service and a worker that do nothing: those of the cloud are at work already."""
    worker = SimpleNamespace(start=lambda: None, stop=lambda: None)
    return SimpleNamespace(), worker


def asked(application: Any, path: str, project_id: str) -> float:
    """The CPU seconds that a request takes."""
    request = webob.Request.blank(path, environ={"SCRIPT_NAME": "/v2.1"})
    request.environ["nova.context"] = context.RequestContext(
        user_id="bench", project_id=project_id, roles=["member", "reader"]
    )
    begun = time.process_time()
    response = request.get_response(application)
    spent = time.process_time() - begun
    assert response.status_int == 200, response.text
    return spent


def alone() -> float:
    """The CPU seconds that the filter adds to a request that it passes on."""

    def nothing(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        return []

    environ = webob.Request.blank(PATHS[0], environ={"SCRIPT_NAME": "/v2.1"}).environ
    taken = []
    for application in (nothing, EnsemblesFilter(nothing, nova.conf.CONF, Process(idle))):
        application(environ, None)
        begun = time.process_time()
        for _ in range(CALLS):
            application(environ, None)
        taken.append((time.process_time() - begun) / CALLS)
    return taken[1] - taken[0]


def main(state: str, pairs: str = "1000") -> None:
    """Measure and print."""
    project_id = EmbeddedCloud(Path(state)).connection("demo").current_project_id or ""
    wsgi_app.init_global_data(wsgi_app._get_config_files(), "osapi_compute", "bench")
    objects.register_all()
    without = deploy.loadapp(f"config:{_ETC / 'api-paste.ini'}", name="osapi_compute_app_v21")
    with_filter = EnsemblesFilter(without, nova.conf.CONF, Process(idle))
    both = (without, with_filter)
    sys.stdout.write(f"the filter alone: {1e6 * alone():.1f} microseconds\n")
    for path in PATHS:
        spent: dict[int, list[float]] = {0: [], 1: []}
        for number in range(int(pairs) + WARM_UP):
            for each in (0, 1) if number % 2 else (1, 0):
                taken = asked(both[each], path, project_id)
                if number >= WARM_UP:
                    spent[each].append(1000 * taken)
        bare, filtered = (statistics.median(spent[each]) for each in (0, 1))
        sys.stdout.write(
            f"GET {path:16} without {bare:6.2f} ms, with {filtered:6.2f} ms, "
            f"ratio {filtered / bare:.4f}\n"
        )


if __name__ == "__main__":
    main(*_ARGUMENTS)
