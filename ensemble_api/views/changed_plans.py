# SPDX-License-Identifier: Apache-2.0
"""How a new plan differs from the one that was to be built, as callers see it."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ensemble_api.planning.comparison import WorstLossChange
from ensemble_api.planning.message import Argument, Message, Sentence, listed
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.planning.wording import loss_of_one
from ensemble_api.results.dry_run import DryRun, Move
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.plans import plan

Path: TypeAlias = Mapping[str, FailureDomain]  # by level, the smallest first

_ELSEWHERE = Sentence("changed.elsewhere", "%(member)s would get %(now)s in place of %(before)s.")
_NOT_KNOWN = Sentence(
    "changed.not-known", "%(member)s would get %(now)s; its earlier place is not known any more."
)
_WORST = Sentence(
    "changed.worst",
    "%(loss)s would leave %(left)s of %(number)s of %(tier)s at worst; by the earlier plan, "
    "%(before)s of %(number)s.",
)


def changed(
    dry_run: DryRun,
    moved: Iterable[Move],
    worst: Iterable[WorstLossChange] | None,
    project_id: str,
    *,
    names: bool,
    capacity: bool = False,
) -> Json:
    """Another plan than the one that was to be built, which members moved, and what that changes.

    ``earlier_domains`` are those that the members were to be in.
    """
    moved = tuple(moved)
    domains = Domains(
        project_id,
        dry_run.topology,
        (),
        names=names,
        labels=dry_run.labels,
        more=dict.fromkeys(
            each
            for move in moved
            for at in (move.before, move.after)
            for each in (at or {}).values()
        ),
    )
    earlier = {domains.reference(each) for move in moved for each in (move.before or {}).values()}
    return {
        "plan": plan(dry_run, project_id, names=names, capacity=capacity),
        "moved": [_move(each, domains) for each in moved],
        "earlier_domains": [each for each in domains.view() if each["ref"] in earlier],
        "worst": None if worst is None else [_worst(each) for each in worst],
    }


def _move(move: Move, domains: Domains) -> Json:
    return {
        "member": move.member.name,
        "tier": move.member.tier,
        "from": None
        if move.before is None
        else {level: domains.reference(each) for level, each in move.before.items()},
        "to": {level: domains.reference(each) for level, each in move.after.items()},
        "message": _message(move, domains),
    }


def _message(move: Move, domains: Domains) -> Message:
    """Where a member would be, in words."""
    member, before, after = move.member.name, move.before, move.after
    if before is None:
        return _NOT_KNOWN(member=member, now=_titles(domains, after, {}))
    return _ELSEWHERE(
        member=member,
        now=_titles(domains, after, before),
        before=_titles(domains, before, after),
    )


def _titles(domains: Domains, at: Path, other: Path) -> Argument:
    """The domains that are not those of the other place, the largest level first; or all."""
    differ = [each for level, each in at.items() if other.get(level) != each] or list(at.values())
    return listed([domains.title(each) for each in reversed(differ)])


def _worst(found: WorstLossChange) -> Json:
    return {
        "level": found.level,
        "tier": found.tier,
        "left": found.left,
        "before": found.before,
        "count": found.count,
        "message": _WORST(
            loss=loss_of_one(found.level),
            left=found.left,
            before=found.before,
            number=found.count,
            tier=found.tier,
        ),
    }
