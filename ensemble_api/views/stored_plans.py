# SPDX-License-Identifier: Apache-2.0
"""Plans as they are stored: with an ensemble, and for a while to be built by their ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ensemble_api.planning.message import Message
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.result import Assignment, Objective, Plan, Violation
from ensemble_api.planning.topology import FailureDomain, Topology, reference
from ensemble_api.stored_fields import known_fields
from ensemble_api.views.domains import Json


def summary(
    plan: Plan,
    ensemble: Ensemble,
    topology: Topology,
    project_id: str,
    labels: Mapping[str, str],
) -> Json:
    """What stays true of a plan after it: its objectives and the soft policies that it misses.

    Also those of the ``labels`` that its domains have, and the traits that each tier of the
    ``ensemble`` asks for.
    """
    return {
        "objectives": [
            {"name": each.name, "value": each.value, "bound": each.bound, "proved": each.proved}
            | ({} if each.stopped is None else {"stopped": each.stopped})
            for each in plan.objectives
        ],
        "violations": list(map(violation, plan.violations)),
        "labels": _used(labels, plan, topology, project_id),
        "traits": {
            tier.name: {
                "required": sorted(tier.required_traits),
                "forbidden": sorted(tier.forbidden_traits),
            }
            for tier in ensemble.tiers
        },
    }


def objectives(stored: Mapping[str, Any]) -> list[Objective]:
    """The objectives of a ``summary`` that was stored, or of ``operations.outcome``."""
    return list(map(_objective, stored["objectives"]))


def _objective(stored: Mapping[str, Any]) -> Objective:
    """An objective as it was planned; what meets its bound and is not proved is incomplete."""
    value, bound = stored["value"], stored["bound"]
    incomplete = value <= bound and not stored["proved"]
    return Objective(stored["name"], value, bound, stored.get("stopped"), incomplete)


def violation(missed: Violation) -> Json:
    """A policy that a plan misses, as it is stored."""
    return {"policy": missed.policy, "level": missed.level, "message": missed.message.stored}


def violations(stored: Mapping[str, Any]) -> list[Json]:
    """What a plan misses, of a ``summary`` that was stored, or ``operations.outcome``."""
    return [{**each, "message": Message.read(each["message"])} for each in stored["violations"]]


def _used(
    labels: Mapping[str, str], plan: Plan, topology: Topology, project_id: str
) -> dict[str, str]:
    """Those of the ``labels`` that the domains of a plan have."""
    used = {
        reference(project_id, topology.domain_of(host, level))
        for host in set(plan.assignment.values())
        for level in topology.levels
    }
    return {ref: label for ref, label in labels.items() if ref in used}


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan that was saved, and where its hosts were then.

    ``paths`` are those of the hosts, from the largest level down; ``missed`` is by how much soft
    policies were missed, by their numbers. ``labels`` are what its reader knows its domains by, by
    reference.
    """

    levels: tuple[str, ...] = ()
    assignment: Assignment = field(default_factory=dict)
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    objectives: tuple[Objective, ...] = ()
    missed: Mapping[int | None, int] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def topology(self) -> Topology:
        """Its hosts as they were."""
        return Topology(self.levels, self.paths)

    def domains(self, host: str) -> dict[str, FailureDomain]:
        """The domains that a host was in, by level."""
        path = self.paths[host]
        return {
            level: FailureDomain(level, path[-1 - above], path[: len(path) - above])
            for above, level in enumerate(self.levels)
        }


def written(plan: Plan, topology: Topology, project_id: str, labels: Mapping[str, str]) -> Json:
    """A plan as it is saved: members with hosts, where these are, objectives, what it misses.

    ``labels`` are what its reader knows domains by.
    """
    lowest = topology.levels[0]
    return {
        "levels": list(topology.levels),
        "members": [[member.tier, member.index, host] for member, host in plan.assignment.items()],
        "paths": {
            host: topology.domain_of(host, lowest).path for host in set(plan.assignment.values())
        },
        "objectives": [
            {
                "name": each.name,
                "value": each.value,
                "bound": each.bound,
                "stopped": each.stopped,
                "incomplete": each.incomplete,
            }
            for each in plan.objectives
        ],
        "missed": {str(each.policy): each.amount for each in plan.violations},
        "labels": _used(labels, plan, topology, project_id),
    }


def read(saved: Mapping[str, Any]) -> StoredPlan:
    """A plan that was ``written``."""
    return StoredPlan(
        levels=tuple(saved["levels"]),
        assignment={Member(tier, index): host for tier, index, host in saved["members"]},
        paths={host: tuple(path) for host, path in saved["paths"].items()},
        objectives=tuple(
            Objective(**known_fields(Objective, each)) for each in saved["objectives"]
        ),
        missed={int(policy): amount for policy, amount in saved["missed"].items()},
        labels=saved.get("labels", {}),  # those that were saved before an upgrade have none
    )
