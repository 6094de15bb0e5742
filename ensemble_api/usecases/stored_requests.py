# SPDX-License-Identifier: Apache-2.0
"""From a stored ensemble to the request that it was, to plan its members again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ensemble_api import codec
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand, demand
from ensemble_api.context import Context
from ensemble_api.records import EnsembleRecord
from ensemble_api.usecases.resolve import ResolvedRequest


class StoredRequests:
    """Looks up what the tiers of stored ensembles need; each flavor and image is asked for once."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._found: dict[tuple[str, str, str], Mapping[str, Any] | None] = {}

    def request(self, context: Context, record: EnsembleRecord) -> ResolvedRequest:
        """What a stored ensemble asks for, with the eyes of ``context``, which is its project's."""
        demands = {
            tier["name"]: self._demand(context, record, tier) for tier in record.body["tiers"]
        }
        indices = {tier.name: tier.indices for tier in record.ensemble.tiers}
        described = codec.ensemble(record.body, demands, indices=indices)
        return ResolvedRequest(record.body, described, demands)

    def _demand(self, context: Context, record: EnsembleRecord, tier: Mapping[str, Any]) -> Demand:
        """What a member was planned with, and the traits of its flavor and image if these exist."""
        resources = next(
            (each.resources for each in record.members if each.tier == tier["name"]), {}
        )
        template = tier["server"]
        flavor = self._find(context, "flavor", template["flavor"])
        image = self._find(context, "image", template["image"]) if "image" in template else {}
        if flavor is None or image is None:
            return Demand(resources)
        try:
            now = demand(
                flavor, image, volume_backed=bool(template.keys() & {"volumes", "root_volume"})
            )
        except ValueError:
            return Demand(resources)
        if now.on_vcpu is not None and not resources.keys() & (
            now.resources.keys() - now.on_vcpu.resources.keys()
        ):
            now = now.on_vcpu
        # What a member has of providers below its host's is not held, and so not recorded.
        whole = resources.items() <= now.resources.items()
        return now if whole else replace(now, resources=resources)

    def _find(self, context: Context, kind: str, name: str) -> Mapping[str, Any] | None:
        """A flavor or image that the ensemble's project may use."""
        key = (context.project_id, kind, name)
        if key not in self._found:
            ask = self._compute.flavor if kind == "flavor" else self._compute.image
            self._found[key] = ask(context, name)
        return self._found[key]


def for_owner(context: Context, record: EnsembleRecord) -> Context:
    """An operator's context that looks at the cloud as it is for the ensemble's project."""
    acting = context.elevated()
    acting.project_id, acting.user_id = record.project_id, record.user_id
    return acting
