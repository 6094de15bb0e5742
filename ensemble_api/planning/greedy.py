# SPDX-License-Identifier: Apache-2.0
"""The quick way to a plan: drafts in several orders and, for affinities, of several domains."""

from collections.abc import Iterator
from itertools import islice, product

import numpy as np

from ensemble_api.planning.draft import Draft, able_domains, joining
from ensemble_api.planning.problem import Problem
from ensemble_api.planning.topology import IntArray

_MOST_ORDERS = 4
_MOST_CHOICES = 6


def drafts(problem: Problem, most: int | None = None, *, tight: bool = False) -> Iterator[IntArray]:
    """Try several orders and choices, and give every plan that is found as counts [T, H].

    At most so many are tried, if that is given. `tight` is for any plan rather than for a good one:
    full hosts come first, so that large members find room later.
    """
    caps = _narrowed(problem)
    if caps is None:
        return
    grouped = any(policy.joins for policy in problem.policies(problem.hard))
    tries = product(range(_MOST_CHOICES if grouped else 1), _orders(problem))
    for choice, order in islice(tries, most):
        counts = Draft(problem, caps, tight=tight).place(order, choice)
        if counts is not None and not problem.broken(counts):
            yield counts


def refine(problem: Problem, shares: IntArray) -> tuple[IntArray | None, frozenset[int]]:
    """Find hosts for what each domain above the hosts is to hold, shares [T, domains].

    Gives counts [T, H], or else None and the domains in which the members did not fit.
    """
    short: set[int] = set()
    for order in _orders(problem):
        draft = Draft(problem, problem.caps, shares, tight=True)
        counts = draft.place(order, None)
        if counts is not None and not problem.broken(counts):
            return counts, frozenset()
        short |= draft.short
        if counts is not None:
            short |= _doubtful(problem, shares)
    return None, frozenset(short)


def _doubtful(problem: Problem, shares: IntArray) -> set[int]:
    """Give the domains with tiers of which a hard policy says something about single hosts."""
    lowest = problem.topology.levels[0]
    names = {
        name
        for policy in problem.policies(problem.hard)
        if policy.level == lowest
        for name in (*policy.tiers, *([policy.required_tier] if policy.required_tier else []))
    }
    return set(np.flatnonzero(shares[problem.rows(sorted(names))].any(axis=0)).tolist())


def _orders(problem: Problem) -> Iterator[tuple[int, ...]]:
    """Give the orders worth trying: the scarcest tier first, the largest members first, as told."""
    rows = range(len(problem.counts))
    supply = np.maximum(problem.caps.sum(axis=1), 1)
    share = problem.requests / np.maximum(problem.free.max(axis=0, initial=1), 1)
    largest = share.max(axis=1, initial=0)
    orders = (
        sorted(rows, key=lambda row: -problem.counts[row] / supply[row]),
        sorted(rows, key=lambda row: -largest[row]),
        list(rows),
        list(reversed(rows)),
    )
    befores = [
        (problem.rows([policy.required_tier])[0], row)
        for policy in problem.policies(problem.hard)
        if policy.required_tier is not None
        for row in problem.rows(policy.tiers)
    ]
    seen = dict.fromkeys(tuple(_put_before(order, befores)) for order in orders)
    return islice(iter(seen), _MOST_ORDERS)


def _put_before(order: list[int], befores: list[tuple[int, int]]) -> list[int]:
    for first, then in befores:
        if order.index(first) > order.index(then):
            order.remove(first)
            order.insert(order.index(then), first)
    return order


def _narrowed(problem: Problem) -> IntArray | None:
    """Keep of the caps [T, H] only domains that can hold a whole affinity; None without any."""
    caps = problem.caps.copy()
    for policy in joining(problem):
        able = able_domains(problem, caps, policy)
        if not able.any():
            return None
        rows = problem.rows(policy.tiers)
        caps[rows] *= able[problem.topology.index(policy.level)]
    return caps
