# SPDX-License-Identifier: Apache-2.0
"""How long an ensemble takes from the request to all ACTIVE, against as many plain servers.

    python -m tests.bench.bench_build STATE [MEMBERS ...] [--rounds N]

STATE is the state directory of an embedded cloud that runs and that nobody else uses. In each round
both are made and deleted, in an order that alternates; what is compared is the ratio of a
round's two times. Plain servers are asked for eight at a time, as the ensembles are.
"""

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.cloud.ensembles import LOOK, Project, until
from tests.embedded import EmbeddedCloud

AT_ONCE = 8


def ensemble(project: Project, members: int) -> float:
    """The seconds from the request for an ensemble until all of it is ACTIVE."""
    begun = time.monotonic()
    made = project.create(project.body("bench", [project.tier("web", members)]))
    project.wait(made["id"], "ACTIVE")
    spent = time.monotonic() - begun
    project.delete(made["id"])
    return spent


def plain(project: Project, members: int) -> float:
    """The same for servers that Nova is asked for one by one, without policies."""
    template = project.tier("web", members)["server"]
    request: dict[str, Any] = {
        "flavorRef": template["flavor"],
        "imageRef": template["image"],
        "networks": [{"uuid": template["networks"][0]}],
    }
    compute = project.connection.compute

    def ask(number: int) -> str:
        body = {"server": {"name": f"plain-{number}", **request}}
        answer = compute.post("/servers", json=body)
        assert answer.status_code == 202, answer.text
        server_id: str = answer.json()["server"]["id"]
        return server_id

    begun = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        ids = set(threads.map(ask, range(members)))
    while True:
        servers = compute.get("/servers/detail").json()["servers"]
        states = [each["status"] for each in servers if each["id"] in ids]
        assert "ERROR" not in states
        if states.count("ACTIVE") == members:
            break
        time.sleep(LOOK)
    spent = time.monotonic() - begun
    for each in ids:
        compute.delete(f"/servers/{each}")
    until("all gone", lambda: not ids & {each.id for each in compute.servers(details=False)})
    return spent


def main() -> None:
    """Measure, and print each round and the median of the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("members", type=int, nargs="*", default=[20, 60])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    project = Project(EmbeddedCloud(given.state).connection("demo"))
    for members in given.members:
        ratios = []
        for number in range(given.rounds):
            order = (ensemble, plain) if number % 2 else (plain, ensemble)
            spent = {each: each(project, members) for each in order}
            ratios.append(spent[ensemble] / spent[plain])
            print(  # noqa: T201
                f"{members} members: ensemble {spent[ensemble]:.1f} s, "
                f"plain {spent[plain]:.1f} s, ratio {ratios[-1]:.2f}",
                flush=True,
            )
        print(f"{members} members: median ratio {statistics.median(ratios):.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
