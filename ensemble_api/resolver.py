# SPDX-License-Identifier: Apache-2.0
"""From a request body to an ensemble whose every reference is the tenant's to use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand, demand
from ensemble_api.cloud.networks import Networks
from ensemble_api.planning import model
from ensemble_api.planning.lifecycle import EnsembleRecord


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request whose every reference is known to be the tenant's to use."""

    body: Mapping[str, Any]
    ensemble: model.Ensemble
    demands: Mapping[str, Demand]  # by tier


class Resolver:
    """Asks Nova, with the tenant's own context, for all that a body refers to."""

    def __init__(
        self, compute: Compute, networks: Networks, levels: Sequence[str], max_members: int
    ) -> None:
        self._compute = compute
        self._networks = networks
        self._levels = tuple(levels)
        self._max_members = max_members

    def resolve(self, context: Any, body: Mapping[str, Any]) -> Wanted:
        """Look every reference up with the tenant's own rights.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        """
        size = sum(tier["count"] for tier in body["tiers"])
        if size > self._max_members:
            raise exception.Invalid(
                f"ensemble.tiers: {size} members are more than the {self._max_members} allowed",
                field="ensemble.tiers",
            )
        self._check_levels(body)
        references = _References(self._compute, self._networks, context)
        demands = {}
        for index, tier in enumerate(body["tiers"]):
            field = f"ensemble.tiers[{index}].server"
            demands[tier["name"]] = self._demand(references, field, tier)
        try:
            ensemble = _model(body, demands)
        except model.ModelError as error:
            field = f"ensemble.{error.field}"
            raise exception.Invalid(f"{field}: {error.reason}", field=field) from error
        return Wanted(body, ensemble, demands)

    def _check_levels(self, body: Mapping[str, Any]) -> None:
        for index, policy in enumerate(body["policies"]):
            if policy["level"] not in self._levels:
                field = f"ensemble.policies[{index}].level"
                raise exception.Invalid(
                    f"{field}: must be one of {', '.join(self._levels)}", field=field
                )

    @staticmethod
    def _demand(references: "_References", field: str, tier: Mapping[str, Any]) -> Demand:
        template = tier["server"]
        flavor = references.find("flavor", template["flavor"], f"{field}.flavor")
        image = references.find("image", template["image"], f"{field}.image")
        if isinstance(template["networks"], list):
            for place, network in enumerate(template["networks"]):
                where = f"{field}.networks[{place}]"
                references.find("network", network, where)
                if references.external(network):
                    raise exception.Invalid(
                        f"{where}: is external, and only operators attach servers to it",
                        field=where,
                    )
        if "key_name" in template:
            references.find("key_pair", template["key_name"], f"{field}.key_name")
        for place, group in enumerate(template.get("security_groups", [])):
            references.find("security_group", group, f"{field}.security_groups[{place}]")
        _check_fit(flavor, image, field)
        try:
            return demand(flavor, image)
        except ValueError as error:
            raise exception.Invalid(f"{field}.flavor: {error}", field=f"{field}.flavor") from error

    def check_quota(self, context: Any, wanted: Wanted) -> None:
        """Refuse early what Nova would refuse in the middle of the build.

        :raises ensemble_api.exception.OverQuota: with the figures.
        """
        limits = self._compute.limits(context)
        needs = {"Instances": wanted.ensemble.size, "Cores": 0, "RAMSize": 0}
        for tier in wanted.ensemble.tiers:
            needs["Cores"] += tier.count * tier.resources.get("VCPU", 0)
            needs["RAMSize"] += tier.count * tier.resources.get("MEMORY_MB", 0)
        for name, what in (
            ("Instances", "servers"),
            ("Cores", "VCPUs"),
            ("RAMSize", "MB of memory"),
        ):
            limit = limits.get(f"maxTotal{name}", -1)
            used = limits.get(f"total{name.replace('Size', '')}Used", 0)
            if 0 <= limit < used + needs[name]:
                raise exception.OverQuota(
                    f"The quota allows {limit} {what}, {used} are in use, "
                    f"and this ensemble needs {needs[name]}.",
                    resource=name,
                    limit=limit,
                    used=used,
                    needed=needs[name],
                )


def _check_fit(flavor: Mapping[str, Any], image: Mapping[str, Any], field: str) -> None:
    """Refuse a flavor that Nova would not build this image with."""
    if image.get("status", "ACTIVE") != "ACTIVE":
        raise exception.Invalid(
            f"{field}.image: is {image['status']}, not ACTIVE", field=f"{field}.image"
        )
    if not flavor["disk"]:
        # Nova leaves it to operators (create:zero_disk_flavor), and the worker acts as one.
        raise exception.Invalid(
            f"{field}.flavor: has no disk, so no server can be built from an image with it",
            field=f"{field}.flavor",
        )
    for have, need, what in (
        ("ram", "minRam", "MB of memory"),
        ("disk", "minDisk", "GB of disk"),
    ):
        if flavor[have] < image.get(need, 0):
            raise exception.Invalid(
                f"{field}.flavor: has {flavor[have]} {what}, its image needs {image[need]}",
                field=f"{field}.flavor",
            )


class _References:
    """The things that one request refers to, each looked up once with the tenant's rights."""

    _UNKNOWN: ClassVar[Mapping[str, type[exception.Invalid]]] = {
        "flavor": exception.UnknownFlavor,
        "image": exception.UnknownImage,
        "network": exception.UnknownNetwork,
        "key_pair": exception.UnknownKey,
        "security_group": exception.UnknownSecurityGroup,
    }

    def __init__(self, compute: Compute, networks: Networks, context: Any) -> None:
        self._compute = compute
        self._networks = networks
        self._context = context
        self._found: dict[tuple[str, str], Any] = {}
        self._external: dict[str, bool] = {}

    def find(self, kind: str, name: str, field: str) -> Any:
        """The thing of this kind as Nova shows it; ``field`` is where the request names it."""
        if (kind, name) not in self._found:
            self._found[kind, name] = getattr(self._compute, kind)(self._context, name)
        if self._found[kind, name] is None:
            words = kind.replace("_", " ")
            raise self._UNKNOWN[kind](
                f"{field}: there is no {words} {name} for this project", field=field
            )
        return self._found[kind, name]

    def external(self, network: str) -> bool:
        """Whether this tenant may see the network but attach no server to it."""
        if network not in self._external:
            self._external[network] = not self._context.is_admin and self._networks.external(
                network
            )
        return self._external[network]


def _model(body: Mapping[str, Any], demands: Mapping[str, Demand]) -> model.Ensemble:
    """The planner's view of a checked body.

    :raises ensemble_api.planning.model.ModelError: when it cannot be meant.
    """
    tiers = []
    for index, tier in enumerate(body["tiers"]):
        need = demands[tier["name"]]
        with model.located(f"tiers[{index}]"):
            tiers.append(
                model.Tier(
                    name=tier["name"],
                    count=tier["count"],
                    resources=need.resources,
                    required_traits=need.required,
                    forbidden_traits=need.forbidden,
                    zone=tier["server"].get("availability_zone"),
                )
            )
    policies = []
    for index, policy in enumerate(body["policies"]):
        with model.located(f"policies[{index}]"):
            policies.append(_policy(policy))
    return model.Ensemble(tuple(tiers), tuple(policies))


_POLICIES: Mapping[str, type[model.Policy]] = {
    kind.kind: kind
    for kind in (
        model.Affinity,
        model.AntiAffinity,
        model.Spread,
        model.Near,
        model.Survive,
        model.Exclusive,
    )
}


def _policy(policy: Mapping[str, Any]) -> model.Policy:
    facts = {key: value for key, value in policy.items() if key not in ("type", "enforcement")}
    facts["tiers"] = tuple(facts["tiers"])
    return _POLICIES[policy["type"]](hard=policy["enforcement"] == "hard", **facts)


def stored_ensemble(record: EnsembleRecord) -> model.Ensemble:
    """The model of a stored ensemble, with the resources that its members were planned with."""
    needs = {member.tier: member.resources for member in record.members}
    return _model(record.body, {tier: Demand(resources) for tier, resources in needs.items()})
