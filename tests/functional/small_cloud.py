# SPDX-License-Identifier: Apache-2.0
"""A small cloud for one test: hosts in a real Placement, a fake Nova, a real database."""

import copy
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import webob
from nova import context as nova_context
from placement_service import PlacementService

from ensemble_api import exception, routes
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.known_hosts import KnownHosts
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.execution.engine import Engine
from ensemble_api.execution.handover import Handovers
from ensemble_api.execution.late_servers import LateServers
from ensemble_api.execution.observer import CloudObserver
from ensemble_api.execution.root_volumes import RootVolumes
from ensemble_api.execution.told_domains import DomainTeller
from ensemble_api.records import EnsembleRecord
from ensemble_api.recovery_hold import NO_RECOVERY
from ensemble_api.service import Service
from ensemble_api.store import models
from ensemble_api.store.api import Store
from ensemble_api.store.current_state import CurrentStates
from ensemble_api.store.guards import Guards
from ensemble_api.store.history import History
from ensemble_api.store.observations import Observations
from ensemble_api.store.standings import Levels
from ensemble_api.store.told_domains import ToldDomains
from tests.fakes.heat import NoHeat
from tests.fakes.networks import FakeNetworks
from tests.fakes.nova import FakeNova
from tests.fakes.nova_objects import FakeHost
from tests.fakes.session import FakeSession

FLAVOR = "m1.small"
IMAGE = "11111111-1111-4111-8111-111111111111"
NETWORK = "22222222-2222-4222-8222-222222222222"
LEASE = 20.0
LEVELS = ("rack:rack", "zone:availability_zone")
RESOURCES = {"VCPU": 2, "MEMORY_MB": 512}

# Names that nobody else uses, so that a leak of one shows.
HOSTS = {
    "secrethost1": ("secretrack1", "zone-one"),
    "secrethost2": ("secretrack1", "zone-one"),
    "secrethost3": ("secretrack2", "zone-one"),
    "secrethost4": ("secretrack3", "zone-two"),
}


def caller(project: str = "shop-project", *roles: str) -> Any:
    """A request's context, as Nova's keystonecontext filter makes it."""
    return nova_context.RequestContext(
        user_id=f"user-of-{project}",
        project_id=project,
        roles=list(roles or ("member", "reader")),
        is_admin="admin" in roles,
        overwrite=False,
    )


def body(*tiers: tuple[str, int], policies: Any = (), name: str = "shop", **server: Any) -> Any:
    """The inner object of a request body, checked, from pairs of tier name and count."""
    return {
        "name": name,
        "description": "",
        "tiers": [
            {
                "name": tier,
                "count": count,
                "server": {"flavor": FLAVOR, "image": IMAGE, "networks": "auto", **server},
            }
            for tier, count in tiers
        ],
        "policies": [{"enforcement": "hard", **each} for each in policies],
    }


def anti_affinity(tier: str, level: str = "host") -> dict[str, Any]:
    return {"type": "anti-affinity", "level": level, "tiers": [tier]}


class Clock:
    """A clock, which the test can put forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def forward(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass
class SmallCloud:
    """Everything that one test works with."""

    placement: PlacementService
    store: Store
    nova: FakeNova
    pauses: list[float] = field(default_factory=list)
    known: KnownHosts = field(init=False)  # as of one process, whose parts are made anew here

    def __post_init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Another process begins, which remembers nothing."""
        self.known = KnownHosts(Compute(self.nova), CurrentStates(self.store).providers)

    @classmethod
    def build(
        cls,
        placement: PlacementService,
        store: Store,
        hosts: Mapping[str, tuple[str, str]] = HOSTS,
    ) -> "SmallCloud":
        found = [
            FakeHost(
                name,
                placement.add_provider(name, VCPU=4, MEMORY_MB=4096, DISK_GB=100),
                rack,
                zone,
            )
            for name, (rack, zone) in hosts.items()
        ]
        flavor = {"id": FLAVOR, "vcpus": 2, "ram": 512, "disk": 1, "swap": 0, "extra_specs": {}}
        nova = FakeNova(
            placement,
            found,
            flavors={FLAVOR: {**flavor, "OS-FLV-EXT-DATA:ephemeral": 0}},
            images={IMAGE: {"id": IMAGE, "minRam": 0, "minDisk": 0, "metadata": {}}},
            networks={NETWORK},
            key_pairs={"laptop"},
            security_groups={"sg-1": "default"},
        )
        return cls(placement, store, nova)

    @property
    def providers(self) -> list[str]:
        return [host.provider for host in self.nova.hosts]

    def service(self, **parts: Any) -> Service:
        compute = parts.get("compute") or Compute(self.nova)
        adapter = parts.get("adapter") or self.placement.adapter()
        levels = parse_levels(parts.get("levels", LEVELS))
        return Service(
            parts.get("store") or self.store,
            compute,
            parts.get("networks") or FakeNetworks(),
            parts.get("volumes") or Volumes(),
            parts.get("inventory")
            or Inventory(
                compute,
                adapter,
                levels,
                "nova",
                selectors=parts.get("selectors", ()),
                known=KnownHosts(compute) if "compute" in parts else self.known,
            ),
            parts.get("reservation") or Reservation(adapter, sleep=self.pauses.append),
            parts.get("stacks") or NoHeat(),
            owner=parts.get("owner", "api"),
            worker=parts.get("worker", "worker"),
            max_members=parts.get("max_members", 500),
            max_body=parts.get("max_body", 114_688),
            attempts=parts.get("attempts", 4),
            wake=parts.get("wake", lambda: None),
            current_rights=(parts.get("session") or FakeSession()).current_rights,
            acting_for=(parts.get("session") or FakeSession()).acting_for,
            holder=(parts.get("session") or FakeSession()).holder,
            recovery_limits=parts.get("recovery_limits", NO_RECOVERY),
            check_rights=parts.get("check_rights", lambda: None),
            sleep=parts.get("sleep", self.pauses.append),
            plan_lifetime=parts.get("plan_lifetime", 900),
            shown_hosts=parts.get("shown_hosts", 1000),
            scheduler_hints=parts.get("scheduler_hints", ()),
            acts_by_itself=parts.get("acts_by_itself", True),
            rebalance_delay=parts.get("rebalance_delay", 0.0),
            most_hosts_down=parts.get("most_hosts_down", 1.0),
            settle=parts.get("settle", 0.0),
            only_forced=parts.get("only_forced", False),
            measure_plan=parts.get("measure_plan", lambda *_, **__: None),
            known_capacity=parts.get("known_capacity"),
            longest_gate=parts.get("longest_gate", 0),
        )

    def post(
        self,
        wanted: Any,
        *,
        key: str | None = None,
        plan: str | None = None,
        who: Any = None,
        **parts: Any,
    ) -> webob.Response:
        """The answer of POST /os-ensembles by one nova-api process."""
        request = webob.Request.blank(
            "/os-ensembles",
            method="POST",
            base_url="http://cloud:8774/v2.1",
            environ={"nova.context": who or caller()},
        )
        request.json = {"ensemble": wanted} | ({"plan": plan} if plan else {})
        if key is not None:
            request.headers["Idempotency-Key"] = key
        return routes.dispatch(request, self.service(**parts), "/os-ensembles")

    def patch(
        self,
        ensemble_id: str,
        wanted: Any,
        *,
        who: Any = None,
        query: str = "",
        service: Mapping[str, Any] = MappingProxyType({}),
        **more: Any,
    ) -> webob.Response:
        """The answer of PATCH /os-ensembles/{id}; of the generation that is stored by default."""
        path = f"/os-ensembles/{ensemble_id}"
        request = webob.Request.blank(
            f"{path}{query}",
            method="PATCH",
            base_url="http://cloud:8774/v2.1",
            environ={"nova.context": who or caller()},
        )
        found = self.find(ensemble_id)
        generation = found.generation if found else 1
        request.json = {"ensemble": {"generation": generation, **wanted}, **more}
        return routes.dispatch(request, self.service(**service), path)

    def engine(self, owner: str = "worker", **parts: Any) -> Engine:
        store = parts.get("store") or self.store
        reservation = parts.get("reservation") or Reservation(
            self.placement.adapter(), sleep=self.pauses.append
        )
        return Engine(
            store,
            parts.get("session") or FakeSession(),
            parts.get("compute") or Compute(self.nova),
            reservation,
            self.service(**parts, worker=owner).replacement,
            Handovers(
                Guards(store),
                reservation,
                owner=owner,
                width=parts.get("width", 1000),
                seconds=LEASE,
            ),
            RootVolumes(
                store,
                parts.get("compute") or Compute(self.nova),
                parts.get("volumes") or Volumes(),
                owner=owner,
            ),
            recall=self.nova.recall,
            owner=owner,
            concurrency=parts.get("concurrency", 4),
            timeout=parts.get("timeout", 300.0),
            signal_urls=parts.get("signal_urls"),
        )

    def run(self, ensemble_id: str, owner: str = "worker", steps: int = 60, **parts: Any) -> None:
        """Do what a worker does until the ensemble is settled or gone."""
        assert self.store.claim(ensemble_id, owner, LEASE), "the lease is not free"
        engine = self.engine(owner, **parts)
        try:
            for _ in range(steps):
                if self.store.get(ensemble_id).settled:
                    self.store.release(ensemble_id, owner)
                    return
                engine.step(ensemble_id)
        except exception.NotFound:
            return
        raise AssertionError(f"not settled after {steps} steps")

    def teller(self, **parts: Any) -> DomainTeller:
        told = ToldDomains(self.store, Levels(("host", "rack", "zone"), "zone"))
        return DomainTeller(told, Compute(self.nova), FakeSession(), **parts)

    def observe(
        self,
        levels: Sequence[str] = LEVELS,
        tell: Callable[[Any], None] = lambda _: None,
        selectors: Sequence[str] = (),
        repair: Callable[[], object] = lambda: None,
        correct: Callable[[], object] = lambda: None,
    ) -> None:
        """Have everything compared with what Nova has now."""
        compute = Compute(self.nova)
        inventory = Inventory(
            compute, None, parse_levels(levels), "nova", selectors=selectors, known=self.known
        )
        tree = Levels(inventory.levels, inventory.zone_level)
        observer = CloudObserver(
            Observations(self.store, tree),
            compute,
            inventory,
            History(self.store, timedelta(days=90)),
            owner="observer",
            period=5,
            late_servers=LateServers(self.store, FakeSession(), compute),
            tell=tell,
            repair=repair,
            correct=correct,
        )
        with self.store.writing() as session:
            session.query(models.Observation).update({"compared_at": None})
        assert observer.observe()

    def find(self, ensemble_id: str) -> EnsembleRecord | None:
        try:
            return self.store.get(ensemble_id)
        except exception.NotFound:
            return None

    # What must hold in the end.

    def assert_clean(self) -> None:
        """No server and no allocation is left, of members or of servers."""
        assert [server.name for server in self.nova.alive()] == []
        self.assert_open()
        assert self.placement.consumers(*self.providers) == set()

    def assert_built(self, record: EnsembleRecord) -> None:
        """One ACTIVE server for each member on its host, with Placement holding just those."""
        assert record.status == "ACTIVE"
        self.assert_open()
        servers = {server.id: server for server in self.nova.alive()}
        assert len(servers) == len(record.members)
        for member in record.members:
            server = servers[member.server_id]
            assert (server.status, server.host, member.status) == ("ACTIVE", member.host, "ACTIVE")
            assert f"ensemble-member:{member.id}" in server.tags
        assert self.placement.consumers(*self.providers) == servers.keys()

    def assert_open(self) -> None:
        """No host is closed to anybody."""
        assert Guards(self.store).live() == []

    def fill(self, host: str, vcpus: int) -> str:
        """Background load on a host; gives the consumer."""
        consumer = str(uuid.uuid4())
        assert self.placement.claim(consumer, self.nova.host(host).provider, VCPU=vcpus)
        return consumer

    def flavor(self, name: str, **changes: Any) -> str:
        self.nova.flavors[name] = {**copy.deepcopy(self.nova.flavors[FLAVOR]), **changes}
        return name

    @staticmethod
    def counter(then: Callable[[int], None]) -> Callable[..., None]:
        """A callable that calls ``then`` with 1, 2, 3..."""
        calls = iter(range(1, 1_000_000))
        return lambda *_: then(next(calls))
