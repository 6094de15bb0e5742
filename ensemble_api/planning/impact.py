# SPDX-License-Identifier: Apache-2.0
"""What the failure of each host in use would break of an ensemble, as its members stand now.

A healthy ensemble keeps its `survive` policies through the failure they allow, so that failure
alone breaks nothing; but it may use a promise up, which then no longer holds until the members are
back. Both are told apart, and so is a tier that ends though nothing was asked of it. All hosts are
worked out together: the time grows with the members of an ensemble, not with hosts times ensembles.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ensemble_api.planning.message import Message, Sentence, listed
from ensemble_api.planning.policies import Survive
from ensemble_api.planning.survivability import State, state_of
from ensemble_api.planning.topology import Topology
from ensemble_api.planning.wording import loss_of_more, members_of

_ENDED_NOW = Sentence(
    "break.ended-now", "%(tiers)s has no member left.", "%(tiers)s have no members left."
)
_ENDED = Sentence(
    "break.ended", "%(tiers)s would have no member left.", "%(tiers)s would have no members left."
)
_UNASKED_NOW = Sentence(
    "break.unasked-now",
    "%(tiers)s has no member left; no survive policy asks for any.",
    "%(tiers)s have no members left; no survive policy asks for any.",
)
_UNASKED = Sentence(
    "break.unasked",
    "%(tiers)s would have no member left; no survive policy asks for any.",
    "%(tiers)s would have no members left; no survive policy asks for any.",
)
_BROKEN_NOW = Sentence("break.broken-now", "%(policy)s Only %(left)s is left.")
_BROKEN = Sentence("break.broken", "%(policy)s Only %(left)s would be left.")
_EXPOSED = Sentence(
    "break.exposed", "%(policy)s That is used up: %(loss_of_more)s would leave %(left)s."
)

Held = Mapping[str, Mapping[str, int]]


_EFFECTS = {
    "ended": Sentence("effect.ended", "ends a tier"),
    "broken": Sentence("effect.broken", "breaks a promise"),
    "exposed": Sentence("effect.exposed", "uses a promise up"),
    "unprotected": Sentence("effect.unprotected", "nothing was asked"),
}


class Effect(StrEnum):
    """What becomes of a promise, or of tiers, when a host fails, the worst first."""

    ENDED = "ended"  # tiers have no member left, and a policy asks for some
    BROKEN = "broken"  # fewer members are left than the policy promises
    EXPOSED = "exposed"  # enough are left, but the failures that the policy allows would break it
    UNPROTECTED = "unprotected"  # tiers have no member left, and no policy asks for any

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return _RANKS[self]

    @property
    def label(self) -> Message:
        """Say it in two or three words."""
        return _EFFECTS[self.value]()


_RANKS = {effect: rank for rank, effect in enumerate(Effect)}


@dataclass(frozen=True, slots=True)
class RunningEnsemble:
    """An ensemble as it stands.

    `counts` are members of each tier as described, `policies` its `survive` policies by number, and
    `held` the members that run, by host and tier; a host that the cloud does not have holds none.
    """

    counts: Mapping[str, int]
    policies: Mapping[int, Survive]
    held: Held

    @property
    def declared(self) -> Mapping[str, int]:
        """The most members that any policy asks for of a tier; a tier without policy is not in."""
        found: dict[str, int] = {}
        for policy in self.policies.values():
            for tier in policy.tiers:
                found[tier] = max(found.get(tier, 0), policy.needed(self.counts.get(tier, 0)))
        return found


@dataclass(frozen=True, slots=True)
class Loss:
    """One tier: members left at once, left after the policy's failures as well, and needed."""

    tier: str
    left: int
    worst: int
    needed: int


@dataclass(frozen=True, slots=True)
class Break:
    """One promise that a host's failure breaks, or without a policy all tiers that would end."""

    effect: Effect
    losses: tuple[Loss, ...]
    number: int | None = None
    policy: Survive | None = None
    now: bool = False  # it is broken already, and not only when something fails

    @property
    def order(self) -> tuple[int, bool, int]:
        """The worst first: by effect, hard before soft."""
        soft = self.policy is not None and not self.policy.hard
        return self.effect.rank, soft, -1 if self.number is None else self.number

    @property
    def message(self) -> Message:
        """Say it in a few plain words."""
        if self.policy is None:
            tiers = [loss.tier for loss in self.losses]
            if self.effect is Effect.UNPROTECTED:
                ended = _UNASKED_NOW if self.now else _UNASKED
            else:
                ended = _ENDED_NOW if self.now else _ENDED
            return ended(tiers=listed(tiers), count=len(tiers))
        promise = self.policy.sentence()
        if self.effect is Effect.BROKEN:
            broken = _BROKEN_NOW if self.now else _BROKEN
            left = listed([members_of(loss.left, loss.tier) for loss in self.losses])
            return broken(policy=promise, left=left)
        return _EXPOSED(
            policy=promise,
            loss_of_more=loss_of_more(self.policy.failures, self.policy.level),
            left=listed([members_of(loss.worst, loss.tier) for loss in self.losses]),
        )


def impact(
    ensemble: RunningEnsemble, topology: Topology, down: Collection[str] = ()
) -> dict[str, tuple[Break, ...]]:
    """Tell for every host with members what its failure breaks, the worst first.

    Members on the hosts that are `down` are lost already when another host fails; for such a host
    itself, it is told what would hold if it were up. What did not hold before is not broken by a
    host. Policies at a level that the cloud does not have are left out.
    """
    held = _held(ensemble, topology)
    up = _held(ensemble, topology, down)
    found = _breaks(ensemble, topology, up, up)
    for host in held.keys() - up.keys():
        found |= _breaks(ensemble, topology, {**up, host: held[host]}, (host,))
    return found


def states(
    ensemble: RunningEnsemble, topology: Topology, down: Collection[str] = ()
) -> dict[str, State]:
    """Say for every host with members in one word what its failure leaves of the ensemble.

    Members on the hosts that are `down` are lost already, as in `impact`.
    """
    running = _counted(_held(ensemble, topology, down))
    needed = {**dict.fromkeys(ensemble.counts, 1), **ensemble.declared}
    found = {}
    for host, tiers in _held(ensemble, topology).items():
        lost = {} if host in down else tiers
        found[host] = state_of({tier: running[tier] - lost.get(tier, 0) for tier in needed}, needed)
    return found


def broken(
    ensemble: RunningEnsemble, topology: Topology, down: Collection[str] = ()
) -> tuple[Break, ...]:
    """Tell which promises do not hold now, the worst first.

    The members on hosts that are `down`, or that the cloud does not have, are lost. A tier that has
    lost none is left out: what its plan could not promise is no news.
    """
    up = _held(ensemble, topology, down)
    running = _counted(up)
    lost = {tier for tier, count in ensemble.counts.items() if running[tier] < count}
    empty = [tier for tier in ensemble.counts if tier in lost and not running[tier]]
    found = list(_ended(empty, ensemble.declared, now=True))
    for number, policy in ensemble.policies.items():
        if policy.level not in topology.levels:
            continue
        losses = []
        domains = _numbers(up, topology, policy.level)
        for tier in policy.tiers:
            inside: Counter[int] = Counter()
            for host, tiers in up.items():
                inside[domains[host]] += tiers.get(tier, 0)
            worst = running[tier] - sum(sorted(inside.values())[::-1][: policy.failures])
            needed = policy.needed(ensemble.counts[tier])
            if tier in lost and running[tier] and worst < needed:
                losses.append(Loss(tier, running[tier], worst, needed))
        short = [loss for loss in losses if loss.left < loss.needed]
        if losses:
            effect = Effect.BROKEN if short else Effect.EXPOSED
            found.append(Break(effect, tuple(short or losses), number, policy, now=True))
    return tuple(sorted(found, key=lambda each: each.order))


def _held(ensemble: RunningEnsemble, topology: Topology, down: Collection[str] = ()) -> Held:
    """Give what the hosts that the cloud has hold, without those that are down."""
    return {
        host: tiers
        for host, tiers in ensemble.held.items()
        if host in topology and host not in down
    }


def _numbers(held: Held, topology: Topology, level: str) -> dict[str, int]:
    """Give the number of the domain that each host is in."""
    domain = topology.index(level)
    return {host: int(domain[topology.host_number(host)]) for host in held}


def _counted(held: Held) -> Counter[str]:
    """Count the members of each tier over all hosts."""
    found: Counter[str] = Counter()
    for tiers in held.values():
        found.update(tiers)
    return found


def _breaks(
    ensemble: RunningEnsemble, topology: Topology, held: Held, hosts: Collection[str]
) -> dict[str, tuple[Break, ...]]:
    """Tell for each of `hosts` what breaks when it fails while the members of `held` run."""
    placed = _counted(held)
    declared = ensemble.declared
    found: dict[str, list[Break]] = {}
    for host in hosts:
        empty = [tier for tier, lost in held[host].items() if lost and lost == placed[tier]]
        found[host] = list(_ended(empty, declared))
    ended = {host: {loss.tier for each in found[host] for loss in each.losses} for host in hosts}
    for number, policy in ensemble.policies.items():
        if policy.level not in topology.levels:
            continue
        losses: dict[str, list[Loss]] = {}
        domains = _numbers(held, topology, policy.level)
        for tier in policy.tiers:
            needed = policy.needed(ensemble.counts[tier])
            _lose(tier, needed, policy.failures, domains, held, hosts, losses)
        for host, all_lost in losses.items():
            # That a tier ends is told once, whatever was promised of it.
            lost = [loss for loss in all_lost if loss.tier not in ended[host]]
            if not lost:
                continue
            broken = any(loss.left < loss.needed for loss in lost)
            effect = Effect.BROKEN if broken else Effect.EXPOSED
            shown = [loss for loss in lost if not broken or loss.left < loss.needed]
            found[host].append(Break(effect, tuple(shown), number, policy))
    return {
        host: tuple(sorted(breaks, key=lambda each: each.order)) for host, breaks in found.items()
    }


def _ended(
    empty: Sequence[str], declared: Mapping[str, int], *, now: bool = False
) -> Iterator[Break]:
    """Tell which tiers end against a promise, and which end though nothing was asked of them.

    That a tier ends of which a policy says that none is needed is no news.
    """
    asked = [Loss(tier, 0, 0, declared[tier]) for tier in empty if declared.get(tier)]
    if asked:
        yield Break(Effect.ENDED, tuple(asked), now=now)
    unasked = [Loss(tier, 0, 0, 0) for tier in empty if tier not in declared]
    if unasked:
        yield Break(Effect.UNPROTECTED, tuple(unasked), now=now)


def _lose(
    tier: str,
    needed: int,
    failures: int,
    domains: Mapping[str, int],
    held: Held,
    hosts: Collection[str],
    losses: dict[str, list[Loss]],
) -> None:
    """Add to `losses` the hosts whose failure costs the tier what the policy promises of it.

    The policy's failures take the fullest domains, whose numbers are in `domains` by host.
    Losing some members of one domain leaves their order but for this one, so the new sum follows
    from the old one without sorting again.
    """
    inside: Counter[int] = Counter()
    for host, tiers in held.items():
        inside[domains[host]] += tiers.get(tier, 0)
    fullest = sorted(inside, key=lambda each: (-inside[each], each))
    taken = fullest[:failures]
    following = inside[fullest[failures]] if len(fullest) > failures else 0
    heaviest = sum(inside[each] for each in taken)
    among = set(taken)
    placed = sum(inside.values())
    if placed < needed:
        return  # broken already, whoever fails next
    for host in hosts:
        lost = held[host].get(tier, 0)
        if not lost:
            continue
        here, left, heavy = inside[domains[host]], placed - lost, heaviest
        if domains[host] in among:
            heavy += max(here - lost, following) - here
        worst = left - heavy
        if left < needed or (placed - heaviest >= needed > worst):
            losses.setdefault(host, []).append(Loss(tier, left, worst, needed))
