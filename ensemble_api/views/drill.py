# SPDX-License-Identifier: Apache-2.0
"""What failures would do to an ensemble that runs, as callers see it."""

from collections.abc import Collection

from ensemble_api.planning.drill import Drill
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.planning.model import Member
from ensemble_api.planning.repair import Repair
from ensemble_api.results.drill import DrillResult
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.plans import reasons
from ensemble_api.views.survival import promises

_NOTHING_TO_REPAIR = Sentence("repair.nothing", "There is nothing to repair.")
_REPAIRED = Sentence(
    "repair.fits",
    "A repair places %(count)s member again, within all hard policies.",
    "A repair places %(count)s members again, within all hard policies.",
)
_RESTORED = Sentence(
    "repair.not-all-kept",
    "A repair places %(count)s member again, but not every hard policy holds until what has "
    "failed is back.",
    "A repair places %(count)s members again, but not every hard policy holds until what has "
    "failed is back.",
)
_PARTLY = Sentence(
    "repair.in-part",
    "A repair can place %(count)s member again, and not all that are lost.",
    "A repair can place %(count)s members again, and not all that are lost.",
)
_NO_REPAIR = Sentence("repair.none", "No repair is possible within the hard policies.")
_REPAIR_OPEN = Sentence("repair.not-decided", "Whether a repair is possible is not decided.")


def drill(found: DrillResult, *, names: bool, capacity: bool) -> Json:
    """Each failure with who is lost, what is left, which promises hold, and the repair.

    ``capacity`` is whether reasons may tell how much of the request fits.
    """
    hosts = [each.location for each in found.record.members if each.location]
    targets = [host for each in found.drills for host in each.repair.moves.values()]
    known = frozenset(found.topology.hosts)
    domains = Domains(
        found.record.project_id,
        found.topology,
        [host for host in (*hosts, *targets) if host in known],
        names=names,
        labels=found.labels,
        more=[domain for each in found.drills for domain in each.domains],
    )
    return {
        "as_of": found.at,
        "level": found.level,
        "failures": [
            _failure(each, domains, names=names, capacity=capacity) for each in found.drills
        ],
        "domains": domains.view(),
    }


def _failure(found: Drill, domains: Domains, *, names: bool, capacity: bool) -> Json:
    return {
        "domains": [domains.reference(each) for each in found.domains],
        "title": listed([domains.title(each) for each in found.domains]),
        "state": found.state.value,
        "label": found.state.label,
        "lost": [each.name for each in found.lost],
        "left": {tier: left for tier, left, _ in found.left},
        "message": found.message,
        "promises": promises(found.promises),
        "repair": repair(found.repair, found.lost, domains, names=names, capacity=capacity),
    }


def repair(
    found: Repair,
    lost_members: Collection[Member],
    domains: Domains,
    *,
    names: bool,
    capacity: bool,
) -> Json:
    """The places that a repair finds for lost members, or why it finds none."""
    lost = set(lost_members)
    return {
        "fits": found.fits,
        "message": _said(found),
        "moves": [
            {
                "member": member.name,
                "lost": member in lost,
                "domains": domains.of(host),
                **({"host": host} if names else {}),
            }
            for member, host in sorted(found.moves.items())
        ],
        "unmet": [{"policy": each.policy, "message": each.message} for each in found.unmet],
        "reasons": reasons(found.reasons, capacity=capacity),
    }


def _said(repair: Repair) -> Message:
    if repair.fits is None:
        return _REPAIR_OPEN()
    if not repair.fits:
        return _PARTLY(count=len(repair.moves)) if repair.moves else _NO_REPAIR()
    if not repair.moves:
        return _NOTHING_TO_REPAIR()
    within = _RESTORED if repair.unmet else _REPAIRED
    return within(count=len(repair.moves))
