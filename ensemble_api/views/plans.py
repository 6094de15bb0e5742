# SPDX-License-Identifier: Apache-2.0
"""What a dry run found, as callers see it."""

from collections.abc import Iterable, Mapping
from typing import Any

from ensemble_api.planning import survivability
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.planning.result import Infeasible, Plan, Reason
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.planning.unplanned import WORDS
from ensemble_api.usecases.domain_labels import reference
from ensemble_api.usecases.plan import DryRun
from ensemble_api.usecases.saved_plans import Move
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.survival import PACKING, objective, objectives, promises, survival


def plan(dry_run: DryRun, project_id: str, *, names: bool, capacity: bool = False) -> Json:
    """What a dry run found: a plan with what survives, or the reasons why there is none.

    ``capacity`` is whether reasons may tell how much of the request fits.
    """
    found = dry_run.result
    hosts = () if isinstance(found, Infeasible) else found.assignment.values()
    domains = Domains(
        project_id,
        dry_run.topology,
        hosts,
        names=names,
        labels=dry_run.labels,
        all_domains=dry_run.all_domains,
    )
    view = {
        "id": dry_run.id,
        "planned_at": dry_run.at,
        **(
            _refused(found, capacity)
            if isinstance(found, Infeasible)
            else _found(found, dry_run, domains)
        ),
        "domains": domains.view(),
        "not_planned_with": _unplanned(dry_run.unplanned),
        "over_quota": [{**each.facts, "message": each.message} for each in dry_run.over_quota],
    }
    view["objectives"] = objectives(view["objectives"], names=names)
    if dry_run.all_domains:
        view["totals"] = dict(dry_run.all_domains.totals)
    if dry_run.failed:
        view["failed"] = {
            "domains": [domains.reference(each) for each in dry_run.failed.domains],
            "left": dict(dry_run.failed.left),
            "room": {"fits": dry_run.failed.fits, "others": dry_run.failed.others},
        }
    return view


def _unplanned(by_tier: Mapping[str, tuple[str, ...]]) -> list[Json]:
    """What the plan does not look at, each with the tiers that need it."""
    return [
        {
            "code": code,
            "tiers": [tier for tier, codes in by_tier.items() if code in codes],
            "message": words,
        }
        for code, words in WORDS.items()
        if any(code in codes for codes in by_tier.values())
    ]


def _refused(found: Infeasible, capacity: bool) -> Json:
    return {
        "feasible": False,
        "proved": found.proved,
        "assignments": [],
        "minima": {},
        "survivability": [],
        "promises": [],
        "objectives": [],
        "violations": [],
        "reasons": reasons(found.reasons, capacity=capacity),
    }


def _found(found: Plan, dry_run: DryRun, domains: Domains) -> Json:
    return {
        "feasible": True,
        "proved": all(each.proved for each in found.objectives if each.name != PACKING),
        "assignments": [
            {"member": each.name, "tier": each.tier, "domains": domains.of(found.assignment[each])}
            for each in found.ensemble.members
        ],
        "minima": dict(survivability.minima(found.ensemble)),
        "survivability": survival(
            found.ensemble, found.assignment, dry_run.topology, domains, dry_run.rooms
        ),
        "promises": promises(
            survivability.promises(found.ensemble, found.assignment, dry_run.topology)
        ),
        "objectives": [objective(each) for each in found.objectives],
        "violations": [
            {"policy": each.policy, "level": each.level, "message": each.message}
            for each in found.violations
        ],
        "reasons": [],
    }


def changed(
    dry_run: DryRun,
    moved: Iterable[Move],
    project_id: str,
    *,
    names: bool,
    capacity: bool = False,
) -> dict[str, Any]:
    """Another plan than the one that was to be built, and which members moved."""

    def references(domains: Mapping[str, FailureDomain] | None) -> dict[str, str] | None:
        if domains is None:
            return None
        return {level: reference(project_id, each) for level, each in domains.items()}

    return {
        "plan": plan(dry_run, project_id, names=names, capacity=capacity),
        "moved": [
            {
                "member": each.member.name,
                "tier": each.member.tier,
                "from": references(each.before),
                "to": references(each.after),
            }
            for each in moved
        ],
    }


def reasons(found: Iterable[Reason], *, capacity: bool) -> list[Json]:
    """Reasons of a refusal; without ``capacity`` they tell no figure of the cloud."""
    return [
        {
            "code": each.code,
            "message": each.message if capacity else without_capacity(each),
            "policy": each.policy,
            "level": each.level,
            "tiers": list(each.tiers),
            "demand": each.demand,
            "supply": each.supply if capacity else None,
            "suggestion": each.suggestion,
            "changes": [
                {
                    "message": change.message,
                    "edits": [
                        {"field": f"ensemble.{edit.field}", "value": edit.value}
                        for edit in change.edits
                    ],
                }
                for change in each.changes
            ],
        }
        for each in found
    ]


_NOT_ALL_FIT = Sentence("reason.not-all-fit", "Not all members of %(tiers)s fit.")
_NOT_ALLOWED = Sentence(
    "reason.not-allowed",
    "The free capacity does not allow policies[%(policy)s] of %(tiers)s to be met.",
)


def without_capacity(reason: Reason) -> Message:
    """A reason in words that tell no figure of the cloud; where it tells none, in its own."""
    if not reason.supply:
        return reason.message
    tiers = listed(reason.tiers)
    if reason.policy is None:
        return _NOT_ALL_FIT(tiers=tiers)
    return _NOT_ALLOWED(policy=reason.policy, tiers=tiers)
