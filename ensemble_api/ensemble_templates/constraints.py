# SPDX-License-Identifier: Apache-2.0
"""What the values of a parameter may be, as Heat has it: each kind of constraint a class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from ensemble_api import limits, schema_errors
from ensemble_api.ensemble_templates.matching import TextPattern
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Message, Sentence

_SHORT = Sentence("invalid.parameter-short", "has a length of %(length)s, and needs %(least)s")
_LONG = Sentence("invalid.parameter-long", "has a length of %(length)s, and may have %(most)s")
_NO_MATCH = Sentence("invalid.parameter-pattern", "must match %(pattern)s")
_OWN_WORDS = Sentence("invalid.parameter-own-words", "is not allowed: %(description)s")
_ONE = Sentence(
    "invalid.one-constraint",
    "must have one of length, range, allowed_values, allowed_pattern and custom_constraint",
)
_NOT_FOR = Sentence("invalid.constraint-type", "is no constraint of a parameter of type %(type)s")
_NO_BOUND = Sentence("invalid.no-bound", "must have a min, a max or both")
_CROSSED = Sentence("invalid.crossed-bounds", "must not be above max")
_NAMED: Final = 20  # values that an error lists


class ParameterType(StrEnum):
    """What the values of a parameter are."""

    STRING = "string"
    NUMBER = "number"  # a whole one, as all numbers of a description are
    BOOLEAN = "boolean"
    LIST = "comma_delimited_list"  # of texts
    JSON = "json"  # an object or a list


class Kind(StrEnum):
    """What a value must be of in the cloud of whoever applies the template."""

    FLAVOR = "nova.flavor"
    KEY_PAIR = "nova.keypair"
    IMAGE = "glance.image"
    NETWORK = "neutron.network"


_SIZED: Final = (ParameterType.STRING, ParameterType.LIST, ParameterType.JSON)


class Constraint(Protocol):
    """One constraint; which value it refuses, and why."""

    def refusal(self, value: Any) -> Message | None:
        """Why a value of the parameter's type is not allowed; None where it is."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most, of which one may be missing."""

    least: int | None
    most: int | None

    @classmethod
    def of(cls, described: Mapping[str, int], field: str) -> "Bounds":
        """Read what is described.

        :raises ensemble_api.planning.errors.ModelError: about ``field``.
        """
        least, most = described.get("min"), described.get("max")
        if least is None and most is None:
            raise ModelError(field, _NO_BOUND())
        if least is not None and most is not None and least > most:
            raise ModelError(f"{field}.min", _CROSSED())
        return cls(least, most)


@dataclass(frozen=True, slots=True)
class Length:
    """How many characters a text has, or how many items a list or an object."""

    bounds: Bounds

    def refusal(self, value: Any) -> Message | None:
        """Whether it is too short or too long."""
        least, most, length = self.bounds.least, self.bounds.most, len(value)
        if least is not None and length < least:
            return _SHORT(length=length, least=least)
        if most is not None and length > most:
            return _LONG(length=length, most=most)
        return None


@dataclass(frozen=True, slots=True)
class Range:
    """How large a number is."""

    bounds: Bounds

    def refusal(self, value: Any) -> Message | None:
        """Whether it is too small or too large."""
        if self.bounds.least is not None and value < self.bounds.least:
            return schema_errors.REASONS["minimum"](count=self.bounds.least)
        if self.bounds.most is not None and value > self.bounds.most:
            return schema_errors.REASONS["maximum"](count=self.bounds.most)
        return None


@dataclass(frozen=True, slots=True)
class AllowedValues:
    """The values that there are; of a list, those of its items."""

    values: tuple[Any, ...]

    def refusal(self, value: Any) -> Message | None:
        """Whether it is none of them."""
        if all(each in self.values for each in (value if isinstance(value, list) else [value])):
            return None
        named = [str(each) for each in self.values[:_NAMED]]
        if len(self.values) > _NAMED:
            named.append("...")
        return schema_errors.ONE_OF(choices=", ".join(named))


@dataclass(frozen=True, slots=True)
class AllowedPattern:
    """What a text looks like."""

    pattern: TextPattern

    def refusal(self, value: Any) -> Message | None:
        """Whether it does not match, or is too long to be compared."""
        if len(value) > limits.PATTERN:
            return _LONG(length=len(value), most=limits.PATTERN)
        return None if self.pattern.matches(value) else _NO_MATCH(pattern=self.pattern.text)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """That there is such a thing, for whoever applies the template; they look it up."""

    kind: Kind

    def refusal(self, value: Any) -> Message | None:
        """Nothing: that is not known here."""
        return None


@dataclass(frozen=True, slots=True)
class Described:
    """A constraint that its author says in words of their own."""

    constraint: Constraint
    description: str

    def refusal(self, value: Any) -> Message | None:
        """As the constraint, in those words."""
        refused = self.constraint.refusal(value)
        return refused and _OWN_WORDS(description=self.description)


def cost(of: Constraint) -> int:
    """How many steps it takes for each character of a value, if it has a pattern."""
    match of:
        case Described(constraint=inner):
            return cost(inner)
        case AllowedPattern(pattern=pattern):
            return pattern.cost
    return 0


def constraint(described: Mapping[str, Any], kind: ParameterType) -> Constraint:
    """Read one constraint of a parameter of this type; its shape was checked.

    :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be meant.
    """
    names = [name for name in described if name != "description"]
    if len(names) != 1:
        raise ModelError("", _ONE())
    (name,) = names
    if kind not in _TYPES[name]:
        raise ModelError(name, _NOT_FOR(type=kind.value))
    made = _made(name, described[name], kind)
    if "description" in described and not isinstance(made, LookedUp):
        return Described(made, described["description"])
    return made


def _made(name: str, given: Any, kind: ParameterType) -> Constraint:
    match name:
        case "length":
            return Length(Bounds.of(given, name))
        case "range":
            return Range(Bounds.of(given, name))
        case "allowed_values":
            return AllowedValues(_values(given, kind))
        case "allowed_pattern":
            return AllowedPattern(TextPattern(given))
    return LookedUp(Kind(given))


def _values(given: Sequence[Any], kind: ParameterType) -> tuple[Any, ...]:
    of_items = ParameterType.STRING if kind is ParameterType.LIST else kind
    for place, each in enumerate(given):
        if not is_of(each, of_items):
            raise ModelError(f"allowed_values[{place}]", NOT_OF_TYPE[of_items]())
    return tuple(given)


def is_of(value: Any, kind: ParameterType) -> bool:
    """Whether a value is of this type."""
    match kind:
        case ParameterType.STRING:
            return isinstance(value, str)
        case ParameterType.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)
        case ParameterType.BOOLEAN:
            return isinstance(value, bool)
        case ParameterType.LIST:
            return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, list | dict)


NOT_OF_TYPE: Final = {
    ParameterType.STRING: schema_errors.TYPES["string"],
    ParameterType.NUMBER: schema_errors.TYPES["integer"],
    ParameterType.BOOLEAN: schema_errors.TYPES["boolean"],
    ParameterType.LIST: Sentence("invalid.texts", "must be a list of texts"),
    ParameterType.JSON: Sentence("invalid.json", "must be an object or a list"),
}
_TYPES: Final[Mapping[str, Sequence[ParameterType]]] = {
    "length": _SIZED,
    "range": (ParameterType.NUMBER,),
    "allowed_values": (ParameterType.STRING, ParameterType.NUMBER, ParameterType.LIST),
    "allowed_pattern": (ParameterType.STRING,),
    "custom_constraint": (ParameterType.STRING,),
}
