# SPDX-License-Identifier: Apache-2.0
"""Eligibility: for every domain of the cloud, the tiers of which a member could be there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.problem import Problem, build
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Tiers, in the ensemble's order: ``eligible`` by what a host is, ``room`` for one member now.

    Whatever is eligible may be full. What has room is eligible.
    """

    eligible: tuple[str, ...]
    room: tuple[str, ...]


def eligibility(ensemble: Ensemble, snapshot: Snapshot) -> Mapping[FailureDomain, Eligibility]:
    """Tell, for every domain, of which tiers one member alone could be on a host in it.

    The host must suit (state, traits, zone, aggregates), and no hard policy may rule it out for any
    member: the others of the same ensemble are not placed yet. Raises ModelError for a policy at a
    level that the cloud lacks.
    """
    problem = build(ensemble, snapshot)
    empty = replace(problem, fits=np.where(problem.suited, problem.counts[:, None], 0))
    eligible, room = _tiers(empty.enforcing(problem.hard)), _tiers(problem)
    return {domain: Eligibility(eligible[domain], room[domain]) for domain in eligible}


def _tiers(problem: Problem) -> dict[FailureDomain, tuple[str, ...]]:
    """Name the tiers of which each domain could hold a member by the problem's caps."""
    topology = problem.topology
    names = [tier.name for tier in problem.ensemble.tiers]
    found: dict[FailureDomain, tuple[str, ...]] = {}
    for level in topology.levels:
        marks = [problem.domains_with(caps > 0, level).tolist() for caps in problem.caps]
        rows = zip(*marks, strict=True)
        for domain, row in zip(topology.domains(level), rows, strict=True):
            found[domain] = tuple(name for name, able in zip(names, row, strict=True) if able)
    return found
