# SPDX-License-Identifier: Apache-2.0
"""The locations of a count model: hosts, classes of equal ones, or domains as one big host each."""

from dataclasses import dataclass

import numpy as np

from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Locations:
    """U locations of one or more hosts.

    caps [T, U] and free [U, R] as in the problem, of all hosts of a location together; `size` [U]
    is how many they are, or 0 where they differ from each other; `first` [U] is the number of the
    first; `at` [H] is the location of each host, or -1. `domains` gives, for each depth above the
    host level, the domain of each location.
    """

    caps: IntArray
    free: IntArray
    size: IntArray
    first: IntArray
    at: IntArray
    domains: tuple[IntArray, ...]

    @classmethod
    def hosts(cls, problem: Problem, *, classes: bool = False) -> "Locations":
        """Take every host that can hold anything as a location, or each class of equal ones.

        Hosts are equal that are in the same domains, give members the same and cost the same, and
        on which nothing runs yet.
        """
        host = np.flatnonzero(problem.caps.any(axis=0))
        at = np.full(len(problem.topology), -1, dtype=np.int64)
        at[host] = np.arange(len(host))
        if classes:
            at[host] = _classes(problem, host)
        number = int(at.max(initial=-1)) + 1
        size = np.bincount(at[host], minlength=number)
        first = np.zeros(number, dtype=np.int64)
        first[at[host][::-1]] = host[::-1]
        return cls(
            caps=problem.caps[:, first] * size,
            free=problem.free[first] * size[:, None],
            size=size,
            first=first,
            at=at,
            domains=tuple(
                problem.topology.index(name)[first] for name in problem.topology.levels[1:]
            ),
        )

    @classmethod
    def racks(cls, problem: Problem, refined: frozenset[int]) -> "Locations":
        """Take each domain above the hosts as one location, and each host of the refined ones.

        All that the hosts of a domain can give is put together, so every plan is a plan here too.
        """
        topology = problem.topology
        level, larger = topology.levels[1], topology.levels[2:]
        index = topology.index(level)
        single = np.zeros(topology.size(level), dtype=np.bool_)
        single[list(refined)] = True
        able = problem.caps.any(axis=0)
        host = np.flatnonzero(able & single[index])
        useful = np.minimum(problem.free, problem.caps.T @ problem.requests)
        rack_free = [problem.held(useful[:, column], level) for column in range(useful.shape[1])]
        free = np.stack(rack_free, axis=1) if rack_free else np.zeros((len(single), 0), np.int64)
        caps = np.stack([problem.held(caps, level) for caps in problem.caps])
        caps = np.minimum(caps, np.minimum(problem.limits[:, 1], problem.counts)[:, None])
        rack = np.flatnonzero(caps.any(axis=0) & ~single)
        some = np.zeros(len(single), dtype=np.int64)
        some[index] = np.arange(len(topology))
        first = np.concatenate([some[rack], host])
        of_rack = np.full(len(single), -1, dtype=np.int64)
        of_rack[rack] = np.arange(len(rack))
        at = of_rack[index]
        at[host] = len(rack) + np.arange(len(host))
        return cls(
            caps=np.concatenate([caps[:, rack], problem.caps[:, host]], axis=1),
            free=np.concatenate([free[rack], problem.free[host]]),
            size=(np.arange(len(first)) >= len(rack)).astype(np.int64),
            first=first,
            at=at,
            domains=(index[first], *(topology.index(name)[first] for name in larger)),
        )

    def gather(self, per_host: IntArray) -> IntArray:
        """Turn counts per host [T, H] into counts per location [T, U]."""
        result = np.zeros_like(self.caps)
        for row, values in enumerate(per_host):
            np.add.at(result[row], self.at[self.at >= 0], values[self.at >= 0])
        return result

    def by_rack(self, counts: IntArray, problem: Problem) -> IntArray:
        """Turn counts per location [T, U] into counts per domain above the hosts [T, D]."""
        result = np.zeros(
            (len(counts), problem.topology.size(problem.topology.levels[1])), np.int64
        )
        for row, values in enumerate(counts):
            np.add.at(result[row], self.domains[0], values)
        return result

    def spread_out(self, counts: IntArray, problem: Problem) -> IntArray | None:
        """Turn counts per location [T, U] into counts per host [T, H]; none are of unlike hosts.

        Each class gets an even share of each tier on each of its hosts. None where that does not
        fit, though all of them together have the room.
        """
        result = np.zeros_like(problem.caps)
        alone = self.size == 1
        result[:, self.first[alone]] = counts[:, alone]
        largest = np.argsort(-problem.requests.sum(axis=1), kind="stable")
        for location in np.flatnonzero(~alone & counts.any(axis=0)).tolist():
            hosts = np.flatnonzero(self.at == location)
            free = problem.free[hosts].copy()
            for row in largest.tolist():
                even, more = divmod(int(counts[row, location]), len(hosts))
                # One more goes to those hosts that have most left.
                taken = np.full(len(hosts), even)
                taken[np.argsort(-free.sum(axis=1), kind="stable")[:more]] += 1
                free -= taken[:, None] * problem.requests[row]
                result[row, hosts] = taken
            if (free < 0).any():
                return None
        return result


def _classes(problem: Problem, host: IntArray) -> IntArray:
    """Number the classes of equal hosts, in the order of the first of each."""
    useful = np.minimum(problem.free, problem.caps.T @ problem.requests)
    running = np.zeros(len(useful), dtype=np.int64)
    if problem.existing is not None:
        running = np.where(problem.existing.any(axis=0), 1 + np.arange(len(useful)), 0)
    above = [problem.topology.index(name) for name in problem.topology.levels[1:2]]
    bars = [policy.barred(problem.snapshot) for policy in problem.policies(problem.soft)]
    barred = [each for each in bars if each is not None]
    facts = np.column_stack([*above, problem.caps.T, useful, problem.cost, running, *barred])[host]
    _, first, inverse = np.unique(facts, axis=0, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    numbers: IntArray = place[inverse.ravel()]
    return numbers
