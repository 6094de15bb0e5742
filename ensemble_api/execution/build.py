# SPDX-License-Identifier: Apache-2.0
"""What to do next for members that are to be there, from what is recorded and observed: pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from ensemble_api.execution.actions import (
    UNKNOWN,
    Action,
    AskLater,
    CreateInstead,
    CreateServer,
    DeleteServer,
    Fail,
    RecordServer,
    Server,
)
from ensemble_api.execution.removal import REMINDER
from ensemble_api.execution.search import (
    LONGEST_PAUSE,
    NO_HOST,
    NOT_BUILT,
    is_replaceable,
    search,
)
from ensemble_api.planning.message import Message, Sentence, following
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus

_DISAPPEARED = Sentence(
    "event.disappeared", "The server of %(member)s disappeared during the build."
)
_NOT_BUILT_WITHOUT_REASON = Sentence(
    "event.not-built-without-reason",
    "Nova could not build %(member)s: it gave no reason, as after an interruption",
)
_BUILT_ELSEWHERE = Sentence(
    "event.built-elsewhere", "Nova built %(member)s elsewhere than planned."
)
_CHANGED = Sentence("event.changed", "The server of %(member)s was changed during the build.")
_OVERDUE = Sentence(
    "event.overdue",
    "%(count)s server was not built within %(seconds)s seconds.",
    "%(count)s servers were not built within %(seconds)s seconds.",
)
_LAST_ANSWER = Sentence("event.last-answer", "Of %(member)s Nova said at last: %(answer)s")

MOST_CONFLICTS = 5
UNPLACED = 90.0  # seconds after which Nova has lost a server that is on no host yet


def build(
    ensemble: EnsembleRecord,
    servers: tuple[Server, ...],
    *,
    concurrency: int,
    timeout: float,
    down: Collection[str],
    silent: Collection[str],
    later: Collection[str] = (),
) -> tuple[Action, ...] | None:
    """The next actions for members that are to be there; None when all of them are.

    ``ensemble`` has these members alone; ``later`` are the ids of those whose turn has not come, as
    their tier waits for another one, which is no lack of progress. For the rest see ``decide``.
    """
    discarded = list(_discarded(ensemble, servers))
    found, doubles = _by_member(each for each in servers if each not in discarded)
    lost = {
        member.id: found[member.id]
        for member in ensemble.members
        if member.id in found and _came_to_nothing(member, found[member.id], down)
    }
    ours = {member_id: each for member_id, each in found.items() if member_id not in lost}
    for member in ensemble.members:
        if reason := _broken(member, ours.get(member.id)):
            return (Fail(reason),)
    waiting = [member for member in ensemble.members if member.id not in ours]
    building = [server for server in ours.values() if server.status != "ACTIVE"]
    overdue = ensemble.idle > timeout
    due = [each for each in waiting if each.id not in later]
    if overdue and (due or building):
        return (Fail(_overdue(ensemble, timeout, later)),)
    # One that is locked is not one of ours, which nobody has had the time to lock.
    doubles = [each for each in doubles if not each.locked]
    # A member is known by its tag until its server is recorded, and so is its double.
    doubled = set() if overdue else {each.member_id for each in doubles}
    alone = {member_id: each for member_id, each in ours.items() if member_id not in doubled}
    seen = tuple(_observed(ensemble, alone))
    extra = tuple(DeleteServer(each.id) for each in doubles if not each.deleting)
    extra += tuple(_removals(discarded, late=ensemble.idle > REMINDER))
    if sought := search(ensemble, found, ours, down):
        searched = {each.id for each in sought.members}
        return (*(each for each in seen if each.member.id not in searched), *extra, sought)
    asking = [
        each
        for each in due
        if not (each.pause or each.id in lost or _is_waiting_for_its_own(ensemble, each, discarded))
        and not (each.awaited and each.host in silent)  # its server may be there, unseen
    ]
    ready = [each for each in asking if each.host not in down]
    # What is built on a host that has failed, or is not built, takes no turn from others.
    turns = [each for each in building if each.host not in down and each.status != "ERROR"]
    slots = max(0, concurrency - len(turns))
    create: tuple[Action, ...] = tuple(CreateServer(member) for member in ready[:slots])
    if create:
        create += tuple(CreateInstead(member) for member in ready[slots:])
    postponed = tuple(AskLater(each) for each in asking if each.host in down) + tuple(
        AskLater(each, lost[each.id].id, interrupted=not lost[each.id].fault)
        for each in waiting
        if each.id in lost and not lost[each.id].deleting
    )
    if not (seen or waiting or building) and (overdue or not (doubles or discarded)):
        return None
    return seen + extra + postponed + create


def _discarded(ensemble: EnsembleRecord, servers: Iterable[Server]) -> Iterator[Server]:
    """The servers that were replaced: by what is recorded, or by the host that was given up.

    The latter came of a request that Nova seemed not to have taken.
    """
    members = {each.id: each for each in ensemble.members}
    for server in servers:
        member = members.get(server.member_id)
        late = member is not None and server.host in member.failed_hosts
        if server.discarded or late:
            yield server


def _removals(discarded: Iterable[Server], *, late: bool) -> Iterator[DeleteServer]:
    """Ask for the end of servers that were replaced: again of those that are long in going.

    What is asked of a host just before it dies is lost; once Nova knows that, it needs no host.
    """
    for server in discarded:
        if not server.locked and (late or not server.deleting):
            yield DeleteServer(server.id)


def _is_waiting_for_its_own(
    ensemble: EnsembleRecord, member: MemberRecord, discarded: Iterable[Server]
) -> bool:
    """Whether a server that was replaced still has what its successor is to have for itself."""
    own = ensemble.template(member).keys() & {"ports", "volumes", "fixed_ips"}
    return bool(own) and any(each.member_id == member.id for each in discarded)


def _came_to_nothing(member: MemberRecord, server: Server, down: Collection[str]) -> bool:
    """Whether a server may be asked for again: it was not placed while its host was down.

    Or its compute service ended before it was built, which leaves it in error without a fault; or
    a conductor or a scheduler ended with it, and nobody builds it any more; or it was deleted
    before it was built, as is one that is asked for again.
    """
    if server.locked or member.status is MemberStatus.ACTIVE:
        return False
    if server.status == "DELETED":
        return True
    unplaced = server.status == "BUILD" and server.host is None and server.age > UNPLACED
    if not unplaced and server.status != "ERROR":
        return False
    if server.deleting:
        return True
    if member.tries >= MOST_CONFLICTS:
        return False
    return (
        unplaced or not server.fault or (member.host in down and server.fault.startswith(NO_HOST))
    )


def _by_member(servers: Iterable[Server]) -> tuple[Mapping[str, Server], list[Server]]:
    """One server for each member, and those that are one too many (after a crash)."""
    ours: dict[str, Server] = {}
    doubles = []
    # One that is going is the double, else one that is not there yet.
    for server in sorted(
        servers, key=lambda each: (each.deleting, each.status != "ACTIVE", each.id)
    ):
        if server.member_id in ours:
            doubles.append(server)
        else:
            ours[server.member_id] = server
    return ours, doubles


def _broken(member: MemberRecord, server: Server | None) -> Message | None:
    """Why the build cannot go on because of this member, None if it can."""
    if server is None:
        if member.status is MemberStatus.ACTIVE:
            return _DISAPPEARED(member=member.name)
        return None
    if server.status == "ERROR":
        if not server.fault:
            return _NOT_BUILT_WITHOUT_REASON(member=member.name)
        if member.status is not MemberStatus.ACTIVE and is_replaceable(member, server):
            return None
        return NOT_BUILT(member=member.name, answer=server.fault)
    if server.status == "ACTIVE" and server.host not in (None, member.host):
        return _BUILT_ELSEWHERE(member=member.name)
    if server.status not in ("BUILD", "ACTIVE", UNKNOWN):
        return _CHANGED(member=member.name)
    return None


def _observed(ensemble: EnsembleRecord, ours: Mapping[str, Server]) -> Iterator[RecordServer]:
    for member in ensemble.members:
        server = ours.get(member.id)
        if server is None:
            continue
        status = MemberStatus.ACTIVE if server.status == "ACTIVE" else MemberStatus.BUILDING
        if (member.status, member.server_id) != (status, server.id):
            yield RecordServer(member, status, server.id)


def _overdue(ensemble: EnsembleRecord, timeout: float, later: Collection[str]) -> Message:
    """That it takes too long, with what Nova said last of those that it did not take."""
    missing = sum(
        member.status is not MemberStatus.ACTIVE and member.id not in later
        for member in ensemble.members
    )
    message = _OVERDUE(count=missing, seconds=round(timeout))
    refused = [each for each in ensemble.members if each.refusal and not each.server_id]
    if refused:
        last = _LAST_ANSWER(member=refused[0].name, answer=refused[0].refusal)
        return following([message, last])
    return message


def pause_after(status: int, tries: int) -> float | None:
    """Seconds until Nova is asked again for a server that it did not take; None: it never will.

    ``status`` is what it answered, ``tries`` how often it had not taken that server before. What
    comes of Nova's own or its neighbours' state passes (a 5xx while Neutron restarts, a time-out,
    too many requests), and is tried for as long as the build may take. A conflict may pass, or be
    for good.
    """
    lasting = status not in (408, 409, 429) and (status < 500 or status == 501)
    if lasting or (status == 409 and tries >= MOST_CONFLICTS):
        return None
    return float(min(2**tries, LONGEST_PAUSE))
