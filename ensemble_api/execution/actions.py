# SPDX-License-Identifier: Apache-2.0
"""What is observed of servers, and what can be done next for an ensemble."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from ensemble_api.operations import MoveKind
from ensemble_api.planning.message import Message
from ensemble_api.records import MemberRecord, MemberStatus, Status

UNKNOWN: Final = "UNKNOWN"
"""The status of a server whose cell does not answer: Nova tells no host and no task of it then."""

MIGRATING: Final = "migrating"
"""Nova's task while a server is migrated live."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server as Nova shows it; ``member_id`` is the member it was built for.

    ``age`` is the seconds since Nova made it. A ``discarded`` one was replaced, and is to go.
    ``targets`` are the hosts on which Nova builds it again, with an empty name where it has not
    chosen one; None where it was not asked for them. ``vm_state`` is Nova's
    word for what it is beneath what is just done with it; empty where it is not known. ``stuck`` is
    whether it was to be migrated live long ago, and Nova does not, although its task lasts.
    """

    id: str
    member_id: str
    status: str
    host: str | None = None
    task: str | None = None
    fault: str | None = None
    locked: bool = False
    age: float = 0.0
    discarded: bool = False
    targets: frozenset[str] | None = None
    vm_state: str = ""
    stuck: bool = False

    @property
    def deleting(self) -> bool:
        """Whether its end has been asked for; Nova shows a deleted one for a moment more."""
        return self.task == "deleting" or self.status == "DELETED"


@dataclass(frozen=True, slots=True)
class CreateServer:
    """Give the member's hold up and ask Nova for its server on the planned host."""

    member: MemberRecord


@dataclass(frozen=True, slots=True)
class CreateInstead:
    """The same, in the place of one before it whose host may not be closed yet."""

    member: MemberRecord


@dataclass(frozen=True, slots=True)
class AskLater:
    """Wait before Nova is asked for the member's server; one that came to nothing goes first.

    It waits for its host, unless the build of its server was ``interrupted``.
    """

    member: MemberRecord
    server_id: str | None = None
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class FindHosts:
    """Find other hosts for these members, whose servers there are go, all others staying.

    ``members`` have theirs among the hosts that are left out. Where there are no others the build
    fails with ``message``, unless it is to ``wait`` for those.
    """

    members: tuple[MemberRecord, ...]
    message: Message
    wait: bool


@dataclass(frozen=True, slots=True)
class DeleteServer:
    """Ask Nova to delete a server."""

    server_id: str


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Let the member's hold go, if there is one; the member has no server any more."""

    member: MemberRecord


@dataclass(frozen=True, slots=True)
class RecordServer:
    """Save what was observed of a member's server."""

    member: MemberRecord
    status: MemberStatus
    server_id: str


@dataclass(frozen=True, slots=True)
class MoveServer:
    """Give up what is held for the member's move, and ask Nova to move its server to its host.

    ``member`` is as it is once it has moved, ``ran`` whether its server runs when it is to move.
    """

    member: MemberRecord
    kind: MoveKind = MoveKind.LIVE_MIGRATION
    ran: bool = True


@dataclass(frozen=True, slots=True)
class AbortMove:
    """Ask Nova to end a live migration that is under way; a look tells what came of it."""

    member: MemberRecord


@dataclass(frozen=True, slots=True)
class StartServer:
    """Ask Nova to start the server of a member that it has left stopped on the new host."""

    member: MemberRecord


@dataclass(frozen=True, slots=True)
class StopServer:
    """Ask Nova to stop the server of a member that it has started, and that was stopped before."""

    member: MemberRecord


@dataclass(frozen=True, slots=True)
class RecordMove:
    """Save that a member is on its new host; ``member`` is as it is there."""

    member: MemberRecord


@dataclass(frozen=True, slots=True)
class StopMove:
    """Give a move up, with what is held for it: the member stays where it is.

    Without a ``reason`` the operation as a whole has one.
    """

    member: MemberRecord
    reason: Message | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Save what the removal, or a repair, waits for."""

    message: Message


@dataclass(frozen=True, slots=True)
class Fail:
    """Give the build up; everything goes."""

    message: Message


@dataclass(frozen=True, slots=True)
class Advance:
    """A change has done what it does first: it removes what is to go, or nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing is left to do: save this status, or forget the ensemble when it is None."""

    status: Status | None


Action: TypeAlias = (
    CreateServer
    | CreateInstead
    | AskLater
    | FindHosts
    | DeleteServer
    | ReleaseHold
    | RecordServer
    | MoveServer
    | AbortMove
    | StartServer
    | StopServer
    | RecordMove
    | StopMove
    | Block
    | Fail
    | Advance
    | Finish
)
