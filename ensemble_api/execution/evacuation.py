# SPDX-License-Identifier: Apache-2.0
"""What to do next for one member whose host has failed and that Nova is to bring back: pure.

Nova builds its server again on another host, and writes down that it is there last of all: after
its task has ended it is shown on the host that has failed for a moment more. Nova would begin a
second evacuation then, or beside one that is under way, as long as that host is down. So it is
asked again only when it has said that one has failed, or when nothing has happened for a while.
While its task lasts, or its record of an evacuation, which it ends after all else, time is no
reason: only when each host on which the server is being built has failed too, whoever has asked for
that, does nobody build it any more.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ensemble_api.execution.actions import (
    UNKNOWN,
    Action,
    Block,
    MoveServer,
    RecordMove,
    Server,
    StartServer,
    StopServer,
)
from ensemble_api.operations import Goal, Move, MoveKind, MoveStatus
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import MemberRecord, moved

PATIENCE = 30.0  # seconds without progress, after which what is still where it was did not move
# What Nova takes of a server on a host that has failed: by its vm_state, which is one of three.
EVACUABLE = frozenset(
    ("ACTIVE", "SHUTOFF", "ERROR", "REBOOT", "HARD_REBOOT", "PASSWORD", "REBUILD")
)
_REBUILDING = "rebuil"  # how Nova's tasks begin while it evacuates
_ACTIVE, _STOPPED = "active", "stopped"  # of a server's vm_state

_GONE = Sentence(
    "event.evacuating-gone", "The server of %(member)s was deleted before it was brought back."
)
_ELSEWHERE = Sentence(
    "event.evacuated-elsewhere",
    "The server of %(member)s is on another host than planned, where somebody else has moved it.",
)
_HOST_BACK = Sentence(
    "event.host-back", "The host of %(member)s is back: its server is not moved from there."
)
_UNFIT = Sentence(
    "event.cannot-evacuate",
    "Nova cannot bring the server of %(member)s back on another host: it is in status %(status)s.",
)
_REFUSED = Sentence(
    "event.evacuation-refused",
    "Nova refused to bring the server of %(member)s back on another host: %(answer)s",
)
_FAILED = Sentence(
    "event.evacuation-failed",
    "Nova could not bring the server of %(member)s back on its new host: %(answer)s",
)
_CAME_TO_NOTHING = Sentence(
    "event.evacuation-nothing",
    "Nova was asked to bring the server of %(member)s back on another host, and it is not there.",
)
_TARGET_FAILED = Sentence(
    "event.evacuation-target-failed",
    "The host on which the server of %(member)s was to be brought back has failed too.",
)
_TOO_LONG = Sentence(
    "event.evacuation-too-long",
    "Nova takes too long to bring the server of %(member)s back on another host.",
)
_LOCKED = Sentence(
    "event.evacuation-locked",
    "The server of %(member)s is locked by now, and is left where it is.",
)
_AWAITED = Sentence(
    "event.evacuation-awaited",
    "Nova takes long to bring the server of %(member)s back on another host. It is waited for, and "
    "not asked again; the repair can be cancelled. If no host builds it any more, as after a "
    "restart of the host that did, an operator has it asked again by: "
    "openstack server set --state error %(server)s",
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides on all evacuations of an ensemble alike.

    ``down`` are the hosts whose compute service does not report, ``idle`` the seconds since the
    last progress, ``longest`` those after which it takes long, ``most`` how often Nova is asked for
    one server. ``others_lost`` is whether members are lost that only another repair brings back,
    ``leaves_locked`` whether a locked server is to stay.
    """

    down: Collection[str]
    idle: float
    longest: float
    most: int
    others_lost: bool = False
    leaves_locked: bool = False


def evacuate(
    member: MemberRecord,
    goal: Goal,
    server: Server | None,
    now: Circumstances,
) -> Action | Message | None:
    """The next action, why it cannot be had, or None to wait.

    Never is Nova asked while it says that the server's host is up.
    """
    move = goal.move
    if move is None:
        return None
    if server is None or server.deleting:
        return _GONE(member=goal.name)
    if server.status == UNKNOWN:
        return None
    if server.host == goal.host:
        return _arrived(member, goal, move, server)
    if server.host != move.source:
        return _ELSEWHERE(member=goal.name)
    if now.leaves_locked and server.locked and move.status is MoveStatus.WAITING:
        return _LOCKED(member=goal.name)
    if is_under_way(server):
        if not _is_nobodys(server, now):
            return _waiting(goal, server, now)
    elif move.status is MoveStatus.ASKED and server.host in now.down and may_land(server, now.idle):
        return None
    reason = _obstacle(goal, move, server, now.down, now.most)
    return reason or MoveServer(moved(member, goal), MoveKind.EVACUATION, _ran(move, server))


def _obstacle(
    goal: Goal, move: Move, server: Server, down: Collection[str], most: int
) -> Message | None:
    """Why Nova cannot be asked for a server (again), None if it can."""
    if server.host not in down:
        return _HOST_BACK(member=goal.name)
    if goal.host in down:
        return _TARGET_FAILED(member=goal.name)
    if move.tries >= most:
        return _given_up(goal, move, server)
    if server.status not in EVACUABLE:
        return _UNFIT(member=goal.name, status=server.status)
    return None


def _ran(move: Move, server: Server) -> bool:
    """Whether a server ran when its host failed, as Nova tells when it is asked for the first time.

    One whose evacuation has failed is in error: that tells nothing any more.
    """
    if move.tries or server.vm_state not in (_ACTIVE, _STOPPED):
        return move.ran
    return server.vm_state == _ACTIVE


def is_rebuilding(server: Server) -> bool:
    """Whether Nova evacuates a server now, whoever has asked for it."""
    return server.task is not None and server.task.startswith(_REBUILDING)


def is_under_way(server: Server) -> bool:
    """Whether Nova evacuates a server, or may not have told yet on which host it now is.

    A task of another kind tells nothing: it died with the host, or ends an evacuation, as the one
    that stops a server does.
    """
    return is_rebuilding(server) or (server.status != "ERROR" and bool(server.targets))


def _is_nobodys(server: Server, now: Circumstances) -> bool:
    """Whether nobody builds a server any more of which Nova says that it is built."""
    known = server.targets
    return known is not None and now.idle > PATIENCE and all(each in now.down for each in known)


def _waiting(goal: Goal, server: Server, now: Circumstances) -> Action | Message | None:
    """Wait, say so when that is long, and end it where others wait for another repair.

    One whose own host is back is that compute service's to judge.
    """
    if now.idle <= now.longest:
        return None
    if now.others_lost or server.host not in now.down:
        return _TOO_LONG(member=goal.name)
    return Block(_AWAITED(member=goal.name, server=server.id))


def may_land(server: Server, idle: float) -> bool:
    """Whether a server that Nova was asked for may be on its new host without being shown there."""
    return server.status != "ERROR" and idle <= PATIENCE


def _arrived(
    member: MemberRecord, goal: Goal, move: Move, server: Server
) -> Action | Message | None:
    if server.task is not None:
        return None
    if server.status == "ERROR":
        return _FAILED(member=goal.name, answer=_without_hosts(server.fault or "ERROR", goal, move))
    if server.status == "SHUTOFF" and move.ran and not move.started:
        return StartServer(member)
    # Nova starts what was in error when it was asked for, whatever it had been before that.
    if server.status == "ACTIVE" and not move.ran and not move.stopped:
        return StopServer(member)
    return RecordMove(moved(member, goal))


def _given_up(goal: Goal, move: Move, server: Server) -> Message:
    if move.refusal:
        return _REFUSED(member=goal.name, answer=move.refusal)
    if server.status == "ERROR" and server.fault:
        return _FAILED(member=goal.name, answer=_without_hosts(server.fault, goal, move))
    return _CAME_TO_NOTHING(member=goal.name)


def _without_hosts(text: str, goal: Goal, move: Move) -> str:
    """Nova's answer to an operator without what tenants do not see."""
    for host in (move.source, goal.host):
        text = text.replace(host, "[host]") if host else text
    return text
