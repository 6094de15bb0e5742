# SPDX-License-Identifier: Apache-2.0
"""Eligibility: for every domain of the cloud, the tiers of which a member could be there."""

from collections.abc import Mapping

from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.problem import build
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import FailureDomain


def eligible_tiers(
    ensemble: Ensemble, snapshot: Snapshot
) -> Mapping[FailureDomain, tuple[str, ...]]:
    """Name, for every domain, the tiers of which one member alone has room on a host in it.

    The host must suit (state, traits, zone) and have the capacity, and no hard policy may rule it
    out for any member: the others of the same ensemble are not placed yet. A domain that no tier
    can use has an empty entry. Raises ModelError for a policy at a level that the cloud lacks.
    """
    problem = build(ensemble, snapshot)
    names = [tier.name for tier in ensemble.tiers]
    found: dict[FailureDomain, tuple[str, ...]] = {}
    for level in snapshot.topology.levels:
        marks = [problem.domains_with(caps > 0, level).tolist() for caps in problem.caps]
        rows = zip(*marks, strict=True)
        for domain, row in zip(snapshot.topology.domains(level), rows, strict=True):
            found[domain] = tuple(name for name, room in zip(names, row, strict=True) if room)
    return found
