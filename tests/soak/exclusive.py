# SPDX-License-Identifier: Apache-2.0
"""Ask for servers of others beside an ensemble that has its domains to itself.

python -m tests.soak.exclusive [--servers N] [--level LEVEL] [--cloud STATE]
"""

import argparse
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.cloud.ensembles import PATIENCE, Operator, Project
from tests.embedded import EmbeddedCloud
from tests.soak.full_cloud import full_cloud

AT_ONCE = 3  # requests, each for as many servers as that
NAME = "stranger-"


@dataclass(frozen=True)
class Found:
    """Of the ``servers`` of others that were built, how many are in the ensemble's domains."""

    servers: int
    inside: int
    without_a_host: int


def beside(cloud: EmbeddedCloud, servers: int, level: str = "host", members: int = 2) -> Found:
    """Build such an ensemble, ask for so many servers of others, and delete all of it."""
    owner, other = Project(cloud.connection("demo")), Project(cloud.connection("demo2"))
    operator = Operator(cloud.connection("admin"))
    alone = {"type": "exclusive", "level": level, "tiers": ["web"], "other": "project"}
    apart = {"type": "anti-affinity", "level": level, "tiers": ["web"]}
    tier = owner.tier("web", members, networks="none")
    made = owner.create(owner.body("alone", [tier], alone, apart))
    try:
        built = owner.wait(made["id"], "ACTIVE")
        place = operator.place(level) if level != "host" else {}
        hosts = {each.id: each.compute_host for each in operator.servers().values()}
        ours = [hosts[each["server_id"]] for each in built["members"]]
        domains = {place.get(host, host) for host in ours}
        total = Found(0, 0, 0)
        while total.servers + total.without_a_host < servers:
            found = _strangers(other, operator)
            inside = [host for host in found.values() if host and place.get(host, host) in domains]
            hosted = sum(host is not None for host in found.values())
            total = Found(
                total.servers + hosted,
                total.inside + len(inside),
                total.without_a_host + len(found) - hosted,
            )
        return total
    finally:
        owner.delete(made["id"])


def _strangers(project: Project, operator: Operator) -> Mapping[str, str | None]:
    """The hosts of some servers of a project, which are asked for at once and then deleted."""
    compute, names = project.connection.compute, project.names

    def ask(number: int) -> None:
        compute.create_server(
            name=f"{NAME}{number}",
            flavor_id=names["flavor"]["m1.tiny"],
            image_id=names["image"]["cirros"],
            networks="none",
            min_count=AT_ONCE,
            max_count=AT_ONCE,
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, range(AT_ONCE)))
    until = time.monotonic() + PATIENCE
    while True:
        there = [each for each in operator.servers().values() if each.name.startswith(NAME)]
        if len(there) == AT_ONCE**2 and all(each.status != "BUILD" for each in there):
            break
        assert time.monotonic() < until, [(each.name, each.status) for each in there]
        time.sleep(1)
    for each in there:
        compute.delete_server(each.id)
    while any(each.name.startswith(NAME) for each in operator.servers().values()):
        assert time.monotonic() < until, "they do not go"
        time.sleep(1)
    return {each.id: each.compute_host for each in there}


def main() -> int:
    """Count; the exit status says whether none of them is inside."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--servers", type=int, default=100)
    parser.add_argument("--level", default="rack")
    parser.add_argument("--cloud", type=Path, help="state directory of a running full profile")
    options = parser.parse_args()
    with full_cloud(options.cloud) as cloud:
        found = beside(cloud, options.servers, options.level)
    print(  # noqa: T201
        f"{found.servers} servers of others, {found.inside} of them in a domain of the ensemble's,"
        f" {found.without_a_host} without a host"
    )
    return 1 if found.inside or not found.servers else 0


if __name__ == "__main__":
    sys.exit(main())
