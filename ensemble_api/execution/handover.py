# SPDX-License-Identifier: Apache-2.0
"""The hand-over of members from their holds to their servers, on hosts closed to all others."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from ensemble_api.cloud.reservation import Reservation
from ensemble_api.execution.actions import (
    Action,
    CreateInstead,
    CreateServer,
    MoveServer,
    Server,
)
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus
from ensemble_api.store import rows
from ensemble_api.store.guards import Guards

_HANDED_OVER = (CreateServer, CreateInstead, MoveServer)


class Handovers:
    """Closes hosts just before members' holds go, and opens them when their servers have claimed.

    What is open and what is closed is the scheduler filter's to keep. At most ``width`` hosts are
    closed at once, over the whole cloud (see ``Guards.open``); with 0 none is. A guard goes on
    while it is looked after, and ends ``seconds`` after that by itself.
    """

    def __init__(
        self,
        guards: Guards,
        reservation: Reservation,
        *,
        owner: str,
        width: int | None,
        seconds: float,
    ) -> None:
        self._guards = guards
        self._reservation = reservation
        self._owner = owner
        self._width = width
        self._seconds = seconds

    def look(self, ensemble: EnsembleRecord, servers: Iterable[Server]) -> None:
        """End those of an ensemble's guards that are over, and prolong those that are not.

        :raises ensemble_api.exception.LeaseLost: when another worker has the ensemble.
        """
        guards = self._guards.of(ensemble.id)
        if not guards:
            return
        members = {each.id: each for each in ensemble.members}
        there = {each.member_id: each for each in servers if not each.discarded}
        over: list[str] = []
        waiting: dict[str, str] = {}  # the servers that may still claim, by guard
        moving = ensemble.moving
        for guard in guards:
            server = there.get(guard.member_id)
            if guard.member_id in moving:
                if server is None or server.host == guard.host:
                    over.append(guard.id)
                else:
                    waiting[guard.id] = server.id
            elif guard.member_id not in ensemble.building:
                over.append(guard.id)
            elif server is None:
                # What is perhaps asked for, or perhaps taken: its time will tell.
                if not _is_awaited(members.get(guard.member_id)):
                    over.append(guard.id)
            elif server.host is None and server.status in ("BUILD", "ERROR"):
                # What a reservation held for a moment is free again when it has seen the guard: no
                # other server is to come first.
                waiting[guard.id] = server.id
            else:
                over.append(guard.id)
        targets = {each.server_id or "": each.provider for each in moving.values()}
        claimed = self._reservation.holding(waiting.values(), on=targets)
        over += [guard_id for guard_id, server_id in waiting.items() if server_id in claimed]
        soon = rows.now() + timedelta(seconds=self._seconds / 2)
        kept = waiting.keys() - over
        late = [each.id for each in guards if each.id in kept and each.until < soon]
        if over or late:
            self._guards.settle(ensemble, self._owner, over, late, self._seconds)

    def begin(
        self, ensemble: EnsembleRecord, chosen: Sequence[Action]
    ) -> tuple[Sequence[Action], Mapping[str, str]]:
        """Close the hosts of those members that are asked for; those without a turn are left out.

        Others whose hosts may be closed have the turns of those that have to wait.

        Gives what is to be done then, and the hints that tell members' requests, by member.

        :raises ensemble_api.exception.LeaseLost: when another worker has the ensemble.
        """
        asked = [each.member for each in chosen if isinstance(each, CreateServer)]
        others = [each.member for each in chosen if isinstance(each, CreateInstead)]
        moving = [each for each in chosen if isinstance(each, MoveServer)]
        if self._width == 0 or not (asked or moving):
            return [each for each in chosen if not isinstance(each, CreateInstead)], {}
        hints = self._guards.open(
            ensemble,
            self._owner,
            [each.member for each in moving] + asked + others,
            most=len(moving) + len(asked),
            width=self._width,
            seconds=self._seconds,
        )
        rest: list[Action] = [each for each in chosen if not isinstance(each, _HANDED_OVER)]
        rest += [CreateServer(each) for each in asked + others if each.id in hints]
        return rest + [each for each in moving if each.member.id in hints], hints

    def go_on(self, ensemble: EnsembleRecord, hint: str | None) -> bool:
        """See that a member's host is still closed for it, and the lease still one's own.

        A worker may have stood still for longer than its guard lasted. A host that is open by then
        is closed again, but where others had their turn meanwhile.

        :raises ensemble_api.exception.LeaseLost: when another worker has the ensemble.
        """
        return self._guards.go_on(ensemble, self._owner, hint, self._seconds)

    def end(self, hint: str | None) -> None:
        """Open a host again: its member is held, or is not built any more."""
        if hint is not None:
            self._guards.end(hint)


def _is_awaited(member: MemberRecord | None) -> bool:
    """Whether a server may come of what Nova was asked, or is just being asked, for a member.

    Also where its capacity is held again, since Nova seemed not to take the request.
    """
    if member is None or member.server_id:
        return False
    return member.awaited or member.status is not MemberStatus.RESERVED
