# SPDX-License-Identifier: Apache-2.0
"""One request as handlers see it, and what they answer."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ensemble_api import exception, limits, views
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence
from ensemble_api.schema_errors import ONE_OF
from ensemble_api.service import Service

_NOT_JSON = Sentence("invalid.not-json", "is not JSON: %(problem)s")
_NESTED = Sentence("invalid.nested", "is nested too deeply")
_NO_NUMBER = Sentence("invalid.no-number", "is not JSON: %(text)s is no number")
_LONG_NUMBER = Sentence("invalid.long-number", "has a number of more than %(count)s digits")
_KEY_TWICE = Sentence("invalid.key-twice", "has %(name)s twice in one object")
_BAD_KEY = Sentence("invalid.key", "must be 1 to %(count)s printable characters of ASCII")
_NO_PARAMETER = Sentence("invalid.no-parameter", "is not a parameter here")
_NOT_WHOLE = Sentence("invalid.above-zero", "must be a whole number above 0")
_TOO_OFTEN = Sentence(
    "invalid.too-often",
    "may be given %(count)s time at most",
    "may be given %(count)s times at most",
)

FLAGS = {"0": False, "1": True, "false": False, "true": True}
DIGITS = 100  # of a number: none that is taken has as many, and Python reads no more than 4300
KEY = "Idempotency-Key"
# As it is, or quoted as RFC 8941 has strings.
_BARE = re.compile(r"[\x20-\x7e]+")
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One request: Nova's request context, query parameters, body, and the service to call.

    ``begin`` is called before something is begun that goes on after the request in the caller's
    name, and raises an ``EnsembleError`` where it could not.
    """

    context: Context
    service: Service
    query: Mapping[str, str]
    raw: bytes
    url: str  # of the collection, without a query
    pairs: Sequence[tuple[str, str]] = ()  # the query with names that are given several times
    headers: Mapping[str, str] = field(default_factory=dict)
    language: str = views.ENGLISH
    begin: Callable[[], None] = lambda: None

    @property
    def json(self) -> Any:
        """The decoded body.

        :raises ensemble_api.exception.Invalid: when it is not JSON.
        """
        try:
            body = json.loads(
                self.raw,
                object_pairs_hook=_distinct,
                parse_constant=_refuse_constant,
                parse_int=_whole,
            )
            # A lone surrogate such as \\ud800 is JSON, but no text that can be sent or stored.
            json.dumps(body, ensure_ascii=False).encode()
        except RecursionError as error:
            raise exception.Invalid(_NESTED(), field="body") from error
        except ValueError as error:
            raise exception.Invalid(_NOT_JSON(problem=str(error)), field="body") from error
        return body

    @property
    def idempotency_key(self) -> str | None:
        """The key under which a create is done once, if one is given.

        :raises ensemble_api.exception.Invalid: when it is empty, too long or not printable ASCII.
        """
        value = self.headers.get(KEY)
        if value is None:
            return None
        if value.startswith('"'):
            quoted = _QUOTED.fullmatch(value)
            value = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
        if len(value) > limits.KEY or not _BARE.fullmatch(value):
            raise exception.Invalid(_BAD_KEY(count=limits.KEY), field=KEY)
        return value

    def only(self, *names: str) -> None:
        """Refuse query parameters of other names.

        :raises ensemble_api.exception.Invalid: naming the first one.
        """
        for name in self.query:
            if name not in names:
                raise exception.Invalid(_NO_PARAMETER(), field=name)

    def number(self, name: str, default: int, most: int) -> int:
        """A query parameter that is a whole number from 1 to ``most``; larger ones are cut."""
        text = self.query.get(name, str(default))
        if not text.isdecimal() or len(text) > 9 or int(text) < 1:
            raise exception.Invalid(_NOT_WHOLE(), field=name)
        return min(int(text), most)

    def several(self, name: str, most: int) -> tuple[str, ...]:
        """All values of a query parameter that may be given up to ``most`` times."""
        values = tuple(dict.fromkeys(value for key, value in self.pairs if key == name))
        if len(values) > most:
            raise exception.Invalid(_TOO_OFTEN(count=most), field=name)
        return values

    def flag(self, name: str) -> bool:
        """A query parameter that says whether, in any capitals; without it, not."""
        value = self.query.get(name, "0").lower()
        if value not in FLAGS:
            raise exception.Invalid(ONE_OF(choices=", ".join(FLAGS)), field=name)
        return FLAGS[value]

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """A query parameter that is one of ``choices``."""
        value = self.query.get(name, default)
        if value not in choices:
            raise exception.Invalid(ONE_OF(choices=", ".join(filter(None, choices))), field=name)
        return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; of a name that is there twice, one value would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = Counter(name for name, _ in pairs)
        ((twice, _),) = names.most_common(1)
        raise exception.Invalid(_KEY_TWICE(name=twice[:64]), field="body")
    return made


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise exception.Invalid(_LONG_NUMBER(count=DIGITS), field="body")
    return int(text)


def _refuse_constant(text: str) -> None:
    raise exception.Invalid(_NO_NUMBER(text=text), field="body")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a JSON-ready body, and where to find what was made."""

    status: int
    body: Mapping[str, Any] | None = None
    location: str | None = None


Handler: TypeAlias = Callable[..., Answer]
