# SPDX-License-Identifier: Apache-2.0
"""Head-room: whether the members of a failed domain could be placed again within the policies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.planner import plan
from ensemble_api.planning.result import Assignment, Infeasible, Plan, Reason
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain


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
class LevelRoom:
    """The head-room of an ensemble at one level: one entry for each domain in use."""

    level: str
    domains: tuple[DomainRoom, ...]

    @property
    def fits(self) -> bool:
        """Whether any one domain of the level may be lost, without any other member moving."""
        return all(room.fits and room.others == 0 for room in self.domains)


def headroom(
    ensemble: Ensemble, assignment: Assignment, snapshot: Snapshot, level: str
) -> LevelRoom:
    """Tell, for each domain in use at a level, whether its members would find room elsewhere.

    The members run on `snapshot` already: what they use is not in its free capacity (for a plan
    that is not built, pass `snapshot.carrying(demand(ensemble, assignment))`). Soft policies are
    left out. Raises ModelError for a level that the cloud does not have.
    """
    snapshot.topology.require(level)
    numbers = [number for number, policy in enumerate(ensemble.policies) if policy.hard]
    hard = replace(ensemble, policies=tuple(ensemble.policies[number] for number in numbers))
    lost = Counter(snapshot.topology.domain_of(host, level) for host in assignment.values())
    rooms = []
    for domain in sorted(lost):
        result = plan(hard, snapshot.failing(domain), assignment, changes=False)
        rooms.append(_room(domain, lost[domain], result, numbers))
    return LevelRoom(level, tuple(rooms))


def _room(
    domain: FailureDomain, lost: int, result: Plan | Infeasible, numbers: Sequence[int]
) -> DomainRoom:
    if isinstance(result, Infeasible):
        reasons = tuple(
            # The policies have other numbers where the soft ones are left out.
            replace(each, policy=None if each.policy is None else numbers[each.policy])
            for each in result.reasons
        )
        return DomainRoom(domain, lost, False if result.proved else None, 0, reasons)
    moves = next(objective.value for objective in result.objectives if objective.name == "moves")
    return DomainRoom(domain, lost, True, moves - lost)


def demand(ensemble: Ensemble, assignment: Assignment) -> dict[str, dict[str, int]]:
    """Add up what the members take on each host: units by resource class, by host name."""
    total: dict[str, Counter[str]] = {}
    for member, host in assignment.items():
        total.setdefault(host, Counter()).update(ensemble.tier(member.tier).resources)
    return {host: dict(amounts) for host, amounts in total.items()}
