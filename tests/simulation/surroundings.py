# SPDX-License-Identifier: Apache-2.0
"""What happens around ensembles: neighbours come, servers are moved and meddled with, hosts die."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG
from ensemble_api.records import EnsembleRecord
from ensemble_api.store.api import Page
from tests.simulation import seams
from tests.simulation.cloud import FLAVORS
from tests.simulation.descriptions import RESERVES
from tests.simulation.moves import Moves
from tests.simulation.nova_objects import Host, Server

if TYPE_CHECKING:
    from tests.simulation.actors import Actors

_OF_BUILT = """
    SELECT members.server_id FROM members JOIN ensembles ON ensembles.id = members.ensemble_id
    WHERE members.server_id IS NOT NULL AND ensembles.status IN ('ACTIVE', 'DEGRADED')
"""


class Surroundings:
    """Tenants without ensembles, operators, hosts and cells; each acts until the quiet end."""

    def __init__(self, actors: "Actors", provoked: Collection[str]) -> None:
        self._actors = actors
        self._provoked = provoked
        self._world, self._nova = actors.world, actors.world.nova
        self._tasks, self._random = actors.tasks, actors.random
        self._moves = Moves(self._nova)
        self._boots = 0

    def neighbour(self) -> None:
        """A tenant without ensembles, whose servers come and go."""
        mine: list[Server] = []
        while not self._actors.quiet:
            self._actors.pause(6.0)
            if self._actors.quiet:
                return
            if mine and self._once(0.5):
                server = mine.pop()
                if self._nova.server(server.id):
                    self._nova.remove(server, "tenant")
            elif len(mine) < 5:
                self._boots += 1
                project = self._random.choice(("p0", "p1", "p9"))
                flavor = self._random.choice([*FLAVORS])
                mine.append(self._nova.boot(f"plain-{self._boots}", project, flavor, self._tags()))

    def _tags(self) -> list[str]:
        """Forged ones, sometimes: of a member that there is, on a server that is older."""
        records = self._records()
        if not records or self._once(0.5):
            return []
        record = self._random.choice(records)
        member = self._random.choice(record.members)
        return [f"{ENSEMBLE_TAG}{record.id}"] + (
            [f"{MEMBER_TAG}{member.id}"] if member.server_id else []
        )

    def _records(self) -> list[EnsembleRecord]:

        return self._world.database.select(Page())

    def _recorded(self) -> set[str]:
        """The servers that are known of ensembles that are built."""
        return {row[0] for row in seams.second_look().execute(_OF_BUILT).fetchall()}

    def _ours(self) -> list[Server]:
        return [each for each in self._nova.running() if each.ours]

    def operate(self) -> None:
        while not self._actors.quiet:
            self._actors.pause(8.0)
            if self._actors.quiet:
                return
            # A build that somebody moves about comes to nothing, and is soon over.
            built = self._recorded() if self._once(0.9) else {each.id for each in self._ours()}
            ours = [each for each in self._ours() if each.status == "ACTIVE" and each.id in built]
            if not ours:
                continue
            most = len(ours) if "operator" in self._provoked else self._random.randint(1, 3)
            for server in self._random.sample(ours, min(len(ours), most)):
                kind = self._random.choice(("live", "cold", "resize", "shelve"))
                self._actors.start(
                    f"{kind} {server.name}",
                    lambda server=server, kind=kind: self._move(server, kind),
                )

    def _move(self, server: Server, kind: str) -> None:
        """Move a server, or its tenant resizes or shelves it, and does not leave it half way."""
        match kind:
            case "resize":
                self._moves.resize(server, self._random.choice([*FLAVORS]))
            case "shelve":
                self._moves.shelve(server)
                self._actors.pause(40.0)
                self._moves.unshelve(server)
            case _:
                self._moves.move(server, kind)
        if server.status == "VERIFY_RESIZE":
            self._actors.pause(30.0)
            if self._once(0.3):
                self._moves.revert(server)
            self._moves.confirm(server)

    def power(self) -> None:
        """Hosts die and come back; what was on them is evacuated, sometimes."""
        while not self._actors.quiet:
            self._actors.pause(30.0)
            if self._actors.quiet:
                return
            alive = [each for each in self._nova.hosts if each.alive]
            if len(alive) < 3:
                continue
            used = {each.at for each in self._ours() if each.status == "ACTIVE"}
            ours = [each for each in alive if each.name in used]
            host = self._random.choice(ours if ours and self._once(0.7) else alive)
            failed = [host]
            if RESERVES in self._provoked and self._once(0.3):
                failed += [each for each in alive if each.rack == host.rack and each != host]
            for each in failed:
                self._nova.fail(each, forced=self._once(0.5))
            self._actors.pause(90.0)
            if host.state == "down" and self._once(0.5):
                for each in failed:
                    self.evacuate(each)
                self._actors.pause(20.0)
            if self._once(0.3 if "heals" in self._provoked else 0.7):
                for each in failed:
                    self._nova.restart(each)

    def evacuate(self, host: Host) -> None:
        """Have all members of a host brought back wherever Nova finds room."""
        for server in [each for each in self._ours() if each.at == host.name]:
            self._actors.start(
                f"evacuate {server.name}",
                lambda server=server: self._moves.move(server, "evacuate"),
            )

    def cell(self) -> None:
        """The cell that has some of the hosts does not answer for a while."""
        cell = self._random.sample(
            self._nova.hosts, self._random.randint(1, len(self._nova.hosts) - 1)
        )
        while not self._actors.quiet:
            self._actors.pause(60.0)
            if self._actors.quiet:
                return
            for host in cell:
                host.silent = True
            self._tasks.note(f"silent: {[each.name for each in cell]}")
            self._actors.pause(60.0)
            for host in cell:
                host.silent = False
            self._tasks.note("the cell answers")

    def meddle(self) -> None:
        """Tenants lock, unlock and delete servers of ensembles, and take tags off."""
        while not self._actors.quiet:
            self._actors.pause(25.0)
            if self._actors.quiet:
                return
            ours = self._ours()
            if not ours:
                continue
            server = self._random.choice(ours)
            kinds = ("lock", "unlock", "delete", "tags")
            match self._random.choice(
                ("stop", "stop", *kinds) if self._actors.relocates else kinds
            ):
                case "lock":
                    server.locked, server.locked_at = True, self._tasks.now
                case "unlock":
                    server.locked = False
                case "stop" if server.status == "ACTIVE" and not server.task and not server.locked:
                    if self._nova.host(server.at or "").state == "up":
                        server.stopped = True
                        self._nova.touch(server, "SHUTOFF")
                case "delete" if not server.locked and not server.half_made:
                    self._nova.remove(server, "tenant")
                case "tags" if server.status == "ACTIVE":  # else Nova refuses it
                    server.tags = []
            self._tasks.note(f"meddled with {server.name}")

    def _once(self, share: float) -> bool:
        return self._random.random() < share
