# SPDX-License-Identifier: Apache-2.0
"""What a project's quotas leave, held against all that an ensemble needs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.context import Context
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.results.quota import QuotaShortage
from ensemble_api.store.api import Store
from ensemble_api.usecases.resolve import ResolvedRequest

MemberRecords: TypeAlias = Sequence[tuple[EnsembleRecord, MemberRecord]]
_NOVAS: Final = ("Instances", "Cores", "RAMSize")
_USED: Final = {"Volumes": "totalVolumesUsed", "VolumeGigabytes": "totalGigabytesUsed"}


class Quota:
    """Asks Nova, Neutron and Cinder what they let the project have."""

    def __init__(
        self, compute: Compute, networks: Networks, volumes: Volumes, store: Store
    ) -> None:
        self._compute = compute
        self._networks = networks
        self._volumes = volumes
        self._store = store

    def shortages(self, context: Context, request: ResolvedRequest) -> tuple[QuotaShortage, ...]:
        """The quotas in which Nova would refuse some member in the middle of the build.

        What other ensembles of the project are still to get counts as used.
        """
        unbuilt = self._store.unbuilt_members(context.project_id)
        return (
            *self._of_nova(context, request, unbuilt),
            *self._of_neutron(context, request, unbuilt),
            *self._of_cinder(context, request),
        )

    def _of_nova(
        self, context: Context, request: ResolvedRequest, unbuilt: MemberRecords
    ) -> Iterator[QuotaShortage]:
        limits = self._compute.limits(context)
        members = [member.resources for _, member in unbuilt]
        held_elsewhere = {
            "Instances": len(members),
            "Cores": sum(_cores(each) for each in members),
            "RAMSize": sum(each.get("MEMORY_MB", 0) for each in members),
        }
        tiers = request.ensemble.tiers
        needs = {
            "Instances": request.ensemble.size,
            "Cores": sum(tier.count * _cores(tier.resources) for tier in tiers),
            "RAMSize": sum(tier.count * tier.resources.get("MEMORY_MB", 0) for tier in tiers),
        }
        for name in _NOVAS:
            limit = limits.get(f"maxTotal{name}", -1)
            used = limits.get(f"total{name.replace('Size', '')}Used", 0) + held_elsewhere[name]
            if 0 <= limit < used + needs[name]:
                yield QuotaShortage(name, limit, used, needs[name])

    def _of_neutron(
        self, context: Context, request: ResolvedRequest, unbuilt: MemberRecords
    ) -> Iterator[QuotaShortage]:
        needed = sum(tier["count"] * _new_ports(tier["server"]) for tier in request.body["tiers"])
        if needed:
            limit, used = self._networks.port_quota(context.project_id)
            used += sum(_new_ports(owner.template(member)) for owner, member in unbuilt)
            if 0 <= limit < used + needed:
                yield QuotaShortage("Ports", limit, used, needed)

    def _of_cinder(self, context: Context, request: ResolvedRequest) -> Iterator[QuotaShortage]:
        """What is missing for root volumes that are made with the ensemble."""
        made = [tier for tier in request.body["tiers"] if "root_volume" in tier["server"]]
        if not made:
            return
        limits = self._volumes.limits(context)
        needs = {
            "Volumes": sum(tier["count"] for tier in made),
            "VolumeGigabytes": sum(
                tier["count"] * tier["server"]["root_volume"]["size"] for tier in made
            ),
        }
        for name, needed in needs.items():
            limit = limits.get(f"maxTotal{name}", -1)
            used = limits.get(_USED[name], 0)
            if 0 <= limit < used + needed:
                yield QuotaShortage(name, limit, used, needed)


def _cores(resources: Mapping[str, int]) -> int:
    """As Nova counts them: pinned ones are cores too."""
    return resources.get("VCPU", 0) + resources.get("PCPU", 0)


def _new_ports(server: Mapping[str, Any]) -> int:
    """How many ports Nova makes for one member, beside those that are given."""
    networks = server["networks"]
    if isinstance(networks, str):
        return 1 if networks == "auto" and "ports" not in server else 0
    return len(networks)
