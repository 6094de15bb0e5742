# SPDX-License-Identifier: Apache-2.0
"""The parameters of an ensemble template, and the values that they are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ensemble_api import limits, schema_errors
from ensemble_api.ensemble_templates.constraints import (
    NOT_OF_TYPE,
    Constraint,
    Kind,
    LookedUp,
    ParameterType,
    constraint,
    cost,
    is_of,
)
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence

_UNKNOWN = Sentence("invalid.no-such-parameter", "is no parameter of this template")
_COSTLY = Sentence(
    "invalid.costly-patterns",
    "has patterns that repeat too much together; %(most)s steps are the most",
)
_FLAGS: Final = {"true": True, "false": False}
_DIGITS: Final = 18


class _Missing:
    """That a parameter has no default, which null would be."""


MISSING: Final = _Missing()


def check_cost(steps: int, field: str) -> None:
    """Refuse patterns that take too many steps together.

    :raises ensemble_api.planning.errors.ModelError: about ``field``.
    """
    if steps > limits.PATTERN_STEPS:
        raise ModelError(field, _COSTLY(most=limits.PATTERN_STEPS))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that is given when a template is applied.

    Without a ``default`` it has to be given.
    """

    name: str
    type: ParameterType
    default: Any = MISSING
    constraints: tuple[Constraint, ...] = ()

    @classmethod
    def of(cls, name: str, described: Mapping[str, Any]) -> "Parameter":
        """Read a parameter, whose shape was checked.

        :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be meant.
        """
        kind = ParameterType(described["type"])
        constraints = []
        for place, each in enumerate(described.get("constraints", ())):
            try:
                constraints.append(constraint(each, kind))
            except ModelError as error:
                field = f"constraints[{place}].{error.field}".rstrip(".")
                raise ModelError(field, error.reason) from error
        made = cls(name, kind, constraints=tuple(constraints))
        check_cost(made.cost, "constraints")
        if "default" not in described:
            return made
        try:
            default = made._checked(described["default"])
        except ModelError as error:
            raise ModelError("default", error.reason) from error
        return cls(name, kind, default, tuple(constraints))

    @property
    def cost(self) -> int:
        """How many steps its patterns take for each character of a value."""
        return sum(cost(each) for each in self.constraints)

    @property
    def required(self) -> bool:
        """Whether it has to be given."""
        return self.default is MISSING

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What its values are looked up as."""
        return tuple(each.kind for each in self.constraints if isinstance(each, LookedUp))

    def value(self, given: Any) -> Any:
        """A value that was given, or written as text as on a command line.

        :raises ensemble_api.planning.errors.ModelError: about the parameter's name.
        """
        try:
            return self._checked(given)
        except ModelError as error:
            raise ModelError(self.name, error.reason) from error

    def _checked(self, given: Any) -> Any:
        value = self._read(given) if isinstance(given, str) else given
        if not is_of(value, self.type):
            raise ModelError("", NOT_OF_TYPE[self.type]())
        texts = value if self.type is ParameterType.LIST else [value]
        if any(isinstance(each, str) and len(each) > limits.PARAMETER_VALUE for each in texts):
            raise ModelError("", schema_errors.REASONS["maxLength"](count=limits.PARAMETER_VALUE))
        for each in self.constraints:
            if (refused := each.refusal(value)) is not None:
                raise ModelError("", refused)
        return value

    def _read(self, text: str) -> Any:
        """A text as the parameter's type has it; as it is where it is none."""
        match self.type:
            case ParameterType.NUMBER:
                digits = text.strip().removeprefix("-")
                if digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS:
                    return int(text)
            case ParameterType.BOOLEAN:
                return _FLAGS.get(text.strip().lower(), text)
            case ParameterType.LIST:
                return [each.strip() for each in text.split(",")] if text.strip() else []
        return text


def values(parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of all parameters: those that are given, and the defaults of the others.

    :raises ensemble_api.planning.errors.ModelError: naming the parameter that is wrong.
    """
    for name in given:
        if name not in parameters:
            raise ModelError(name[: limits.PARAMETER_NAME], _UNKNOWN())
    found = {}
    for name, parameter in parameters.items():
        if name in given:
            found[name] = parameter.value(given[name])
        elif parameter.required:
            raise ModelError(name, schema_errors.REASONS["required"]())
        else:
            found[name] = parameter.default
    return found
