# SPDX-License-Identifier: Apache-2.0
"""The ensemble document: the API's body, with resources in the place of flavors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ensemble_api import codec
from ensemble_api.offline import schema
from ensemble_api.offline.document import Document, Steps, place_of
from ensemble_api.offline.membership import Membership
from ensemble_api.planning import model
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.policies import Selector

MAX_MEMBERS: Final = 5000
"""As many as an operator can allow in the API, see ``[ensembles] max_members``."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What each member of a tier takes of its host, as the document says it."""

    resources: Mapping[str, int]
    required: frozenset[str]
    forbidden: frozenset[str]
    unplanned: tuple[str, ...] = ()


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

    def check_cloud(self, levels: Sequence[str], keys: Collection[str]) -> None:
        """Refuse policies at levels, or with keys of selectors, that the cloud does not have.

        :raises ensemble_api.offline.document.DocumentError: about the first one.
        """
        for index, policy in enumerate(self.ensemble.policies):
            if isinstance(policy, Selector) and policy.key not in keys:
                steps = (*self.prefix, "policies", index, "key")
                listed = ", ".join(sorted(keys))
                raise self.document.error(
                    steps,
                    f"must be one of the keys that the cloud's hosts have as selectors: {listed}"
                    if listed
                    else "is a selector, and the cloud's hosts have none",
                )
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
    body = _with_whole_numbers(document.value["ensemble"] if prefix else document.value)
    size = sum(tier["count"] for tier in body["tiers"])
    if size > MAX_MEMBERS:
        raise document.error(
            (*prefix, "tiers"), f"have {size} members, more than the {MAX_MEMBERS} that are planned"
        )
    try:
        needs = {tier["name"]: _needs(tier["server"]) for tier in body["tiers"]}
        found = codec.ensemble(body, needs, needs_field=".server")
    except ModelError as error:
        raise document.error_at(f"{place_of(prefix)}.{error.field}", str(error.reason)) from None
    memberships = {tier["name"]: Membership.of(tier["server"]) for tier in body["tiers"]}
    return EnsembleDocument(document, body.get("name") or "The ensemble", found, memberships)


def _prefix(value: Mapping[str, Any]) -> Steps:
    return ("ensemble",) if "ensemble" in value else ()


def _needs(server: Mapping[str, Any]) -> Needs:
    return Needs(
        server["resources"],
        frozenset(server.get("required_traits", ())),
        frozenset(server.get("forbidden_traits", ())),
    )


def _with_whole_numbers(value: Any) -> Any:
    """JSON knows one kind of number, so in a file 2.0 is as whole as 2."""
    if isinstance(value, Mapping):
        return {key: _with_whole_numbers(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
