# SPDX-License-Identifier: Apache-2.0
"""Counts what observing asks of Nova and of the database, for few and for many ensembles at rest.

    python -m tests.bench.bench_observer [ENSEMBLES [HOSTS [DATABASE URL]]]

The database is a real one, SQLite in a file unless its URL is given; what Nova says is made up, and
each of its answers counts as one request. Then a host goes down, and all ensembles are judged anew.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ensemble_api.cloud.inventory import Inventory, parse_levels
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.store import models
from ensemble_api.store.api import Store
from ensemble_api.store.history import History
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels
from tests.bench.bench_filter import APART, EVEN, fill

PERIOD, LOOKS = 5.0, 12  # seconds; looks in a minute
PLAN: dict[str, Any] = {"violations": []}
LONG_AGO = "2026-01-01T00:00:00Z"


class Nova:
    """What Nova would say, and how often it was asked."""

    def __init__(self, servers: dict[str, str], names: list[str]) -> None:
        self.servers, self.names, self.down, self.asked = servers, names, set[str](), 0

    def all_servers(self, context: Any, project_id: str | None = None) -> Iterator[dict[str, Any]]:
        """List all servers."""
        self.asked += 1
        for server_id, host in self.servers.items():
            yield {
                "id": server_id,
                "status": "ACTIVE",
                "updated": LONG_AGO,
                "OS-EXT-SRV-ATTR:host": host,
            }

    def changed_since(self, context: Any, moment: str) -> Iterator[dict[str, Any]]:
        """List none."""
        self.asked += 1
        yield from ()

    def deleted_since(self, context: Any, moment: str) -> Iterator[str]:
        """List none."""
        self.asked += 1
        yield from ()

    def server(self, context: Any, server_id: str) -> dict[str, Any] | None:
        """Find none."""
        self.asked += 1
        return None

    def services(self, context: Any) -> list[dict[str, Any]]:
        """List the compute services."""
        self.asked += 1
        return [
            {"host": name, "state": "down" if name in self.down else "up"} for name in self.names
        ]

    def aggregates(self, context: Any) -> list[dict[str, Any]]:
        """Put 20 hosts into each rack."""
        self.asked += 1
        racks: dict[str, list[str]] = {}
        for name in self.names:
            racks.setdefault(f"r{int(name[1:]) // 20}", []).append(name)
        return [{"hosts": hosts, "metadata": {"rack": rack}} for rack, hosts in racks.items()]


def main(ensembles: int = 1000, hosts: int = 1000, url: str = "") -> None:
    """Count and print."""
    with tempfile.TemporaryDirectory() as directory:
        store = Store(url or f"sqlite:///{Path(directory)}/ensembles.sqlite")
        store.upgrade()
        names = [f"h{number:04}" for number in range(hosts)]
        nova = Nova(fill(store, names, ensembles, APART, EVEN), names)
        with store.writing() as session:
            session.execute(sa.update(models.Ensemble).values(status="ACTIVE", plan=PLAN))
        inventory = Inventory(nova, None, parse_levels(["rack:rack"]), "nova")  # type: ignore[arg-type]
        observer = CloudObserver(
            Observations(store, Levels(("host", "rack"))),
            nova,  # type: ignore[arg-type]
            inventory,
            History(store, timedelta(days=90)),
            owner="bench",
            period=PERIOD,
        )
        statements = 0

        def count(*_: Any) -> None:
            nonlocal statements
            statements += 1

        sa.event.listen(store.engine, "before_cursor_execute", count)
        print(f"{ensembles} ensembles of 16 members on {hosts} hosts")  # noqa: T201
        for what, looks, down in (
            ("the first look", 1, names[:0]),
            ("a minute at rest", LOOKS, names[:0]),
            ("a host goes down", 1, names[:1]),
            ("a minute at rest", LOOKS, names[:1]),
        ):
            nova.down, nova.asked, statements = set(down), 0, 0
            start = time.perf_counter()
            for _ in range(looks):
                assert observer.observe()
            took = time.perf_counter() - start
            print(  # noqa: T201
                f"{what}: {nova.asked} requests to Nova, {statements} statements, {took:.2f} s"
            )


if __name__ == "__main__":
    given = sys.argv[1:]
    main(*map(int, given[:2]), *given[2:])
