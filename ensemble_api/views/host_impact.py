# SPDX-License-Identifier: Apache-2.0
"""Hosts with their members and what their failure breaks, as operators see them."""

from collections.abc import Sequence
from typing import Any

from ensemble_api.planning.impact import Break, Effect
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.planning.survivability import State
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.host_impact import DrainAttempt, HostImpact, HostImpacts
from ensemble_api.views.maintenance import drain

Json = dict[str, Any]


_EFFECTS = {
    Effect.ENDED: Sentence("impact.ends", "ends %(count)s tier", "ends %(count)s tiers"),
    Effect.BROKEN: Sentence(
        "impact.breaks", "breaks %(count)s promise", "breaks %(count)s promises"
    ),
    Effect.EXPOSED: Sentence(
        "impact.uses-up", "uses up %(count)s promise", "uses up %(count)s promises"
    ),
    Effect.UNPROTECTED: Sentence(
        "impact.ends-unasked",
        "ends %(count)s tier of which nothing was asked",
        "ends %(count)s tiers of which nothing was asked",
    ),
}
_FAILURE = Sentence("impact.failure", "Its failure %(effects)s.")
_NO_EFFECT = Sentence("impact.nothing", "Its failure breaks nothing.")


def host_impacts(found: HostImpacts, levels: Sequence[str], *, summary: bool = False) -> Json:
    """One page of hosts with the members on them and what their failure breaks."""
    view: Json = {
        "hosts": [_host(each, found, levels) for each in found.page],
        "found": found.found,
        "first": found.first if found.page else 0,
        "observed_at": found.observed_at or None,
        "broken": [_break(owner, each) for owner, each in found.broken],
    }
    return view | {"summary": _summary(found, levels)} if summary else view


def host_impact(
    found: HostImpacts, tried: Sequence[DrainAttempt] | None, levels: Sequence[str]
) -> Json:
    """The one host of a page, and what came of trying to drain it."""
    [each] = found.page
    view = _host(each, found, levels)
    view["broken"] = [_break(owner, one) for owner, one in found.broken]
    view["observed_at"] = found.observed_at or None
    if tried is not None:
        view["drain"] |= drain(tried, levels)
    return view


def _host(each: HostImpact, found: HostImpacts, levels: Sequence[str]) -> Json:
    """One host with its members, and the promises that its failure or its drain breaks."""
    return {
        "host": each.host.name,
        "state": each.host.state,
        **dict(zip(levels[1:], each.host.above, strict=True)),
        **_impact(each),
        "ensembles": _ensembles(each, found),
        "members": [
            {
                "ensemble_id": member.ensemble_id,
                "ensemble_name": found.owners[member.ensemble_id].name,
                "project_id": found.owners[member.ensemble_id].project_id,
                "tier": member.tier,
                "name": member.name,
                "status": member.status.value,
                "server_id": member.server_id,
            }
            for member in each.occupants
        ],
        "drain": {"breaks": [_break(owner, broken) for owner, broken in each.breaks]},
    }


def _impact(each: HostImpact) -> Json:
    """What the failure of a host breaks: the worst, how often each effect, and in words.

    Of a host without members nothing is said.
    """
    effects = [_EFFECTS[effect](count=count) for effect, count in each.counts.items() if count]
    said = _FAILURE(effects=listed(effects)) if effects else _NO_EFFECT()
    return {
        "impact": {effect.value: count for effect, count in each.counts.items()},
        "impact_message": said if each.occupants else None,
        "worst": each.worst and each.worst.value,
    }


def _ensembles(each: HostImpact, found: HostImpacts) -> list[Json]:
    """The ensembles with members on a host and what its failure leaves of them, worst first.

    Of one that is being removed nothing is promised, and so nothing is said.
    """
    order = list(State)
    owners = [found.owners[key] for key in {member.ensemble_id for member in each.occupants}]

    def rank(owner: EnsembleRecord) -> tuple[int, str, str]:
        state = each.states.get(owner.id)
        return len(order) if state is None else order.index(state), owner.name, owner.id

    owners.sort(key=rank)
    return [
        {
            "id": owner.id,
            "name": owner.name,
            "project_id": owner.project_id,
            "state": each.states[owner.id].value if owner.id in each.states else None,
            "label": each.states[owner.id].label if owner.id in each.states else None,
        }
        for owner in owners
    ]


def _break(owner: EnsembleRecord, broken: Break) -> Json:
    policy = broken.policy
    return {
        "ensemble_id": owner.id,
        "ensemble_name": owner.name,
        "project_id": owner.project_id,
        "effect": broken.effect.value,
        "effect_label": broken.effect.label,
        "policy": broken.number,
        "enforcement": policy and ("hard" if policy.hard else "soft"),
        "level": policy and policy.level,
        "failures": policy and policy.failures,
        "tiers": [
            {"tier": loss.tier, "left": loss.left, "worst": loss.worst, "needed": loss.needed}
            for loss in broken.losses
        ],
        "message": broken.message,
    }


def _summary(found: HostImpacts, levels: Sequence[str]) -> Json:
    """All hosts in a few bytes each, by the domains they are in, and what there is to choose."""
    groups: dict[tuple[str | None, ...], list[Json]] = {}
    for each in found.hosts:
        entry = {
            "host": each.host.name,
            "state": each.host.state,
            "members": len(each.occupants),
            "ensembles": each.ensembles,
            **_impact(each),
            "found": each.found,
        }
        groups.setdefault(each.host.above, []).append(entry)
    projects: dict[str, list[Json]] = {}
    for owner in sorted(found.owners.values(), key=lambda owner: (owner.name, owner.id)):
        projects.setdefault(owner.project_id, []).append({"id": owner.id, "name": owner.name})
    return {
        "groups": [
            {**dict(zip(levels[1:], above, strict=True)), "hosts": hosts}
            for above, hosts in groups.items()
        ],
        "projects": [
            {"project_id": project_id, "ensembles": ensembles}
            for project_id, ensembles in projects.items()
        ],
        "totals": _totals(found),
    }


def _totals(found: HostImpacts) -> Json:
    """Counts over all hosts, of the members that were chosen."""
    ensembles = {member.ensemble_id for each in found.hosts for member in each.occupants}
    return {
        "hosts": len(found.hosts),
        "down": sum(each.host.state == "down" for each in found.hosts),
        "disabled": sum(each.host.state == "disabled" for each in found.hosts),
        "unknown": sum(each.host.state == "unknown" for each in found.hosts),
        "used": sum(bool(each.occupants) for each in found.hosts),
        "breaking": sum(each.worst not in (None, Effect.UNPROTECTED) for each in found.hosts),
        "unprotected": sum(each.worst is Effect.UNPROTECTED for each in found.hosts),
        "members": sum(len(each.occupants) for each in found.hosts),
        "ensembles": len(ensembles),
    }
