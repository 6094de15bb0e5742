# SPDX-License-Identifier: Apache-2.0
"""From a description to Tier and Policy objects: of a request, a file or a stored ensemble.

A description has the keys of the API's body, and a shape that has been checked. Whether it can be
meant is checked by the objects themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeAlias

from ensemble_api.planning.errors import located
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies import KINDS
from ensemble_api.planning.policy import Policy

Indices: TypeAlias = Mapping[str, tuple[int, ...]]

_COUNTED: Indices = {}
RENAMED: Final = ("type", "enforcement")  # the class, and whether it is hard


class Needs(Protocol):
    """What each member of a tier takes of its host."""

    @property
    def resources(self) -> Mapping[str, int]:
        """Amounts by resource class."""

    @property
    def required(self) -> frozenset[str]:
        """Traits that the host must have."""

    @property
    def forbidden(self) -> frozenset[str]:
        """Traits that the host must not have."""

    @property
    def unplanned(self) -> tuple[str, ...]:
        """Codes of what else they need, which is not planned with."""


@dataclass(frozen=True, slots=True)
class KnownResources:
    """What the members of a stored tier were planned with; their traits are not stored with it."""

    resources: Mapping[str, int]
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    unplanned: tuple[str, ...] = ()


def stored_ensemble(
    description: Mapping[str, Any],
    resources: Mapping[str, Mapping[str, int]],
    indices: Indices = _COUNTED,
) -> Ensemble:
    """The ensemble that a stored description means, with what its members were planned with.

    ``resources`` are by tier; a tier that has none is read without. ``indices`` are those of its
    members by tier, where they are known.
    """
    needs = {
        each["name"]: KnownResources(resources.get(each["name"], {}))
        for each in description["tiers"]
    }
    return ensemble(description, needs, indices=indices)


def ensemble(
    description: Mapping[str, Any],
    needs: Mapping[str, Needs],
    *,
    needs_field: str = "",
    indices: Indices = _COUNTED,
) -> Ensemble:
    """The ensemble that is described, with what its members need by tier.

    ``needs_field`` is where in a tier its needs are described, such as ``.server``. ``indices`` are
    those of its members by tier; a tier of which there are not as many as it counts has the first.

    :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be meant.
    """
    tiers = []
    for index, described in enumerate(description["tiers"]):
        with located(f"tiers[{index}]{needs_field}"):
            made = tier(described, needs[described["name"]])
            known = indices.get(made.name, ())
            tiers.append(replace(made, indices=known if len(known) == made.count else ()))
    found = []
    for index, described in enumerate(description.get("policies", ())):
        with located(f"policies[{index}]"):
            found.append(policy(described))
    return Ensemble(tuple(tiers), tuple(found))


def tier(described: Mapping[str, Any], needs: Needs) -> Tier:
    """The tier that is described.

    :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be meant.
    """
    return Tier(
        name=described["name"],
        count=described["count"],
        resources=needs.resources,
        required_traits=needs.required,
        forbidden_traits=needs.forbidden,
        unplanned=needs.unplanned,
        zone=described["server"].get("availability_zone"),
    )


def policy(described: Mapping[str, Any]) -> Policy:
    """The policy that is described; it is hard unless it says otherwise.

    :raises ensemble_api.planning.errors.ModelError: naming the field that cannot be meant.
    """
    fields = {name: each for name, each in described.items() if name not in RENAMED}
    hard = described.get("enforcement", "hard") == "hard"
    return KINDS[described["type"]](hard=hard, **fields)
