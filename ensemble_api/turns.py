# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is, where tiers come one after another: pure.

What is built or brought back begins with the tiers that come first, and what is removed with those
that come last. Members whose turn has not come keep what is held for them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ensemble_api import tier_order
from ensemble_api.operations import MoveKind, MoveStatus, Operation
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus
from ensemble_api.tier_order import Gate


def awaited_tiers(
    ensemble: EnsembleRecord, given_up: Collection[str] = (), *, signals_alone: bool = False
) -> Mapping[str, tuple[str, ...]]:
    """The members that wait for their turn, by their ids, with the tiers that they wait for.

    Those are members to build or to bring back of which Nova was not asked for anything yet. Nobody
    waits for members that are ``given_up``, nor for what an operation does not touch, nor for a
    signal when the time of its gate is over. ``signals_alone`` is whether nothing else is waited
    for.
    """
    operation = ensemble.operation
    before = tier_order.earlier(_tiers(ensemble))
    if operation is None or not any(before.values()):
        return {}
    moves = {
        key: goal.move.status
        for key, goal in operation.moves.items()
        if goal.move is not None and goal.move.kind is MoveKind.EVACUATION
    }
    unready = {
        each.tier
        for each in (() if signals_alone else ensemble.members)
        if each.id not in given_up
        and (
            (each.id in operation.wanted and each.status is not MemberStatus.ACTIVE)
            or (each.id in moves and not moves[each.id].ended)
        )
    }
    unready |= {
        each.tier
        for each, gate in _silent(ensemble, operation)
        if each.id not in given_up and ensemble.idle <= gate.timeout
    }
    found = {}
    for each in ensemble.members:
        new = each.id in operation.wanted and not (each.asked_at or each.server_id)
        lost = moves.get(each.id) is MoveStatus.WAITING
        tiers = sorted(before.get(each.tier, frozenset()) & unready)
        if tiers and (new or lost):
            found[each.id] = tuple(tiers)
    return found


def late_signals(ensemble: EnsembleRecord) -> Sequence[tuple[MemberRecord, Gate]]:
    """The members whose guests were waited for in vain until now, and their gates.

    Those alone of whose tier others wait for nothing else.
    """
    operation = ensemble.operation
    if operation is None:
        return ()
    before = tier_order.earlier(_tiers(ensemble))
    wanted = [each for each in ensemble.members if each.id in operation.wanted]
    awaited = {
        tier for each in wanted if not _was_asked_for(each) for tier in before.get(each.tier, ())
    }
    building = {each.tier for each in wanted if each.status is not MemberStatus.ACTIVE}
    return [
        (member, gate)
        for member, gate in _silent(ensemble, operation)
        if member.tier in awaited - building and ensemble.idle > gate.timeout
    ]


def _silent(ensemble: EnsembleRecord, operation: Operation) -> Iterator[tuple[MemberRecord, Gate]]:
    """The members whose guests are to signal and have not, until a tier after has begun."""
    tiers = _tiers(ensemble)
    gates = {tier["name"]: Gate.of(tier) for tier in tiers}
    before = tier_order.earlier(tiers)
    wanted = [each for each in ensemble.members if each.id in operation.wanted]
    begun = {each.tier for each in wanted if _was_asked_for(each)}
    passed = {tier for after in begun for tier in before.get(after, ())}
    for each in wanted:
        gate = gates.get(each.tier, Gate())
        silent = each.status is MemberStatus.ACTIVE and each.signal_awaited
        if silent and gate.signals and each.tier not in passed:
            yield each, gate


def _was_asked_for(member: MemberRecord) -> bool:
    """Whether Nova was asked for a member's server, be it that it did not take that."""
    return bool(member.asked_at or member.server_id or member.tries)


def kept_meanwhile(
    ensemble: EnsembleRecord, alive: Collection[str], leaving: Iterable[MemberRecord]
) -> frozenset[str]:
    """The ids of members to remove whose servers stay until those of later tiers are gone.

    ``alive`` are the ids of those that may have a server still.
    """
    leaving = tuple(leaving)
    before = tier_order.earlier(_tiers(ensemble))
    there = {each.tier for each in leaving if each.id in alive}
    first = {tier for later in there for tier in before.get(later, ())}
    return frozenset(each.id for each in leaving if each.tier in first)


def _tiers(ensemble: EnsembleRecord) -> list[Mapping[str, Any]]:
    """The tiers as they are described, and those that a change removes, as they were."""
    now: list[Mapping[str, Any]] = list(ensemble.body["tiers"])
    before = ensemble.operation.before if ensemble.operation else None
    names = {tier["name"] for tier in now}
    gone = before["body"]["tiers"] if before else ()
    return [*now, *(tier for tier in gone if tier["name"] not in names)]
