# SPDX-License-Identifier: Apache-2.0
"""What survives, as callers see it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ensemble_api.planning import survivability
from ensemble_api.planning.headroom import LevelRoom
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import Assignment, Objective
from ensemble_api.planning.topology import Topology
from ensemble_api.views.domains import Domains, Json

PACKING = "packing"
MOST_FAILURES = 3  # domains that fail at once, in what is always told


def objectives(found: Iterable[Mapping[str, Any]], *, names: bool) -> list[Json]:
    """The objectives of a plan; how full the hosts are is not for tenants to know."""
    return [dict(each) for each in found if names or each["name"] != PACKING]


def objective(found: Objective) -> Json:
    """One objective of a plan; it only says that the solver was stopped when it was."""
    stopped = {} if found.stopped is None else {"stopped": found.stopped}
    return {
        "name": found.name,
        "value": found.value,
        "bound": found.bound,
        "proved": found.proved,
        **stopped,
    }


def survival(
    what: Ensemble,
    assignment: Assignment,
    topology: Topology,
    domains: Domains,
    rooms: Sequence[LevelRoom] = (),
    failures: int = 1,
) -> list[Json]:
    """What losses leave, level by level; ``worst`` is after any ``failures`` at once."""
    counts: Mapping[str, int] = {tier.name: tier.count for tier in what.tiers}
    levels = [
        {
            "level": each.level,
            "domains_used": each.domains_used,
            **verdict(each, failures),
            "worst": [
                {"tier": tier, "left": left, "count": counts[tier]}
                for tier, left in each.after(failures).items()
            ],
            "any": [
                {
                    "failures": number,
                    "state": each.state(number).value,
                    "left": dict(each.after(number)),
                }
                for number in range(1, min(MOST_FAILURES, each.domains_used) + 1)
            ],
            "losses": [
                {
                    "domain": domains.reference(loss.domain),
                    "state": survivability.state_of(loss.left, each.minima).value,
                    "left": dict(loss.left),
                    "lost": dict(loss.lost),
                }
                for loss in each.losses
            ],
        }
        for each in survivability.survivability(what, assignment, topology)
    ]
    for level, room in zip(levels, rooms, strict=False):
        _add_rooms(level, room, domains)
    return levels


def verdict(found: survivability.LevelSurvivability, failures: int = 1) -> Json:
    """What the loss of any ``failures`` domains of a level leaves at worst, in one word.

    ``ends`` are the tiers of which nothing is left though members are needed, ``short`` those of
    which fewer are left than are needed.
    """
    return {
        "state": found.state(failures).value,
        "ends": list(found.ends(failures)),
        "short": list(found.short(failures)),
    }


def promises(found: Iterable[survivability.Promise]) -> list[Json]:
    """What becomes of each `survive` policy."""
    return [
        {
            "policy": each.policy,
            "level": each.level,
            "failures": each.failures,
            "tiers": [
                {"tier": kept.tier, "left": kept.left, "needed": kept.needed} for kept in each.tiers
            ],
            "holds": each.holds,
        }
        for each in found
    ]


def _add_rooms(view: Json, room: LevelRoom, domains: Domains) -> None:
    """Add to one level of survivability whether what each loss takes would find room again."""
    found = {domains.reference(each.domain): each for each in room.domains}
    for loss in view["losses"]:
        each = found[loss["domain"]]
        loss["room"] = {"fits": each.fits, "others": each.others}
    answers = {each.fits for each in room.domains}
    undecided = None if None in answers else True
    view["headroom"] = {"fits": False if False in answers else undecided}
