# SPDX-License-Identifier: Apache-2.0
"""The independent checker: whether an assignment keeps every rule, member by member.

It shares nothing with the planner but the model, and counts in plain Python, so that a mistake in
the planner's arrays cannot hide in it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from math import floor

from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.model import Ensemble, Member, Tier
from ensemble_api.planning.policies import (
    Affinity,
    AntiAffinity,
    Exclusive,
    Near,
    Selector,
    Spread,
    Survive,
)
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.result import Assignment, Violation
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.planning.wording import members, quoted

_NO_HOST = Sentence("check.no-host", "no host for %(members)s")
_FOREIGN = Sentence("check.foreign", "%(members)s not of this ensemble")
_NOWHERE = Sentence("check.nowhere", "%(members)s on a host that does not exist")
_CAPACITY = Sentence(
    "check.capacity", "%(resource_class)s: %(amount)s are needed and %(free)s are free"
)
_NOT_ELIGIBLE = Sentence(
    "check.not-eligible", "on hosts they must not use: %(members)s of %(tier)s"
)
_NOT_OFFERED = Sentence(
    "check.not-offered", "on hosts that Placement does not offer: %(members)s of %(tier)s"
)

_OTHER_CELL = Sentence("check.other-cell", "%(members)s in another cell than where they run")

_Held = dict[FailureDomain, Counter[str]]
_Selected = Callable[[Selector], set[FailureDomain]]  # where its members may be
_Eligible = Callable[[str, str], int]  # by tier and level: in how many domains it may be
_NOTHING_HELD: Assignment = {}


def check(
    ensemble: Ensemble,
    snapshot: Snapshot,
    assignment: Assignment,
    existing: Assignment = _NOTHING_HELD,
) -> tuple[Violation, ...]:
    """Find what an assignment breaks: members, capacity, eligibility, hard policies; empty is fine.

    `existing` are members that run already, whose use is therefore not in `snapshot.free`, and none
    of which leaves its cell.
    """
    found = [*_members(ensemble, snapshot, assignment)]
    if found:
        return tuple(found)
    found += _capacity(ensemble, snapshot, assignment, existing)
    found += _eligibility(ensemble, snapshot, assignment)
    found += _offers(ensemble, snapshot, assignment, existing)
    found += _cells(snapshot, assignment, existing)
    found += shortfalls(ensemble, snapshot, assignment, hard=True)
    return tuple(found)


def shortfalls(
    ensemble: Ensemble, snapshot: Snapshot, assignment: Assignment, *, hard: bool
) -> tuple[Violation, ...]:
    """Find the hard, or the soft, policies that a whole assignment does not meet."""
    found = []
    held = cache(lambda level: _held(snapshot, assignment, level))
    # Each takes a pass over all hosts, so it is worked out once however many policies ask.
    selected = cache(lambda policy: _selected_domains(policy, snapshot))
    eligible = cache(
        lambda tier, level: _eligible_domains(level, ensemble, tier, snapshot, selected)
    )
    for index, policy in enumerate(ensemble.policies):
        if policy.hard is not hard:
            continue
        there = held(policy.level)
        amount, domains = _shortfall(policy, ensemble, snapshot, there, selected, eligible)
        if amount:
            found.append(
                Violation(
                    policy=index,
                    level=policy.level,
                    domains=tuple(sorted(domains)),
                    tiers=policy.tiers,
                    amount=amount,
                    message=policy.describe_shortfall(amount),
                )
            )
    return tuple(found)


def _rule(message: Message, tiers: tuple[str, ...], amount: int) -> Violation:
    return Violation(None, None, (), tiers, amount, message)


def _members(ensemble: Ensemble, snapshot: Snapshot, assignment: Assignment) -> Iterable[Violation]:
    wanted = set(ensemble.members)
    missing = wanted - set(assignment)
    foreign = set(assignment) - wanted
    if missing:
        tiers = tuple(sorted({member.tier for member in missing}))
        yield _rule(_NO_HOST(members=members(len(missing))), tiers, len(missing))
    if foreign:
        yield _rule(_FOREIGN(members=members(len(foreign))), (), len(foreign))
    there = snapshot.topology
    nowhere = [member for member, host in assignment.items() if host not in there]
    if nowhere:
        yield _rule(_NOWHERE(members=members(len(nowhere))), (), len(nowhere))


def _demand(ensemble: Ensemble, assignment: Assignment) -> dict[str, Counter[str]]:
    resources = {tier.name: tier.resources for tier in ensemble.tiers}
    demand: dict[str, Counter[str]] = {}
    for member, host in assignment.items():
        demand.setdefault(host, Counter()).update(resources.get(member.tier, {}))
    return demand


def _capacity(
    ensemble: Ensemble, snapshot: Snapshot, assignment: Assignment, existing: Assignment
) -> Iterable[Violation]:
    column = {name: number for number, name in enumerate(snapshot.resource_classes)}
    given_back = _demand(ensemble, existing)
    level = snapshot.topology.levels[0]
    for host, demand in sorted(_demand(ensemble, assignment).items()):
        row = snapshot.topology.host_number(host)
        for resource_class, amount in sorted(demand.items()):
            free = given_back.get(host, Counter())[resource_class]
            if resource_class in column:
                free += max(0, int(snapshot.free[row, column[resource_class]]))
            if amount > free:
                domain = snapshot.topology.domain_of(host, level)
                yield Violation(
                    None,
                    level,
                    (domain,),
                    tuple(sorted({m.tier for m, at in assignment.items() if at == host})),
                    amount - free,
                    _CAPACITY(resource_class=resource_class, amount=amount, free=free),
                )


def _suits(tier: Tier, host: str, snapshot: Snapshot) -> bool:
    row = snapshot.topology.host_number(host)
    traits = snapshot.traits[row]
    if not snapshot.usable[row] or tier.required_traits - traits or tier.forbidden_traits & traits:
        return False
    if tier.mask in snapshot.closed and snapshot.closed[tier.mask][row]:
        return False
    if tier.zone is None:
        return True
    level = snapshot.topology.zone_level
    return level is not None and snapshot.topology.domain_of(host, level).name == tier.zone


def _eligibility(
    ensemble: Ensemble, snapshot: Snapshot, assignment: Assignment
) -> Iterable[Violation]:
    for tier in ensemble.tiers:
        wrong = [m for m in tier.members if not _suits(tier, assignment[m], snapshot)]
        if wrong:
            message = _NOT_ELIGIBLE(members=members(len(wrong)), tier=quoted(tier.name))
            yield _rule(message, (tier.name,), len(wrong))


def _cells(snapshot: Snapshot, assignment: Assignment, existing: Assignment) -> Iterable[Violation]:
    cells = snapshot.cells
    away = [
        member
        for member, host in existing.items()
        if (host in cells and cells.get(assignment.get(member, host)) != cells[host])
        or _leaves_zone(snapshot, member, host, assignment.get(member, host))
    ]
    if away:
        tiers = tuple(sorted({member.tier for member in away}))
        yield _rule(_OTHER_CELL(members=members(len(away))), tiers, len(away))


def _leaves_zone(snapshot: Snapshot, member: Member, source: str, target: str) -> bool:
    """Whether a member that is pinned to a zone is to go to a host of another one."""
    zone, level = snapshot.pins.get(member), snapshot.topology.zone_level
    if zone is None or level is None or source == target:
        return False
    return snapshot.topology.domain_of(target, level).name != zone


def _offers(
    ensemble: Ensemble, snapshot: Snapshot, assignment: Assignment, existing: Assignment
) -> Iterable[Violation]:
    """Find members on hosts that take no more of their tier; as many as run there may stay."""
    for tier in ensemble.tiers:
        if tier.mask not in snapshot.offered:
            continue
        placed = Counter(host for member, host in assignment.items() if member.tier == tier.name)
        running = Counter(host for member, host in existing.items() if member.tier == tier.name)
        wrong = sum(
            count
            for host, count in (placed - running).items()
            if not snapshot.offered[tier.mask][snapshot.topology.host_number(host)]
        )
        if wrong:
            message = _NOT_OFFERED(members=members(wrong), tier=quoted(tier.name))
            yield _rule(message, (tier.name,), wrong)


def _held(snapshot: Snapshot, assignment: Assignment, level: str) -> _Held:
    held: _Held = {}
    for member, host in assignment.items():
        held.setdefault(snapshot.topology.domain_of(host, level), Counter())[member.tier] += 1
    return held


def _shortfall(
    policy: Policy,
    ensemble: Ensemble,
    snapshot: Snapshot,
    held: _Held,
    selected: _Selected,
    eligible: _Eligible,
) -> tuple[int, set[FailureDomain]]:
    """Count by how much a policy is missed, and where; `held` is of the policy's level."""
    match policy:
        case Affinity():
            used = {domain for domain, tiers in held.items() if any(tiers[t] for t in policy.tiers)}
            return max(0, len(used) - 1), used
        case AntiAffinity():
            over = {domain: _too_many(policy, tiers) for domain, tiers in held.items()}
            return sum(over.values()), {domain for domain, amount in over.items() if amount}
        case Near():
            lonely = {
                domain: sum(1 for name in policy.tiers if tiers[name])
                for domain, tiers in held.items()
                if not tiers[policy.to]
            }
            return sum(lonely.values()), {domain for domain, amount in lonely.items() if amount}
        case Survive():
            return sum(
                _too_few_left(policy, ensemble.tier(name), held) for name in policy.tiers
            ), set()
        case Spread():
            return sum(
                _uneven(policy, ensemble.tier(name), held, eligible) for name in policy.tiers
            ), set()
        case Exclusive():
            taken = _domains_of_others(policy, snapshot)
            shared = {
                domain
                for domain, tiers in held.items()
                if domain in taken and any(tiers[name] for name in policy.tiers)
            }
            return len(shared), shared
        case Selector():
            allowed = selected(policy)
            wrong = {
                domain: sum(tiers[name] for name in policy.tiers)
                for domain, tiers in held.items()
                if domain not in allowed
            }
            return sum(wrong.values()), {domain for domain, amount in wrong.items() if amount}
    raise TypeError(f"a kind of policy that the checker does not know: {policy.kind}")


def _too_many(policy: AntiAffinity, tiers: Counter[str]) -> int:
    if len(policy.tiers) == 1:
        return max(0, tiers[policy.tiers[0]] - policy.max_per_domain)
    return max(0, sum(1 for name in policy.tiers if tiers[name]) - 1)


def _too_few_left(policy: Survive, tier: Tier, held: _Held) -> int:
    heaviest = sorted((tiers[tier.name] for tiers in held.values()), reverse=True)
    left = tier.count - sum(heaviest[: policy.failures])
    return max(0, policy.needed(tier.count) - left)


def _uneven(policy: Spread, tier: Tier, held: _Held, eligible: _Eligible) -> int:
    counts = [tiers[tier.name] for tiers in held.values() if tiers[tier.name]]
    if policy.shares is not None:
        return _out_of_place(dict(policy.shares), tier, held)
    amount = 0
    if policy.min_domains is not None:
        amount += max(0, policy.min_domains - len(counts))
    if policy.max_skew is not None:
        if len(counts) < eligible(tier.name, policy.level):
            counts.append(0)
        amount += max(0, max(counts, default=0) - min(counts, default=0) - policy.max_skew)
    return amount


def _out_of_place(shares: dict[str, int], tier: Tier, held: _Held) -> int:
    """Count the members beyond what their domain's share comes to, wherever that is to be had.

    By the largest remainders; of equal ones, those domains come first that hold most beyond it.
    """
    there = Counter[str]()
    for domain, tiers in held.items():
        there[domain.name] += tiers[tier.name]
    parts = {
        name: Fraction(tier.count * share, sum(shares.values())) for name, share in shares.items()
    }
    wanted = Counter({name: floor(part) for name, part in parts.items()})
    beyond = {name: there[name] - wanted[name] for name in shares}
    order = sorted(shares, key=lambda name: (wanted[name] - parts[name], -beyond[name]))
    for name in order[: tier.count - sum(wanted.values())]:
        wanted[name] += 1
    return sum(max(0, count - wanted[name]) for name, count in there.items())


def _eligible_domains(
    level: str, ensemble: Ensemble, name: str, snapshot: Snapshot, selected: _Selected
) -> int:
    """Count the domains in which a tier may use a host, by what it is and by hard selectors."""
    topology, tier = snapshot.topology, ensemble.tier(name)
    allowed = [
        (policy.level, selected(policy))
        for policy in ensemble.policies
        if isinstance(policy, Selector) and policy.hard and name in policy.tiers
    ]
    found: set[int] = set()
    for host, number in zip(topology.hosts, topology.index(level).tolist(), strict=True):
        if (
            number not in found
            and all(topology.domain_of(host, each) in domains for each, domains in allowed)
            and _suits(tier, host, snapshot)
        ):
            found.add(number)
            if len(found) == topology.size(level):
                break  # there are no more
    return len(found)


def _selected_domains(policy: Selector, snapshot: Snapshot) -> set[FailureDomain]:
    """Find the domains where members may be, by the values of all hosts in each."""
    every = set(snapshot.topology.domains(policy.level))
    known = snapshot.selectors.get(policy.key)
    if known is None:
        return every
    masks = [known[value] for value in policy.values if value in known]
    there = {
        snapshot.topology.domain_of(host, policy.level)
        for row, host in enumerate(snapshot.topology.hosts)
        if any(mask[row] for mask in masks)
    }
    return there if policy.rule == "only" else every - there


def _domains_of_others(policy: Exclusive, snapshot: Snapshot) -> set[FailureDomain]:
    mask = snapshot.others.get(policy.other)
    if mask is None:
        return set()
    return {
        snapshot.topology.domain_of(host, policy.level)
        for row, host in enumerate(snapshot.topology.hosts)
        if mask[row]
    }
