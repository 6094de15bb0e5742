# SPDX-License-Identifier: Apache-2.0
"""One request as handlers see it, and what they answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ensemble_api import exception
from ensemble_api.service import Service

MAX_BODY = 8 * 1024 * 1024  # bytes; user data of 20 tiers fits
MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One request: Nova's request context, query parameters, body, and the service to call."""

    context: Any
    service: Service
    query: Mapping[str, str]
    raw: bytes
    url: str  # of the collection, without a query
    pairs: Sequence[tuple[str, str]] = ()  # the query with names that are given several times

    @property
    def json(self) -> Any:
        """The decoded body.

        :raises ensemble_api.exception.Invalid: when it is not JSON or too large.
        """
        if len(self.raw) > MAX_BODY:
            raise exception.Invalid(f"body: is larger than {MAX_BODY} bytes", field="body")
        try:
            body = json.loads(self.raw)
            # A lone surrogate such as \\ud800 is JSON, but no text that can be sent or stored.
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise exception.Invalid(f"body: is not JSON: {error}", field="body") from error
        return body

    def number(self, name: str, default: int, most: int) -> int:
        """A query parameter that is a whole number from 1 to ``most``; larger ones are cut."""
        text = self.query.get(name, str(default))
        if not text.isdecimal() or len(text) > 9 or int(text) < 1:
            raise exception.Invalid(f"{name}: must be a whole number above 0", field=name)
        return min(int(text), most)

    def several(self, name: str, most: int) -> tuple[str, ...]:
        """All values of a query parameter that may be given up to ``most`` times."""
        values = tuple(dict.fromkeys(value for key, value in self.pairs if key == name))
        if len(values) > most:
            raise exception.Invalid(f"{name}: may be given {most} times at most", field=name)
        return values

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """A query parameter that is one of ``choices``."""
        value = self.query.get(name, default)
        if value not in choices:
            raise exception.Invalid(f"{name}: must be one of {', '.join(choices)}", field=name)
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON-ready body."""

    status: int
    body: Mapping[str, Any] | None = None


Handler: TypeAlias = Callable[..., Answer]
