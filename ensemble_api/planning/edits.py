# SPDX-License-Identifier: Apache-2.0
"""Edits of a description: new values by field, applied to an ensemble, and said in words."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Message, Sentence, following, listed
from ensemble_api.planning.model import Ensemble, Flavor, Tier
from ensemble_api.planning.wording import members, quoted

_ALL_SOFT = Sentence("change.all-soft", "Make all policies soft.")
_SOFT = Sentence("change.soft", "Make “%(policy)s” soft.")
_COUNT = Sentence("change.count", "Ask for %(members)s of %(tier)s in place of %(before)s.")
_ANY_ZONE = Sentence("change.any-zone", "Let %(tier)s be in any availability zone.")
_FLAVOR = Sentence("change.flavor", "Use flavor %(flavor)s for %(tier)s.")
_FLAVOR_WITHOUT = Sentence(
    "change.flavor-without",
    "Use flavor %(flavor)s for %(tier)s, which does not require %(traits)s.",
)
_LEVEL = Sentence("change.level", "Ask for “%(other)s” in place of “%(policy)s”.")
_RELAX = Sentence("change.relax", "Relax “%(policy)s” to %(value)s.")

# New values by field, such as `policies[0].max_per_domain`.
# None takes a field out.
Edits: TypeAlias = dict[str, int | str | None]

ZONE = "server.availability_zone"
FLAVOR = "server.flavor"
_FIELD = re.compile(r"(tiers|policies)\[(\d+)\]\.([\w.]+)")


def edited(ensemble: Ensemble, edits: Mapping[str, int | str | None]) -> Ensemble:
    """Give the ensemble with those new values; ModelError when they cannot be meant together."""
    tiers, policies = list(ensemble.tiers), list(ensemble.policies)
    for name, value in edits.items():
        place = _FIELD.fullmatch(name)
        if place is None:
            raise ModelError(name, "must be a field of a tier or of a policy")
        number, new = int(place[2]), {place[3]: value}
        if place[3] == "enforcement":
            new = {"hard": value == "hard"}
        elif place[3] == ZONE:
            new = {"zone": value}
        if place[3] == FLAVOR:
            tiers[number] = tiers[number].with_flavor(_flavor(tiers[number], name, value))
        elif place[3] == "count":
            # A count is a whole number; a tier refuses anything else.
            tiers[number] = _with(tiers[number], {**new, "indices": ()})
        elif place[1] == "tiers":
            tiers[number] = _with(tiers[number], new)
        else:
            policies[number] = _with(policies[number], new)
    return Ensemble(tuple(tiers), tuple(policies))


def _flavor(tier: Tier, field: str, value: int | str | None) -> Flavor:
    for flavor in tier.flavors:
        if flavor.id == value:
            return flavor
    raise ModelError(field, f"must be one of the other flavors of {tier.name}, not {value}")


def _with(part: Any, new: Mapping[str, object]) -> Any:
    return replace(part, **new)


def describe_edits(ensemble: Ensemble, edits: Mapping[str, int | str | None]) -> Message:
    """Say new values for fields of the description, a sentence each."""
    softened = {f"policies[{i}].enforcement" for i, p in enumerate(ensemble.policies) if p.hard}
    if len(softened) > 1 and softened == edits.keys():
        return _ALL_SOFT()
    return following([_describe_edit(ensemble, field, value) for field, value in edits.items()])


def _describe_flavor(tier: Tier, flavor: Flavor) -> Message:
    dropped = sorted(tier.required_traits - flavor.required_traits)
    if not dropped:
        return _FLAVOR(flavor=flavor.name, tier=quoted(tier.name))
    return _FLAVOR_WITHOUT(flavor=flavor.name, tier=quoted(tier.name), traits=listed(dropped))


def _describe_edit(ensemble: Ensemble, field: str, value: int | str | None) -> Message:
    part, name = field.split("].")
    number = int(part.split("[")[1])
    if part.startswith("tiers"):
        tier = ensemble.tiers[number]
        if name == ZONE:
            return _ANY_ZONE(tier=quoted(tier.name))
        if name == FLAVOR:
            return _describe_flavor(tier, _flavor(tier, field, value))
        return _COUNT(members=members(int(value or 0)), tier=quoted(tier.name), before=tier.count)
    policy = ensemble.policies[number]
    if name == "enforcement":
        return _SOFT(policy=policy.describe())
    if name == "level":
        # A field has the name of the policy's own attribute, whose kind we need not know.
        new: dict[str, Any] = {name: value}
        return _LEVEL(policy=policy.describe(), other=replace(policy, **new).describe())
    return _RELAX(policy=policy.describe(), value=policy.relaxed(name, value or 0))
