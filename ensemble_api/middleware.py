# SPDX-License-Identifier: Apache-2.0
"""The paste filter in nova-api: requests for ensembles are ours, all others pass on untouched.

It stands between ``keystonecontext``, which gives every request Nova's context, and the compute
application. Nova internals used here: ``environ["nova.context"]``.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import webob
import webob.exc
from oslo_config import cfg

from ensemble_api import advice, conf, exception, policies, request_ids, routes, views
from ensemble_api.planning.message import Sentence
from ensemble_api.process import Process
from ensemble_api.startup import assemble

_NOT_AVAILABLE = Sentence("unavailable.here", "Ensembles are not available here; the log has more.")

LOG = logging.getLogger(__name__)

Application: TypeAlias = Callable[[dict[str, Any], Any], Iterable[bytes]]

# /os-ensembles/... or, as older clients have it, /{project_id}/os-ensembles/...
_OURS = re.compile(r"(?:/(?P<project>[0-9A-Za-z-]+))?(?P<path>/os-ensembles(?:/.*)?)", re.DOTALL)

# What the filters of all pipelines share.
_shared: list[Process] = []


class EnsemblesFilter:
    """A WSGI application around the compute application.

    ``process`` is what all filters of this process share; without one it has its own.
    """

    def __init__(
        self, application: Application, config: cfg.ConfigOpts, process: Process | None = None
    ) -> None:
        self._application = application
        self.process = process or Process(lambda: assemble(application, config))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer what is ours, pass on what is not."""
        self.process.start()
        path = environ.get("PATH_INFO", "")
        if "/os-ensembles" not in path or not (found := _OURS.fullmatch(path)):
            return self._application(environ, start_response)
        if found["project"] not in (None, environ["nova.context"].project_id):
            return self._application(environ, start_response)  # whose refusal is Nova's
        response = respond(self.process, webob.Request(environ), found["path"])
        answer: Iterable[bytes] = response(environ, start_response)
        return answer


def respond(
    process: Process,
    request: webob.Request,
    path: str,
    before: Callable[[], None] = lambda: None,
    begin: Callable[[], None] = lambda: None,
) -> webob.Response:
    """The answer to one request of ours; ``before`` is done when the service is there.

    ``begin`` is what handlers call before they begin something that goes on after the request.
    """
    request_ids.work_for(request.environ["nova.context"])
    language = views.language(request.accept_language)
    try:
        service = process.service()
    except Exception as error:  # noqa: BLE001
        # What is wrong with the configuration is for the log, not for tenants.
        advice.log(LOG, "Ensembles cannot be served", error)
        return routes.refuse(exception.Unavailable(_NOT_AVAILABLE()), language)
    try:
        before()
        answer = routes.dispatch(request, service, path, begin)
    except exception.EnsembleError as error:
        answer = routes.refuse(error, language)
    if answer.status_int >= 400:
        service.refused(answer.status_int)
    return answer


def filter_factory(
    global_conf: dict[str, str], **local_conf: str
) -> Callable[[Application], EnsemblesFilter]:
    """What paste calls, once for each pipeline; the options are nova.conf's ``[ensembles]``."""
    conf.register(cfg.CONF)
    policies.get_enforcer()

    def build(application: Application) -> EnsemblesFilter:
        if not _shared:
            # Both pipelines end in the same compute application; this one is as good as the other.
            _shared.append(Process(lambda: assemble(application, cfg.CONF)))
            _shared[0].start_after_fork()
        return EnsemblesFilter(application, cfg.CONF, _shared[0])

    return build
