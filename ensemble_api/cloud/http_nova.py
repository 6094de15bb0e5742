# SPDX-License-Identifier: Apache-2.0
"""Nova by HTTP, as the WSGI application that ``Compute`` asks.

What a tenant asks for goes with the tenant's own token as ``X-Auth-Token`` and the service user's
as ``X-Service-Token``, by which Nova's policy knows that it comes from us; what is asked with an
operator's eyes goes with the service user's token alone.
"""

import json
import logging
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import webob
from keystoneauth1 import exceptions

from ensemble_api import advice

LOG = logging.getLogger(__name__)

_NOT_ACCEPTED: Final = 401
_AWAY: Final = 503
_MISSING: Final = "There is no token of the user for whom this is asked."
_REFUSED: Final = "Nova does not accept the token of the user for whom this is asked."
_HEADERS: Final = ("OpenStack-API-Version", "Content-Type")
_PROBE: Final = "/flavors/detail?limit=1"  # which everybody may ask
_ABOUT_US: Final = "requested_destination"  # the policy rule without which nothing can be built


class HttpNova:
    """``client`` is an adapter of Nova with the service user's credentials.

    ``forget`` is told each token of a tenant's that Nova does not accept, where ours is good.
    """

    def __init__(self, client: Any, forget: Callable[[str], None] = lambda _: None) -> None:
        self._client = client
        self._forget = forget

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on and give the answer; Nova out of reach is an answer too."""
        response = self._respond(webob.Request(environ), environ["nova.context"])
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def _respond(self, request: webob.Request, context: Any) -> webob.Response:
        own = context.user_id in (None, "") or getattr(context, "operator", False)
        if not own and not context.auth_token:
            return _refusal(_AWAY, _MISSING)
        path = urllib.parse.quote(request.path_info)
        if request.query_string:
            path += f"?{request.query_string}"
        headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        try:
            if not own:
                headers["X-Auth-Token"] = context.auth_token
                headers["X-Service-Token"] = self._client.get_token()
            found = self._ask(request, path, headers, own=own)
            if found.status_code == _NOT_ACCEPTED and not own:
                ours = self._good_token()
                if ours != headers["X-Service-Token"]:  # that may be what was not accepted
                    headers["X-Service-Token"] = ours
                    found = self._ask(request, path, headers, own=own)
        except exceptions.ClientException as error:
            return _refusal(_AWAY, str(advice.advice(error)))
        if found.status_code == _NOT_ACCEPTED and not own:
            self._forget(context.auth_token)
            return _refusal(_AWAY, _REFUSED)
        if found.status_code == 403 and _ABOUT_US in found.text:
            LOG.error("Nova's policy does not let us name a host, see two-mounts: %s", found.text)
        response = webob.Response(
            status=found.status_code, content_type="application/json", charset="utf-8"
        )
        response.body = found.content
        return response

    def _ask(
        self, request: webob.Request, path: str, headers: Mapping[str, str], *, own: bool
    ) -> Any:
        return self._client.request(
            path,
            request.method,
            headers=headers,
            data=request.body or None,
            authenticated=own,
            raise_exc=False,
        )

    def _good_token(self) -> Any:
        """The service user's token after keystoneauth has seen whether Nova still accepts it."""
        self._client.get(_PROBE, raise_exc=False)
        return self._client.get_token()


def _refusal(status: int, message: str) -> webob.Response:
    response = webob.Response(status=status, content_type="application/json", charset="utf-8")
    response.body = json.dumps({"serviceUnavailable": {"message": message}}).encode()
    return response
