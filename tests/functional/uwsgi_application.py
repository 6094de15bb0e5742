# SPDX-License-Identifier: Apache-2.0
"""What the tests of uWSGI serve: two pipelines with our filter, as nova-api's paste file has them.

Loaded by uWSGI itself. The compute application behind the filter is small: it shows servers that
are never built, so that whoever works on an ensemble keeps its lease, and says what its process is.
"""

import json
import os
import threading
from collections.abc import Iterable
from typing import Any

import nova.conf
from nova import context as nova_context
from paste import deploy


def _context(application: Any, _: Any) -> Any:
    """In the place of Nova's keystonecontext."""

    def call(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["nova.context"] = nova_context.RequestContext(
            user_id="ada", project_id="shop", roles=["member", "reader"], overwrite=False
        )
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    return call


def context_factory(global_conf: Any) -> Any:
    """What paste calls for the filter."""
    return lambda application: _context(application, global_conf)


def compute_factory(global_conf: Any) -> Any:
    """What paste calls for the application."""
    return _compute


def _compute(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    body: dict[str, Any]
    if path == "/servers/detail":
        body = {"servers": []}
    elif path.startswith("/servers/"):
        server_id = path.rpartition("/")[2]
        body = {"server": {"id": server_id, "tenant_id": "p1", "status": "BUILD", "tags": []}}
    else:
        threads = [each.name for each in threading.enumerate()]
        body = {"process": os.getpid(), "threads": sorted(threads)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


nova.conf.CONF([], project="nova", default_config_files=[os.environ["ENSEMBLE_TEST_CONF"]])
application = deploy.loadapp(f"config:{os.environ['ENSEMBLE_TEST_PASTE']}", name="osapi_compute")
