# SPDX-License-Identifier: Apache-2.0
"""The servers of an ensemble as Nova has them now."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.tags import ENSEMBLE_TAG, recognized
from ensemble_api.context import Context
from ensemble_api.execution.actions import MIGRATING, Action, MoveServer, Server
from ensemble_api.execution.build import UNPLACED
from ensemble_api.execution.evacuation import PATIENCE, is_rebuilding
from ensemble_api.operations import Move, MoveKind, MoveStatus
from ensemble_api.records import EnsembleRecord, MemberStatus
from ensemble_api.store import rows


class Servers:
    """Looks for the servers of ensembles; ``recall`` is ``cloud.forgotten.recall``.

    ``timeout`` is the seconds after which it is asked whether Nova is still migrating a server.
    """

    def __init__(self, compute: Compute, recall: Callable[[str], bool], timeout: float) -> None:
        self._compute = compute
        self._recall = recall
        self._timeout = timeout

    def of(self, context: Context, ensemble: EnsembleRecord) -> Iterator[Server]:
        """All servers of an ensemble: by tag, and by id should a tenant have removed the tag."""
        tag = f"{ENSEMBLE_TAG}{ensemble.id}"
        shown: dict[str, Mapping[str, Any]] = {
            each["id"]: each for each in self._compute.servers(context, ensemble.project_id, tag)
        }
        recorded = {
            server_id
            for each in ensemble.members
            if each.status is not MemberStatus.DELETED  # whose servers were seen to be gone
            for server_id in each.server_ids
        }
        listed = {server_id for server_id, each in shown.items() if _is_doubtful(ensemble, each)}
        for server_id in sorted((recorded - shown.keys()) | listed):
            found = self._find(context, ensemble, server_id)
            if found is None:
                shown.pop(server_id, None)
            else:
                shown.setdefault(server_id, found)
        discarded = {each for member in ensemble.members for each in member.discarded_servers}

        def hint(server_id: str) -> str | None:
            return self._compute.hint(context, server_id)

        for member_id, servers in recognized(ensemble, shown.values(), hint).items():
            for server in servers:
                seen = _server(server, member_id, discarded=server["id"] in discarded)
                yield self._with_targets(context, ensemble, seen)

    def before_asking(
        self, context: Context, servers: Iterable[Server], decided: Iterable[Action]
    ) -> tuple[Server, ...] | None:
        """The servers, with where Nova builds those that it is to evacuate by what was decided.

        None where that was looked at for each of them. A server that somebody else has evacuated
        shows no task any more while it is not shown on its new host yet.
        """
        asked = {
            each.member.id
            for each in decided
            if isinstance(each, MoveServer) and each.kind is MoveKind.EVACUATION
        }
        found = tuple(servers)
        if not any(each.member_id in asked and _is_unknown(each) for each in found):
            return None
        return tuple(
            self._looked_at(context, each)
            if each.member_id in asked and _is_unknown(each)
            else each
            for each in found
        )

    def _with_targets(self, context: Context, ensemble: EnsembleRecord, server: Server) -> Server:
        """A server that is to come back, with where Nova is building it for a while already."""
        operation = ensemble.operation
        goal = operation.moves.get(server.member_id) if operation else None
        if operation is None or goal is None or goal.move is None:
            return server
        if goal.move.kind is not MoveKind.EVACUATION:
            asked_at = goal.move.asked_at or operation.started_at
            return self._perhaps_stuck(context, goal.move, server, asked_at)
        asked = goal.move.status is MoveStatus.ASKED and server.host == goal.move.source
        if ensemble.idle <= PATIENCE or not (is_rebuilding(server) or asked):
            return server
        return self._looked_at(context, server)

    def _perhaps_stuck(self, context: Context, move: Move, server: Server, asked_at: str) -> Server:
        """A server that is to be migrated live, with whether nobody does that any more.

        Nova's API writes the task down, then tells its conductor, and a message that is lost leaves
        the task for good. Of one that ends just now its record ends after its task.
        """
        asked = move.status is MoveStatus.ASKED and server.host == move.source
        if not asked or server.task != MIGRATING or _since(asked_at) <= self._timeout:
            return server
        if self._compute.is_migrating(context, server.id):
            return server
        now = self._compute.server(context, server.id)
        lasts = now is not None and now.get("OS-EXT-STS:task_state") == MIGRATING
        return replace(server, stuck=lasts)

    def _looked_at(self, context: Context, server: Server) -> Server:
        if server.host is None:
            return server
        targets = self._compute.evacuation_targets(context, server.id, server.host)
        return replace(server, targets=targets)

    def _find(
        self, context: Context, ensemble: EnsembleRecord, server_id: str
    ) -> Mapping[str, Any] | None:
        """One server by its id, also one that Nova does not find; None when nothing is left."""
        server = self._compute.server(context, server_id)
        if server is None and self._recall(server_id):
            going = {"id": server_id, "tenant_id": ensemble.project_id, "status": "BUILD"}
            going["OS-EXT-STS:task_state"] = "deleting"
            server = self._compute.server(context, server_id) or going
        return server


def _is_unknown(server: Server) -> bool:
    return server.targets is None and server.host is not None


def _is_doubtful(ensemble: EnsembleRecord, server: Mapping[str, Any]) -> bool:
    """Whether Nova may list a server that it does not find: its build has come to no host."""
    if server.get("OS-EXT-SRV-ATTR:host"):
        return False
    going = ensemble.operation is not None and ensemble.operation.removing
    lasting = going or _age(server) > UNPLACED
    return server["status"] == "ERROR" or (server["status"] == "BUILD" and lasting)


def _server(server: Mapping[str, Any], member_id: str, *, discarded: bool) -> Server:
    return Server(
        id=server["id"],
        member_id=member_id,
        status=server["status"],
        host=server.get("OS-EXT-SRV-ATTR:host"),
        task=server.get("OS-EXT-STS:task_state"),
        fault=server.get("fault", {}).get("message"),
        locked=server.get("locked", False),
        vm_state=server.get("OS-EXT-STS:vm_state") or "",
        age=_age(server),
        discarded=discarded,
    )


def _age(server: Mapping[str, Any]) -> float:
    """The seconds since Nova made a server; one of a cell that is down has no date."""
    return _since(server["created"]) if server.get("created") else 0.0


def _since(moment: str) -> float:
    """The seconds since a moment, in ISO 8601."""
    return (rows.now() - datetime.fromisoformat(moment)).total_seconds()
