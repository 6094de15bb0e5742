# SPDX-License-Identifier: Apache-2.0
"""Several requests for new ensembles that are planned as one; a single one is that as well."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ensemble_api import exception, limits
from ensemble_api.cloud.capacity import Capacity
from ensemble_api.cloud.demand import Demand
from ensemble_api.context import Context
from ensemble_api.planning import result
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.several import Several
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.recovery import Recovery
from ensemble_api.usecases.resolve import NovaCheck, ResolvedRequest, Resolver

_TOO_LARGE = Sentence(
    "invalid.instances-too-large",
    "make %(tiers)s tiers with %(policies)s policies; %(most_tiers)s and %(most_policies)s at most "
    "are planned as one",
)


@dataclass(frozen=True, slots=True, eq=False)
class JointRequest:
    """Resolved requests, and the whole that is planned, reserved and held against the quota.

    The tiers of the ``whole`` have names of its own: see ``planning.several``.
    """

    parts: tuple[ResolvedRequest, ...]
    several: Several
    whole: ResolvedRequest

    @classmethod
    def of(cls, requests: Sequence[ResolvedRequest]) -> "JointRequest":
        """Put requests of one project together."""
        several = Several.of([each.ensemble for each in requests])
        if len(requests) == 1:
            (only,) = requests
            return cls((only,), several, only)
        names = {own: name for name, own in several.names.items()}
        tiers: list[dict[str, Any]] = []
        demands: dict[str, Demand] = {}
        for number, each in enumerate(requests):
            for tier in each.body["tiers"]:
                name = names[number, tier["name"]]
                tiers.append({**tier, "name": name})
                demands[name] = each.demands[tier["name"]]
        body = {"name": "", "tiers": tiers, "policies": []}
        return cls(tuple(requests), several, ResolvedRequest(body, several.whole, demands))

    @property
    def reserving(self) -> bool:
        """Whether capacity is to be held for recovery of some of them."""
        return any(Recovery.of(each.body).reserve is not None for each in self.parts)

    @property
    def titles(self) -> tuple[str, ...]:
        """What people call the ensembles."""
        return tuple(each.body["name"] for each in self.parts)

    def told(self, refused: result.Infeasible) -> result.Infeasible:
        """A refusal of the whole in the words of the requests."""
        return self.several.told(refused, self.titles)

    def separated(self, plan: result.Plan, snapshot: Snapshot) -> tuple[result.Plan, ...]:
        """The plan of each request from that of the whole, made on this snapshot."""
        plans = self.several.separated(plan, snapshot)
        return tuple(
            replace(plan, ensemble=each.ensemble)
            for plan, each in zip(plans, self.parts, strict=True)
        )

    def alone(
        self, plan: result.Plan, capacity: Capacity
    ) -> Iterator[tuple[ResolvedRequest, result.Plan, Capacity]]:
        """Each request with its plan, and the capacity that the others leave beside that."""
        clouds = self.several.beside(plan.assignment, capacity.snapshot)
        plans = self.several.separated(plan, capacity.snapshot)
        for each, own, cloud in zip(self.parts, plans, clouds, strict=True):
            masked = replace(each, ensemble=own.ensemble)
            yield masked, own, replace(capacity, snapshot=cloud)


def resolve_all(
    resolver: Resolver,
    context: Context,
    bodies: Sequence[Mapping[str, Any]],
    nova_check: NovaCheck = NovaCheck.ALWAYS,
) -> JointRequest:
    """Look all references up with the tenant's own rights; what serves one member serves no other.

    Together they may have as many members as one ensemble: the work of a plan and the size of a
    reservation grow with these, whatever ensembles they are of.

    :raises ensemble_api.exception.Invalid: naming the field that is wrong.
    :raises ensemble_api.exception.EnsembleError: with what Nova would refuse, and its field.
    """
    if len(bodies) == 1:
        return JointRequest.of([resolver.resolve(context, bodies[0], nova_check=nova_check)])
    resolver.check_size((tier for body in bodies for tier in body["tiers"]), "instances")
    _check_work(*(sum(len(each[part]) for each in bodies) for part in ("tiers", "policies")))
    templates = resolver.templates(context)
    requests: list[ResolvedRequest] = []
    for number, body in enumerate(bodies):
        with exception.of_instance(number):
            requests.append(
                resolver.resolve(context, body, nova_check=nova_check, templates=templates)
            )
        if nova_check is NovaCheck.ALWAYS:
            nova_check = NovaCheck.UNLESS_RECENT  # most of them want the same of it
    found = JointRequest.of(requests)
    # What keeps them clear of each other counts too.
    _check_work(len(found.whole.ensemble.tiers), len(found.whole.ensemble.policies))
    return found


def _check_work(tiers: int, policies: int) -> None:
    """Refuse more tiers and policies than one plan is to look at.

    :raises ensemble_api.exception.Invalid: about the instances.
    """
    if tiers > limits.JOINT_TIERS or policies > limits.JOINT_POLICIES:
        raise exception.Invalid(
            _TOO_LARGE(
                tiers=tiers,
                policies=policies,
                most_tiers=limits.JOINT_TIERS,
                most_policies=limits.JOINT_POLICIES,
            ),
            field="instances",
        )
