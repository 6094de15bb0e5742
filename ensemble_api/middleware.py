# SPDX-License-Identifier: Apache-2.0
"""The paste filter in nova-api: requests for ensembles are ours, all others pass on untouched.

It stands between ``keystonecontext``, which gives every request Nova's context, and the compute
application. Nova internals used here: ``environ["nova.context"]`` and the ``[DEFAULT]
default_availability_zone`` option.
"""

import logging
import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import webob
import webob.exc
from oslo_config import cfg

from ensemble_api import conf, exception, policies, routes
from ensemble_api.cloud.aggregates import AggregateRules
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory, parse_levels
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import Session, check_policy
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.execution.engine import Engine
from ensemble_api.execution.worker import Worker
from ensemble_api.service import Service
from ensemble_api.store.api import Store

LOG = logging.getLogger(__name__)

Application: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]

# /os-ensembles/... or, as older clients have it, /{project_id}/os-ensembles/...
_OURS = re.compile(r"(?:/(?P<project>[0-9A-Za-z-]+))?(?P<path>/os-ensembles(?:/.*)?)")
RETRY_SECONDS = 2


class EnsemblesFilter:
    """A WSGI application around the compute application."""

    def __init__(self, application: Application, config: cfg.ConfigOpts) -> None:
        self._application = application
        self._config = config
        self._lock = threading.Lock()
        self._service: Service | None = None
        self._worker: Worker | None = None
        threading.Thread(target=self._start, name="ensemble-start", daemon=True).start()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer what is ours, pass on what is not."""
        path = environ.get("PATH_INFO", "")
        if "/os-ensembles" not in path or not (found := _OURS.fullmatch(path)):
            return self._application(environ, start_response)
        if found["project"] not in (None, environ["nova.context"].project_id):
            return self._application(environ, start_response)  # whose refusal is Nova's
        response = self._respond(webob.Request(environ), found["path"])
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _respond(self, request: webob.Request, path: str) -> webob.Response:
        try:
            service = self._assemble()
        except Exception:
            # What is wrong with the configuration is for the log, not for tenants.
            LOG.exception("Ensembles cannot be served")
            return routes.refuse(
                exception.Unavailable("Ensembles are not available here; the log has more.")
            )
        return routes.dispatch(request, service, path)

    def _start(self) -> None:
        """Have a worker in every process from its start on, since builds may wait for it.

        Keystone may come up after us, so this goes on until it works.
        """
        pause = threading.Event()
        while True:
            try:
                self._assemble()
            except Exception as error:  # noqa: BLE001
                LOG.warning("Ensembles are not ready: %s", error)
                pause.wait(RETRY_SECONDS)
            else:
                return

    def _assemble(self) -> Service:
        """The service, put together on first use; the worker runs in this very process.

        :raises ensemble_api.exception.Unavailable: when the configuration does not do.
        """
        with self._lock:
            if self._service is None:
                self._service, self._worker = assemble(self._application, self._config)
            if self._worker is not None:
                self._worker.ensure_running()
            return self._service


def assemble(application: Any, config: cfg.ConfigOpts) -> tuple[Service, Worker]:
    """Put the parts together by ``config``, around a compute application.

    :raises ensemble_api.exception.Unavailable: when the configuration does not do.
    """
    ours = config[conf.GROUP]
    if not ours.connection:
        raise exception.Unavailable(f"[{conf.GROUP}] connection is not configured.")
    try:
        levels = parse_levels(ours.levels)
    except ValueError as error:
        raise exception.Unavailable(str(error)) from error
    owner = f"{socket.gethostname()}:{uuid.uuid4()}"
    store = Store(ours.connection)
    session = Session(config)
    compute = Compute(application)
    reservation = Reservation(session.placement)
    engine = Engine(
        store,
        session,
        compute,
        reservation,
        owner=owner,
        concurrency=ours.build_concurrency,
        timeout=ours.build_timeout,
    )
    worker = Worker(
        store,
        engine,
        owner=owner,
        lease_seconds=ours.lease_seconds,
        poll=ours.poll_interval,
        threads=ours.worker_threads,
    )
    service = Service(
        store,
        compute,
        Networks(session.network),
        Volumes(),
        Inventory(
            compute,
            session.placement,
            levels,
            config.default_availability_zone,
            AggregateRules.configured(config).closed,
        ),
        reservation,
        owner=f"{owner}:api",
        max_members=ours.max_members,
        attempts=ours.reserve_attempts,
        wake=worker.wake,
        check_rights=check_policy,
        plan_lifetime=ours.plan_lifetime,
        shown_hosts=ours.shown_hosts,
    )
    return service, worker


def filter_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[[Application], EnsemblesFilter]:
    """What paste calls; the configuration is nova.conf's ``[ensembles]``."""
    conf.register(cfg.CONF)
    policies.get_enforcer()
    return lambda application: EnsemblesFilter(application, cfg.CONF)
