# SPDX-License-Identifier: Apache-2.0
"""A real Placement with many hosts, in a process of its own, so that its costs are told apart.

    python -m tests.bench.large_placement HOSTS

It writes its address and the providers' UUIDs on one line, and then answers each line of its input:
``cpu`` with the processor seconds that it has taken, ``churn N`` begins to change N providers a
second, each as a server does that comes or goes (0 ends that).
"""

import json
import logging
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "functional"))

from placement_service import PlacementService

TRAITS = 60  # as many as a compute service reports
FIRST = 1_000  # the number of the first host's row
SIZES = {"VCPU": (64, 4.0), "MEMORY_MB": (262_144, 1.0), "DISK_GB": (4_000, 1.0)}
SERVER = {"VCPU": 4, "MEMORY_MB": 8_192, "DISK_GB": 40}
MOST_SERVERS = 24  # of one host
WHEN = "2026-01-01 00:00:00"


class LargePlacement:
    """That process, for who measures."""

    def __init__(self, hosts: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __name__, str(hosts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url, self.providers = json.loads(self._line())

    def adapter(self) -> Any:
        """A keystoneauth adapter for it."""
        from keystoneauth1 import adapter, session, token_endpoint

        return adapter.Adapter(
            session.Session(auth=token_endpoint.Token(self.url, "admin")),
            service_type="placement",
            default_microversion="1.38",
            raise_exc=False,
        )

    def cpu(self) -> float:
        """The processor seconds that it has taken."""
        return float(self._ask("cpu"))

    def churn(self, rate: int) -> None:
        """Have so many providers changed a second."""
        self._ask(f"churn {rate}")

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def fill(database: sqlite3.Connection, hosts: int) -> list[str]:
    """Hosts with what compute services report, each with some servers; gives their UUIDs."""
    draw = random.Random(1)
    classes = dict(database.execute("SELECT name, id FROM resource_classes"))
    traits = [
        row[0]
        for row in database.execute(
            "SELECT id FROM traits WHERE name LIKE 'COMPUTE_%' AND name != ? ORDER BY name LIMIT ?",
            ("COMPUTE_STATUS_DISABLED", TRAITS),
        )
    ]
    found = []
    with database:
        for number in range(FIRST, FIRST + hosts):
            found.append(str(uuid.UUID(int=draw.getrandbits(128), version=4)))
            database.execute(
                "INSERT INTO resource_providers"
                " (created_at, updated_at, id, uuid, name, generation, root_provider_id)"
                " VALUES (?, ?, ?, ?, ?, 1, ?)",
                (WHEN, WHEN, number, found[-1], f"host{number}", number),
            )
            for name, (total, ratio) in SIZES.items():
                database.execute(
                    "INSERT INTO inventories (resource_provider_id, resource_class_id, total,"
                    " reserved, min_unit, max_unit, step_size, allocation_ratio)"
                    " VALUES (?, ?, ?, 0, 1, ?, 1, ?)",
                    (number, classes[name], total, total, ratio),
                )
            database.executemany(
                "INSERT INTO resource_provider_traits (resource_provider_id, trait_id)"
                " VALUES (?, ?)",
                [(number, trait) for trait in traits],
            )
            for _ in range(draw.randint(0, MOST_SERVERS)):
                _boot(database, number, classes, str(uuid.UUID(int=draw.getrandbits(128))))
    return found


def _boot(database: sqlite3.Connection, number: int, classes: dict[str, int], server: str) -> None:
    for name, amount in SERVER.items():
        database.execute(
            "INSERT INTO allocations (resource_provider_id, consumer_id, resource_class_id, used)"
            " VALUES (?, ?, ?, ?)",
            (number, server, classes[name], amount),
        )


def _churn(path: Path, hosts: int, rate: list[int]) -> None:
    database = sqlite3.connect(path, timeout=60)
    classes = dict(database.execute("SELECT name, id FROM resource_classes"))
    draw = random.Random(2)
    while True:
        time.sleep(1.0)
        chosen = draw.sample(range(FIRST, FIRST + hosts), min(rate[0], hosts))
        with database:
            for number in chosen:
                database.execute(
                    "DELETE FROM allocations WHERE consumer_id IN (SELECT consumer_id FROM"
                    " allocations WHERE resource_provider_id = ? LIMIT 1)",
                    (number,),
                )
                _boot(database, number, classes, str(uuid.uuid4()))
                database.execute(
                    "UPDATE resource_providers SET generation = generation + 1 WHERE id = ?",
                    (number,),
                )


def main(hosts: int) -> None:
    """Serve until the input ends."""
    with tempfile.TemporaryDirectory() as directory:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        service = PlacementService(Path(directory))
        service.client.get("/resource_providers")
        path = Path(directory) / "p.sqlite"
        database = sqlite3.connect(path, timeout=60)
        providers = fill(database, hosts)
        database.close()
        rate = [0]
        threading.Thread(target=_churn, args=(path, hosts, rate), daemon=True).start()
        _say(json.dumps([service.url, providers]))
        for line in sys.stdin:
            if line.startswith("cpu"):
                _say(str(time.process_time()))
            else:
                rate[0] = int(line.split()[1])
                _say("done")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
