# SPDX-License-Identifier: Apache-2.0
"""Our API on a cloud of many hosts: a real Placement and database, and a Nova that is made up."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.large_placement import LargePlacement

sys.path.insert(0, str(Path(__file__).parents[1] / "functional"))

from nova import policy as nova_policy
from oslo_config import cfg
from oslo_policy import opts
from small_cloud import FLAVOR, IMAGE, LEVELS, NETWORK, SmallCloud, caller

from ensemble_api.cloud import cells, forgotten
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.known_hosts import KnownHosts
from ensemble_api.cloud.known_providers import KnownProviders
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cloud.session import NAMING_A_HOST, PLACER_ROLE
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.service import Service
from ensemble_api.store.api import Store
from ensemble_api.usecases.known_capacity import KnownCapacity
from tests.fakes.heat import NoHeat
from tests.fakes.networks import FakeNetworks
from tests.fakes.nova import FakeNova
from tests.fakes.nova_objects import FakeHost
from tests.fakes.session import FakeSession

HOSTS_IN_RACK, RACKS_IN_ZONE = 40, 84
MOST_FLAVORS = 8
__all__ = ["LargeCloud", "SmallCloud", "caller"]


class LargeNova(FakeNova):
    """Says what hosts there are as quickly as it can: it is not what is measured."""

    def aggregates(self, request: Any, context: Any) -> tuple[int, Any]:
        """The racks and zones, which are put together once."""
        if not hasattr(self, "_put_together"):
            self._put_together = super().aggregates(request, context)
        return self._put_together


class LargeCloud:
    """One nova-api process with ``hosts`` hosts; ``period`` 0 is for a whole look each time."""

    def __init__(self, hosts: int, placement: LargePlacement, directory: str) -> None:
        _configure(Path(directory))
        self.placement = placement
        self.store = Store(f"sqlite:///{directory}/ensembles.sqlite")
        self.store.upgrade()
        found = [
            FakeHost(
                f"host{number:05}",
                provider,
                f"rack{number // HOSTS_IN_RACK:03}",
                f"zone{number // (HOSTS_IN_RACK * RACKS_IN_ZONE)}",
            )
            for number, provider in enumerate(placement.providers)
        ]
        assert len(found) == hosts
        flavors = {
            f"{FLAVOR}-{number}": {
                "id": f"{FLAVOR}-{number}",
                "vcpus": 2 + number,
                "ram": 2048 * (1 + number),
                "disk": 20,
                "swap": 0,
                "extra_specs": {},
                "OS-FLV-EXT-DATA:ephemeral": 0,
            }
            for number in range(MOST_FLAVORS)
        }
        self.nova = LargeNova(
            placement,
            found,
            flavors=flavors,
            images={IMAGE: {"id": IMAGE, "minRam": 0, "minDisk": 0, "metadata": {}}},
            networks={NETWORK},
            key_pairs={"laptop"},
            security_groups={"sg-1": "default"},
        )
        self.nova.page = 1000
        self._known: list[KnownCapacity] = []

    def service(self, period: float, adapter: Any = None) -> Service:
        """The service of one process, which looks each ``period`` seconds, or every time with 0."""
        compute, adapter = Compute(self.nova), adapter or self.placement.adapter()
        providers, reservation = KnownProviders(adapter), Reservation(adapter)
        inventory = Inventory(
            compute,
            adapter,
            parse_levels(LEVELS),
            "nova",
            known=KnownHosts(compute),
            allowed=providers.allowed,
        )
        known = KnownCapacity(
            self.store,
            inventory,
            reservation,
            providers,
            lambda: caller("operators", "admin"),
            period=period,
        )
        self._known.append(known)
        session = FakeSession()
        return Service(
            self.store,
            compute,
            FakeNetworks(),
            Volumes(),
            inventory,
            reservation,
            NoHeat(),
            owner="api",
            worker="worker",
            max_members=500,
            attempts=4,
            wake=lambda: None,
            current_rights=session.current_rights,
            acting_for=session.acting_for,
            holder=session.holder,
            known_capacity=known if period else None,
        )

    def stop(self) -> None:
        """End all threads."""
        for each in self._known:
            each.stop()


def body(demands: int, members: int, name: str = "bench") -> dict[str, Any]:
    """An ensemble of so many tiers, each of another flavor, that are spread over racks."""
    tiers = [
        {
            "name": f"tier{number}",
            "count": max(1, members // demands),
            "server": {"flavor": f"{FLAVOR}-{number}", "image": IMAGE, "networks": "auto"},
        }
        for number in range(demands)
    ]
    apart = [
        {"type": "anti-affinity", "level": "host", "tiers": [each["name"]], "enforcement": "hard"}
        for each in tiers
    ]
    survive = {
        "type": "survive",
        "level": "rack",
        "tiers": [tiers[0]["name"]],
        "enforcement": "hard",
        "failures": 1,
        "min_available": 1,
    }
    return {"name": name, "description": "", "tiers": tiers, "policies": [*apart, survive]}


def _configure(directory: Path) -> None:
    cfg.CONF([], project="nova", default_config_files=[])
    policy = directory / "policy.yaml"
    policy.write_text(f'"{NAMING_A_HOST}": "role:admin or service_roles:{PLACER_ROLE}"\n')
    opts.set_defaults(cfg.CONF, policy_file=str(policy))
    nova_policy.reset()
    forgotten.recall = lambda server_id: False
    cells.by_host = dict
    tempfile.tempdir = str(directory)
