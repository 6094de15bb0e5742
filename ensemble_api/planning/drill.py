# SPDX-License-Identifier: Apache-2.0
"""Drill: what a failure would do to an ensemble that runs, and the repair that would follow."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ensemble_api.planning.headroom import EFFORT, most_plans
from ensemble_api.planning.joint import Hit
from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.recovery import recover
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.survivability import Promise, State, minima, promises_with, state_of
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.planning.wording import left_of

_NOTHING_LOST = Sentence("drill.nothing-lost", "No member is lost.")
_LOST = Sentence(
    "drill.lost",
    "%(count)s member is lost; %(left)s are left.",
    "%(count)s members are lost; %(left)s are left.",
)
_NOWHERE: Assignment = {}
_SEVERITY = {state: number for number, state in enumerate(State)}  # the worst first


@dataclass(frozen=True, slots=True)
class Drill:
    """The failure of some `domains` at once: who is `lost`, how many are left, and the `repair`.

    `state` is what is left in one word, `promises` what becomes of each `survive` policy before
    anything is repaired.
    """

    domains: tuple[FailureDomain, ...]
    lost: tuple[Member, ...]
    left: tuple[tuple[str, int, int], ...]
    """Of each tier its name, the members left, and its count."""
    state: State
    promises: tuple[Promise, ...]
    repair: Repair

    @property
    def message(self) -> Message:
        """Say who is lost and what is left."""
        if not self.lost:
            return _NOTHING_LOST()
        left = listed([left_of(left, count, tier) for tier, left, count in self.left])
        return _LOST(count=len(self.lost), left=left)

    @property
    def damage(self) -> tuple[int, int, int, bool]:
        """What drills are ranked by; the least does most harm."""
        broken = sum(not each.holds for each in self.promises)
        return _SEVERITY[self.state], -broken, -len(self.lost), self.repair.fits is True


def drill(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    domains: Iterable[FailureDomain],
    *,
    solve: Solve | None,
    effort: Effort | None = None,
    search: bool = True,
    stopped: Collection[Member] = (),
    homes: Assignment = _NOWHERE,
) -> Drill:
    """Tell what comes of the failure of some domains at once.

    The members `running` are on `snapshot` already; those of the ensemble that are not were lost
    before, on the hosts of `homes`, and have their part in the repair. Those that are `stopped`
    have a place and are not left. The repair is what `recover` finds for the ensemble alone;
    `solve`, `effort` and `search` are its. Raises KeyError for a domain or a host that the cloud
    does not have, ModelError as `recover`.
    """
    failed = tuple(dict.fromkeys(domains))
    topology, less = snapshot.topology, snapshot
    for domain in failed:
        less = less.failing(domain)
    staying = {
        member: host
        for member, host in running.items()
        if not any(topology.domain_of(host, each.level) == each for each in failed)
    }
    counts = Counter(member.tier for member in staying if member not in stopped)
    remaining = {tier.name: counts[tier.name] for tier in ensemble.tiers}
    hit = Hit("", ensemble, staying, less, homes={**homes, **running})
    return Drill(
        failed,
        tuple(sorted(running.keys() - staying.keys())),
        tuple((tier.name, counts[tier.name], tier.count) for tier in ensemble.tiers),
        state_of(remaining, minima(ensemble)),
        promises_with(ensemble, remaining),
        recover([hit], solve=solve, effort=effort, search=search)[hit.key],
    )


def drills(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    level: str,
    *,
    solve: Solve | None,
    stopped: Collection[Member] = (),
    homes: Assignment = _NOWHERE,
    seen: Callable[[FailureDomain], tuple[Ensemble, Snapshot]] | None = None,
) -> tuple[Drill, ...]:
    """Fail each domain of a level that members run in, one at a time; the most harm comes first.

    Where members of one tier do not all take the same, ``seen`` gives the ensemble and the cloud as
    they are for those that a domain's failure takes. Whole plans for a repair are made of so many
    as the work limit of headroom allows, those that do most harm first; what is open then is not
    decided. Raises ModelError for a level that the cloud does not have.
    """
    snapshot.topology.require(level)
    used = sorted({snapshot.topology.domain_of(host, level) for host in running.values()})
    of = seen or (lambda _: (ensemble, snapshot))
    there = {domain: of(domain) for domain in used}
    found = [
        drill(
            there[domain][0],
            running,
            there[domain][1],
            (domain,),
            solve=None,
            search=False,
            stopped=stopped,
            homes=homes,
        )
        for domain in used
    ]
    found.sort(key=lambda each: each.damage)
    effort = Effort(EFFORT, solve)
    open_ = [number for number, each in enumerate(found) if each.repair.fits is None]
    for number in open_[: most_plans(snapshot)]:
        (domain,) = found[number].domains
        found[number] = drill(
            there[domain][0],
            running,
            there[domain][1],
            (domain,),
            solve=solve,
            effort=effort,
            stopped=stopped,
            homes=homes,
        )
    return ranked(found)


def ranked(found: Sequence[Drill]) -> tuple[Drill, ...]:
    """Give drills with the one that does most harm first."""
    return tuple(sorted(found, key=lambda each: (each.damage, each.domains)))
