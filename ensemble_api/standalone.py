# SPDX-License-Identifier: Apache-2.0
"""Ensembles as a service of its own: the application, and the middleware before it.

Nova internals used here: what ``cloud.tenant_session`` uses.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

import webob
from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_middleware import cors, healthcheck, http_proxy_to_wsgi, request_id, sizelimit

from ensemble_api import conf, exception, policies, routes, views
from ensemble_api.cloud.tenant_session import TenantSession, tenant_context
from ensemble_api.execution.worker import Worker
from ensemble_api.middleware import Application, respond
from ensemble_api.planning.message import Sentence
from ensemble_api.process import Process
from ensemble_api.service import Service
from ensemble_api.signal_app import PATH as SIGNALS
from ensemble_api.signal_app import SignalApp
from ensemble_api.startup import Nova, assembled, by_http
from ensemble_api.store.api import Store

LOG = logging.getLogger(__name__)

PREFIX: Final = "/v1"
HEALTH: Final = "/healthcheck"
_BACKENDS: Final = ["ensembles_database"]  # without the engine requests are served all the same

_NOTHING = Sentence("not-found.here", "There is nothing at %(path)s.")

Answer: TypeAlias = Iterable[bytes]


class EnsemblesApi:
    """The application behind ``authtoken``: what is below ``/v1/os-ensembles``, and 404 else."""

    def __init__(self, config: cfg.ConfigOpts) -> None:
        self._config = config
        self._session: TenantSession
        self.process = Process(self._assemble)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Answer:
        """Answer a request that keystonemiddleware has let pass."""
        self.process.start()
        request = webob.Request(environ)
        response = self._respond(request)
        answer: Answer = response(environ, start_response)
        return answer

    def _respond(self, request: webob.Request) -> webob.Response:
        asked = request.path_info
        if request.path_info_peek() != PREFIX[1:]:
            return _nothing_at(request, asked)
        request.path_info_pop()
        path = request.path_info
        if path != routes.COLLECTION and not path.startswith(f"{routes.COLLECTION}/"):
            return _nothing_at(request, asked)
        environ = request.environ
        catalog = json.loads(environ.get("HTTP_X_SERVICE_CATALOG") or "null")
        context = tenant_context(environ, catalog)
        environ["nova.context"] = context
        token = environ.get("keystone.token_info", {}).get("token", {})

        def keep(*, begins: bool) -> None:
            self._session.tokens.keep(
                context,
                token.get("expires_at"),
                begins=begins,
                may_create=policies.allowed(context, "create"),
            )

        return respond(
            self.process,
            request,
            path,
            before=lambda: keep(begins=False),
            begin=lambda: keep(begins=True),
        )

    def _assemble(self) -> tuple[Service, Worker]:
        return assembled(self._nova, self._config)

    def _nova(self, store: Store) -> Nova:
        nova = by_http(self._config, store, works=self._config[conf.GROUP].run_worker)
        assert isinstance(nova.session, TenantSession)
        self._session = nova.session
        return nova


def pipeline(config: cfg.ConfigOpts) -> Application:
    """The whole service: what stands before the application, from the outside to the inside."""
    api = EnsemblesApi(config)
    api.process.start_after_fork()
    found: Any = auth_token.AuthProtocol(api, {"oslo_config_config": config})
    found = sizelimit.RequestBodySizeLimiter(found, config)
    found = _Open(found, healthcheck.Healthcheck(None, _checks(config)))
    found = request_id.RequestId(found)
    found = http_proxy_to_wsgi.HTTPProxyToWSGI(found, config)
    signals = http_proxy_to_wsgi.HTTPProxyToWSGI(SignalApp(config), config)
    return _Apart(signals, cors.CORS(found, config))


class _Apart:
    """Signals of guests have a pipeline of their own: who sends one has no token, nor gets any."""

    def __init__(self, signals: Application, rest: Application) -> None:
        self._signals = signals
        self._rest = rest

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Answer:
        """Answer a request of a guest or of a user."""
        path = environ.get("PATH_INFO", "")
        ours = path == SIGNALS or path.startswith(f"{SIGNALS}/")
        return (self._signals if ours else self._rest)(environ, start_response)


class _Open:
    """What is answered without a token: versions, and whether we are well."""

    def __init__(self, application: Application, health: Any) -> None:
        self._application = application
        self._health = health

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Answer:
        request = webob.Request(environ)
        path = request.path_info.rstrip("/")
        response: Any = self._application
        if path == HEALTH:
            response = self._health
        elif path == "":
            response = _json(300, {"versions": [_version(request.application_url)]})
        elif path == PREFIX:
            response = _json(200, {"version": _version(request.application_url)})
        answer: Answer = response(environ, start_response)
        return answer


def _checks(config: cfg.ConfigOpts) -> cfg.ConfigOpts:
    """The configuration, with our backends where the operator names none."""
    config.register_opts(healthcheck.opts.HEALTHCHECK_OPTS, group="healthcheck")
    config.set_default("backends", _BACKENDS, group="healthcheck")
    return config


def _version(url: str) -> dict[str, Any]:
    """One version as clients discover it; ``url`` is where the service is."""
    return {
        "id": f"v{routes.VERSION}",
        "status": "CURRENT",
        "min_version": routes.VERSION,
        "max_version": routes.VERSION,
        "version": routes.VERSION,
        "links": [{"rel": "self", "href": f"{url.rstrip('/')}{PREFIX}/"}],
    }


def _nothing_at(request: webob.Request, path: str) -> webob.Response:
    language = views.language(request.accept_language)
    return routes.refuse(exception.NotFound(_NOTHING(path=path)), language)


def _json(status: int, body: dict[str, Any]) -> webob.Response:
    return webob.Response(status=status, json_body=body, charset="utf-8")
