# SPDX-License-Identifier: Apache-2.0
"""A draft of a plan: tier after tier is placed as well as it can be, beside those placed before."""

from collections.abc import Iterator

import numpy as np

from ensemble_api.planning.domain_allocation import allocate, fair_shares
from ensemble_api.planning.laminar import (
    Caps,
    Limits,
    at_depth,
    climb,
    fill,
    least_losses,
    level_off,
    reach,
    stable_order,
    within,
)
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.problem import Problem, fitting, together
from ensemble_api.planning.snapshot import Packing
from ensemble_api.planning.topology import BoolArray, IntArray

# Allocation looks at each domain in turn; above this the tiers take them as they come.
_MOST_ALLOCATED = 1000


def joining(problem: Problem) -> list[Policy]:
    """Give the policies that join tiers, those of the smallest level first."""
    found = [policy for policy in problem.policies(problem.hard) if policy.joins]
    return sorted(found, key=lambda policy: problem.depth(policy.level))


def able_domains(problem: Problem, caps: IntArray, policy: Policy) -> IntArray:
    """Rate each domain of the level: 0 when it cannot hold the tiers, more the more room it has."""
    depth = problem.depth(policy.level)
    rows = problem.rows(policy.tiers)
    rooms = [
        at_depth(problem.topology, caps[row], problem.bounds(row), depth) // problem.counts[row]
        for row in rows
    ]
    able: IntArray = np.min(rooms, axis=0)
    needed = problem.counts[rows] @ problem.requests[rows]
    for column in range(problem.requests.shape[1]):
        able = np.where(
            problem.held(problem.free[:, column], policy.level) >= needed[column], able, 0
        )
    return able


class Draft:
    """One attempt: what is still free, and what is placed so far."""

    def __init__(
        self,
        problem: Problem,
        caps: IntArray,
        shares: IntArray | None = None,
        *,
        tight: bool = False,
    ) -> None:
        self.problem = problem
        self.tight = tight
        self.spreads = problem.snapshot.packing is Packing.SPREAD
        self.shares = shares
        self.short: set[int] = set()
        self.caps = caps.copy()
        self.free = problem.free.copy(order="K")
        self.touched: set[int] = set()  # the hosts of which something was taken
        self._ranks: IntArray | None = None
        self.counts = np.zeros_like(problem.room)
        self.reserved = np.zeros_like(problem.room)
        self.placed: set[int] = set()
        self.hard: tuple[Policy, ...] = problem.policies(problem.hard)

    def place(self, order: tuple[int, ...], choice: int | None) -> IntArray | None:
        """Place every tier in that order; `choice` is which of the good domains affinities take.

        Without a choice the domains are shared out already, and only hosts are looked for.
        """
        if choice is not None:
            if not self._choose(choice):
                return None
            self._allocate()
        for row in order:
            self._reserve(row)
        for row in order:
            if not self._put(row):
                return None
        return self.counts

    def _choose(self, choice: int) -> bool:
        """Give each affinity one domain, from the largest level down."""
        for policy in reversed(joining(self.problem)):
            able = able_domains(self.problem, self.caps, policy)
            rows = self.problem.rows(policy.tiers)
            if self.problem.existing is not None:
                running = self._weights(rows).sum(axis=0)
                able = np.where(able > 0, able + self.problem.held(running, policy.level) * 1000, 0)
            good = np.argsort(-able, kind="stable")[: int((able > 0).sum())]
            if not len(good):
                return False
            taken = good[min(choice, len(good) - 1)]
            self.caps[rows] *= self.problem.topology.index(policy.level) == taken
        return True

    def _allocate(self) -> None:
        """Share the domains among tiers that must not meet, the tier that is shortest first."""
        for policy in self.hard:
            if not policy.separates:
                continue
            if self.problem.topology.size(policy.level) > _MOST_ALLOCATED:
                continue
            rows = self.problem.rows(policy.tiers)
            room = np.stack([self.problem.held(self.caps[row], policy.level) for row in rows])
            room = np.minimum(room, fair_shares(room, self.problem.counts[rows])[:, None])
            owner = np.full(room.shape[1], -1)
            if self.problem.existing is not None:
                running = np.stack(
                    [self.problem.held(own, policy.level) for own in self._weights(rows)]
                )
                owner = np.where((running > 0).any(axis=0), running.argmax(axis=0), owner)
            for part, counts in self._parts(policy.level, rows, room):
                allocate(room, counts, part, owner)
            own = owner[self.problem.topology.index(policy.level)]
            for position, row in enumerate(rows):
                self.caps[row] *= own == position

    def _weights(self, rows: list[int]) -> IntArray:
        """Rate hosts by the members there (shape [rows, H]); those that have to stay come first."""
        assert self.problem.existing is not None
        return self.problem.existing[rows] + 1000 * self.problem.pinned[rows]

    def _parts(
        self, level: str, rows: list[int], room: IntArray
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Give the domains of each largest domain, with how many of each tier are to be there."""
        topology = self.problem.topology
        largest = topology.levels[-1]
        if level == largest:
            yield np.arange(room.shape[1]), self.problem.counts[rows]
            return
        above = np.zeros(room.shape[1], dtype=np.int64)
        above[topology.index(level)] = topology.index(largest)
        size = topology.size(largest)
        quotas = [
            level_off(
                np.bincount(above, weights=own, minlength=size).astype(np.int64),
                int(self.problem.counts[row]),
                np.arange(size),
            )
            for row, own in zip(rows, room, strict=True)
        ]
        for number in range(size):
            yield np.flatnonzero(above == number), np.array([quota[number] for quota in quotas])

    def _allowed(self, row: int) -> IntArray:
        """Give what fits each host beside everything placed so far (shape [H])."""
        room = self.caps[row].copy()
        if self.touched:
            # Nothing else was taken since the caps were worked out.
            hosts = np.array(sorted(self.touched))
            request, count = self.problem.requests[row], int(self.problem.counts[row])
            room[hosts] = np.minimum(fitting(self.free[hosts], request, count), room[hosts])
        for policy in self.hard:
            index = self.problem.topology.index(policy.level)
            rows = self.problem.rows(policy.tiers)
            if policy.separates and row in rows:
                for other in self.placed.intersection(rows) - {row}:
                    room[self._holds(other, policy.level)[index]] = 0
            elif policy.required_tier is not None and row in rows:
                required_row = self.problem.rows([policy.required_tier])[0]
                if required_row in self.placed:
                    room[~self._holds(required_row, policy.level)[index]] = 0
        return room

    def _holds(self, row: int, level: str) -> BoolArray:
        return self.problem.domains_with(self.counts[row] > 0, level)

    def _rank(self) -> IntArray:
        """Rate the hosts by the packing, the one to take first lowest (shape [H])."""
        problem = self.problem
        if self.tight or not self.spreads:
            return 1000 - problem.rank if self.spreads else problem.rank
        if not len(problem.largest):
            return problem.rank
        # Where the packing's steps leave the choice, tiers do not follow each other to one host.
        if self._ranks is None:
            self._ranks = self._rated_hosts(slice(None))
        else:
            hosts = np.array(sorted(self.touched), dtype=np.int64)
            self._ranks[hosts] = self._rated_hosts(hosts)
        return self._ranks

    def _children(self, depth: int, number: int) -> IntArray:
        """Give the domains at a depth that are in one domain one level up; all at the top."""
        topology, above = self.problem.topology, self.problem.topology.levels[depth + 1 :]
        if not above:
            return np.arange(topology.size(topology.levels[-1]))
        return topology.children(above[0])[number]

    def _rated_hosts(self, hosts: IntArray | slice) -> IntArray:
        problem = self.problem
        share = np.clip((self.free[hosts] / np.maximum(problem.largest, 1)).mean(axis=1), 0.0, 1.0)
        rank: IntArray = problem.cost[hosts] * 1001 + np.rint(1000 * (1 - share)).astype(np.int64)
        return rank

    def _take(self, row: int, counts: IntArray, sign: int) -> None:
        """Take what so many members of a tier on each host use, or give it back with -1."""
        hosts = np.flatnonzero(counts)
        self.free[hosts] -= sign * counts[hosts][:, None] * self.problem.requests[row]
        self.touched.update(hosts.tolist())

    def _reserve(self, row: int) -> None:
        """Keep room for the members of a tier that run already, before any other tier takes it."""
        if self.problem.existing is not None:
            running = np.minimum(self.problem.existing[row], self.caps[row])
            self.reserved[row] = self._staying(row, running)
            self._take(row, self.reserved[row], 1)

    def _staying(self, row: int, running: IntArray) -> IntArray:
        """Choose as many of the running members as may stay where they are, the pinned first."""
        if not running.any():
            return running
        topology = self.problem.topology
        limits = self.problem.bounds(row)
        if self.shares is not None:
            limits[1] = self.shares[row]
        pinned = np.minimum(running, self.problem.pinned[row])
        if pinned.any():
            held, running = pinned, running - pinned
            for depth in range(len(limits)):
                limits[depth] = np.maximum(limits[depth] - held, 0)
                held = held if depth + 1 == len(limits) else climb(topology, held, depth)
        order = stable_order(self._rank())
        found = fill(topology, running, limits, reach(topology, running, limits), order)
        return pinned if found is None else pinned + found

    def _put(self, row: int) -> bool:
        problem, topology = self.problem, self.problem.topology
        count = int(problem.counts[row])
        # What was reserved for its own members is free for them now.
        if self.problem.existing is not None:
            self._take(row, self.reserved[row], -1)
        room = self._allowed(row)
        order = stable_order(self._preference(row))
        held = None
        if self.problem.existing is not None:
            held = [self._staying(row, np.minimum(self.reserved[row], room))]
            for depth in range(len(topology.levels) - 1):
                held.append(climb(topology, held[-1], depth))
        limits = self._least_limits(row, Caps(topology, room), held)
        if self.shares is None:
            for depth in self._even_depths(row, limits):
                self._even_out(depth, room, limits, held, count, order)
        counts = self._filled(room, limits, held, count, order)
        if counts is None:
            return False
        self.counts[row] = counts
        self._take(row, self.counts[row], 1)
        self.placed.add(row)
        return True

    def _filled(
        self,
        room: IntArray,
        limits: list[IntArray],
        held: list[IntArray] | None,
        count: int,
        order: IntArray,
    ) -> IntArray | None:
        """Place `count` members, those included that are held; None when they do not fit."""
        topology = self.problem.topology
        if held is None:
            return fill(topology, room, limits, count, order)
        rest = [limit - stays for limit, stays in zip(limits, held, strict=True)]
        added = fill(topology, room - held[0], rest, count - int(held[0].sum()), order)
        return None if added is None else held[0] + added

    def _least_limits(self, row: int, room: Caps, held: list[IntArray] | None) -> list[IntArray]:
        """Give limits per level and domain that make the worst loss least, beside what is held.

        That of the hosts may be one number for all.
        """
        topology, count = self.problem.topology, int(self.problem.counts[row])
        targets = self._targets(row)
        if self.shares is None:
            losses = least_losses(topology, room, targets, count, together(self.problem, row), held)
            losses = self.problem.bounds(row) if losses is None else losses
            return self._beside(losses, held)
        share = self.shares[row]
        limits: list[IntArray] = [np.array(target) for target in targets]
        able = at_depth(topology, room, limits, 1)
        self.short.update(np.flatnonzero(able < share).tolist())
        limits[1] = share
        low, high = 1, int(limits[0].max(initial=0))
        while low < high:
            middle = (low + high) // 2
            if reach(topology, room, [np.minimum(limits[0], middle), *limits[1:]]) >= count:
                high = middle
            else:
                low = middle + 1
        limits[0] = np.minimum(limits[0], high)
        return self._beside(limits, held)

    def _beside(self, limits: Limits, held: list[IntArray] | None) -> list[IntArray]:
        """Give limits per domain, no less than what is held there."""
        if held is not None:
            return [np.maximum(limit, stays) for limit, stays in zip(limits, held, strict=True)]
        sizes = map(self.problem.topology.size, self.problem.topology.levels[1:])
        pairs = zip(sizes, limits[1:], strict=True)
        above = [np.zeros(size, dtype=np.int64) + limit for size, limit in pairs]
        return [np.array(limits[0]), *above]

    def _preference(self, row: int) -> IntArray:
        """Rate the hosts, the one to take first lowest: full ones, and where others must follow."""
        cost = self._rank()
        for policy in self.hard:
            if policy.required_tier is not None and row in self.problem.rows(
                [policy.required_tier]
            ):
                cost = cost.copy()
                for other in self.problem.rows(policy.tiers):
                    # Domains come first that can hold an even share of those that must follow.
                    able = self.problem.held(self.caps[other], policy.level)
                    domains = min(int((able > 0).sum()), int(self.problem.counts[row]))
                    share = -(-int(self.problem.counts[other]) // max(1, domains)) + 1
                    lacking = 100_000 * np.maximum(share - able, 0) // share
                    cost += lacking[self.problem.topology.index(policy.level)]
        return cost

    def _targets(self, row: int) -> list[int | IntArray]:
        """Give the limits per level to aim at: the hard ones, and an even share of what may go."""
        targets = self.problem.bounds(row)
        for policy in self.hard:
            target = policy.target(int(self.problem.counts[row]))
            if target is not None and row in self.problem.rows(policy.tiers):
                depth = self.problem.depth(policy.level)
                targets[depth] = within(targets[depth], target)
        return targets

    def _even_depths(self, row: int, limits: list[IntArray]) -> list[int]:
        """Give the depths at which the tier is to be spread evenly, the largest level first.

        A good plan is even everywhere; any plan, only where a policy asks for it.
        """
        depths = range(len(limits))
        if not self.tight:
            joined = together(self.problem, row)
            below = len(limits) if joined is None else joined
            return [d for d in reversed(depths) if d < below and limits[d].max(initial=0) > 1]
        named = {
            policy.level
            for policy in self.hard
            if (policy.evens(enforced=True) and row in self.problem.rows(policy.tiers))
            or (
                policy.required_tier is not None
                and row in self.problem.rows([policy.required_tier])
            )
        }
        named |= {
            policy.level
            for policy in self.problem.policies(self.problem.soft)
            if policy.evens(enforced=False) and row in self.problem.rows(policy.tiers)
        }
        return [d for d in reversed(depths) if self.problem.topology.levels[d] in named]

    def _even_out(
        self,
        depth: int,
        room: IntArray,
        limits: list[IntArray],
        held: list[IntArray] | None,
        count: int,
        order: IntArray,
    ) -> None:
        """Lower the limits of a level's domains to an even share of what their parents get."""
        topology = self.problem.topology
        level = topology.levels[depth]
        able = at_depth(topology, room, limits, depth)
        if depth + 1 == len(topology.levels):
            shares = np.array([count])
        else:
            shares = limits[depth + 1]
            if shares.ndim == 0 or int(shares.sum()) != count:  # not evened out itself
                placed = self._filled(room, limits, held, count, order)
                if placed is None:
                    return
                shares = self.problem.held(placed, topology.levels[depth + 1])
        best = np.full(len(able), len(room), dtype=np.int64)
        first = np.flatnonzero(room[order] > 0)[::-1]
        best[topology.index(level)[order[first]]] = first  # of several the one that comes first
        even = np.array(np.broadcast_to(limits[depth], able.shape))
        for number in np.flatnonzero(shares).tolist():
            children = self._children(depth, number)
            stays = None if held is None else held[depth][children]
            even[children] = level_off(able[children], int(shares[number]), best[children], stays)
        limits[depth] = even
