# SPDX-License-Identifier: Apache-2.0
"""Bugs that are planted, one at a time, to see that the simulation finds each."""

from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import sqlalchemy as sa

from ensemble_api.cloud import tags
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.execution import (
    build,
    decide,
    evacuation,
    observer,
    removal,
    server_requests,
)
from ensemble_api.execution.actions import Advance
from ensemble_api.execution.engine import Engine
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.late_servers import LateServers
from ensemble_api.execution.migration import Moves
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.execution.server_requests import ServerRequests
from ensemble_api.operations import MoveStatus, Operation, OperationStatus
from ensemble_api.planning import planner
from ensemble_api.records import MemberStatus
from ensemble_api.scheduler.admission import Admission
from ensemble_api.solver.process import solve
from ensemble_api.store import changes, locations, models, observations, progress
from ensemble_api.store.api import Store
from ensemble_api.usecases import repair_plans, replacement
from ensemble_api.usecases.auto_drain import AutoDrain
from ensemble_api.usecases.auto_repair import AutoRepair
from ensemble_api.usecases.holds import Holds
from ensemble_api.usecases.idempotency import CreateRequest
from ensemble_api.usecases.plan import DryRuns
from tests.simulation import planted_bugs_of_order as of_order
from tests.simulation import planted_bugs_of_reserves as of_reserves
from tests.simulation import planted_bugs_of_templates as of_templates
from tests.simulation.planting import Patch, around, nothing_done, nothing_of


def _hold_first(
    create: Any, worker: Any, ensemble: Any, requester: Any, member: Any, *more: Any
) -> Any:
    worker._reservation.release(member.id)
    return create(worker, ensemble, requester, member, *more)


def _unleased(session: Any, record: Any, owner: str, **values: Any) -> None:
    if values:
        model = models.Ensemble
        session.execute(sa.update(model).where(model.id == record.id).values(**values))


def _always(*_: Any, **__: Any) -> bool:
    return True


def _never(*_: Any, **__: Any) -> bool:
    return False


def _beside_nobody(complete: Any, ensemble: Any, running: Any, *more: Any, **options: Any) -> Any:
    return complete(ensemble, {}, *more, **options)


def _a_host_less(plan: Any, ensemble: Any, snapshot: Any, *more: Any, **options: Any) -> Any:
    usable = snapshot.usable.copy()
    usable[-1] = False
    return plan(ensemble, replace(snapshot, usable=usable), *more, **options)


def _removed_at_once(change: Any, ensemble: Any, servers: Any, operation: Any, *more: Any) -> Any:
    if operation.status is OperationStatus.RUNNING and operation.unwanted:
        return (Advance(),)
    return change(ensemble, servers, operation, *more)


def _on_failed(complete: Any, ensemble: Any, running: Any, snapshot: Any, _: Any, **kw: Any) -> Any:
    return complete(ensemble, running, snapshot, (), **kw)


def _kept_hold(self: Any, ensemble: Any, member: Any) -> None:
    deleted = MemberStatus.DELETED.value
    self._store.update_member(ensemble, member, self._owner, status=deleted)


def _hold_forgotten(record: Any, engine: Any, ensemble: Any, member: Any, *more: Any) -> Any:
    kept = mock.Mock(wraps=engine._reservation)
    kept.release = nothing_done
    with mock.patch.object(engine, "_reservation", kept):
        return record(engine, ensemble, member, *more)


def _another_plan(self: Any, context: Any, request: Any, snapshot: Any, *_: Any) -> Any:
    return planner.plan(request.ensemble, snapshot, solve=solve, changes=False)


def _not_read_back(hold: Any, reservation: Any, *more: Any) -> Any:
    with mock.patch.object(reservation, "_overcommitted", lambda *_: False):
        return hold(reservation, *more)


def _sent_twice(hold: Any, reservation: Any, *more: Any) -> Any:
    with mock.patch.object(reservation, "release_all", nothing_done):
        return hold(reservation, *more)


def _gone(self: Any, context: Any, ids: Any, listed: Any) -> Any:
    return [
        {"id": each, "status": "DELETED"} for each in sorted({*ids} - {one["id"] for one in listed})
    ]


def _as_if_refused(pause: Any, status: int, tries: int) -> Any:
    return None if status >= 500 else pause(status, tries)


def _no_guard(begin: Any, handovers: Any, ensemble: Any, chosen: Any) -> Any:
    return chosen, {}


def _no_host_closed(self: Any, topology: Any, *_: Any) -> Any:
    return np.zeros(len(topology), dtype=np.bool_)


def _any_host(self: Any, located: Any, member: Any, here: Any, topology: Any, up: Any, hosts: Any):
    return hosts[0].host


def _without_moves(session: Any, ensembles: Any) -> Any:
    return {}


def _at_once(remove: Any, ensemble: Any, servers: Any) -> Any:
    return remove(ensemble, ())


def _without_policies(recover: Any, hits: Any, **how: Any) -> Any:
    free = [replace(each, ensemble=replace(each.ensemble, policies=())) for each in hits]
    return recover(free, **how)


def _unseen(session: Any, row: Any, seen: Any) -> bool:
    return False


def _without_intent(
    save: Any, store: Any, record: Any, member: Any, owner: str, **new: Any
) -> None:
    if new.get("status") is not MoveStatus.ASKED:
        save(store, record, member, owner, **new)


def _hold_kept(ask: Any, worker: Any, *more: Any) -> Any:
    kept = mock.Mock(wraps=worker._reservation)
    kept.release = nothing_done
    with mock.patch.object(worker, "_reservation", kept):
        return ask(worker, *more)


# What makes each more likely to matter: faults and actors.
_RELOCATED = ("relocates", "heals", "power")
PROVOKED: dict[str, tuple[str, ...]] = {
    "the lease is not checked": ("process stands still",),
    "a tag is trusted": ("neighbour",),
    "a host that failed is used again": ("build fails",),
    "a server that was replaced is not removed": ("build fails",),
    "a hold that was made anew is forgotten": ("answer is lost",),
    "an idempotency key is ignored": ("asks again",),
    "another plan is built than was previewed": ("previews", "neighbour"),
    "usages are not read back": ("all at once", "over-commit", "placement is slow"),
    "a claim that was sent twice is left": ("request is repeated",),
    "absence is taken for deletion": ("cell",),
    "a failure of Nova is taken for a refusal": ("nova is away",),
    "no guard is committed before the release": ("neighbour", "all at once"),
    "exclusive domains are open to others": ("exclusive", "neighbour"),
    "the filter lets members go anywhere": ("operator", "policies"),
    "moves under way are not counted": ("operator", "policies", "apart", "room"),
    "a create that fails keeps its holds": ("all at once", "over-commit", "placement is slow"),
    "servers go although one is locked": ("meddler",),
    "where Nova moved a server is not seen": ("operator",),
    "unknown is taken for lost": ("cell",),
    "a new plan forgets what stands": ("build fails", "policies", "apart"),
    "a retry makes a second server": ("answer is lost",),
    "a late server stays": ("late in a lease",),
    "a change removes before it has added": ("changes",),
    "a change that fails is described as if it had not": ("changes", "build fails"),
    "an evacuation is asked for beside the one under way": ("heals", "power"),
    "a repair is planned without the policies": ("heals", "power", "policies", "apart"),
    "nothing is repaired by itself": ("heals", "power"),
    "a server that is back is not recorded": ("heals", "power"),
    "nobody looks whether a host is down": ("heals", "power"),
    "a move is asked for without a saved intent": (*_RELOCATED, "room"),
    "hosts that are drained are not left": ("relocates",),
    "what was held for a move stays held": (*_RELOCATED, "room"),
    "a move is planned and Nova is never asked": (*_RELOCATED, "room"),
    **of_order.PROVOKED,
    **of_reserves.PROVOKED,
    **of_templates.PROVOKED,
}

BUGS: dict[str, list[Patch]] = {
    "a server is asked for without a saved intent": [(Store, "save_server_request", nothing_done)],
    "a hold is released before the intent": [around(ServerRequests, "ask", _hold_first)],
    "the lease is not checked": [(progress, "update_ensemble", _unleased)],
    "a tag is trusted": [(tags, "_is_of", _always)],
    "a host that failed is used again": [around(replacement, "complete", _on_failed)],
    "a server that was replaced is not removed": [(build, "_removals", nothing_of)],
    "a removal keeps holds": [(Engine, "_release", _kept_hold)],
    "a hold that was made anew is forgotten": [around(Engine, "_record", _hold_forgotten)],
    "an idempotency key is ignored": [(CreateRequest, "keys", ())],
    "another plan is built than was previewed": [(DryRuns, "confirm", _another_plan)],
    "usages are not read back": [around(Reservation, "hold_all", _not_read_back)],
    "a claim that was sent twice is left": [around(Reservation, "hold_all", _sent_twice)],
    "absence is taken for deletion": [(CloudObserver, "_one_by_one", _gone)],
    "a failure of Nova is taken for a refusal": [
        around(server_requests, "pause_after", _as_if_refused)
    ],
    "no guard is committed before the release": [around(Handovers, "begin", _no_guard)],
    "exclusive domains are open to others": [(Admission, "_closed", _no_host_closed)],
    "the filter lets members go anywhere": [(Admission, "_best", _any_host)],
    "moves under way are not counted": [(locations, "moves", _without_moves)],
    "a create that fails keeps its holds": [(Holds, "give_back", nothing_done)],
    "a removal does not wait for servers": [around(decide, "remove", _at_once)],
    "servers go although one is locked": [(removal, "_locked", nothing_done)],
    "where Nova moved a server is not seen": [(observations, "_observe", _unseen)],
    "unknown is taken for lost": [(observer, "_UNKNOWN", "")],
    "a new plan forgets what stands": [around(replacement, "complete", _beside_nobody)],
    "a retry makes a second server": [
        (tags, "_is_of", _never),
        (LateServers, "discard", nothing_done),
    ],
    "a late server stays": [(LateServers, "discard", nothing_done)],
    "room is not seen": [around(planner, "plan", _a_host_less)],
    "a change removes before it has added": [around(decide, "_change", _removed_at_once)],
    "a change that fails is described as if it had not": [(changes, "_restore", nothing_done)],
    "an evacuation is asked for beside the one under way": [
        (evacuation, "may_land", _never),
        (evacuation, "is_under_way", _never),
    ],
    "a repair is planned without the policies": [
        around(repair_plans, "recover", _without_policies)
    ],
    "nothing is repaired by itself": [(AutoRepair, "look", nothing_done)],
    "a server that is back is not recorded": [(evacuation, "_arrived", nothing_done)],
    "nobody looks whether a host is down": [(Operation, "has_moves", False)],
    "a move is asked for without a saved intent": [around(Store, "save_move", _without_intent)],
    "hosts that are drained are not left": [(AutoDrain, "look", nothing_done)],
    "what was held for a move stays held": [around(Moves, "carry_out", _hold_kept)],
    "a move is planned and Nova is never asked": [(Moves, "_ask", nothing_done)],
    **of_order.BUGS,
    **of_reserves.BUGS,
    **of_templates.BUGS,
}
