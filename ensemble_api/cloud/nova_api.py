# SPDX-License-Identifier: Apache-2.0
"""Requests to Nova's own API application inside this process."""

import copy
import json
import logging
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

import webob

from ensemble_api import exception
from ensemble_api.context import Context

LOG = logging.getLogger(__name__)

VERSION = "2.96"
GONE = 404


class NovaApi:
    """Sub-requests to the application that our filter wraps, each with a context of its own."""

    def __init__(self, application: Any) -> None:
        self._application = application

    def _call(
        self,
        context: Context,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        version: str = VERSION,
    ) -> Any:
        """The decoded answer to one request.

        :raises ensemble_api.exception.CloudError: with Nova's status and words, when it refuses.
        """
        request = webob.Request.blank(path, method=method, environ={"SCRIPT_NAME": "/v2.1"})
        # Nova writes into it which cell it is asking, and requests run side by side.
        request.environ["nova.context"] = copy.copy(context)
        request.headers["OpenStack-API-Version"] = f"compute {version}"
        if body is not None:
            request.content_type = "application/json"
            request.body = json.dumps(body).encode()
        try:
            response = request.get_response(self._application)
        except Exception as error:  # Nova's fault wrapper sits outside of our filter
            LOG.exception("Nova failed on %s %s", method, path)
            raise exception.CloudError(500, f"Nova failed: {type(error).__name__}") from error
        if response.status_int >= 400:
            raise exception.CloudError(response.status_int, _message(response.body))
        return json.loads(response.body) if response.body else None

    def _find(self, context: Context, path: str, version: str = VERSION) -> Any:
        """The answer to a GET, None if there is no such thing for this tenant."""
        try:
            return self._call(context, "GET", path, version=version)
        except exception.CloudError as error:
            if error.status in (400, 403, GONE):
                return None
            raise

    def _get_as_operator(self, context: Context, path: str) -> Any:
        """The answer to a GET with an operator's eyes."""
        return self._call(context.elevated(), "GET", path)

    def _pages(
        self, context: Context, path: str, key: str, version: str
    ) -> Iterator[dict[str, Any]]:
        """All items of a collection, page after page, however long Nova makes its pages."""
        marker = ""
        while True:
            answer = self._call(context, "GET", path + marker, version=version)
            yield from answer[key]
            if not any(link["rel"] == "next" for link in answer.get(f"{key}_links", ())):
                return
            marker = f"{'&' if '?' in path else '?'}marker={answer[key][-1]['id']}"


def quote(text: str) -> str:
    """A text as a part of a path or a query."""
    return urllib.parse.quote(text, safe="")


def _message(body: bytes) -> str:
    """Nova's own words: the message of its one-key error body."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer:
        inner = next(iter(answer.values()))
        if isinstance(inner, dict) and "message" in inner:
            return str(inner["message"])
    return "no reason given"
