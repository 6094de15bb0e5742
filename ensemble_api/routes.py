# SPDX-License-Identifier: Apache-2.0
"""The routes, their dispatch, and the one place where errors become JSON."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

import microversion_parse
import webob
import webob.exc
from keystoneauth1 import exceptions as keystone

from ensemble_api import advice, exception, schema_formats, views
from ensemble_api.handlers import (
    adoption,
    capabilities,
    changes,
    ensembles,
    headroom,
    host_impact,
    maintenance,
    operations,
    plans,
    templates,
)
from ensemble_api.handlers.call import Answer, Call, Handler
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.schema_errors import HIDDEN
from ensemble_api.service import Service
from ensemble_api.usecases.reserve import TOO_SLOW

_NO_ANSWER = Sentence("unavailable.cloud", "The cloud does not answer; try again later.")
_WENT_WRONG = Sentence("internal", "Something went wrong here; the log of nova-api has more.")
_METHODS = Sentence("method-not-allowed", "%(path)s takes %(methods)s only.")
_NOTHING_HERE = Sentence("not-found.path", "There is nothing at %(path)s.")
_NOT_UTF8 = Sentence("invalid.not-utf-8", "is not UTF-8")
_TOO_LONG = Sentence(
    "invalid.too-long-body", "is longer than the %(most)s bytes that this cloud takes"
)
_NO_VERSION = Sentence("no-version", "Version %(asked)s is not supported; %(version)s is.")

LOG = logging.getLogger(__name__)

COLLECTION = "/os-ensembles"
VERSION = "1.0"
SERVICE_TYPE = "ensemble"

ROUTES: Mapping[str, Mapping[str, Handler]] = {
    COLLECTION: {"GET": ensembles.index, "POST": ensembles.create},
    f"{COLLECTION}/capabilities": {"GET": capabilities.show},
    f"{COLLECTION}/adopt": {"POST": adoption.adopt},
    f"{COLLECTION}/plans": {"POST": plans.create},
    f"{COLLECTION}/templates": {"GET": templates.index, "POST": templates.create},
    f"{COLLECTION}/templates/{{template_id}}": {
        "GET": templates.show,
        "PATCH": templates.change,
        "DELETE": templates.delete,
    },
    f"{COLLECTION}/templates/{{template_id}}/action": {"POST": templates.act},
    f"{COLLECTION}/headroom": {"GET": headroom.index},
    f"{COLLECTION}/hosts": {"GET": host_impact.index},
    f"{COLLECTION}/hosts/{{host}}": {"GET": host_impact.show},
    f"{COLLECTION}/hosts/{{host}}/action": {"POST": host_impact.act},
    f"{COLLECTION}/domains/{{level}}/{{domain}}": {"GET": maintenance.show},
    f"{COLLECTION}/domains/{{level}}/{{domain}}/action": {"POST": maintenance.act},
    f"{COLLECTION}/{{ensemble_id}}": {
        "GET": ensembles.show,
        "PATCH": changes.change,
        "DELETE": ensembles.delete,
    },
    f"{COLLECTION}/{{ensemble_id}}/action": {"POST": ensembles.act},
    f"{COLLECTION}/{{ensemble_id}}/operations": {"GET": operations.index},
    f"{COLLECTION}/{{ensemble_id}}/operations/{{operation_id}}": {"GET": operations.show},
    f"{COLLECTION}/{{ensemble_id}}/survivability": {"GET": ensembles.survivability},
}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]{1,255})", template) + "/?")


_PATTERNS = [(_pattern(template), methods) for template, methods in ROUTES.items()]


def dispatch(
    request: webob.Request,
    service: Service,
    path: str,
    begin: Callable[[], None] = lambda: None,
) -> webob.Response:
    """Answer one request to ``path``, which starts with ``/os-ensembles``.

    ``begin`` is what handlers call before they begin something, see ``Call``.
    """
    language = views.language(request.accept_language)
    try:
        _check_version(request)
        answer = _handle(request, path, lambda: _call(request, service, language, begin))
    except exception.EnsembleError as error:
        return refuse(error, language)
    except exception.LeaseLost:
        # What it had begun is a worker's by now, which undoes what is not promised yet.
        LOG.warning("%s %s took longer than it has for that", request.method, path)
        return refuse(exception.Unavailable(TOO_SLOW()), language)
    except (exception.CloudError, keystone.ClientException) as error:
        advice.log(LOG, f"{request.method} {path} failed", error)
        return refuse(exception.Unavailable(_NO_ANSWER()), language)
    except Exception:
        LOG.exception("%s %s failed", request.method, path)
        return refuse(
            exception.EnsembleError(_WENT_WRONG()),
            language,
        )
    return _render(answer, language)


def refuse(error: exception.EnsembleError, language: str = views.ENGLISH) -> webob.Response:
    """The answer of an error, with the headers that go with it."""
    response = _render(Answer(error.status, views.fault(error)), language)
    if "allow" in error.facts:
        response.headers["Allow"] = ", ".join(error.facts["allow"])
    if "retry_after" in error.facts:
        response.headers["Retry-After"] = str(error.facts["retry_after"])
    return response


def _encode(body: Mapping[str, Any] | None) -> bytes:
    """JSON without blanks, which would be a sixth of a long answer."""
    return b"" if body is None else json.dumps(body, separators=(",", ":")).encode()


def _render(answer: Answer, language: str) -> webob.Response:
    response = webob.Response(status=answer.status)
    if answer.body is not None:
        response.content_type = "application/json"
        response.charset = "utf-8"
    response.body = _encode(views.translated(answer.body, language))
    response.headers["OpenStack-API-Version"] = f"{SERVICE_TYPE} {VERSION}"
    if answer.location is not None:
        response.headers["Location"] = answer.location
    response.headers["Vary"] = "OpenStack-API-Version, Accept-Language"
    return response


def _handle(request: webob.Request, path: str, call: Callable[[], Call]) -> Answer:
    for pattern, methods in () if schema_formats.holds_control(path) else _PATTERNS:
        if found := pattern.fullmatch(path):
            if request.method not in methods:
                raise exception.MethodNotAllowed(
                    _METHODS(path=path, methods=listed(list(methods))), allow=list(methods)
                )
            return methods[request.method](call(), **found.groupdict())
    raise exception.NotFound(_NOTHING_HERE(path=path))


def _call(
    request: webob.Request, service: Service, language: str, begin: Callable[[], None]
) -> Call:
    try:
        for name, value in request.GET.items():
            if schema_formats.holds_control(value):
                raise exception.Invalid(HIDDEN(), field=name)
        return Call(
            context=request.environ["nova.context"],
            service=service,
            query=dict(request.GET),
            raw=_body(request, service.max_body),
            url=request.path_url,
            pairs=tuple(request.GET.items()),
            headers=request.headers,
            language=language,
            begin=begin,
        )
    except UnicodeDecodeError as error:
        raise exception.Invalid(_NOT_UTF8(), field="url") from error


def _body(request: webob.Request, most: int) -> bytes:
    """The body, of which no more than a byte too many is read.

    oslo.middleware, which stands before us with the same limit, cuts off a body whose length was
    not declared; others do not get here.

    :raises ensemble_api.exception.TooLarge: when it is longer than ``most`` bytes.
    """
    if not request.is_body_readable:
        return b""
    try:
        body = bytes(request.body_file.read(most + 1))
        cut = False
    except webob.exc.HTTPRequestEntityTooLarge:
        body, cut = b"", True
    if cut or len(body) > most:
        raise exception.TooLarge(_TOO_LONG(most=most), field="body")
    return body


def _check_version(request: webob.Request) -> None:
    asked = microversion_parse.get_version(request.headers, service_type=SERVICE_TYPE)
    if asked not in (None, "latest", VERSION):
        raise exception.UnsupportedVersion(
            _NO_VERSION(asked=str(asked), version=VERSION), min=VERSION, max=VERSION
        )
