# SPDX-License-Identifier: Apache-2.0
"""Fills parameters in, as Heat does: each ``{"get_param": name}``, and texts by ``str_replace``.

What is filled in is bounded as a whole, however often a long value is referred to.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ensemble_api import limits
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence

GET: Final = "get_param"
REPLACE: Final = "str_replace"

Path: TypeAlias = tuple[str | int, ...]

_NO_PARAMETER = Sentence(
    "invalid.template-parameter", "refers to %(name)s, which is no parameter of the template"
)
_NOT_A_NAME = Sentence("invalid.parameter-reference", "must be the name of a parameter")
_NOT_REPLACING = Sentence(
    "invalid.str-replace",
    "must have a text as template, and params with 1 to %(most)s keys of at most %(characters)s "
    "characters",
)
_NOT_IN_TEXT = Sentence("invalid.not-in-text", "must be a text, a number or true or false")
_TOO_MUCH = Sentence(
    "invalid.filled-too-much", "makes the ensemble longer than %(most)s bytes once it is filled in"
)
_DEEP = Sentence("invalid.template-depth", "is nested too deeply")
_KEYS: Final = 32  # that are replaced in a text


def place(path: Path) -> str:
    """A path as errors name it, such as ``tiers[0].count``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step[:64]}" for step in path)
    return text.lstrip(".")


def reference(value: Any, path: Path) -> str | None:
    """The parameter that a value is, None if it is another value.

    :raises ensemble_api.planning.errors.ModelError: when it is no name.
    """
    if not isinstance(value, dict) or value.keys() != {GET}:
        return None
    if not isinstance(value[GET], str):
        raise ModelError(place((*path, GET)), _NOT_A_NAME())
    return value[GET]


@dataclass(slots=True)
class Filling:
    """Fills values in, which are by the names of their parameters.

    Those of ``unknown`` stand in for values that are not known yet: ``places`` is where they are,
    by paths in what is filled, each with the parameter's name, empty where it is part of a text.
    """

    values: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()
    places: dict[Path, str] = field(default_factory=dict)
    _left: int = limits.TEMPLATE_SIZE

    def filled(self, value: Any, path: Path = ()) -> Any:
        """A value with all that it refers to.

        :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be filled in.
        """
        if len(path) > limits.TEMPLATE_DEPTH:
            raise ModelError(place(path), _DEEP())
        if (name := reference(value, path)) is not None:
            return self._value(name, path)
        match value:
            case {"str_replace": wanted} if len(value) == 1:
                return self._replaced(wanted, (*path, REPLACE), path)
            case dict():
                return {key: self.filled(each, (*path, key)) for key, each in value.items()}
            case list():
                return [self.filled(each, (*path, at)) for at, each in enumerate(value)]
        return value

    def _value(self, name: str, path: Path) -> Any:
        if name not in self.values:
            raise ModelError(place(path), _NO_PARAMETER(name=name[: limits.PARAMETER_NAME]))
        value = self.values[name]
        self._spend(len(json.dumps(value)), path)
        if name in self.unknown:
            self.places[path] = name
        return value

    def _replaced(self, wanted: Any, path: Path, whole: Path) -> str:
        match wanted:
            case {"template": str(text), "params": dict(params)} if (
                len(wanted) == 2
                and 1 <= len(params) <= _KEYS
                and all(1 <= len(each) <= limits.PARAMETER_NAME for each in params)
            ):
                pass
            case _:
                raise ModelError(
                    place(path), _NOT_REPLACING(most=_KEYS, characters=limits.PARAMETER_NAME)
                )
        made = {}
        for key, each in params.items():
            inner = Filling(self.values, self.unknown, _left=self._left)
            value = inner.filled(each, (*path, "params", key))
            self._left = inner._left
            if inner.places:
                self.places[whole] = ""
            if not isinstance(value, str | int):
                raise ModelError(place((*path, "params", key)), _NOT_IN_TEXT())
            made[key] = str(value).lower() if isinstance(value, bool) else str(value)
        # The longest first, so that $count is not taken for $co.
        keys = re.compile("|".join(map(re.escape, sorted(made, key=len, reverse=True))))

        def value_of(found: re.Match[str]) -> str:
            self._spend(len(made[found[0]]), path)
            return made[found[0]]

        return keys.sub(value_of, text)

    def _spend(self, size: int, path: Path) -> None:
        self._left -= size
        if self._left < 0:
            raise ModelError(place(path), _TOO_MUCH(most=limits.TEMPLATE_SIZE))
