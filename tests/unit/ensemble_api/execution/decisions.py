# SPDX-License-Identifier: Apache-2.0
"""Members and servers that are decided on, and what was decided, as text."""

from dataclasses import dataclass, replace
from typing import Any

from records import MemberStatus, Status, ensemble, member

from ensemble_api.execution.actions import Action, Block, Fail, FindHosts, Server
from ensemble_api.execution.decide import decide
from ensemble_api.planning.message import legacy_text
from ensemble_api.records import MemberRecord

RESERVED, BUILDING = MemberStatus.RESERVED, MemberStatus.BUILDING
ACTIVE, DELETED = MemberStatus.ACTIVE, MemberStatus.DELETED
NO_HOST = "No valid host was found. There are not enough hosts available."
FIRST, SECOND, THIRD = member(0), member(1), member(2)


def server(of: MemberRecord, status: str = "ACTIVE", name: str = "s", **facts: Any) -> Server:
    return Server(f"{name}-{of.index}", of.id, status, **facts)


def built(number: int, status: MemberStatus = MemberStatus.ACTIVE) -> MemberRecord:
    """A member whose server (``s-0``) is recorded."""
    return member(number, status=status, server_id=f"s-{number}")


def in_english(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """The actions with what they say as text, whatever the code."""
    return tuple(
        replace(each, message=legacy_text(str(each.message)))
        if isinstance(each, Fail | Block | FindHosts)
        else each
        for each in actions
    )


def searches(text: str, *members: MemberRecord, wait: bool = False) -> tuple[Action, ...]:
    return (FindHosts(members, legacy_text(text), wait),)


def fails(text: str) -> tuple[Action, ...]:
    return (Fail(legacy_text(text)),)


@dataclass(frozen=True)
class Case:
    """What is recorded and observed in the middle of a create, and the actions that follow."""

    name: str
    members: tuple[MemberRecord, ...]
    servers: tuple[Server, ...]
    actions: tuple[Action, ...]
    status: Status = Status.BUILDING
    idle: float = 0.0
    concurrency: int = 8
    down: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()

    def decided(self) -> tuple[Action, ...]:
        record = ensemble(*self.members, status=self.status, idle=self.idle)
        return in_english(
            decide(
                record,
                self.servers,
                concurrency=self.concurrency,
                timeout=300.0,
                down=self.down,
                silent=self.silent,
            )
        )
