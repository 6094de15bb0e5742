# SPDX-License-Identifier: Apache-2.0
"""Counts what observing asks of Nova and of the database, for few and for many ensembles at rest.

    python -m tests.bench.bench_observer [FEW [MANY [HOSTS]]]

The database is a real one, SQLite in a file; what Nova says is made up, and each page of 1,000
servers counts as one request. Ten minutes at rest have one comparison of everything in them. Then a
host goes down, and all ensembles are judged anew. The end is an error when many ensembles at rest
cost a tenth more than few.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.store import models
from ensemble_api.store.api import Store
from ensemble_api.store.history import History
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels
from tests.bench.bench_filter import APART, EVEN, fill

PERIOD, LOOKS = 5.0, 120  # seconds; looks in ten minutes
PAGE = 1000  # servers that Nova lists in one answer
REST = "ten minutes at rest"
MORE = 1.1  # times as much, at most
PLAN: dict[str, Any] = {"violations": []}
LONG_AGO = "2026-01-01T00:00:00Z"


class Nova:
    """What Nova would say, and how often it was asked."""

    def __init__(self, servers: dict[str, str], names: list[str]) -> None:
        self.servers, self.names, self.down, self.asked = servers, names, set[str](), 0

    def all_servers(self, context: Any, project_id: str | None = None) -> Iterator[dict[str, Any]]:
        """List all servers."""
        for number, (server_id, host) in enumerate(self.servers.items()):
            self.asked += number % PAGE == 0
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

    def hypervisors(self, context: Any) -> Iterator[dict[str, Any]]:
        """List none, once: which there are does not change."""
        yield from ()

    def aggregates(self, context: Any) -> list[dict[str, Any]]:
        """Put 20 hosts into each rack."""
        self.asked += 1
        racks: dict[str, list[str]] = {}
        for name in self.names:
            racks.setdefault(f"r{int(name[1:]) // 20}", []).append(name)
        return [{"hosts": hosts, "metadata": {"rack": rack}} for rack, hosts in racks.items()]


Counts = dict[str, tuple[int, int, float]]


def count(ensembles: int, hosts: int) -> Counts:
    """Requests, statements and seconds of each that happens, for so many ensembles."""
    with tempfile.TemporaryDirectory() as directory:
        store = Store(f"sqlite:///{Path(directory)}/ensembles.sqlite")
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

        def counted(*_: Any) -> None:
            nonlocal statements
            statements += 1

        sa.event.listen(store.engine, "before_cursor_execute", counted)
        found: Counts = {}
        for what, looks, down in (
            ("the first look", 1, names[:0]),
            (REST, LOOKS, names[:0]),
            ("a host goes down", 1, names[:1]),
        ):
            if what == REST:
                with store.writing() as session:
                    session.execute(sa.update(models.Observation).values(compared_at=None))
            nova.down, nova.asked, statements = set(down), 0, 0
            start = time.perf_counter()
            for _ in range(looks):
                assert observer.observe()
            found[what] = (nova.asked, statements, time.perf_counter() - start)
        return found


def main(few: int = 10, many: int = 1000, hosts: int = 1000) -> int:
    """Count and print."""
    found = {ensembles: count(ensembles, hosts) for ensembles in (few, many)}
    print(f"{few} and {many} ensembles of 16 members on {hosts} hosts")  # noqa: T201
    for what in found[few]:
        told = [
            f"{asked} requests, {statements} statements, {took:.2f} s"
            for asked, statements, took in (each[what] for each in found.values())
        ]
        print(f"{what}: {' | '.join(told)}")  # noqa: T201
    least, most = found[few][REST], found[many][REST]
    return int(any(most[at] > MORE * least[at] for at in (0, 1)))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
