# SPDX-License-Identifier: Apache-2.0
"""Drain: where an ensemble's members on one host would go, all others staying where they can."""

from ensemble_api.planning.completion import closed_to_more
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.repair import Repair, repair
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot


def drain(
    ensemble: Ensemble,
    assignment: Assignment,
    snapshot: Snapshot,
    host: str,
    *,
    solve: Solve | None,
) -> Repair:
    """Find other places for the members on `host`; the ensemble runs on `snapshot` already.

    Nothing is placed on it or on any host that is not usable, but what runs on such a host stays.
    Soft policies are left out. Members on hosts that the cloud does not have are placed as well.
    `solve` is as for a plan. Raises KeyError when it has no such host.
    """
    known = set(snapshot.topology.hosts)
    running = {member: at for member, at in assignment.items() if at in known}
    staying = {member: at for member, at in running.items() if at != host}
    less = closed_to_more(snapshot, ensemble, staying, {host})
    return repair(ensemble, running, staying, less, solve=solve)
