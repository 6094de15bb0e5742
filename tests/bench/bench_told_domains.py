# SPDX-License-Identifier: Apache-2.0
"""How long after a move Nova's metadata of a server tell the guest where it is now.

    python -m tests.bench.bench_told_domains STATE [--moves N]

STATE is the state directory of an embedded cloud that runs and that nobody else uses. Members that
are told their domains are live-migrated one after another. The time is that from the first look at
which Nova has nothing under way and another host to the first at which the metadata are those of
that host, with looks every quarter of a second.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

from ensemble_api.planning.topology import FailureDomain, reference
from tests.cloud.ensembles import PATIENCE, Operator, Project
from tests.embedded import EmbeddedCloud

LOOK = 0.25  # seconds between two looks
MEMBERS = 4
KEY = "ensemble_domain_host"


def move(operator: Operator, server_id: str) -> float:
    """The seconds from the end of a live migration until its server's metadata are true."""
    compute = operator.connection.compute
    before = compute.get_server(server_id)
    compute.live_migrate_server(before, host=None, block_migration="auto")
    end = time.monotonic() + PATIENCE
    ended = None
    while time.monotonic() < end:
        found = compute.get_server(server_id)
        now = time.monotonic()
        if ended is None and found.task_state is None and _host(found) != _host(before):
            ended = now
        if found.metadata[KEY] != before.metadata[KEY]:
            _check(operator, found)
            return now - (ended or now)
        time.sleep(LOOK)
    raise AssertionError(f"not told after {PATIENCE} s")


def _host(server: Any) -> str:
    return str(server.compute_host)


def _check(operator: Operator, server: Any) -> None:
    """See that the guest is told of the host that its server has."""
    above = [operator.place(level)[_host(server)] for level in ("zone", "rack")]
    host = FailureDomain("host", _host(server), (*above, _host(server)))
    assert server.metadata[KEY] == reference(server.project_id, host)


def main() -> None:
    """Measure, and print each move and what all of them come to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("--moves", type=int, default=20)
    given = parser.parse_args()
    cloud = EmbeddedCloud(given.state)
    project, operator = Project(cloud.connection("demo")), Operator(cloud.connection("admin"))
    tier = project.tier("web", MEMBERS, networks="none", domains_in_metadata=True)
    made = project.create(project.body("told", [tier]))
    try:
        members = project.wait(made["id"], "ACTIVE")["members"]
        spent = []
        for number in range(given.moves):
            spent.append(move(operator, members[number % MEMBERS]["server_id"]))
            print(f"move {number + 1}: {spent[-1]:.1f} s", flush=True)  # noqa: T201
        print(  # noqa: T201
            f"{len(spent)} moves: p50 {statistics.median(spent):.1f} s, longest {max(spent):.1f} s"
        )
    finally:
        project.delete(made["id"])


if __name__ == "__main__":
    main()
