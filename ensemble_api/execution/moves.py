# SPDX-License-Identifier: Apache-2.0
"""What to do next for members that are to move, from what is recorded and observed: pure.

One moves at a time, in the order of the goals. A change asks for moves so, and whatever else does
that plans them in advance: Nova is asked only for what was held before, and looked at after.
"""

from collections.abc import Iterable, Mapping

from ensemble_api.execution.actions import (
    Action,
    Fail,
    MoveServer,
    RecordMove,
    Server,
    StopMove,
)
from ensemble_api.operations import Goal, MoveStatus, Operation
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord, moved

MOST_TRIES = 5  # of one move; one that a crash has interrupted counts as well

_NOT_MOVED = Sentence(
    "event.not-moved", "Nova was asked to move %(member)s, and it is still where it was."
)
_MOVE_REFUSED = Sentence("event.move-refused", "Nova refused to move %(member)s: %(answer)s")
_LOST = Sentence("event.moving-lost", "The server of %(member)s disappeared while it was to move.")
_ELSEWHERE = Sentence(
    "event.moved-elsewhere", "The server of %(member)s was moved to another host than planned."
)
_UNFIT = Sentence(
    "event.cannot-move",
    "The server of %(member)s cannot be moved: it is locked, or not ACTIVE any more.",
)


def move(
    ensemble: EnsembleRecord, servers: Iterable[Server], operation: Operation, *, start: bool = True
) -> tuple[Action, ...] | None:
    """The next actions for members that move; None when all moves have ended.

    ``start`` is whether moves are begun. If not, those under way are waited for, and the others
    given up.
    """
    found = {each.member_id: each for each in servers if not each.discarded}
    members = {each.id: each for each in ensemble.members}
    left = {
        member_id: goal
        for member_id, goal in operation.moves.items()
        if member_id in members and not _status(goal).ended
    }
    if not left:
        return None
    if not start:
        return tuple(_end(ensemble, found, left))
    member_id, goal = next(iter(sorted(left.items(), key=lambda each: _waits(each[1]))))
    member, server = members[member_id], found.get(member_id)
    if server is None or server.deleting:
        return (Fail(_LOST(member=goal.name)),)
    if server.task is not None:
        return ()
    if server.host == goal.host:
        return (RecordMove(moved(member, goal)),)
    if reason := _obstacle(goal, server):
        return (Fail(reason),)
    return (MoveServer(moved(member, goal)),)


def _waits(goal: Goal) -> bool:
    """Those that Nova was asked for come first, and then those that wait, as they are ordered."""
    return _status(goal) is MoveStatus.WAITING


def _status(goal: Goal) -> MoveStatus:
    return goal.move.status if goal.move else MoveStatus.DONE


def _obstacle(goal: Goal, server: Server) -> Message | None:
    """Why a server cannot be asked to move (again), None if it can."""
    if goal.move is None or server.host != goal.move.source:
        return _ELSEWHERE(member=goal.name)
    if goal.move.tries >= MOST_TRIES:
        if goal.move.refusal:
            return _MOVE_REFUSED(member=goal.name, answer=goal.move.refusal)
        return _NOT_MOVED(member=goal.name)
    if server.locked or server.status != "ACTIVE":
        return _UNFIT(member=goal.name)
    return None


def _end(
    ensemble: EnsembleRecord, found: Mapping[str, Server], left: Mapping[str, Goal]
) -> Iterable[Action]:
    """Record what has arrived, wait for what is moving, and give up what is where it was."""
    for member in ensemble.members:
        goal = left.get(member.id)
        if goal is None:
            continue
        server = found.get(member.id)
        asked = _status(goal) is MoveStatus.ASKED
        if asked and server is not None and server.task is not None and not server.deleting:
            continue
        if asked and server is not None and server.host == goal.host:
            yield RecordMove(moved(member, goal))
        else:
            yield StopMove(member)
