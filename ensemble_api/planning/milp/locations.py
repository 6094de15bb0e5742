# SPDX-License-Identifier: Apache-2.0
"""The locations of a count model: hosts, or whole domains of hosts taken as one big host each."""

from dataclasses import dataclass

import numpy as np

from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Locations:
    """U locations of one or more hosts.

    caps [T, U] and free [U, R] as in the problem; `host` [U] is the number of a location that is
    one host, else -1; `domains` gives, for each depth above the host level, the domain of each.
    """

    caps: IntArray
    free: IntArray
    host: IntArray
    domains: tuple[IntArray, ...]

    @classmethod
    def hosts(cls, problem: Problem) -> "Locations":
        """Take every host that can hold anything as a location."""
        host = np.flatnonzero(problem.caps.any(axis=0))
        levels = problem.topology.levels[1:]
        return cls(
            caps=problem.caps[:, host],
            free=problem.free[host],
            host=host,
            domains=tuple(problem.topology.index(level)[host] for level in levels),
        )

    @classmethod
    def racks(cls, problem: Problem, refined: frozenset[int]) -> "Locations":
        """Take each domain above the hosts as one location, and each host of the refined ones.

        All that the hosts of a domain can give is put together, so every plan is a plan here too.
        """
        topology = problem.topology
        level, larger = topology.levels[1], topology.levels[2:]
        single = np.zeros(topology.size(level), dtype=np.bool_)
        single[list(refined)] = True
        host = np.flatnonzero(problem.caps.any(axis=0) & single[topology.index(level)])
        useful = np.minimum(problem.free, problem.caps.T @ problem.requests)
        rack_free = [problem.held(useful[:, column], level) for column in range(useful.shape[1])]
        free = np.stack(rack_free, axis=1) if rack_free else np.zeros((len(single), 0), np.int64)
        caps = np.stack([problem.held(caps, level) for caps in problem.caps])
        caps = np.minimum(caps, np.minimum(problem.limits[:, 1], problem.counts)[:, None])
        rack = np.flatnonzero(caps.any(axis=0) & ~single)
        first = np.zeros(len(single), dtype=np.int64)
        first[topology.index(level)] = np.arange(len(topology))
        domains = [np.concatenate([rack, topology.index(level)[host]])]
        for name in larger:
            above = topology.index(name)
            domains.append(np.concatenate([above[first[rack]], above[host]]))
        return cls(
            caps=np.concatenate([caps[:, rack], problem.caps[:, host]], axis=1),
            free=np.concatenate([free[rack], problem.free[host]]),
            host=np.concatenate([np.full(len(rack), -1), host]),
            domains=tuple(domains),
        )

    def gather(self, per_host: IntArray, problem: Problem) -> IntArray:
        """Turn counts per host [T, H] into counts per location [T, U]."""
        result = np.zeros_like(self.caps)
        single = self.host >= 0
        result[:, single] = per_host[:, self.host[single]]
        if not single.all():
            held = np.stack([problem.held(row, problem.topology.levels[1]) for row in per_host])
            result[:, ~single] = held[:, self.domains[0][~single]]
        return result

    def by_rack(self, counts: IntArray, problem: Problem) -> IntArray:
        """Turn counts per location [T, U] into counts per domain above the hosts [T, D]."""
        result = np.zeros(
            (len(counts), problem.topology.size(problem.topology.levels[1])), np.int64
        )
        for row, values in enumerate(counts):
            np.add.at(result[row], self.domains[0], values)
        return result

    def spread_out(self, counts: IntArray, problem: Problem) -> IntArray:
        """Turn counts per location [T, U] into counts per host [T, H]; each must be a host."""
        result = np.zeros_like(problem.caps)
        result[:, self.host] = counts
        return result
