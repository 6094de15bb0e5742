# SPDX-License-Identifier: Apache-2.0
"""Headroom: whether lost members can be placed again within the policies."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.planner import plan
from ensemble_api.planning.problem import build
from ensemble_api.planning.replace_lost import replace_lost
from ensemble_api.planning.result import Assignment, Infeasible, Reason
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.planning.wording import after_loss

_FITS = Sentence("room.fits", "Lost members can be placed again.")
_FITS_IF_OTHERS_MOVE = Sentence(
    "room.fits-if-others-move",
    "Lost members can be placed again only if %(count)s other member moves too.",
    "Lost members can be placed again only if %(count)s other members move too.",
)
_DOES_NOT_FIT = Sentence("room.does-not-fit", "Lost members cannot be placed again.")
_NOT_DECIDED = Sentence(
    "room.not-decided", "Whether lost members can be placed again is not decided."
)
_LEVEL_FITS = Sentence("headroom.fits", "Lost members can be placed again %(after_loss)s.")
_LEVEL_FITS_IF_OTHERS_MOVE = Sentence(
    "headroom.fits-if-others-move",
    "Lost members can be placed again %(after_loss)s, but others may have to move too.",
)
_LEVEL_DOES_NOT_FIT = Sentence(
    "headroom.does-not-fit", "Lost members cannot always be placed again %(after_loss)s."
)
_LEVEL_NOT_DECIDED = Sentence(
    "headroom.not-decided",
    "Whether lost members can be placed again %(after_loss)s is not decided.",
)

_WORK = 500_000
"""Hosts that the whole plans of one level's headroom may look at in all, some seconds of work."""
_LEAST = 20
EFFORT = 60_000
"""What all these plans together may take of the solver, a third of what one plan may else."""


def room_message(fits: bool | None, others: int) -> Message:
    """Say whether the members that one failure takes can be placed again."""
    if fits is None:
        return _NOT_DECIDED()
    if not fits:
        return _DOES_NOT_FIT()
    return _FITS_IF_OTHERS_MOVE(count=others) if others else _FITS()


@dataclass(frozen=True, slots=True)
class DomainRoom:
    """What follows the loss of one domain.

    `lost` members must be placed again. `fits` tells whether they can be, within the hard policies;
    None when the search did not decide it. `others` is how many members that were not lost have to
    move for it. `reasons` say why it does not fit.
    """

    domain: FailureDomain
    lost: int
    fits: bool | None
    others: int = 0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """What follows the loss of several domains, of any levels, at once.

    `left` are the members left of each tier; the others as for one domain.
    """

    domains: tuple[FailureDomain, ...]
    left: Mapping[str, int]
    lost: int
    fits: bool | None
    others: int = 0
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class LevelRoom:
    """The headroom of an ensemble at one level: one entry for each domain in use."""

    level: str
    domains: tuple[DomainRoom, ...]

    @property
    def fits(self) -> bool | None:
        """Whether what any one domain of the level holds can be placed again; None: undecided."""
        answers = {room.fits for room in self.domains}
        undecided = None if None in answers else True
        return False if False in answers else undecided

    @property
    def message(self) -> Message:
        """Say it."""
        when = after_loss(1, self.level)
        if self.fits is None:
            return _LEVEL_NOT_DECIDED(after_loss=when)
        if not self.fits:
            return _LEVEL_DOES_NOT_FIT(after_loss=when)
        if any(room.others for room in self.domains):
            return _LEVEL_FITS_IF_OTHERS_MOVE(after_loss=when)
        return _LEVEL_FITS(after_loss=when)


def headroom(
    ensemble: Ensemble,
    assignment: Assignment,
    snapshot: Snapshot,
    level: str,
    *,
    solve: Solve | None,
) -> LevelRoom:
    """Tell, for each domain in use at a level, whether its members would find room elsewhere.

    The members run on `snapshot` already: what they use is not in its free capacity (for a plan
    that is not built, pass `snapshot.carrying(demand(ensemble, assignment))`). Soft policies are
    left out. `solve` is as for a plan. Raises ModelError for a level that the cloud does not have.

    Only so many domains as the work limit allows get a whole plan, those that would lose most, with
    little searching for all of them together; what then is open is not decided.
    """
    snapshot.topology.require(level)
    used = {snapshot.topology.domain_of(host, level) for host in assignment.values()}
    found = {
        domain: loss(ensemble, assignment, snapshot, (domain,), solve=None, search=False)
        for domain in sorted(used)
    }
    undecided = [domain for domain, each in found.items() if each.fits is None]
    undecided.sort(key=lambda domain: -found[domain].lost)
    effort = Effort(EFFORT, solve)
    for domain in undecided[: most_plans(snapshot)]:
        found[domain] = loss(ensemble, assignment, snapshot, (domain,), solve=solve, effort=effort)
    return LevelRoom(
        level,
        tuple(
            DomainRoom(domain, each.lost, each.fits, each.others, each.reasons)
            for domain, each in found.items()
        ),
    )


def most_plans(snapshot: Snapshot) -> int:
    """How many whole plans may be made to see what failures leave room for."""
    return max(_LEAST, _WORK // len(snapshot.topology))


def loss(
    ensemble: Ensemble,
    assignment: Assignment,
    snapshot: Snapshot,
    domains: Iterable[FailureDomain],
    *,
    solve: Solve | None,
    search: bool = True,
    effort: Effort | None = None,
) -> Loss:
    """Fail these domains at once: what is left, and whether the lost would find room elsewhere.

    Without `search` only places beside the members that are left are looked for, where these stay;
    `solve` and `effort` are as for a plan.

    The members run on `snapshot` already, as for `headroom`. Domains within each other count once,
    as do domains that are named twice. Raises KeyError for a domain that the cloud does not have.
    """
    failed = tuple(dict.fromkeys(domains))
    less = snapshot
    for domain in failed:
        less = less.failing(domain)
    topology = snapshot.topology
    left = [
        member
        for member, host in assignment.items()
        if not any(topology.domain_of(host, each.level) == each for each in failed)
    ]
    counts = Counter(member.tier for member in left)
    remaining = {tier.name: counts[tier.name] for tier in ensemble.tiers}
    lost = len(assignment) - len(left)
    if not lost:
        return Loss(failed, remaining, 0, True)
    numbers = [number for number, policy in enumerate(ensemble.policies) if policy.hard]
    hard = replace(ensemble, policies=tuple(ensemble.policies[number] for number in numbers))
    if replace_lost(build(hard, less, assignment)) is not None:
        return Loss(failed, remaining, lost, True)
    if not search:
        return Loss(failed, remaining, lost, None)
    result = plan(hard, less, assignment, solve=solve, changes=False, effort=effort)
    if isinstance(result, Infeasible):
        reasons = _renumbered(result.reasons, numbers)
        return Loss(failed, remaining, lost, False if result.proved else None, 0, reasons)
    moves = next(objective.value for objective in result.objectives if objective.name == "moves")
    return Loss(failed, remaining, lost, True, moves - lost)


def _renumbered(reasons: Iterable[Reason], numbers: Sequence[int]) -> tuple[Reason, ...]:
    """Reasons with the policies' own numbers, which others have where soft ones are left out."""
    return tuple(
        replace(each, policy=None if each.policy is None else numbers[each.policy])
        for each in reasons
    )


def demand(ensemble: Ensemble, assignment: Assignment) -> dict[str, dict[str, int]]:
    """Add up what the members take on each host: units by resource class, by host name."""
    total: dict[str, Counter[str]] = {}
    for member, host in assignment.items():
        total.setdefault(host, Counter()).update(ensemble.tier(member.tier).resources)
    return {host: dict(amounts) for host, amounts in total.items()}
