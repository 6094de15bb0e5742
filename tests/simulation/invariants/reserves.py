# SPDX-License-Identifier: Apache-2.0
"""What must hold of the capacity that is held for recovery."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from ensemble_api.cloud.reservation import RECOVERY_TYPE
from ensemble_api.execution.evacuation import EVACUABLE
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.recovery import Locked, Recovery
from ensemble_api.recovery_hold import HoldStatus, ReserveStatus, amount, is_over
from ensemble_api.store.recovery_holds import RecoveryHolds
from tests.simulation.invariants.findings import Findings
from tests.simulation.invariants.recorded import Recorded
from tests.simulation.nova_objects import Server
from tests.simulation.ours import World
from tests.simulation.tasks import Task

AT_ONCE = 5.0  # seconds after a request in which what it took is given back, where it took too much
_BUILT = tuple(each.value for each in Status if each.built)


class Reserves:
    """It is recorded before it is held, and closed to others before it is given back."""

    def __init__(self, world: World, findings: Findings, recorded: Recorded) -> None:
        self._world = world
        self._holds = findings.holds
        self._recorded = recorded
        self._held: dict[Task, tuple[float, frozenset[str]]] = {}  # what each has asked for last
        self._closed: dict[str, float] = {}  # when that was committed, by ensemble
        self._others, world.asked = world.asked, self.asked
        self._placed, world.nova.scheduling.placed = world.nova.scheduling.placed, self.placed

    def patches(self) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
        """What to put in the place of what."""
        close = RecoveryHolds.close

        def closed(stored: RecoveryHolds, ensemble_id: str, *facts: Any) -> None:
            try:
                close(stored, ensemble_id, *facts)
            finally:
                self._closed[ensemble_id] = self._world.tasks.now

        yield RecoveryHolds, "close", closed

    def asked(self, method: str, url: str, body: Any) -> None:
        """Placement is about to do something."""
        self._others(method, url, body)
        task = self._world.tasks.current
        if method == "POST" and url == "/allocations":
            ours = {key for key, each in body.items() if each["consumer_type"] == RECOVERY_TYPE}
            for consumer in ours:
                self._holds(
                    not body[consumer]["allocations"] or self._recorded.recovery_hold(consumer),
                    "capacity for recovery is held without a saved intent",
                )
            self._held[task] = self._world.tasks.now, frozenset(ours)
        if method == "DELETE":
            consumer = url.rpartition("/")[2]
            known = self._world.placement.consumers_by_id.get(consumer)
            if known is not None and known.type == RECOVERY_TYPE:
                self._is_free(consumer, task)

    def _is_free(self, consumer: str, task: Task) -> None:
        """What is given back while members are lost is closed to all others by then."""
        row = self._recorded.recovery_hold(consumer)
        if row is None or row["status"] != HoldStatus.HELD.value or task.process.paused_until:
            return
        if row["of_ensemble"] not in _BUILT or not row["wanted"]:
            return  # nobody needs it any more
        moment, taken = self._held.get(task, (0.0, frozenset[str]()))
        if consumer in taken and self._world.tasks.now - moment < AT_ONCE:
            return  # others had taken the same
        record = self._recorded.ensemble(row["ensemble_id"])
        runs = any(self._world.nova.host(each.at).state == "up" for each in self._servers(record))
        self._holds(
            not (runs and self.lost(record)),
            f"what {record.id[:8]} has held on {row['host']} is given back before that is closed",
        )

    def placed(self, server: Server, host: str, filtered: bool, since: float) -> None:
        """A server has claimed a host; ``since`` is when the filter was asked."""
        self._placed(server, host, filtered, since)
        if not filtered or (server.ours and server.status == "BUILD"):
            return  # a member is handed over what was held for itself
        for row in self._recorded.recovery_holds():
            if row["host"] != host or not HoldStatus(row["status"]).in_use:
                continue
            if server.id in json.loads(row["servers"] or "[]") or self._is_over(row["until"]):
                continue
            if self._closed.get(row["ensemble_id"], since) >= since or self._moves(server, host):
                continue
            self._holds(
                False,
                f"{server.name} is let onto {host}, where room is made for lost members of "
                f"{row['ensemble_id'][:8]}",
            )

    def _is_over(self, until: str | None) -> bool:
        moment = datetime.fromisoformat(until or "1970-01-01")
        return moment.replace(tzinfo=moment.tzinfo or UTC) <= self._world.tasks.moment()

    def _moves(self, server: Server, host: str) -> bool:
        """Whether we move a member to a host on which it has something held for itself."""
        record = self._recorded.record_of(server)
        if record is None or record.operation is None:
            return False
        mine = next(each for each in record.members if each.server_id == server.id)
        goal = record.operation.moves.get(mine.id)
        return goal is not None and goal.host == host

    def at_rest(self) -> None:
        """What is recorded is held, and nothing else, and each ensemble says how it stands."""
        rows = {row["id"]: row for row in self._recorded.recovery_holds()}
        placement = self._world.placement
        for consumer, each in placement.consumers_by_id.items():
            if each.type == RECOVERY_TYPE:
                status = rows[consumer]["status"] if consumer in rows else "not recorded"
                self._holds(
                    status == HoldStatus.HELD.value,
                    f"capacity for recovery is held that is {status}: {consumer[:8]}",
                )
        for consumer, row in rows.items():
            name = f"what {row['ensemble_id'][:8]} has on {row['host']} for recovery"
            stands = row["of_ensemble"] in _BUILT and row["wanted"]
            self._holds(stands, f"{name} is left")
            if stands and row["status"] == HoldStatus.HELD.value:
                held = placement.consumers_by_id.get(consumer)
                wanted = {row["provider"]: json.loads(row["resources"])}
                self._holds(held and held.allocations == wanted, f"{name} is not held")
        for record in self._recorded.all():
            if record.status.built and Recovery.of(record.body).reserve is not None:
                self._says_so(record, [r for r in rows.values() if r["ensemble_id"] == record.id])
        self._limited(rows.values())

    def _says_so(self, record: EnsembleRecord, rows: list[Any]) -> None:
        name = f"{record.id[:8]}, which wants capacity held for recovery,"
        self._holds(record.reserve, f"{name} says nothing of it")
        if record.reserve is None:
            return
        in_use = [row for row in rows if row["status"] != HoldStatus.HELD.value]
        match record.reserve.status:
            case ReserveStatus.IN_USE:
                self._holds(self.lost(record), f"{name} says it is in use, and nobody is lost")
            case ReserveStatus.HELD:
                self._holds(not in_use, f"{name} says it is held, and it is not")
            case ReserveStatus.NOT_HELD:
                self._holds(not in_use, f"{name} says it is not held, and something is in use")

    def _limited(self, rows: Any) -> None:
        by_project = defaultdict(list)
        for row in rows:
            by_project[row["project_id"]].append(json.loads(row["resources"]))
        most, nothing = self._world.recovery.most, amount(())
        for project, each in by_project.items():
            self._holds(
                not is_over(most, nothing, amount(each)), f"{project} has more held than it may"
            )

    def emptied(self) -> None:
        """All ensembles are gone, and nothing is held for any."""
        left = [row["host"] for row in self._recorded.recovery_holds()]
        self._holds(not left, f"what was for recovery is left on {left}")
        for consumer, each in self._world.placement.consumers_by_id.items():
            self._holds(
                each.type != RECOVERY_TYPE, f"capacity for recovery stays held: {consumer[:8]}"
            )

    def lost(self, record: EnsembleRecord) -> list[Server]:
        """The servers of lost members that an evacuation may bring back."""
        leaves = Recovery.of(record.body).locked is Locked.LEAVE
        return [
            each
            for each in self._servers(record)
            if self._world.nova.host(each.at).state == "down" and each.status in EVACUABLE
            if not (leaves and each.locked)
        ]

    def _servers(self, record: EnsembleRecord) -> list[Any]:
        """Those that have hosts."""
        found = (self._world.nova.server(each.server_id or "") for each in record.members)
        return [each for each in found if each is not None and each.at is not None]
