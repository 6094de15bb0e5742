# SPDX-License-Identifier: Apache-2.0
"""What survives, as callers see it."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from ensemble_api.planning import survivability
from ensemble_api.planning.headroom import LevelRoom, room_message
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import (
    PACKING,
    Assignment,
    Objective,
    objective_label,
)
from ensemble_api.planning.topology import Topology
from ensemble_api.planning.wording import ZONE, level_word
from ensemble_api.views.domains import Domains, Json

MOST_FAILURES = 3  # domains that fail at once, in what is always told


def objectives(found: Iterable[Objective], levels: Sequence[str], *, names: bool) -> list[Json]:
    """The objectives of a plan; how full the hosts are is not for tenants to know."""
    return [_objective(each, levels) for each in found if names or each.name != PACKING]


def _objective(found: Objective, levels: Sequence[str]) -> Json:
    """One objective of a plan; it only says that the solver was stopped when it was."""
    stopped = {} if found.stopped is None else {"stopped": found.stopped}
    return {
        "name": found.name,
        "label": objective_label(found.name, levels),
        "value": found.value,
        "bound": found.bound,
        "proved": found.proved,
        "message": found.message(levels),
        **stopped,
    }


def policies(
    found: Iterable[Policy], missed: Collection[int | None], *, known: bool = True
) -> list[Json]:
    """Each policy as a sentence, and whether it is met; null where that is not ``known``."""
    return [
        {
            "policy": number,
            "holds": number not in missed if known else None,
            "message": policy.sentence(),
        }
        for number, policy in enumerate(found)
    ]


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
            **verdict(each, topology, failures),
            "worst": [
                {"tier": tier, "left": left, "count": counts[tier]}
                for tier, left in each.after(failures).items()
            ],
            "worst_message": each.left(counts, failures),
            "any": [
                {
                    "failures": number,
                    "state": each.state(number).value,
                    "left": dict(each.after(number)),
                    "message": each.left(counts, number),
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
    for level, found in zip(levels, rooms, strict=False):
        _add_rooms(level, found, domains)
    return levels


def verdict(found: survivability.LevelSurvivability, topology: Topology, failures: int = 1) -> Json:
    """What the loss of any ``failures`` domains of a level leaves at worst, in one word.

    ``ends`` are the tiers of which nothing is left though members are needed, ``short`` those of
    which fewer are left than are needed.
    """
    return {
        "state": found.state(failures).value,
        "label": found.state(failures).label,
        "level_label": level_word(ZONE if found.level == topology.zone_level else found.level),
        "ends": list(found.ends(failures)),
        "short": list(found.short(failures)),
        "message": found.verdict(failures),
    }


def room(fits: bool | None, others: int) -> Json:
    """Whether the members that a failure takes can be placed again."""
    return {"fits": fits, "others": others, "message": room_message(fits, others)}


def promises(found: Iterable[survivability.Promise]) -> list[Json]:
    """What becomes of each `survive` policy."""
    return [
        {
            "policy": each.policy,
            "level": each.level,
            "failures": each.failures,
            "tiers": [
                {
                    "tier": kept.tier,
                    "left": kept.left,
                    "needed": kept.needed,
                    "message": kept.message,
                }
                for kept in each.tiers
            ],
            "holds": each.holds,
        }
        for each in found
    ]


def _add_rooms(view: Json, level: LevelRoom, domains: Domains) -> None:
    """Add to one level of survivability whether what each loss takes would find room again."""
    found = {domains.reference(each.domain): each for each in level.domains}
    for loss in view["losses"]:
        each = found[loss["domain"]]
        loss["room"] = room(each.fits, each.others)
    view["headroom"] = {"fits": level.fits, "message": level.message}
