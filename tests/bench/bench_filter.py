# SPDX-License-Identifier: Apache-2.0
"""Measures the scheduler filter in a large cloud, for servers of ensembles and for all others.

    python -m tests.bench.bench_filter [HOSTS [ENSEMBLES [DATABASE URL]]]

The database is a real one, SQLite in a file unless its URL is given; what Nova knows of hosts and
servers is made up, so Nova's own look-ups (three for a member) are not in the figures.
"""

import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ensemble_api import codec
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.observed import ObservedHost
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, Status
from ensemble_api.scheduler.admission import Admission
from ensemble_api.scheduler.guards import GuardedHosts
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels
from tests.fakes.host_states import host_state

LEVELS = parse_levels(["rack:rack", "zone:availability_zone"])
RUNS, MEMBERS = 100, 16
APART = {"type": "anti-affinity", "level": "host", "tiers": ["web"]}
EVEN = {"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 1}
ALONE = {"type": "exclusive", "level": "host", "tiers": ["web"], "other": "project"}


class Nova:
    """What Nova's databases would say."""

    def __init__(self, hosts: dict[str, str]) -> None:
        self.hosts = hosts

    def host_of(self, server_id: str) -> str | None:
        """Where a server is."""
        return self.hosts.get(server_id)

    def up(self, hosts: Iterable[str]) -> frozenset[str]:
        """All of them."""
        return frozenset(hosts)

    def of_other_projects(self, servers: Iterable[str], project_id: str) -> frozenset[str]:
        """None of them."""
        return frozenset()


class Spec(SimpleNamespace):
    """A RequestSpec."""

    def __contains__(self, name: str) -> bool:
        return name in self.__dict__


def record(number: int, hosts: list[str], *policies: Any) -> EnsembleRecord:
    """Give an ensemble whose members are on hosts of their own, far from each other."""
    tiers = [{"name": "web", "count": MEMBERS, "server": {}}]
    body = {"name": f"e{number}", "description": "", "tiers": tiers, "policies": list(policies)}
    step = len(hosts) // MEMBERS
    return EnsembleRecord(
        id=str(uuid.uuid4()),
        project_id="p1",
        user_id="ada",
        name=f"e{number}",
        status=Status.ACTIVE,
        ensemble=codec.stored_ensemble(body, {"web": {"VCPU": 1}}),
        body=body,
        plan={},
        members=tuple(
            MemberRecord(
                id=str(uuid.uuid4()),
                tier="web",
                index=index,
                host=hosts[(number + index * step) % len(hosts)],
                provider=str(uuid.uuid4()),
                resources={"VCPU": 1},
                domains={},
            )
            for index in range(MEMBERS)
        ),
    )


def fill(store: Store, hosts: list[str], count: int, *policies: Any) -> dict[str, str]:
    """Put so many ensembles that run into the store; give the hosts of their servers."""
    servers = {}
    for number in range(count):
        new = record(number, hosts, *policies)
        store.create(replace(new, status=Status.BUILDING), "bench", 600)
        for member in new.members:
            server_id = str(uuid.uuid4())
            servers[server_id] = member.host
            store.update_member(
                new, member, "bench", server_id=server_id, status=MemberStatus.ACTIVE.value
            )
    return servers


def measured(what: Callable[[int], Any]) -> str:
    """Give the median and the 95th percentile of many runs, in milliseconds."""
    what(0)
    took = []
    for number in range(RUNS):
        start = time.perf_counter()
        what(number)
        took.append(1000 * (time.perf_counter() - start))
    return f"{statistics.median(took):6.2f} {statistics.quantiles(took, n=20)[-1]:6.2f}"


def main(hosts: int = 1000, ensembles: int = 200, url: str = "") -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as directory:
        store = Store(url or f"sqlite:///{Path(directory)}/ensembles.sqlite")
        store.upgrade()
        names = [f"h{number:04}" for number in range(hosts)]
        above = {name: (f"r{int(name[1:]) // 20}", "nova") for name in names}
        states = Observations(store, Levels(("host", "rack", "zone")))
        turn = states.take("bench", 600, 600)
        assert turn is not None
        states.save_hosts([ObservedHost(name, above[name], up=True) for name in names], turn)
        servers = fill(store, names, ensembles, APART, EVEN)
        admission = Admission(
            CurrentStates(store), GuardedHosts(Guards(store)), LEVELS, Nova(servers)
        )
        found = [host_state(name, {"rack": above[name][0]}) for name in names]
        ids = list(servers)

        def other(_: int) -> None:
            admission.admit(found, Spec(instance_uuid=str(uuid.uuid4()), project_id="p2"))

        def member(number: int) -> None:
            admission.admit(found, Spec(instance_uuid=ids[number], project_id="p1"))

        sys.stdout.write(f"{hosts} hosts, {ensembles} ensembles of {MEMBERS}: p50 and p95 in ms\n")
        sys.stdout.write(f"{'a server of no ensemble':40} {measured(other)}\n")
        sys.stdout.write(f"{'a member of an ensemble':40} {measured(member)}\n")
        fill(store, names, 20, ALONE)
        sys.stdout.write(f"{'another, beside 20 exclusive ensembles':40} {measured(other)}\n")


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:3]), *sys.argv[3:])
