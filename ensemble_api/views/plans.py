# SPDX-License-Identifier: Apache-2.0
"""What a dry run found, as callers see it."""

from collections.abc import Iterable, Mapping, Sequence

from ensemble_api.planning import survivability
from ensemble_api.planning.explain import CANNOT_BE_MET
from ensemble_api.planning.headroom import Loss
from ensemble_api.planning.message import (
    Argument,
    Message,
    Sentence,
    following,
    listed,
    semicolon_separated,
)
from ensemble_api.planning.moving import Move
from ensemble_api.planning.result import PACKING, Infeasible, Objective, Plan, Reason
from ensemble_api.planning.topology import Topology, reference
from ensemble_api.planning.unplanned import MORE_HOSTS, WORDS
from ensemble_api.planning.wording import in_number, left_of
from ensemble_api.results.dry_run import DryRun
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.survival import objectives, policies, promises, room, survival
from ensemble_api.views.warnings import warnings

_FITS = Sentence(
    "plan.fits", "%(count)s member fits %(places)s.", "%(count)s members fit %(places)s."
)
_OVER_QUOTA = Sentence(
    "plan.over-quota", "The ensemble fits the cloud, but not the quota of the project: %(reasons)s"
)
_DOES_NOT_FIT = Sentence("plan.does-not-fit", "The ensemble does not fit.")
_NOT_FOUND = Sentence(
    "plan.not-found", "No placement was found, and whether there is one is not decided."
)
_PROVED = Sentence("plan.proved", "It is proved that no plan is better.")
_OPEN = Sentence("plan.open", "A better plan may exist: %(objectives)s.")
_NOT_PROVED = Sentence("plan.not-proved", "Whether a better plan exists is not proved.")
_LEFT = Sentence("plan.left", "%(left)s would be left.")
_MAY_REFUSE = Sentence(
    "unplanned.may-refuse", "%(what)s A host of it may refuse a server of %(tiers)s."
)


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
        more=[
            dry_run.topology.domain_of(host, level)
            for host in dry_run.left
            for level in dry_run.topology.levels
        ],
    )
    view = {
        "id": dry_run.id,
        "planned_at": dry_run.at,
        "capacity_seen_at": dry_run.seen_at or dry_run.at,
        **(
            _refused(found, capacity)
            if isinstance(found, Infeasible)
            else _found(found, dry_run, domains, names=names)
        ),
        "policies": policies(
            dry_run.policies,
            () if isinstance(found, Infeasible) else {each.policy for each in found.violations},
            known=not isinstance(found, Infeasible),
        ),
        "domains": domains.view(),
        "warnings": warnings(dry_run.name, dry_run.namesakes),
        "not_planned_with": _unplanned(dry_run.unplanned),
        "over_quota": [{**each.facts, "message": each.message} for each in dry_run.over_quota],
    }
    if dry_run.all_domains:
        view["totals"] = dict(dry_run.all_domains.totals)
    if dry_run.failed and isinstance(found, Plan):
        view["failed"] = {
            "domains": [domains.reference(each) for each in dry_run.failed.domains],
            "left": dict(dry_run.failed.left),
            "message": _LEFT(left=_left(found, dry_run.failed)),
            "room": room(dry_run.failed.fits, dry_run.failed.others),
        }
    return view


def moved(moves: Iterable[Move], topology: Topology, project_id: str) -> list[Json]:
    """The members that move, in their order: from which domains to which, by reference."""

    def of(host: str) -> Json:
        return {
            level: reference(project_id, topology.domain_of(host, level))
            for level in topology.levels
        }

    return [
        {"member": each.member.name, "from": of(each.source), "to": of(each.target)}
        for each in moves
    ]


def _unplanned(by_tier: Mapping[str, tuple[str, ...]]) -> list[Json]:
    """What the plan does not look at, each with the tiers that need it."""
    found = []
    for code, words in WORDS.items():
        tiers = [tier for tier, codes in by_tier.items() if code in codes]
        if tiers:
            refuses = code not in MORE_HOSTS
            message = _MAY_REFUSE(what=words, tiers=listed(tiers)) if refuses else words
            found.append({"code": code, "tiers": tiers, "message": message})
    return found


def refused(proved: bool) -> Message:
    """That an ensemble does not fit, or that it is not known whether it does."""
    return _DOES_NOT_FIT() if proved else _NOT_FOUND()


def _refused(found: Infeasible, capacity: bool) -> Json:
    return {
        "feasible": False,
        "message": refused(found.proved),
        "proof": None,
        "proved": found.proved,
        "assignments": [],
        "minima": {},
        "survivability": [],
        "promises": [],
        "objectives": [],
        "violations": [],
        "reasons": reasons(found.reasons, capacity=capacity),
    }


def _found(found: Plan, dry_run: DryRun, domains: Domains, *, names: bool) -> Json:
    shown = [each for each in found.objectives if names or each.name != PACKING]
    levels = dry_run.topology.levels
    return {
        "feasible": True,
        "message": _verdict(found, dry_run),
        "proof": _proof(found, shown, levels),
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
        "objectives": objectives(found.objectives, levels, names=names),
        "violations": [
            {"policy": each.policy, "level": each.level, "message": each.message}
            for each in found.violations
        ],
        "reasons": [],
    }


def _left(found: Plan, failed: Loss) -> Argument:
    counts = {tier.name: tier.count for tier in found.ensemble.tiers}
    return listed([left_of(left, counts[tier], tier) for tier, left in failed.left.items()])


def _verdict(found: Plan, dry_run: DryRun) -> Message:
    """That the ensemble fits, and on how many domains; or that the quota does not hold it."""
    if dry_run.over_quota:
        return _OVER_QUOTA(reasons=following([each.message for each in dry_run.over_quota]))
    hosts = set(found.assignment.values())
    used = [
        in_number(len({dry_run.topology.domain_of(host, level) for host in hosts}), level)
        for level in dry_run.topology.levels
    ]
    return _FITS(count=found.ensemble.size, places=listed(used))


def _proof(found: Plan, shown: Sequence[Objective], levels: Sequence[str]) -> Message:
    """Whether a better plan can exist, with what is open of the objectives that are shown."""
    undecided = [each.message(levels) for each in shown if each.value > each.bound]
    if undecided:
        return _OPEN(objectives=semicolon_separated(undecided))
    decided = all(each.proved for each in found.objectives if each.name != PACKING)
    return _PROVED() if decided else _NOT_PROVED()


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


def without_capacity(reason: Reason) -> Message:
    """A reason in words that tell no figure of the cloud; where it tells none, in its own."""
    if not reason.supply:
        return reason.message
    if reason.described is None:
        return _NOT_ALL_FIT(tiers=listed(reason.tiers))
    return CANNOT_BE_MET(policy=reason.described)
