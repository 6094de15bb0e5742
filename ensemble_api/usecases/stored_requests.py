# SPDX-License-Identifier: Apache-2.0
"""From a stored ensemble to the request that it was, to plan its members again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ensemble_api import codec
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand, demand
from ensemble_api.context import Context
from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.shares import by_class
from ensemble_api.usecases.resolve import ResolvedRequest
from ensemble_api.usecases.running_servers import demand_of


class StoredRequests:
    """Looks up what the tiers of stored ensembles need; each flavor and image is asked for once."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._found: dict[tuple[str, str, str], Mapping[str, Any] | None] = {}

    def request(
        self, context: Context, record: EnsembleRecord, moving: Collection[Member] = ()
    ) -> ResolvedRequest:
        """What a stored ensemble asks for, with the eyes of ``context``, which is its project's.

        Nova moves a server by the flavor that it has, which its tenant may have changed. Where one
        of those ``moving`` has another than its tier, the tier is to be planned with what the
        largest of them takes, and each has its own.
        """
        demands = {
            tier["name"]: self._demand(context, record, tier) for tier in record.body["tiers"]
        }
        own: dict[Member, Demand] = {}
        for member in sorted(self.resized(context, record) & {*moving}):
            if (real := self._real(context, record, member)) is not None:
                own[member] = real
        for name in {each.tier for each in own}:
            of_tier = [each for each in moving if each.tier == name]
            own |= {each: demands[name] for each in of_tier if each not in own}
            demands[name] = _largest([own[each] for each in of_tier])
        indices = {tier.name: tier.indices for tier in record.ensemble.tiers}
        described = codec.ensemble(record.body, demands, indices=indices)
        return ResolvedRequest(record.body, described, demands, own, pins(record))

    def resized(self, context: Context, record: EnsembleRecord) -> frozenset[Member]:
        """The members whose servers have another flavor than their tiers, as last observed."""
        flavors = {tier["name"]: tier["server"]["flavor"] for tier in record.body["tiers"]}
        return frozenset(
            Member(each.tier, each.index)
            for each in record.described_members
            if each.tier in flavors and self._is_resized(context, each, flavors[each.tier])
        )

    def _is_resized(self, context: Context, member: MemberRecord, flavor: str) -> bool:
        if member.server_flavor in ("", flavor):
            return False
        found = self._find(context, "flavor", flavor)
        # Of a flavor that is gone it is not known what it was called.
        return found is not None and member.server_flavor != found.get("name")

    def _real(self, context: Context, record: EnsembleRecord, member: Member) -> Demand | None:
        """What the server of a member takes by the flavor that it has, if that can be told."""
        server_id = next(
            each.server_id
            for each in record.members
            if (each.tier, each.index) == (member.tier, member.index)
        )
        server = self._compute.server(context, server_id) if server_id else None
        if server is None or "flavor" not in server:
            return None
        try:
            return demand_of(self._compute, context, server)
        except ValueError:
            return None

    def _demand(self, context: Context, record: EnsembleRecord, tier: Mapping[str, Any]) -> Demand:
        """What a member was planned with, and the traits of its flavor and image if these exist."""
        template = tier["server"]
        # One that has moved with another flavor is recorded with what it took.
        known = [each for each in record.members if each.tier == tier["name"]]
        known.sort(key=lambda each: self._is_resized(context, each, template["flavor"]))
        resources = by_class(known[0].resources) if known else {}
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
        # An older record says nothing of what a member has of other providers than its host's.
        whole = resources.items() <= now.resources.items()
        return now if whole else replace(now, resources=resources)

    def _find(self, context: Context, kind: str, name: str) -> Mapping[str, Any] | None:
        """A flavor or image that the ensemble's project may use."""
        key = (context.project_id, kind, name)
        if key not in self._found:
            ask = self._compute.flavor if kind == "flavor" else self._compute.image
            self._found[key] = ask(context, name)
        return self._found[key]


def _largest(demands: Iterable[Demand]) -> Demand:
    """What holds each of these, one at a time: the most of each class, and all that is required."""
    first, *others = demands
    if all(each == first for each in others):
        return first
    every = [first, *others]
    return replace(
        max(every, key=lambda each: sorted(each.resources.items())),
        resources={
            name: max(each.resources.get(name, 0) for each in every)
            for name in sorted({name for each in every for name in each.resources})
        },
        required=frozenset().union(*(each.required for each in every)),
        forbidden=frozenset().union(*(each.forbidden for each in every)),
    )


def pins(record: EnsembleRecord) -> Mapping[Member, str]:
    """The zones that members do not leave, though the templates of their tiers name none."""
    named = {tier["name"] for tier in record.body["tiers"] if "availability_zone" in tier["server"]}
    return {
        Member(each.tier, each.index): each.pinned_zone
        for each in record.described_members
        if each.pinned_zone and each.tier not in named
    }


def for_owner(context: Context, record: EnsembleRecord) -> Context:
    """An operator's context that looks at the cloud as it is for the ensemble's project."""
    acting = context.elevated()
    acting.project_id, acting.user_id = record.project_id, record.user_id
    return acting
