# SPDX-License-Identifier: Apache-2.0
"""Emptying: the moves that take the members of one ensemble from hosts that are to be maintained.

Those on the hosts go elsewhere; others move only where the hard policies need that, and as few as
that needs. One moves at a time, in an order in which none breaks what holds.
"""

from collections.abc import Collection

from ensemble_api.planning.completion import closed_to_more
from ensemble_api.planning.milp.search import Effort
from ensemble_api.planning.milp.task import Solve
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.moving import NO_ORDER, Moved, move, moves, safe_order
from ensemble_api.planning.result import Assignment, Infeasible
from ensemble_api.planning.snapshot import Snapshot

EFFORT = 60_000
"""What all plans for one ensemble may take of the solver together."""


def leaving(
    running: Assignment, hosts: Collection[str], fixed: Collection[Member] = ()
) -> frozenset[Member]:
    """Give the members on these hosts that can move."""
    return frozenset(each for each, at in running.items() if at in hosts and each not in fixed)


def empty(
    ensemble: Ensemble,
    running: Assignment,
    snapshot: Snapshot,
    hosts: Collection[str],
    *,
    solve: Solve | None,
    fixed: Collection[Member] = (),
    closed: Collection[str] = (),
) -> Moved | Infeasible:
    """Plan the moves of an ensemble all of whose members are `running` away from these hosts.

    Those of `fixed` stay, on these hosts too. Nobody comes to the hosts, nor to those of `closed`,
    nor to any that is not usable. Gives the plan, and the moves in their order; the moves of all
    that can leave, or none. Raises ValueError when nobody can leave, and else what `move` does.
    """
    effort = Effort(EFFORT, solve)
    going = leaving(running, hosts, fixed)
    if not going:
        raise ValueError("nobody can leave")
    staying = {member: at for member, at in running.items() if member not in going}
    # What is leaving keeps its room until it has left, so it is planned as if it were new.
    shut = [each for each in {*hosts, *closed} if each in snapshot.topology]
    less = closed_to_more(snapshot, ensemble, staying, shut)
    found = move(
        ensemble,
        staying,
        less,
        solve=solve,
        fixed=fixed,
        effort=effort,
        leaving={member: running[member] for member in going},
    )
    if isinstance(found, Infeasible):
        return found
    planned, _ = found
    steps = moves(running, planned.assignment)
    order = safe_order(planned, running, snapshot, steps, ensemble.policies)
    return Infeasible((NO_ORDER,), proved=False) if order is None else (planned, order)
