# SPDX-License-Identifier: Apache-2.0
"""An ensemble template: parameters, and a description of an ensemble that refers to them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ensemble_api import limits, tier_order
from ensemble_api.ensemble_templates import conditions
from ensemble_api.ensemble_templates.constraints import ParameterType
from ensemble_api.ensemble_templates.filling import Filling, Path
from ensemble_api.ensemble_templates.parameters import Parameter, check_cost, values
from ensemble_api.planning.errors import ModelError, located
from ensemble_api.planning.message import Sentence

WHEN: Final = "when"
_CONDITIONAL: Final = ("tiers", "policies")  # of which each may have a condition
_NOT_LISTED = Sentence(
    "invalid.not-listed", "must be a list, of which each part may refer to parameters"
)
_NOT_NAMED = Sentence("invalid.template-name", "is given when the template is applied")
_STAND_INS: Final = {
    ParameterType.STRING: "",
    ParameterType.NUMBER: 1,
    ParameterType.BOOLEAN: True,
    ParameterType.LIST: [],
    ParameterType.JSON: {},
}


@dataclass(frozen=True, slots=True)
class Sample:
    """What a template describes as far as that is known before it is applied.

    ``unknown`` is where parameters stand whose values are not known, by their paths in the
    ``ensemble``; of ``untyped`` ones not even the type is.
    """

    ensemble: Mapping[str, Any]
    unknown: frozenset[Path]
    untyped: frozenset[Path]


@dataclass(frozen=True, slots=True)
class EnsembleTemplate:
    """One version of a template, which never changes."""

    parameters: Mapping[str, Parameter]
    ensemble: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "EnsembleTemplate":
        """Read a document with ``parameters`` and ``ensemble``, whose shape was checked.

        :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be meant.
        """
        parameters = {}
        for name, described in document.get("parameters", {}).items():
            with located(f"parameters.{name}"):
                parameters[name] = Parameter.of(name, described)
            check_cost(sum(each.cost for each in parameters.values()), "parameters")
        made = cls(parameters, document["ensemble"])
        with located("ensemble"):
            made._check()
        return made

    def apply(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The ensemble that is described with these values, and the values of all parameters.

        It has no name yet. A policy over a tier that is left out holds for the others; it is left
        out too where there are no others, or where it is near a tier that is left out. No tier
        waits for one that is left out. An error of
        a parameter begins with ``parameters``, one of the description with ``ensemble``.

        :raises ensemble_api.planning.errors.ModelError: naming the field that is wrong.
        """
        with located("parameters"):
            known = values(self.parameters, given)
        with located("ensemble"):
            return self._filled(known), known

    def _filled(self, known: Mapping[str, Any]) -> dict[str, Any]:
        """The description with all values filled in, without what is left out."""
        filling = Filling(known)
        made = {
            key: filling.filled(each, (key,))
            for key, each in self.ensemble.items()
            if key not in _CONDITIONAL
        }
        tiers: list[Any] = []
        left_out: list[Any] = []
        for at, each in self._items("tiers"):
            found = tiers if self._holds("tiers", at, each, known) else left_out
            found.append(filling.filled(_without_condition(each), ("tiers", at)))
        gone = _names(left_out) - _names(tiers)
        policies = [
            _without(filling.filled(_without_condition(each), ("policies", at)), gone)
            for at, each in self._items("policies")
            if self._holds("policies", at, each, known)
        ]
        if "tiers" in self.ensemble:
            made["tiers"] = [tier_order.without(each, gone) for each in tiers]
        if "policies" in self.ensemble:
            made["policies"] = [each for each in policies if each is not None]
        return made

    def sample(self) -> Sample:
        """The whole description, as far as it is known: with defaults, and all tiers.

        :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be filled in.
        """
        missing = frozenset(name for name, each in self.parameters.items() if each.required)
        known = {
            name: _STAND_INS[each.type] if each.required else each.default
            for name, each in self.parameters.items()
        }
        filling = Filling(known, missing)
        whole: dict[str, Any] = {}
        for key, each in self.ensemble.items():
            if key in _CONDITIONAL:
                whole[key] = [
                    filling.filled(_without_condition(one), (key, at))
                    for at, one in self._items(key)
                ]
            else:
                whole[key] = filling.filled(each, (key,))
        untyped = frozenset(
            path
            for path, name in filling.places.items()
            if name and self.parameters[name].type is ParameterType.JSON
        )
        return Sample(whole, frozenset(filling.places), untyped)

    def _check(self) -> None:
        """Refuse what can never be applied, whatever the values are."""
        if "name" in self.ensemble:
            raise ModelError("name", _NOT_NAMED())
        flags = {name: _STAND_INS[each.type] for name, each in self.parameters.items()}
        for key in _CONDITIONAL:
            for at, each in self._items(key):
                self._holds(key, at, each, flags)
        self.sample()

    def _items(self, key: str) -> Iterator[tuple[int, Any]]:
        items = self.ensemble.get(key, [])
        if not isinstance(items, list) or len(items) > max(limits.TIERS, limits.POLICIES):
            raise ModelError(key, _NOT_LISTED())
        return iter(enumerate(items))

    @staticmethod
    def _holds(key: str, at: int, item: Any, known: Mapping[str, Any]) -> bool:
        if not isinstance(item, dict) or WHEN not in item:
            return True
        with located(f"{key}[{at}]"):
            return conditions.holds(item[WHEN], known)


def _without_condition(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {key: each for key, each in item.items() if key != WHEN}


def _names(tiers: Iterable[Any]) -> set[str]:
    """The names of tiers, of which the shape is not known."""
    named = (each.get("name") for each in tiers if isinstance(each, dict))
    return {each for each in named if isinstance(each, str)}


def _without(policy: Any, gone: set[str]) -> Any:
    """A policy without tiers that are gone; None where nothing is left that it could hold for."""
    if not gone or not isinstance(policy, dict):
        return policy
    to, tiers = policy.get("to"), policy.get("tiers")
    if isinstance(to, str) and to in gone:
        return None
    if not isinstance(tiers, list) or not tiers:
        return policy
    left = [each for each in tiers if not (isinstance(each, str) and each in gone)]
    return {**policy, "tiers": left} if left else None
