# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is, where tiers come one after another: pure.

What is built or brought back begins with the tiers that come first, and what is removed with those
that come last. Members whose turn has not come keep what is held for them.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ensemble_api import tier_order
from ensemble_api.operations import MoveKind, MoveStatus
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus


def is_open(member: MemberRecord) -> bool:
    """Whether a member that was built is what the tiers after its own wait for."""
    return member.status is MemberStatus.ACTIVE


def awaited_tiers(
    ensemble: EnsembleRecord, given_up: Collection[str] = ()
) -> Mapping[str, tuple[str, ...]]:
    """The members that wait for their turn, by their ids, with the tiers that they wait for.

    Those are members to build or to bring back of which Nova was not asked for anything yet. Nobody
    waits for members that are ``given_up``, nor for what an operation does not touch.
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
        for each in ensemble.members
        if each.id not in given_up
        and (
            (each.id in operation.wanted and not is_open(each))
            or (each.id in moves and not moves[each.id].ended)
        )
    }
    found = {}
    for each in ensemble.members:
        new = each.id in operation.wanted and not (each.asked_at or each.server_id)
        lost = moves.get(each.id) is MoveStatus.WAITING
        tiers = sorted(before.get(each.tier, frozenset()) & unready)
        if tiers and (new or lost):
            found[each.id] = tuple(tiers)
    return found


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
