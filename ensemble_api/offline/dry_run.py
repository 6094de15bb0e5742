# SPDX-License-Identifier: Apache-2.0
"""A dry run on documents: what the API's dry run would say, on the cloud as it was captured."""

from collections.abc import Sequence
from dataclasses import replace

from ensemble_api.offline.cloud import Cloud
from ensemble_api.offline.ensemble import EnsembleDocument
from ensemble_api.planning import planner
from ensemble_api.planning.headroom import demand, headroom
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.snapshot import Packing
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.results.dry_run import DryRun
from ensemble_api.solver.process import solve


def dry_run(
    cloud: Cloud,
    wanted: EnsembleDocument,
    failed: Sequence[FailureDomain] = (),
    *,
    rooms: bool,
    packing: Packing = Packing.SPREAD,
) -> DryRun:
    """Plan the ensemble on what is left of the cloud without the failed domains.

    ``packing`` is what the operator's option of that name says. With ``rooms``, tell also whether
    what one more failure takes would find room again.

    :raises ensemble_api.offline.document.DocumentError: for a level that the cloud lacks.
    """
    wanted.check_cloud(cloud.topology.levels, cloud.selectors.keys())
    snapshot = replace(cloud.snapshot(wanted.ensemble, wanted.memberships), packing=packing)
    for domain in failed:
        snapshot = snapshot.failing(domain)
    result = planner.plan(wanted.ensemble, snapshot, solve=solve)
    if isinstance(result, Infeasible) or not rooms:
        return DryRun(result, cloud.topology, policies=wanted.ensemble.policies)
    built = snapshot.carrying(demand(wanted.ensemble, result.assignment))
    found = tuple(
        headroom(wanted.ensemble, result.assignment, built, level, solve=solve)
        for level in cloud.topology.levels
    )
    return DryRun(result, cloud.topology, found, policies=wanted.ensemble.policies)
