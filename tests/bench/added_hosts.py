# SPDX-License-Identifier: Apache-2.0
"""More hosts for an embedded cloud that runs: rows of Nova's and Placement's databases, no more.

Nova and Placement answer for them as for any others, and nobody can build there. Such a cloud is
good for nothing else afterwards.
"""

import sqlite3
import threading
import uuid
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HOSTS_IN_RACK = 40
NAME = "added-{:05}"
_BEAT_SECONDS = 4.0  # of the 15 after which an embedded cloud has them for down
_WAIT_SECONDS = 60.0


class AddedHosts:
    """So many hosts like the largest one that is there, in racks of its zone."""

    def __init__(self, state: Path, count: int) -> None:
        self._databases = state / "db"
        self._names = [NAME.format(number) for number in range(count)]
        self._ending = threading.Event()

    def add(self) -> None:
        """Write them down, and have them report as compute services do."""
        nodes = {name: str(uuid.uuid4()) for name in self._names}
        with closing(self._open("nova_cell1")) as cell, cell:
            like = _row(cell, "SELECT * FROM compute_nodes WHERE deleted = 0 ORDER BY vcpus DESC")
            service = _row(
                cell, "SELECT * FROM services WHERE topic = 'compute' AND host = ?", like["host"]
            )
            for name, node in nodes.items():
                _copy(cell, "services", service, host=name, uuid=str(uuid.uuid4()))
                _copy(cell, "compute_nodes", like, host=name, hypervisor_hostname=name, uuid=node)
        with closing(self._open("nova_api")) as api, api:
            self._place(api, like["host"])
        with closing(self._open("placement")) as placement, placement:
            provider = _row(
                placement, "SELECT * FROM resource_providers WHERE uuid = ?", like["uuid"]
            )
            for name, node in nodes.items():
                self._provide(placement, provider, name, node)
        self._beat()
        threading.Thread(target=self._report, daemon=True).start()

    def stop(self) -> None:
        """Have them report no more."""
        self._ending.set()

    def _place(self, api: sqlite3.Connection, like: str) -> None:
        mapping = _row(api, "SELECT * FROM host_mappings WHERE host = ?", like)
        of_host = (
            "SELECT a.* FROM aggregates a JOIN aggregate_hosts h ON h.aggregate_id = a.id"
            " JOIN aggregate_metadata m ON m.aggregate_id = a.id WHERE m.key = ? AND h.host = ?"
        )
        zone = _row(api, of_host, "availability_zone", like)
        rack = _row(api, of_host, "rack", like)
        metadata = _rows(api, "SELECT * FROM aggregate_metadata WHERE aggregate_id = ?", rack["id"])
        member = _row(api, "SELECT * FROM aggregate_hosts WHERE aggregate_id = ?", rack["id"])
        for number, name in enumerate(self._names):
            if number % HOSTS_IN_RACK == 0:
                called = f"added-rack-{number // HOSTS_IN_RACK:03}"
                own = _copy(api, "aggregates", rack, name=called, uuid=str(uuid.uuid4()))
                for each in metadata:
                    value = called if each["key"] == "rack" else each["value"]
                    _copy(api, "aggregate_metadata", each, aggregate_id=own, value=value)
            _copy(api, "host_mappings", mapping, host=name)
            for aggregate in (zone["id"], own):
                _copy(api, "aggregate_hosts", member, host=name, aggregate_id=aggregate)

    @staticmethod
    def _provide(
        placement: sqlite3.Connection, like: Mapping[str, Any], name: str, node: str
    ) -> None:
        own = _copy(placement, "resource_providers", like, name=name, uuid=node, generation=1)
        placement.execute(
            "UPDATE resource_providers SET root_provider_id = id WHERE id = ?", (own,)
        )
        for table in ("inventories", "resource_provider_traits"):
            query = f"SELECT * FROM {table} WHERE resource_provider_id = ?"
            for each in _rows(placement, query, like["id"]):
                _copy(placement, table, each, resource_provider_id=own)

    def _report(self) -> None:
        while not self._ending.wait(_BEAT_SECONDS):
            self._beat()

    def _beat(self) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        with closing(self._open("nova_cell1")) as cell, cell:
            cell.execute(
                "UPDATE services SET report_count = report_count + 1, last_seen_up = ?,"
                " updated_at = ? WHERE host LIKE 'added-%'",
                (now, now),
            )

    def _open(self, name: str) -> sqlite3.Connection:
        database = sqlite3.connect(self._databases / f"{name}.sqlite", timeout=_WAIT_SECONDS)
        database.row_factory = sqlite3.Row
        return database


def _rows(database: sqlite3.Connection, query: str, *values: Any) -> list[dict[str, Any]]:
    return [dict(each) for each in database.execute(query, values)]


def _row(database: sqlite3.Connection, query: str, *values: Any) -> dict[str, Any]:
    return _rows(database, f"{query} LIMIT 1", *values)[0]


def _copy(database: sqlite3.Connection, table: str, like: Mapping[str, Any], **other: Any) -> int:
    """One more row, with what is other than in that one; gives its id."""
    row = {key: value for key, value in {**like, **other}.items() if key != "id"}
    columns, marks = ", ".join(f'"{key}"' for key in row), ", ".join("?" for _ in row)
    query = f'INSERT INTO "{table}" ({columns}) VALUES ({marks})'
    return database.execute(query, list(row.values())).lastrowid or 0
