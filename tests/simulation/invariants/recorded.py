# SPDX-License-Identifier: Apache-2.0
"""What is recorded now, as anybody sees it who looks at the database."""

from typing import Any

from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store.api import Page
from tests.simulation import seams
from tests.simulation.nova_objects import Server
from tests.simulation.ours import World

_MEMBER = """
    SELECT members.*, ensembles.status AS of_ensemble, operations.status AS of_change
    FROM members JOIN ensembles ON ensembles.id = members.ensemble_id
    LEFT JOIN operations ON operations.ensemble_id = ensembles.id
        AND operations.ended_at IS NULL AND operations.type IN ('change', 'repair', 'move', 'drain')
    WHERE members.id = ?
"""
_OBSERVED = """
    SELECT server_id, server_status FROM members
    WHERE server_id IS NOT NULL AND server_status IS NOT NULL
"""
_EXCLUSIVE = "SELECT id FROM ensembles WHERE exclusive"
_ENSEMBLE_OF = "SELECT ensemble_id FROM members WHERE server_id = ?"
_HEALING = """
    SELECT members.server_id FROM members JOIN ensembles ON ensembles.id = members.ensemble_id
    WHERE ensembles.auto_repair AND members.server_id IS NOT NULL
"""
_UNDER_WAY = "SELECT id FROM operations WHERE ended_at IS NULL LIMIT 1"
_AWAITED = """
    SELECT members.server_id FROM members JOIN ensembles ON ensembles.id = members.ensemble_id
    WHERE ensembles.blocked LIKE '%event.evacuation-awaited%' AND members.server_id IS NOT NULL
    ORDER BY members.server_id
"""
_RECOVERY_HOLDS = """
    SELECT recovery_holds.*, ensembles.status AS of_ensemble, ensembles.reserve AS wanted
    FROM recovery_holds LEFT JOIN ensembles ON ensembles.id = recovery_holds.ensemble_id
"""
_OWNER = "SELECT lease_owner FROM ensembles WHERE id = ?"
_VERSION = "PRAGMA data_version"  # changes whenever another connection has committed
_STATUSES = "SELECT DISTINCT status FROM ensembles"


class Recorded:
    """Looks by a connection of its own, which takes no time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._committed = seams.second_look()
        self._version = -1
        self._ensembles: dict[str, EnsembleRecord] = {}

    def member(self, member_id: str) -> Any:
        """A member, and the status of its ensemble."""
        return self._committed.execute(_MEMBER, (member_id,)).fetchone()

    def owner(self, ensemble_id: str) -> str | None:
        """Who has the lease of an ensemble, or had it last."""
        row = self._committed.execute(_OWNER, (ensemble_id,)).fetchone()
        return row[0] if row else None

    def observed(self) -> list[Any]:
        """The ids of members' servers that were observed, with what was."""
        return self._committed.execute(_OBSERVED).fetchall()

    def healing(self) -> list[str]:
        """The ids of the servers of ensembles that are repaired by themselves."""
        return [row[0] for row in self._committed.execute(_HEALING).fetchall()]

    def exclusive(self) -> list[EnsembleRecord]:
        """The ensembles that have domains to themselves."""
        found = self._committed.execute(_EXCLUSIVE).fetchall()
        return [self.ensemble(row[0]) for row in found]

    def ensemble(self, ensemble_id: str) -> EnsembleRecord:
        """An ensemble with its members, read anew once anything was committed."""
        (version,) = self._committed.execute(_VERSION).fetchone()
        if version != self._version:
            self._version = version
            self._ensembles.clear()
        if ensemble_id not in self._ensembles:
            self._ensembles[ensemble_id] = self._world.database.get_for_work(ensemble_id)
        return self._ensembles[ensemble_id]

    def record_of(self, server: Server) -> EnsembleRecord | None:
        """The ensemble of a server, None if no member has it."""
        row = self._committed.execute(_ENSEMBLE_OF, (server.id,)).fetchone()
        return None if row is None else self.ensemble(row[0])

    def awaited(self) -> list[str]:
        """The ids of the servers of ensembles that wait for evacuations which take long."""
        return [row[0] for row in self._committed.execute(_AWAITED).fetchall()]

    def recovery_holds(self) -> list[Any]:
        """What is held for recovery, with the status of its ensemble, and whether it wants any."""
        return self._committed.execute(_RECOVERY_HOLDS).fetchall()

    def recovery_hold(self, consumer: str) -> Any:
        """The one of a consumer."""
        query = f"{_RECOVERY_HOLDS} WHERE recovery_holds.id = ?"
        return self._committed.execute(query, (consumer,)).fetchone()

    def all(self) -> list[EnsembleRecord]:
        """All ensembles."""
        return self._world.database.select(Page(limit=500))

    @property
    def none(self) -> bool:
        """Whether there is no ensemble."""
        return not self._committed.execute(_STATUSES).fetchall()

    @property
    def all_settled(self) -> bool:
        """Whether no ensemble is about to be anything else."""
        found = self._committed.execute(_STATUSES).fetchall()
        return all(Status(status).settled for (status,) in found) and not (
            self._committed.execute(_UNDER_WAY).fetchall()
        )
