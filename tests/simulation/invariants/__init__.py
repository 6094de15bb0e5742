# SPDX-License-Identifier: Apache-2.0
"""What must hold: at each step, when a schedule is at rest, and when all is deleted."""

from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.snapshot import Snapshot
from tests.simulation.invariants.filtered import Filtered
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.holds import Holds
from tests.simulation.invariants.leases import Leases
from tests.simulation.invariants.moving import Moving
from tests.simulation.invariants.order import Order
from tests.simulation.invariants.policies import Policies, shown
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.invariants.reserves import Reserves
from tests.simulation.invariants.rest import Rest
from tests.simulation.invariants.servers import Servers
from tests.simulation.ours import World
from tests.simulation.search_all import way_that_fits


class Invariants:
    """Watches a world; the first thing that does not hold ends the schedule."""

    def __init__(self, world: World) -> None:
        findings = Findings(world.tasks)
        self.found = findings.found
        self.holds = findings.holds
        self.recorded = Recorded(world)
        policies = Policies(world.nova)
        Holds(world, findings, self.recorded)
        Filtered(world, findings, self.recorded, policies)
        Moving(world, findings, self.recorded)
        self.look = Servers(world, findings, self.recorded, policies).look
        Order(world, findings, self.recorded)
        self.statement = Leases(world, findings, self.recorded).statement
        self._rest = Rest(world, findings, self.recorded, policies)
        self.reserves = Reserves(world, findings, self.recorded) if world.recovery.allow else None

    def at_rest(self) -> None:
        """All that must hold once nothing is under way any more."""
        self._rest.at_rest()
        if self.reserves is not None:
            self.reserves.at_rest()

    def emptied(self) -> None:
        """All that must hold once all ensembles are deleted."""
        self._rest.emptied()
        if self.reserves is not None:
            self.reserves.emptied()

    def refused(self, ensemble: Ensemble, snapshot: Snapshot, running: Assignment) -> None:
        """Where there was no plan there is none: a way that fits was there to be seen."""
        way = way_that_fits(ensemble, snapshot, running)
        self.holds(way is None, f"no plan was found, and this would have done: {shown(way or {})}")
