# SPDX-License-Identifier: Apache-2.0
"""The ensemble document: the API's body, with resources in the place of flavors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ensemble_api.offline import schema
from ensemble_api.offline.document import Document, Steps, place_of
from ensemble_api.offline.membership import Membership
from ensemble_api.planning import model
from ensemble_api.planning.errors import ModelError, located
from ensemble_api.planning.policies import KINDS
from ensemble_api.planning.policy import Policy

MAX_MEMBERS: Final = 5000
"""As many as an operator can allow in the API, see ``[ensembles] max_members``."""


@dataclass(frozen=True, slots=True)
class EnsembleDocument:
    """An ensemble that was read, and the document to point into when the cloud does not suit it."""

    document: Document
    name: str
    ensemble: model.Ensemble
    memberships: Mapping[str, Membership]  # by tier

    @property
    def prefix(self) -> Steps:
        """The way to the ensemble inside its document: a body of the API has one key around it."""
        return _prefix(self.document.value)

    def check_levels(self, levels: Sequence[str]) -> None:
        """Refuse policies at levels that the cloud does not have.

        :raises ensemble_api.offline.document.DocumentError: about the first one.
        """
        for index, policy in enumerate(self.ensemble.policies):
            if policy.level not in levels:
                steps = (*self.prefix, "policies", index, "level")
                raise self.document.error(
                    steps, f"must be one of the cloud's levels: {', '.join(levels)}"
                )


def ensemble(document: Document) -> EnsembleDocument:
    """Understand a document as an ensemble.

    :raises ensemble_api.offline.document.DocumentError: about the value that is wrong.
    """
    schema.check(document, "ensemble")
    prefix = _prefix(document.value)
    body = document.value["ensemble"] if prefix else document.value
    size = sum(int(tier["count"]) for tier in body["tiers"])
    if size > MAX_MEMBERS:
        raise document.error(
            (*prefix, "tiers"), f"have {size} members, more than the {MAX_MEMBERS} that are planned"
        )
    try:
        found = _model(body)
    except ModelError as error:
        raise document.error_at(f"{place_of(prefix)}.{error.field}", error.reason) from None
    memberships = {tier["name"]: Membership.of(tier["server"]) for tier in body["tiers"]}
    return EnsembleDocument(document, body.get("name") or "The ensemble", found, memberships)


def _prefix(value: Mapping[str, Any]) -> Steps:
    return ("ensemble",) if "ensemble" in value else ()


def _model(body: Mapping[str, Any]) -> model.Ensemble:
    tiers = []
    for index, tier in enumerate(body["tiers"]):
        with located(f"tiers[{index}].server"):
            tiers.append(_tier(tier))
    policies = []
    for index, policy in enumerate(body.get("policies", ())):
        with located(f"policies[{index}]"):
            policies.append(_policy(policy))
    return model.Ensemble(tuple(tiers), tuple(policies))


def _tier(tier: Mapping[str, Any]) -> model.Tier:
    server = tier["server"]
    return model.Tier(
        name=tier["name"],
        count=int(tier["count"]),
        resources={name: int(amount) for name, amount in server["resources"].items()},
        required_traits=frozenset(server.get("required_traits", ())),
        forbidden_traits=frozenset(server.get("forbidden_traits", ())),
        zone=server.get("availability_zone"),
    )


def _policy(policy: Mapping[str, Any]) -> Policy:
    # JSON knows one kind of number: 2.0 is as whole as 2.
    facts: dict[str, Any] = {
        name: int(value) if isinstance(value, float) else value
        for name, value in policy.items()
        if name not in ("type", "enforcement")
    }
    facts["tiers"] = tuple(facts["tiers"])
    hard = policy.get("enforcement", "hard") == "hard"
    return KINDS[policy["type"]](hard=hard, **facts)
