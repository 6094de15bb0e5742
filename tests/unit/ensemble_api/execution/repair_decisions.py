# SPDX-License-Identifier: Apache-2.0
"""An ensemble with members that are lost or move, their servers, and what is decided of them."""

from dataclasses import replace
from typing import Any

from decisions import built, server
from records import Status, ensemble

from ensemble_api.execution.actions import (
    Action,
    MoveServer,
    Server,
)
from ensemble_api.execution.decide import decide
from ensemble_api.operations import (
    Goal,
    Move,
    MoveKind,
    MoveStatus,
    Operation,
    OperationStatus,
    OperationType,
    Requester,
)
from ensemble_api.records import EnsembleRecord, MemberRecord, moved

FAILED, TARGET, OTHER = "host-0", "target", "elsewhere"
WAITING, ASKED, DONE, GIVEN_UP = MoveStatus
RUNNING, UNDOING = OperationStatus.RUNNING, OperationStatus.UNDOING


def goal(number: int, status: MoveStatus = WAITING, **facts: Any) -> Goal:
    facts = {"kind": MoveKind.EVACUATION, **facts}
    of = built(number)
    move = Move(FAILED, "provider", {"VCPU": 1}, {"host": (TARGET,)}, status, **facts)
    return Goal(of.id, of.name, TARGET, move=move)


def there(number: int) -> MemberRecord:
    """A member as it is once it has moved."""
    return moved(built(number), goal(number))


def repair(
    *goals: Goal,
    status: OperationStatus = RUNNING,
    kind: OperationType = OperationType.REPAIR,
    idle: float = 0.0,
    at_once: int | None = None,
    members: tuple[MemberRecord, ...] = (built(0), built(1), built(2)),
) -> EnsembleRecord:
    operation = Operation("op", kind, status, Requester("user"), goals)
    record = replace(ensemble(*members, status=Status.DEGRADED, idle=idle), operation=operation)
    wish = {"recovery": {"at_once": at_once}} if at_once else {}
    return replace(record, body={**record.body, **wish})


def lost(number: int, status: str = "ACTIVE", **facts: Any) -> Server:
    return server(built(number), status, host=FAILED, **facts)


def evacuate(number: int) -> Action:
    return MoveServer(there(number), MoveKind.EVACUATION)


def decided(
    record: EnsembleRecord, *servers: Server, down: tuple[str, ...] = (FAILED,)
) -> list[Action]:
    return [*decide(record, servers, concurrency=8, timeout=300.0, down=down)]
