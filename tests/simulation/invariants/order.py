# SPDX-License-Identifier: Apache-2.0
"""What must hold where tiers come one after another, judged by Nova's servers."""

from collections.abc import Iterator

from ensemble_api.operations import MoveKind
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.nova_objects import Server
from tests.simulation.ours import TIMEOUT, World
from tests.simulation.tasks import LATENCY

DECIDED = 15.0  # seconds in which what was decided is done


class Order:
    """Nobody is built or brought back before those before it, or removed before those after it."""

    def __init__(self, world: World, findings: Findings, recorded: Recorded) -> None:
        self._world = world
        self._holds = findings.holds
        self._recorded = recorded
        self._asked: set[str] = set()  # ids of members, whom nobody calls back
        nova = world.nova
        created, deleted, evacuated = nova.created_by_us, nova.deleted_by_us, nova.begun_to_evacuate

        def created_by_us(server: Server) -> None:
            created(server)
            self.created_by_us(server)

        def deleted_by_us(server: Server, raised: bool) -> None:
            deleted(server, raised)
            self.deleted_by_us(server)

        def begun_to_evacuate(server: Server, host: str) -> None:
            evacuated(server, host)
            self.evacuated_by_us(server)

        nova.created_by_us, nova.deleted_by_us = created_by_us, deleted_by_us
        nova.begun_to_evacuate = begun_to_evacuate

    def created_by_us(self, server: Server) -> None:
        """The first request for a member comes when all are there that its tier waits for."""
        if server.member_id in self._asked or self._is_stale():
            return
        self._asked.add(server.member_id)
        record = self._recorded.ensemble(self._world.tasks.current.about)
        member = next((each for each in record.members if each.id == server.member_id), None)
        if member is None or member.leaving or record.operation is None:
            return
        for other in _of(record, _before(record, member.tier)):
            there = self._world.nova.server(other.server_id or "")  # it may look unknown just now
            self._holds(
                other.id not in record.operation.wanted
                or other.status is MemberStatus.ACTIVE
                or (there is not None and there.status == "ACTIVE"),
                f"{member.name} is asked for before {other.name} is there",
            )

    def evacuated_by_us(self, server: Server) -> None:
        """Nova brings a member back once that is over for all that its tier waits for."""
        record = self._recorded.record_of(server)
        if record is None or record.operation is None or self._is_stale():
            return
        member = next(each for each in record.members if each.server_id == server.id)
        moves = record.operation.moves
        if member.id not in moves or moves[member.id].move.tries > 1 or record.idle > TIMEOUT:
            return
        for other in _of(record, _before(record, member.tier)):
            goal = moves.get(other.id)
            self._holds(
                goal is None
                or goal.move is None
                or goal.move.kind is not MoveKind.EVACUATION
                or goal.move.status.ended,
                f"{member.name} is brought back before {other.name}",
            )

    def deleted_by_us(self, server: Server) -> None:
        """A server of what is removed goes when none is left of those whose tiers come after."""
        record = self._recorded.record_of(server)
        if record is None or record.operation is None or self._is_stale():
            return
        if not record.operation.removing or record.idle > TIMEOUT - DECIDED:
            return
        member = next(each for each in record.members if each.server_id == server.id)
        later = {
            tier["name"]
            for tier in record.body["tiers"]
            if member.tier in _before(record, tier["name"])
        }
        for other in _of(record, later):
            there = self._world.nova.server(other.server_id or "")
            self._holds(
                other.id not in record.operation.unwanted
                or there is None
                or self._world.nova.is_silent(there),
                f"{server.name} is deleted before {other.name} is gone",
            )

    def _is_stale(self) -> bool:
        """Whether what is done now may have been decided by what was so long ago."""
        task = self._world.tasks.current
        return (
            self._recorded.owner(task.about) != task.process.name
            or task.process.paused_until > self._world.tasks.now - LATENCY - DECIDED
        )


def _before(record: EnsembleRecord, tier: str) -> set[str]:
    """The tiers that are to be there before one: step by step, until nothing is added."""
    direct = {each["name"]: {*each.get("after", ())} for each in record.body["tiers"]}
    found = set(direct.get(tier, ()))
    while more := {name for each in found for name in direct.get(each, ())} - found:
        found |= more
    return found


def _of(record: EnsembleRecord, tiers: set[str]) -> Iterator[MemberRecord]:
    return (each for each in record.members if each.tier in tiers)
