# SPDX-License-Identifier: Apache-2.0
"""What to do next for members that are to move, from what is recorded and observed: pure.

Live migrations go one at a time, in the order of the goals, and evacuations several at a time. Nova
is asked only for what was held before, and looked at after. What cannot be had is given up where
the operation undoes nothing; else it ends the operation.
"""

from collections.abc import Collection, Iterable, Mapping

from ensemble_api.execution import evacuation
from ensemble_api.execution.actions import (
    MIGRATING,
    UNKNOWN,
    AbortMove,
    Action,
    Fail,
    MoveServer,
    RecordMove,
    Server,
    StopMove,
)
from ensemble_api.operations import Goal, MoveKind, MoveStatus, Operation
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord, MemberRecord, moved
from ensemble_api.recovery import Locked, Recovery

MOST_TRIES = 5  # of one move; one that a crash has interrupted counts as well

_NOT_MOVED = Sentence(
    "event.not-moved", "Nova was asked to move %(member)s, and it is still where it was."
)
_MOVE_REFUSED = Sentence("event.move-refused", "Nova refused to move %(member)s: %(answer)s")
_LOST = Sentence("event.moving-lost", "The server of %(member)s disappeared while it was to move.")
_ELSEWHERE = Sentence(
    "event.moved-elsewhere", "The server of %(member)s was moved to another host than planned."
)
_STUCK = Sentence(
    "event.moving-stuck",
    "Nova was asked to move %(member)s and says that it does, but no migration is under way: the "
    "request was lost. Its server stays where it is. An operator ends its task by: "
    "openstack server set --state active %(server)s",
)
_UNFIT = Sentence(
    "event.cannot-move",
    "The server of %(member)s cannot be moved: it is locked, or not ACTIVE any more.",
)
_SOURCE_FAILED = Sentence(
    "event.moving-source-failed",
    "The host of %(member)s has failed, so its server is not moved from there.",
)
_LOSSES_FIRST = Sentence(
    "event.losses-first",
    "%(member)s is not moved: the host of another member has failed, and a repair comes first.",
)


def move(
    ensemble: EnsembleRecord,
    servers: Iterable[Server],
    operation: Operation,
    *,
    start: bool = True,
    at_once: int = 1,
    timeout: float = 0.0,
    down: Collection[str] = (),
    later: Collection[str] = (),
) -> tuple[Action, ...] | None:
    """The next actions for members that move; None when all moves have ended.

    ``start`` is whether moves are begun. If not, those under way are waited for, and the others
    given up. ``at_once`` is how many evacuations may be under way, ``timeout`` the seconds after
    which one that does not end is given up, ``down`` the hosts whose compute service does not
    report. ``later`` are the ids of members whose turn has not come, as their tier waits for
    another one.
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
    stays = operation.relocates and any(
        _status(each) is MoveStatus.GIVEN_UP for each in operation.moves.values()
    )
    failed = any(each.host in down for each in found.values())
    if not start or stays:
        # Each move is safe after those before it: without one of them the others may not be.
        return tuple(_end(ensemble, found, left, timeout, down, aborts=not start or failed))
    if operation.relocates and failed:
        return tuple(_yield_to_repair(ensemble, found, left, down))
    lost = {member_id for member_id, each in found.items() if each.host in down}
    now = evacuation.Circumstances(
        down,
        ensemble.idle,
        timeout,
        MOST_TRIES,
        others_lost=not lost <= left.keys(),
        leaves_locked=Recovery.of(ensemble.body).locked is Locked.LEAVE,
    )
    chosen: list[Action] = []
    begun = 0
    # What takes long keeps no other from its turn.
    due = {member_id: goal for member_id, goal in left.items() if member_id not in later}
    for member_id, goal in _turns(due, len(due) if ensemble.idle > timeout else at_once):
        member, server = members[member_id], found.get(member_id)
        if _is_evacuation(goal):
            action = evacuation.evacuate(member, goal, server, now)
        else:
            action = _migrate(member, goal, server, down, ensemble.idle)
        if isinstance(action, Message):
            if operation.undoes:
                return (Fail(action),)
            action = StopMove(member, action)
        begun += isinstance(action, MoveServer)
        if action is not None and not (isinstance(action, MoveServer) and begun > at_once):
            chosen.append(action)
    return tuple(chosen)


def _turns(left: Mapping[str, Goal], at_once: int) -> list[tuple[str, Goal]]:
    """Those that Nova was asked for come first, and then those that wait, as they are ordered."""
    waiting = sorted(left.items(), key=lambda each: _status(each[1]) is MoveStatus.WAITING)
    several = all(_is_evacuation(goal) for goal in left.values())
    return waiting[: at_once if several else 1]


def _yield_to_repair(
    ensemble: EnsembleRecord,
    found: Mapping[str, Server],
    left: Mapping[str, Goal],
    down: Collection[str],
) -> Iterable[Action]:
    """Begin no more moves, since members are lost, and end soon, so that a repair can come.

    Not at once: a host may only not have reported yet.
    """
    for member in ensemble.members:
        goal = left.get(member.id)
        if goal is None:
            continue
        if _status(goal) is MoveStatus.ASKED:
            server = found.get(member.id)
            action = _abort(member, server, down, ensemble.idle) or _migrate(
                member, goal, server, down, ensemble.idle, again=False
            )
        else:
            late = ensemble.idle > evacuation.PATIENCE
            action = _LOSSES_FIRST(member=goal.name) if late else None
        if isinstance(action, Message):
            action = StopMove(member, action)
        if action is not None:
            yield action


def _abort(
    member: MemberRecord, server: Server | None, down: Collection[str], idle: float
) -> Action | None:
    """End a live migration that others wait for, which may take for ever.

    Asked again after a while, since Nova refuses it where the migration begins or is nearly over.
    """
    if server is None or server.task != MIGRATING or server.stuck or server.host in down:
        return None
    return AbortMove(member) if idle > evacuation.PATIENCE else None


def _migrate(
    member: MemberRecord,
    goal: Goal,
    server: Server | None,
    down: Collection[str],
    idle: float,
    *,
    again: bool = True,
) -> Action | Message | None:
    """The next action for a live migration, why it cannot be had, or None to wait.

    Nova ends no migration whose source has failed before that is back, and then its task. Where it
    was over by then, the server is seen on its new host, whatever was recorded. ``again`` is
    whether Nova is asked.
    """
    if server is None or server.deleting:
        return _LOST(member=goal.name)
    if server.status == UNKNOWN:
        return None
    if server.host != goal.host and server.host in down:
        return _SOURCE_FAILED(member=goal.name) if idle > evacuation.PATIENCE else None
    if server.stuck:
        return _STUCK(member=goal.name, server=server.id)
    if server.task is not None:
        return None
    if server.host == goal.host:
        return RecordMove(moved(member, goal))
    if not again:
        return _LOSSES_FIRST(member=goal.name)
    return _obstacle(goal, server) or MoveServer(moved(member, goal))


def _is_evacuation(goal: Goal) -> bool:
    return goal.move is not None and goal.move.kind is MoveKind.EVACUATION


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
    ensemble: EnsembleRecord,
    found: Mapping[str, Server],
    left: Mapping[str, Goal],
    timeout: float,
    down: Collection[str],
    *,
    aborts: bool,
) -> Iterable[Action]:
    """Record what has arrived, wait for what is moving, and give up what is where it was.

    With ``aborts`` a live migration that goes on for a while is not waited for.
    """
    for member in ensemble.members:
        goal = left.get(member.id)
        if goal is None:
            continue
        server = found.get(member.id)
        asked = _status(goal) is MoveStatus.ASKED
        if asked and server is not None and not server.deleting:
            if server.status == UNKNOWN:
                continue
            if server.stuck:
                yield StopMove(member, _STUCK(member=goal.name, server=server.id))
                continue
            evacuated, is_there = _is_evacuation(goal), server.host == goal.host
            # What has lost its source may stay as it is for good.
            limit = timeout if evacuated else evacuation.PATIENCE
            lasting = evacuated or (not is_there and server.host in down)
            if server.task is not None and not (lasting and ensemble.idle > limit):
                if aborts and not evacuated:
                    abort = _abort(member, server, down, ensemble.idle)
                    yield from (abort,) if abort else ()
                continue
            if evacuated and not is_there and evacuation.may_land(server, ensemble.idle):
                continue
            landing = evacuated and not is_there and evacuation.is_under_way(server)
            if landing and ensemble.idle <= timeout:
                continue
        if asked and server is not None and server.host == goal.host:
            yield RecordMove(moved(member, goal))
        else:
            yield StopMove(member)
