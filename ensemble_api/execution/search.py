# SPDX-License-Identifier: Apache-2.0
"""Which members need another host, and which hosts they had are left out: pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from ensemble_api.execution.actions import FindHosts, Server
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord, LostHost, MemberRecord, MemberStatus

NOT_BUILT = Sentence("event.not-built", "Nova could not build %(member)s: %(answer)s")
_HOST_FAILED = Sentence(
    "event.host-failed", "The host of %(member)s does not report to Nova any more."
)

NO_HOST: Final = "No valid host was found"  # how Nova begins to say it
MOST_HOSTS: Final = 4  # on which a member's server may fail before the build does
MOST_LOSSES: Final = 8  # times that Nova may find no host for a member before the build fails
LONGEST_PAUSE: Final = 30  # seconds for which a host that was full is left out
HOST_PATIENCE: Final = 30.0  # seconds without progress after which hosts that are down are given up


def search(
    ensemble: EnsembleRecord,
    found: Mapping[str, Server],
    ours: Mapping[str, Server],
    down: Collection[str],
) -> FindHosts | None:
    """The members that need another host: Nova could not build them, or their hosts have failed.

    They come with the ids of those of their servers that were ``found``, and with their hosts among
    those that are left out. A host that does not report is given some time, which it takes after a
    restart of Nova.
    """

    def known(member: MemberRecord) -> MemberRecord:
        if member.id not in found:
            return member
        return replace(member, server_id=found[member.id].id)

    lacking = [
        each
        for each in ensemble.members
        if _is_refused(each, ours.get(each.id)) or _is_sought(each, found.get(each.id))
    ]
    due = [each for each in lacking if not each.pause]
    if due:
        members = tuple(_without_host(known(each), ours.get(each.id), down) for each in lacking)
        first = ours.get(due[0].id)
        answer = first.fault if first else due[0].refusal
        message = NOT_BUILT(member=due[0].name, answer=answer or "")
        return FindHosts(members, message, wait=any(each.loss for each in members))
    if ensemble.idle <= HOST_PATIENCE:
        return None
    failed = [each for each in ensemble.members if _is_on(down, each, ours.get(each.id))]
    due = [each for each in failed if each.status is not MemberStatus.ACTIVE and not each.pause]
    if not due:
        return None
    members = tuple(_failed(known(each)) for each in failed)
    return FindHosts(members, _HOST_FAILED(member=due[0].name), wait=True)


def is_replaceable(member: MemberRecord, server: Server | None) -> bool:
    """Whether another host may be looked for: not too often, and not against a tenant's lock."""
    return (
        len(member.failed_hosts) < MOST_HOSTS
        and sum(each.times for each in member.lost_hosts) < MOST_LOSSES
        and not (server is not None and server.locked)
    )


def _is_refused(member: MemberRecord, server: Server | None) -> bool:
    return server is not None and server.status == "ERROR" and is_replaceable(member, server)


def _is_on(down: Collection[str], member: MemberRecord, server: Server | None) -> bool:
    return member.host in down and is_replaceable(member, server)


def _is_sought(member: MemberRecord, server: Server | None) -> bool:
    """Whether no host was free for a member, and one is looked for again when its pause is over."""
    return (
        server is None
        and member.status is MemberStatus.BUILDING
        and not member.asked_at
        and member.loss is not None
        and is_replaceable(member, None)
    )


def _without_host(
    member: MemberRecord, server: Server | None, down: Collection[str]
) -> MemberRecord:
    """The member with its host left out: for a while if it was full only, and else for good.

    After that while it is left out no more.
    """
    if server is None:
        return member if member.pause else _lost(member, left_out=False)
    fault = server.fault or ""
    if member.host in down or not fault.startswith(NO_HOST):
        return _failed(member)
    return replace(_lost(member, left_out=True), refusal=fault)


def _failed(member: MemberRecord) -> MemberRecord:
    return replace(member, failed_hosts=tuple(dict.fromkeys((*member.failed_hosts, member.host))))


def _lost(member: MemberRecord, *, left_out: bool) -> MemberRecord:
    times = member.loss.times + 1 if member.loss else 1
    lost = LostHost(member.host, times, pause_after_losses(times) if left_out else 0.0)
    others = tuple(each for each in member.lost_hosts if each.name != member.host)
    return replace(member, lost_hosts=(*others, lost))


def pause_after_losses(times: int) -> float:
    """Seconds until a host that was full so often is taken again: each time twice as many."""
    return float(min(2 ** (times - 1), LONGEST_PAUSE))
