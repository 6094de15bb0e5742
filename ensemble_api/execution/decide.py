# SPDX-License-Identifier: Apache-2.0
"""What to do next for an ensemble, from what is recorded and what is observed: pure.

The same function covers all operations and recovery after a crash: it never assumes that an action
was carried out, it looks. An empty answer means: wait and look again.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from ensemble_api.execution.actions import Action, Advance, Fail, Finish, Server
from ensemble_api.execution.build import build
from ensemble_api.execution.moves import move
from ensemble_api.execution.removal import remove
from ensemble_api.operations import Operation, OperationStatus, OperationType
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.recovery import Recovery
from ensemble_api.tier_order import Then
from ensemble_api.turns import awaited_tiers, late_signals

_INTERRUPTED = Sentence(
    "event.interrupted", "The service was interrupted while it reserved the capacity."
)

_NO_SIGNAL = Sentence(
    "event.no-signal",
    "The guest of %(member)s has not signalled within %(seconds)s seconds.",
)

# What an ensemble is when its operation has reached its goals; None: it is forgotten.
_END: Final[Mapping[tuple[OperationType, OperationStatus], Status | None]] = {
    (OperationType.CREATE, OperationStatus.RUNNING): Status.ACTIVE,
    (OperationType.CREATE, OperationStatus.UNDOING): Status.ERROR,
    (OperationType.DELETE, OperationStatus.RUNNING): None,
}


def decide(
    ensemble: EnsembleRecord,
    servers: tuple[Server, ...],
    *,
    concurrency: int,
    timeout: float,
    down: Collection[str] = (),
    silent: Collection[str] = (),
) -> tuple[Action, ...]:
    """The next actions, which may be carried out in any order and at the same time.

    ``servers`` are all servers that exist for the ensemble's members, ``concurrency`` how many
    builds may be asked for at once, ``timeout`` the seconds without progress that are too many.
    ``down`` are the hosts whose compute service does not report: after a restart it may only not
    have reported yet, so what is planned there waits. ``silent`` are those whose cell does not
    answer, so that a server there that is not recorded is not seen.
    """
    operation = ensemble.operation
    if operation is None:
        return ()
    if operation.status is OperationStatus.RESERVING:
        # Its creator holds the lease until it has answered; that we may act means that it died.
        return (Fail(_INTERRUPTED()),)
    if (failed := _unsignalled(ensemble, operation)) is not None:
        return (failed,)
    if operation.may_move:
        how = _change if operation.undoes else _repair
        return how(ensemble, servers, operation, concurrency, timeout, down, silent)
    wanted, there = _part(ensemble, servers, operation.wanted)
    unwanted, left = _part(ensemble, servers, operation.unwanted)
    to_build = build(
        wanted,
        there,
        concurrency=concurrency,
        timeout=_patience(ensemble, timeout),
        down=down,
        silent=silent,
        later=awaited_tiers(ensemble),
    )
    to_remove = remove(unwanted, left, silent, timeout)
    if to_build is None and to_remove is None:
        return (Finish(_END[operation.type, operation.status]),)
    if to_build and isinstance(to_build[0], Fail):
        return to_build
    return (*(to_build or ()), *(to_remove or ()))


def _unsignalled(ensemble: EnsembleRecord, operation: Operation) -> Fail | None:
    """That a build or a change ends, as a guest has not signalled in time; a repair goes on."""
    if operation.status is not OperationStatus.RUNNING or not operation.undoes:
        return None
    for member, gate in late_signals(ensemble):
        if gate.then is Then.FAIL:
            return Fail(_NO_SIGNAL(member=member.name, seconds=gate.timeout))
    return None


def _patience(ensemble: EnsembleRecord, timeout: float) -> float:
    """The seconds without progress that are too many: after those in which signals did not come."""
    return timeout + max((gate.timeout for _, gate in late_signals(ensemble)), default=0)


def _change(
    ensemble: EnsembleRecord,
    servers: tuple[Server, ...],
    operation: Operation,
    concurrency: int,
    timeout: float,
    down: Collection[str],
    silent: Collection[str],
) -> tuple[Action, ...]:
    """Add first, then move, then remove: nothing that stands is given up for less."""
    if operation.status is OperationStatus.RUNNING:
        wanted, there = _part(ensemble, servers, operation.wanted)
        to_build = build(
            wanted,
            there,
            concurrency=concurrency,
            timeout=_patience(ensemble, timeout),
            down=down,
            silent=silent,
            later=awaited_tiers(ensemble),
        )
        if to_build is not None:
            return to_build
        to_move = move(ensemble, servers, operation, down=down)
        return (Advance(),) if to_move is None else to_move
    return _remove(ensemble, servers, operation, timeout, down, silent)


def _repair(
    ensemble: EnsembleRecord,
    servers: tuple[Server, ...],
    operation: Operation,
    concurrency: int,
    timeout: float,
    down: Collection[str],
    silent: Collection[str],
) -> tuple[Action, ...]:
    """Move and build side by side: what cannot be had of it keeps nothing else from being done."""
    if operation.status is not OperationStatus.RUNNING:
        return _remove(ensemble, servers, operation, timeout, down, silent)
    wanted, there = _part(ensemble, servers, operation.wanted)
    # What takes too long keeps no other tier from its turn.
    later = awaited_tiers(ensemble, signals_alone=ensemble.idle > timeout)
    to_build = build(
        wanted,
        there,
        concurrency=concurrency,
        timeout=_patience(ensemble, timeout),
        down=down,
        silent=silent,
        later=later,
    )
    if to_build and isinstance(to_build[0], Fail):  # nothing more is built that could be awaited
        later = awaited_tiers(ensemble, given_up=operation.wanted)
    to_move = move(
        ensemble,
        servers,
        operation,
        at_once=Recovery.of(ensemble.body).at_once,
        timeout=timeout,
        down=down,
        later=later,
    )
    if to_build is None and to_move is None:
        return (Advance(),)
    if to_move is not None and to_build and isinstance(to_build[0], Fail):
        return to_move
    return (*(to_move or ()), *(to_build or ()))


def _remove(
    ensemble: EnsembleRecord,
    servers: tuple[Server, ...],
    operation: Operation,
    timeout: float,
    down: Collection[str],
    silent: Collection[str],
) -> tuple[Action, ...]:
    """Let what moves come to its end, begin no more, and remove what is to go."""
    to_move = move(ensemble, servers, operation, start=False, timeout=timeout, down=down)
    unwanted, left = _part(ensemble, servers, operation.unwanted - operation.released)
    to_remove = remove(unwanted, left, silent, timeout)
    if to_move is None and to_remove is None:
        return (Advance(),)
    return (*(to_move or ()), *(to_remove or ()))


def _part(
    ensemble: EnsembleRecord, servers: tuple[Server, ...], goals: Collection[str]
) -> tuple[EnsembleRecord, tuple[Server, ...]]:
    """The ensemble with the members of these ids alone, and their servers."""
    members = tuple(each for each in ensemble.members if each.id in goals)
    return (
        replace(ensemble, members=members),
        tuple(each for each in servers if each.member_id in goals),
    )
