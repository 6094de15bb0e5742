# SPDX-License-Identifier: Apache-2.0
"""An operation: a recorded change of an ensemble, from what was asked for to how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from ensemble_api.planning.message import Message


class OperationType(StrEnum):
    """What an operation does."""

    CREATE = "create"  # undone when it cannot reach its goals
    CHANGE = "change"  # what it has added goes again when it cannot reach its goals
    REPAIR = "repair"  # lost members get places again; what cannot be had is given up singly
    MOVE = "move"  # members that run get other places; given up singly too
    DRAIN = "drain"  # the same, away from hosts that are to be maintained
    DELETE = "delete"  # tried until it does


class OperationStatus(StrEnum):
    """How far an operation is."""

    RESERVING = "RESERVING"  # its intent is saved, its capacity not yet held
    RUNNING = "RUNNING"
    REMOVING = "REMOVING"  # what it has added is there; what is to go does
    UNDOING = "UNDOING"  # it failed; what it has added goes
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do for it."""
        return self in _ENDED


_ENDED = (OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.CANCELLED)


_RELOCATING = (OperationType.MOVE, OperationType.DRAIN)
MOVING = (OperationType.CHANGE, OperationType.REPAIR, *_RELOCATING)  # that may move members
_UNDOES_NOTHING = (OperationType.REPAIR, *_RELOCATING)


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asked for what is under way, with the roles that were held in the ensemble's project.

    ``unlisted`` are those of the roles that Keystone did not list when they were recorded, as it
    does not list what a federated user has by groups of another identity provider. ``request_id``
    is that of the request, by which services know what it had them do; empty where nobody asked.
    """

    user_id: str
    roles: tuple[str, ...] = ("member", "reader")
    unlisted: tuple[str, ...] = ()
    request_id: str = field(default="", compare=False)  # of two requests, it is the same requester


@dataclass(frozen=True, slots=True)
class Trust:
    """What a user has delegated to the service user in a project; the id is Keystone's."""

    id: str
    user_id: str
    project_id: str


class MoveStatus(StrEnum):
    """How far a move is."""

    WAITING = "WAITING"  # its capacity is held
    ASKED = "ASKED"  # Nova is asked, or just about to be
    DONE = "DONE"
    GIVEN_UP = "GIVEN_UP"  # the member stays where it is

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do for it."""
        return self in (MoveStatus.DONE, MoveStatus.GIVEN_UP)


class MoveKind(StrEnum):
    """How a member gets to another host."""

    LIVE_MIGRATION = "live-migration"  # it runs all the time
    EVACUATION = "evacuation"  # its host has failed: Nova builds its server again elsewhere


@dataclass(frozen=True, slots=True)
class Move:
    """That a member with a server is to get to its goal's host from the host ``source``.

    ``provider``, ``resources`` and ``domains`` are what its record says once it is there.
    ``tries`` is how often Nova was asked, ``asked_at`` when it was last, in ISO 8601 and UTC, empty
    if unknown; ``refusal`` is what it said last, ``reason`` why it was given up; ``lasting`` is
    whether what Nova said last is of the server, and does not pass.
    Of an evacuation, ``ran`` is whether the server was ACTIVE before its host failed, and
    ``started`` and ``stopped`` are whether Nova was asked for that after it had brought it back.
    """

    source: str
    provider: str
    resources: Mapping[str, int]
    domains: Mapping[str, tuple[str, ...]]
    status: MoveStatus = MoveStatus.WAITING
    tries: int = 0
    refusal: str = ""
    lasting: bool = False
    kind: MoveKind = MoveKind.LIVE_MIGRATION
    reason: Message | None = None
    ran: bool = True
    started: bool = False
    stopped: bool = False
    asked_at: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """Where one member is to be in the end: on a host, or nowhere when ``host`` is None.

    One that is ``released`` is no member any more then, and its server stays. One with a ``move``
    is there already, on another host.
    """

    member_id: str
    name: str
    host: str | None
    released: bool = False
    move: Move | None = None

    def __post_init__(self) -> None:
        if self.released and self.host is not None:
            raise ValueError("released: a member that is to be there is not released")
        if self.move is not None and self.host is None:
            raise ValueError("move: must lead to a host")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one ensemble; members without a goal are left as they are.

    ``attempts`` is how often its members were given hosts, ``reason`` why it did not succeed.
    ``plan`` is what the newest plan for it came to, as ``outcome`` gives it, and None where
    nothing is placed.
    ``before`` is how a change has found the ensemble, as it is to be again when it is undone.
    Times are ISO 8601 in UTC; ``ended_at`` is empty while it is under way.
    """

    id: str
    type: OperationType
    status: OperationStatus
    requester: Requester
    goals: tuple[Goal, ...]
    attempts: int = 1
    reason: Message | None = None
    started_at: str = ""
    ended_at: str = ""
    plan: Mapping[str, Any] | None = None
    before: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if len({each.member_id for each in self.goals}) != len(self.goals):
            raise ValueError("goals: has a member twice")
        if self.attempts < 1:
            raise ValueError("attempts: must be at least 1")

    @property
    def request_id(self) -> str:
        """The id of the request that asked for it; of its own where nobody did."""
        return self.requester.request_id or f"req-{self.id}"

    @property
    def cancellable(self) -> bool:
        """Whether it can be ended before it has reached its goals."""
        begun = self.status in (OperationStatus.RESERVING, OperationStatus.RUNNING)
        return begun and self.type is not OperationType.DELETE

    @property
    def undoes(self) -> bool:
        """Whether what it has added goes again when it fails: else one failure ends no others."""
        return self.type not in _UNDOES_NOTHING

    @property
    def relocates(self) -> bool:
        """Whether all that it does is to move members that run to other hosts."""
        return self.type in _RELOCATING

    @property
    def may_move(self) -> bool:
        """Whether it is of a type that moves members which are there, and so changes no status."""
        return self.type in MOVING

    @property
    def removing(self) -> bool:
        """Whether what it wants gone is being removed."""
        if self.type is OperationType.DELETE:
            return self.status is OperationStatus.RUNNING
        return self.status in (OperationStatus.REMOVING, OperationStatus.UNDOING)

    @property
    def removes_alone(self) -> bool:
        """Whether all that is left of a change is that members go, which may wait for a repair."""
        return self.type is OperationType.CHANGE and self.removing and not self.has_moves

    @property
    def wanted(self) -> frozenset[str]:
        """The ids of the members that are to be built, on their hosts."""
        return frozenset(
            each.member_id for each in self.goals if each.host is not None and each.move is None
        )

    @property
    def unwanted(self) -> frozenset[str]:
        """The ids of the members that are to be gone in the end."""
        return frozenset(each.member_id for each in self.goals if each.host is None)

    @property
    def released(self) -> frozenset[str]:
        """The ids of the members that are to be gone, and whose servers stay."""
        return frozenset(each.member_id for each in self.goals if each.released)

    @property
    def moves(self) -> Mapping[str, Goal]:
        """The goals of the members that move, by their ids, in the order of their moves."""
        return {each.member_id: each for each in self.goals if each.move is not None}

    @property
    def asked_last(self) -> str:
        """When Nova was asked for a move last; its start where it was not, or nobody noted it."""
        return max((each.move.asked_at for each in self.goals if each.move), default="") or (
            self.started_at
        )

    @property
    def has_moves(self) -> bool:
        """Whether servers are to get to other hosts, or are just getting there."""
        return any(each.move is not None and not each.move.status.ended for each in self.goals)

    def with_move(self, member_id: str, **changes: Any) -> "Operation":
        """This operation with what has changed of a member's move."""
        goals = tuple(
            replace(each, move=replace(each.move, **changes))
            if each.member_id == member_id and each.move
            else each
            for each in self.goals
        )
        return replace(self, goals=goals)

    def with_hosts(self, hosts: Mapping[str, str], plan: Mapping[str, Any]) -> "Operation":
        """This operation after another plan gave some members, by their ids, other hosts."""
        goals = tuple(
            replace(each, host=hosts.get(each.member_id, each.host)) for each in self.goals
        )
        return replace(self, goals=goals, attempts=self.attempts + 1, plan=plan)

    def undone(self, reason: Message | None) -> "Operation":
        """This operation when it cannot go on, for this reason: what it has added is to go.

        What it was to remove stays. Moves that are done stay done, and what is moving arrives.
        """
        goals = tuple(
            each if each.move else replace(each, host=None)
            for each in self.goals
            if each.host is not None
        )
        return replace(self, status=OperationStatus.UNDOING, goals=goals, reason=reason)


def outcome(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of a plan's ``summary`` its operation keeps: how good it is, and what it misses."""
    return {key: summary[key] for key in ("objectives", "violations")}
