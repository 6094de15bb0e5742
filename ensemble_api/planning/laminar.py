# SPDX-License-Identifier: Apache-2.0
"""One tier alone in the tree of domains: how many members fit, and the cheapest way to place them.

With a limit for each domain of each level the limits nest, so taking the cheapest places first and
cutting off, domain by domain from the bottom up, is exact: both for how many and for how cheap.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ensemble_api.planning.topology import IntArray, Topology

Limits = Sequence[int | IntArray]

# How many hosts are looked at first to place members: nearly always enough of a large cloud.
_FIRST_HOSTS = 200
_HOSTS_EACH = 4


def climb(topology: Topology, held: IntArray, depth: int) -> IntArray:
    """Add up values of the domains at a depth (0 is the host level) one level further up."""
    smaller, larger = topology.levels[depth], topology.levels[depth + 1]
    return np.bincount(
        topology.parent(smaller), weights=held, minlength=topology.size(larger)
    ).astype(np.int64)


class Caps:
    """How many members of one tier each host takes (shape [H]), and what that adds up to.

    Most questions are about the same sums over many hosts, which are kept. Nobody changes `hosts`.
    """

    __slots__ = ("_most", "_sums", "_topology", "hosts")

    def __init__(self, topology: Topology, hosts: IntArray) -> None:
        self._topology = topology
        self.hosts = hosts
        self._most = int(hosts.max(initial=0))
        self._sums: dict[int, IntArray] = {}

    def climbed(self, limit: int | IntArray) -> IntArray:
        """Add them up one level, under a limit of every host; nobody changes what is given."""
        if not isinstance(limit, int) and np.ndim(limit):
            return climb(self._topology, np.minimum(self.hosts, limit), 0)
        key = min(int(limit), self._most)
        if key not in self._sums:
            self._sums[key] = climb(self._topology, np.minimum(self.hosts, key), 0)
        return self._sums[key]


def at_depth(topology: Topology, caps: IntArray | Caps, limits: Limits, depth: int) -> IntArray:
    """Give how many members each domain at a depth can hold, under the limits up to that depth."""
    if depth and isinstance(caps, Caps):
        held = np.minimum(caps.climbed(limits[0]), limits[1])
        first = 1
    else:
        held = np.minimum(caps.hosts if isinstance(caps, Caps) else caps, limits[0])
        first = 0
    for below in range(first, depth):
        held = np.minimum(climb(topology, held, below), limits[below + 1])
    return held


def reach(
    topology: Topology, caps: IntArray | Caps, limits: Limits, together: int | None = None
) -> int:
    """Count the members that can be placed: caps [H], limits per level (a number or per domain).

    `together` is a depth at which all of them must be in one domain.
    """
    top = len(topology.levels) - 1
    if together is None:
        return int(at_depth(topology, caps, limits, top).sum())
    most = int(at_depth(topology, caps, limits, together).max(initial=0))
    for above in limits[together + 1 :]:
        most = min(most, int(np.max(above, initial=0)))
    return most


def least_losses(
    topology: Topology,
    caps: IntArray | Caps,
    limits: Limits,
    count: int,
    together: int | None = None,
    kept: Sequence[IntArray] | None = None,
    depths: Sequence[int] | None = None,
) -> list[int | IntArray] | None:
    """Give the least worst loss at every depth, each with the larger levels at their least first.

    With `depths` only those are made least, in that order. `kept` are members per domain of each
    level that stay whatever the loss. None: no room at all. The answer is exact for this tier
    alone, so it is a lower bound beside other tiers. Where a limit tells domains apart, so does it.
    """
    wanted: list[int | IntArray] = [*limits]

    def enough(losses: Limits) -> bool:
        held: Limits = losses if kept is None else [*map(np.maximum, losses, kept)]
        return reach(topology, caps, held, together) >= count

    if not enough(wanted):
        return None
    for depth in reversed(range(len(topology.levels))) if depths is None else depths:
        if together is not None and depth >= together:
            wanted[depth] = count
            continue
        spots = int((at_depth(topology, caps, wanted, depth) > 0).sum())
        limit = wanted[depth]
        high = int(np.max(limit, initial=0))
        low = min(high, max(1, -(-count // max(1, spots))))
        guess = low  # the even share is nearly always the answer, so it is tried first
        while low < high:
            if enough([*wanted[:depth], within(limit, guess), *wanted[depth + 1 :]]):
                high = guess
            else:
                low = guess + 1
            guess = (low + high) // 2
        wanted[depth] = within(limit, high)
    return wanted


def within(limit: int | IntArray, most: int) -> int | IntArray:
    """Give a limit that is `most` at most, by domain where it tells them apart."""
    return min(limit, most) if isinstance(limit, int) else np.minimum(limit, most)


def least_pairs(
    topology: Topology,
    caps: IntArray | Caps,
    limits: Limits,
    count: int,
    depth: int,
    together: int | None = None,
) -> int:
    """Give the fewest pairs of `count` members that share a domain at a depth.

    Members that come as the second or later of their domain pair with all that are there already.
    With at most s in a domain so many fit; each member beyond that is above s in its domain, once
    for every s. The limits nest, so that is exact for this tier alone. It must fit.
    """
    if together is not None and together <= depth:
        return count * (count - 1) // 2
    if np.max(limits[depth], initial=0) <= 1:
        return 0
    able = at_depth(topology, caps, limits, depth)
    pairs = 0
    for share in range(1, int(able.max(initial=0)) + 1):
        held = np.minimum(able, share)
        for below in range(depth, len(topology.levels) - 1):
            if below == together:
                break
            held = np.minimum(climb(topology, held, below), limits[below + 1])
        fits = int(held.sum() if together is None else held.max(initial=0))
        if fits >= count:
            break
        pairs += count - fits
    return pairs


def stable_order(values: IntArray) -> IntArray:
    """Sort whole numbers and give their positions, equal ones in the order they come."""
    if len(values) and int(values.min()) >= -(1 << 15) and int(values.max()) < 1 << 15:
        values = values.astype(np.int16)  # sorted by digits, which is ten times faster
    return np.argsort(values, kind="stable")


def _cut(take: IntArray, group: IntArray, limit: npt.ArrayLike) -> IntArray:
    """Cut the places of each group to its limit, the first ones first."""
    if not len(take):
        return take
    order = stable_order(group)
    sorted_group, sorted_take = group[order], take[order]
    before = np.cumsum(sorted_take) - sorted_take
    starts = np.ones(len(take), dtype=np.bool_)
    np.not_equal(sorted_group[1:], sorted_group[:-1], out=starts[1:])
    before -= before[starts][np.cumsum(starts) - 1]
    limits = np.asarray(limit)
    most = limits if limits.ndim == 0 else limits[sorted_group]
    result = np.empty_like(take)
    result[order] = np.clip(most - before, 0, sorted_take)
    return result


def fill(
    topology: Topology, caps: IntArray, limits: Limits, count: int, order: IntArray
) -> IntArray | None:
    """Place `count` members on the hosts that come first in `order`, within caps and limits.

    Gives members per host [H], of the least total cost when `order` is by rising cost; None when
    they do not fit.
    """
    placed = np.zeros(len(caps), dtype=np.int64)
    if count <= 0:
        return placed
    # What the first hosts take does not depend on those after them, so these are looked at last.
    seen = min(len(order), _FIRST_HOSTS + _HOSTS_EACH * count)
    while True:
        hosts = order[:seen]
        most = np.asarray(limits[0])
        first = np.minimum(caps[hosts], most[hosts] if most.ndim else most)
        hosts, take = hosts[first > 0], first[first > 0]
        for depth in range(1, len(topology.levels)):
            group = topology.index(topology.levels[depth])[hosts]
            take = _cut(take, group, limits[depth])
        before = np.cumsum(take) - take
        take = np.clip(count - before, 0, take)
        if int(take.sum()) == count:
            break
        if seen == len(order):
            return None
        seen = min(len(order), 8 * seen)
    placed[hosts] = take
    return placed


def level_off(caps: IntArray, count: int, rank: IntArray, kept: IntArray | None = None) -> IntArray:
    """Share out `count` as evenly as the caps allow; what is left over goes to the lowest rank.

    `kept` are members that stay where they are, however uneven that is; the caps are no less.
    """
    least = np.zeros_like(caps) if kept is None else kept
    low, high = 0, int(caps.max(initial=0))
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(np.maximum(least, middle), caps).sum()) <= count:
            low = middle
        else:
            high = middle - 1
    shares = np.minimum(np.maximum(least, low), caps)
    left = count - int(shares.sum())
    open_ones = np.flatnonzero((caps > low) & (least <= low))
    extra = open_ones[np.argsort(rank[open_ones], kind="stable")][:left]
    shares[extra] += 1
    return shares
