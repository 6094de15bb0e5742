# SPDX-License-Identifier: Apache-2.0
"""What must hold when we ask Nova to move a server, or to bring one back."""

from ensemble_api.operations import Move, MoveStatus
from ensemble_api.recovery import Locked, Recovery
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.nova_objects import Server
from tests.simulation.ours import World

DECIDED = 15.0  # seconds after which something newer is decided


class Moving:
    """Servers are moved as it was recorded before, one after the other, and built once."""

    def __init__(self, world: World, findings: Findings, recorded: Recorded) -> None:
        self._world = world
        self._holds = findings.holds
        self._recorded = recorded
        world.nova.begun_to_evacuate = self.begun_to_evacuate
        world.nova.begun_to_migrate = self.begun_to_migrate

    def begun_to_evacuate(self, server: Server, host: str) -> None:
        """A server is never built a second time beside the first, nor one that is to be left."""
        self._holds(
            not server.comes_to,
            f"{server.name} is evacuated again while it comes to {server.comes_to}",
        )
        move = self._asked(server, host)
        record = self._recorded.record_of(server)
        if move is None or record is None or move.tries > 1:
            return
        wish = Recovery.of(record.body).locked
        late = server.locked_at < self._world.tasks.now - DECIDED
        self._holds(
            wish is not Locked.LEAVE or not server.locked or not late,
            f"the locked {server.name} is evacuated, which was to be left",
        )

    def begun_to_migrate(self, server: Server, host: str) -> None:
        """One server of an ensemble moves at a time."""
        if self._asked(server, host) is None:
            return
        record = self._recorded.record_of(server)
        if record is None or record.operation is None:
            return
        own = {each.id for each in record.members if each.server_id == server.id}
        # By their ids: the name of a server that was adopted may be another member's.
        others = [
            goal.name
            for member_id, goal in record.operation.moves.items()
            if member_id not in own and goal.move and goal.move.status is MoveStatus.ASKED
        ]
        self._holds(not others, f"{server.name} is moved while {others} are under way")

    def _asked(self, server: Server, host: str) -> Move | None:
        """The move that is recorded for a server; None where others act, or acted in between."""
        task = self._world.tasks.current
        if self._recorded.owner(task.about) != task.process.name or task.process.paused_until:
            return None
        record = self._recorded.record_of(server)
        mine = (
            next((m for m in record.members if m.server_id == server.id), None) if record else None
        )
        if record is None or record.operation is None or mine is None:
            return None  # it was deleted just now
        goal = record.operation.moves.get(mine.id)
        move = goal.move if goal else None
        self._holds(
            move is not None
            and goal is not None
            and (move.status, goal.host) == (MoveStatus.ASKED, host),
            f"{server.name} is moved to {host} without a saved intent",
        )
        return move
