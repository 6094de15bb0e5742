# SPDX-License-Identifier: Apache-2.0
"""What to do next for members that are to be gone, from what is recorded and observed: pure."""

from collections.abc import Collection

from ensemble_api.execution.actions import Action, Block, DeleteServer, ReleaseHold, Server
from ensemble_api.planning.message import Argument, Message, Sentence
from ensemble_api.records import EnsembleRecord, MemberStatus
from ensemble_api.turns import kept_meanwhile

_LOCKED = Sentence(
    "event.locked",
    "The server of %(members)s is locked. Unlock it, and the removal goes on.",
    "The servers of %(members)s are locked. Unlock them, and the removal goes on.",
)
_LATE = Sentence(
    "event.late",
    "Nova has not removed the server of %(members)s yet, and is asked again.",
    "Nova has not removed the servers of %(members)s yet, and is asked again.",
)
_AND_MORE = Sentence("list.and-more", "%(names)s and %(count)s more")

SHOWN = 5  # members that are named
REMINDER = 30.0  # seconds after which Nova is asked again to delete what it is deleting


def remove(
    ensemble: EnsembleRecord,
    servers: tuple[Server, ...],
    silent: Collection[str],
    timeout: float,
) -> tuple[Action, ...] | None:
    """The next actions for members that are to be gone; None when all of them are.

    Servers are deleted first; a member's hold and records go when its server is gone. Where tiers
    come one after another, the last ones go first; what does not go within ``timeout`` seconds
    without progress keeps no others.

    While a server is locked none is deleted: who locked it wants to keep what it belongs to. What
    is held without a server goes even so, since it counts in nobody's quota.

    A server that was asked for and not recorded may be there, unseen, while its cell is ``silent``.
    """
    unseen = {each.id for each in ensemble.members if each.awaited and each.host in silent}
    alive = unseen | {server.member_id for server in servers}
    release = tuple(
        ReleaseHold(member)
        for member in ensemble.members
        if member.id not in alive and member.status is not MemberStatus.DELETED
    )
    if locked := _locked(ensemble, servers):
        return (Block(locked), *release)
    # What is asked of a host just before it dies is lost; once Nova knows that, it needs no host.
    late = alive and ensemble.idle > REMINDER
    kept = kept_meanwhile(ensemble, alive, ensemble.members) if ensemble.idle <= timeout else ()
    delete = tuple(
        DeleteServer(each.id)
        for each in servers
        if each.member_id not in kept and (late or not each.deleting)
    )
    if late:
        return (Block(_late(ensemble, alive - frozenset(kept))), *delete, *release)
    return delete + release if alive or release else None


def _locked(ensemble: EnsembleRecord, servers: tuple[Server, ...]) -> Message | None:
    """Which members' servers are locked, and what to do about it; None if none is."""
    locked = {each.member_id for each in servers if each.locked and not each.deleting}
    if not locked:
        return None
    return _LOCKED(members=_named(ensemble, locked), count=len(locked))


def _late(ensemble: EnsembleRecord, alive: Collection[str]) -> Message:
    """That Nova takes its time, as it does while it does not know yet that a host is down."""
    return _LATE(members=_named(ensemble, alive), count=len(alive))


def _named(ensemble: EnsembleRecord, members: Collection[str]) -> Argument:
    """The names of these members, as far as they can be read."""
    names = [member.name for member in ensemble.members if member.id in members]
    if len(names) > SHOWN:
        return _AND_MORE(names=", ".join(names[:SHOWN]), count=len(names) - SHOWN)
    return ", ".join(names)
