# SPDX-License-Identifier: Apache-2.0
"""How an ensemble stands: where its members are by what was observed, and what does not hold."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ensemble_api.observed import GONE, ObservedHost
from ensemble_api.planning import check
from ensemble_api.planning.message import Argument, Message, Sentence, listed
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.policies import Spread, Survive
from ensemble_api.planning.result import Assignment, Violation
from ensemble_api.planning.snapshot import Selectors, Snapshot, marked
from ensemble_api.planning.survivability import minima, promises
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus

RUNNING = frozenset(
    (
        "ACTIVE",
        "HARD_REBOOT",
        "MIGRATING",
        "PASSWORD",
        "REBOOT",
        "RESIZE",
        "REVERT_RESIZE",
        "VERIFY_RESIZE",
    )
)
NAMED = 3  # members that are named in a sentence

_GONE = Sentence(
    "degraded.gone",
    "%(members)s is gone: Nova has no server of it any more.",
    "%(members)s are gone: Nova has no servers of them any more.",
)
_CUT_OFF = Sentence(
    "degraded.cut-off",
    "%(members)s is on a host that is down.",
    "%(members)s are on hosts that are down.",
)
_FAILED = Sentence(
    "degraded.failed",
    "The server of %(members)s is in status ERROR.",
    "The servers of %(members)s are in status ERROR.",
)
_POLICY = Sentence("degraded.policy", "%(policy)s Now: %(missed)s.")
_SHORT = Sentence(
    "degraded.short",
    "Of %(tier)s, %(left)s of %(number)s run, and %(count)s is needed.",
    "Of %(tier)s, %(left)s of %(number)s run, and %(count)s are needed.",
)
_NONE = Sentence("degraded.none", "No member of %(tier)s runs.")
_AND_MORE = Sentence("list.first-and-more", "%(first)s and %(number)s more")

_NO_OTHERS: Mapping[str, Collection[str]] = {}


@dataclass(frozen=True, slots=True)
class CloudHosts:
    """All hosts as last observed: their domains, and which were up.

    Those of a cell that does not answer are ``silent``, and up or not as they were before. ``down``
    has those that are not, with when each was lost, empty where that is not known, and ``back``
    those that were down, with when they were seen to be up again. ``selectors`` marks the hosts of
    each value that policies may ask for.
    """

    topology: Topology
    up: frozenset[str]
    silent: frozenset[str] = frozenset()
    selectors: Selectors = field(default_factory=dict)
    down: Mapping[str, str] = field(default_factory=dict)
    back: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, levels: Sequence[str], zone_level: str | None, hosts: Iterable[ObservedHost]
    ) -> "CloudHosts":
        """Take the hosts that were observed with as many levels as there are now."""
        known = [each for each in hosts if len(each.above) == len(levels) - 1]
        topology = Topology.build(levels, {each.name: each.above for each in known}, zone_level)
        return cls(
            topology,
            frozenset(each.name for each in known if each.up),
            frozenset(each.name for each in known if each.silent),
            marked(topology, selected(known)),
            {each.name: each.down_since for each in known if not each.up},
            {each.name: each.back_at for each in known if each.up and each.back_at},
        )


def selected(hosts: Iterable[ObservedHost]) -> dict[str, dict[str, tuple[str, ...]]]:
    """The values of observed hosts, by key and host."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for host in hosts:
        for key, values in host.selectors.items():
            found.setdefault(key, {})[host.name] = values
    return found


@dataclass(frozen=True, slots=True)
class MemberState:
    """One member: its server as Nova has it, None where there is none, and the server's host.

    ``running`` is whether it counts as left: a server that runs, on a host that is up. With
    ``unknown`` all of this is what was last seen, since its cell does not answer. ``addresses``
    are what it has, each with the name of its network, as Nova lists them.
    """

    member: MemberRecord
    server_id: str | None
    status: str | None
    host: str | None
    running: bool
    unknown: bool = False
    addresses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MembersNow:
    """All members of an ensemble now, and in ``left`` those that run."""

    topology: Topology
    members: tuple[MemberState, ...]
    left: Assignment

    @classmethod
    def of(cls, record: EnsembleRecord, hosts: CloudHosts) -> "MembersNow":
        """By what was last observed of its servers and of the hosts."""
        members = tuple(_state(each, hosts) for each in record.members)
        left = _assignment(each for each in members if each.running)
        return cls(hosts.topology, members, left)

    def running(self, tier: str) -> int:
        """How many members of a tier run."""
        return sum(member.tier == tier for member in self.left)


@dataclass(frozen=True, slots=True)
class Standing:
    """All members now; ``left`` are those that run, ``violations`` what the servers' places break.

    Policies about places count every server that has a host; `survive` counts those that run.
    ``reasons`` are what makes an ensemble degraded, the lost members first.
    """

    members: tuple[MemberState, ...]
    left: Assignment
    violations: tuple[Violation, ...]
    reasons: tuple[Message, ...]


def standing(
    record: EnsembleRecord,
    hosts: CloudHosts,
    others: Mapping[str, Collection[str]] = _NO_OTHERS,
) -> Standing:
    """Judge an ensemble whose build has ended; what a change is adding counts as planned.

    ``others`` has the hosts that exclusive policies look at, by whose servers are there.
    """
    now = MembersNow.of(record, hosts)
    coming = _coming(record, hosts)
    left = {**now.left, **coming}
    members = tuple(
        each
        for each in now.members
        if not each.member.leaving and Member(each.member.tier, each.member.index) not in coming
    )
    placed = {**_assignment(members), **coming}
    violations = tuple(_violations(record, hosts, placed, left, others))
    reasons = (*_lost(members, hosts), *_broken(record.ensemble, violations, left))
    return Standing(members, left, violations, reasons)


def _coming(record: EnsembleRecord, hosts: CloudHosts) -> dict[Member, str]:
    """The members that a change is adding, on the hosts where their capacity is held."""
    if not record.status.built:
        return {}
    return {
        Member(each.tier, each.index): each.host
        for each in record.described_members
        if each.status in (MemberStatus.RESERVED, MemberStatus.BUILDING) and each.host in hosts.up
    }


def _state(member: MemberRecord, hosts: CloudHosts) -> MemberState:
    if member.status is not MemberStatus.ACTIVE or member.server_status == GONE:
        return MemberState(member, member.server_id, None, None, running=False)
    status = member.server_status or "ACTIVE"  # as the build has seen it
    host = member.location if member.location in hosts.topology else None
    return MemberState(
        member,
        member.server_id,
        status,
        host,
        running=status in RUNNING and host in hosts.up,
        unknown=host in hosts.silent,
        addresses=member.addresses,
    )


def _assignment(members: Iterable[MemberState]) -> dict[Member, str]:
    return {
        Member(each.member.tier, each.member.index): each.host
        for each in members
        if each.host and not each.member.leaving
    }


def _violations(
    record: EnsembleRecord,
    hosts: CloudHosts,
    placed: Assignment,
    left: Assignment,
    others: Mapping[str, Collection[str]],
) -> Iterator[Violation]:
    """Each policy that is missed, in the policies' order."""
    every = record.ensemble.policies
    # Of a level that the cloud does not have any more, nothing can be said.
    known = [number for number, each in enumerate(every) if each.level in hosts.topology.levels]
    ensemble = replace(record.ensemble, policies=tuple(every[number] for number in known))
    missed = _missed(ensemble, _snapshot(hosts, others), placed)
    planned = _missed(ensemble, _snapshot(hosts, {}), _planned(record, hosts))
    told = {each["policy"] for each in record.plan["violations"]}
    for number, policy in enumerate(ensemble.policies):
        # Where members could be at all, a plan knows better: the traits and aggregates of hosts.
        if isinstance(policy, Spread) and known[number] not in told and number in missed:
            before = planned[number].amount if number in planned else 0
            if missed[number].amount <= before:
                del missed[number]
    for promise in promises(ensemble, left, hosts.topology):
        # The checker takes every member to be somewhere; here some may be lost already.
        policy = ensemble.policies[promise.policy]
        amount = sum(max(0, each.needed - each.left) for each in promise.tiers)
        message = policy.describe_shortfall(amount)
        missed.pop(promise.policy, None)
        if amount:
            missed[promise.policy] = Violation(
                promise.policy, promise.level, (), policy.tiers, amount, message
            )
    for number in sorted(missed):
        yield replace(missed[number], policy=known[number])


def _missed(ensemble: Ensemble, snapshot: Snapshot, placed: Assignment) -> dict[int, Violation]:
    return {
        each.policy: each
        for hard in (True, False)
        for each in check.shortfalls(ensemble, snapshot, placed, hard=hard)
        if each.policy is not None
    }


def _planned(record: EnsembleRecord, hosts: CloudHosts) -> dict[Member, str]:
    known = frozenset(hosts.topology.hosts)
    return {
        Member(each.tier, each.index): each.host
        for each in record.described_members
        if each.host in known
    }


def _snapshot(hosts: CloudHosts, others: Mapping[str, Collection[str]]) -> Snapshot:
    """What the checker needs to know of the hosts, which is not their capacity."""
    size = len(hosts.topology)
    nothing = np.zeros((size, 0), dtype=np.int64)
    return Snapshot(
        hosts.topology,
        (),
        nothing,
        nothing,
        (frozenset(),) * size,
        np.array([name in hosts.up for name in hosts.topology.hosts], dtype=np.bool_),
        others={
            whose: np.array([name in there for name in hosts.topology.hosts], dtype=np.bool_)
            for whose, there in others.items()
        },
        selectors=hosts.selectors,
    )


def _lost(members: Sequence[MemberState], hosts: CloudHosts) -> Iterator[Message]:
    gone = [each for each in members if each.status is None]
    failed = [each for each in members if each.status == "ERROR"]
    cut_off = [
        each
        for each in members
        if each not in failed
        and each.status is not None
        and (each.host not in hosts.up if each.host else each.status in RUNNING)
    ]
    for sentence, lost in ((_GONE, gone), (_CUT_OFF, cut_off), (_FAILED, failed)):
        if lost:
            names = [each.member.name for each in lost]
            yield sentence(members=_names(names), count=len(names))


def _names(names: Sequence[str]) -> Argument:
    """Name some of them, and count the others."""
    if len(names) <= NAMED + 1:
        return listed(names)
    return _AND_MORE(first=", ".join(names[:NAMED]), number=len(names) - NAMED)


def _broken(
    ensemble: Ensemble, violations: Iterable[Violation], left: Assignment
) -> Iterator[Message]:
    told: set[str] = set()
    for each in violations:
        policy = ensemble.policies[each.policy or 0]
        if not policy.hard:
            continue
        yield _POLICY(policy=policy.sentence(), missed=policy.missed(each.amount))
        if isinstance(policy, Survive):
            told |= set(policy.tiers)
    running = [member.tier for member in left]
    for tier, needed in minima(ensemble).items():
        count = running.count(tier)
        if count < needed and tier not in told:
            number = ensemble.tier(tier).count
            short = _SHORT(tier=tier, left=count, number=number, count=needed)
            yield short if count else _NONE(tier=tier)
