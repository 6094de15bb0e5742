# SPDX-License-Identifier: Apache-2.0
"""Conditions of tiers and policies: a flag, or ``equals``, ``not``, ``and``, ``or`` as Heat has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ensemble_api import limits, schema_errors
from ensemble_api.ensemble_templates.filling import Filling, Path, place, reference
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence

_MANY_PARTS = Sentence("invalid.condition-parts", "has more than %(most)s parts")
_NO_CONDITION = Sentence(
    "invalid.condition",
    "must be true or false, a parameter that is, or an object with one of equals (of two), not, "
    "and, or",
)


def holds(condition: Any, values: Mapping[str, Any]) -> bool:
    """Whether a condition holds with these values of the parameters; each part is looked at.

    :raises ensemble_api.planning.errors.ModelError: naming the part that cannot be meant, which
        begins with ``when``.
    """
    return _Look(values).holds(condition, ("when",))


@dataclass(slots=True)
class _Look:
    values: Mapping[str, Any]
    parts: int = 0

    def holds(self, part: Any, path: Path) -> bool:
        self.parts += 1
        if self.parts > limits.CONDITIONS or len(path) > limits.TEMPLATE_DEPTH:
            raise ModelError(place(path), _MANY_PARTS(most=limits.CONDITIONS))
        match part:
            case bool():
                return part
            case {"equals": [one, other]} if len(part) == 1:
                return self._equal(one, other, (*path, "equals"))
            case {"not": each} if len(part) == 1:
                return not self.holds(each, (*path, "not"))
            case {"and": [_, *_] as several} if len(part) == 1:
                return all(self._each(several, (*path, "and")))
            case {"or": [_, *_] as several} if len(part) == 1:
                return any(self._each(several, (*path, "or")))
        if reference(part, path) is None:
            raise ModelError(place(path), _NO_CONDITION())
        value = self._value(part, path)
        if not isinstance(value, bool):
            raise ModelError(place(path), schema_errors.TYPES["boolean"]())
        return value

    def _each(self, several: list[Any], path: Path) -> list[bool]:
        return [self.holds(each, (*path, at)) for at, each in enumerate(several)]

    def _equal(self, one: Any, other: Any, path: Path) -> bool:
        first, second = self._value(one, (*path, 0)), self._value(other, (*path, 1))
        return isinstance(first, bool) is isinstance(second, bool) and bool(first == second)

    def _value(self, part: Any, path: Path) -> Any:
        return Filling(self.values).filled(part, path)
