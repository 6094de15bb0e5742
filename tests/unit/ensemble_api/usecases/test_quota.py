# SPDX-License-Identifier: Apache-2.0
"""What a project's quota leaves, held against the whole ensemble."""

from types import SimpleNamespace
from typing import Any

import pytest
from test_resolve import NETWORKS, TENANT, body, resolve, tier

from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.usecases.quota import Quota
from ensemble_api.usecases.resolve import ResolvedRequest
from tests.fakes.compute import NETWORK, PUBLIC, FakeCompute
from tests.fakes.networks import FakeNetworks
from tests.fakes.volumes import FakeVolumes

VOLUMES: Any = FakeVolumes()

NOTHING: Any = SimpleNamespace(unbuilt_members=lambda project_id: [])  # a store without ensembles


LIMITS = {
    "maxTotalInstances": 10,
    "totalInstancesUsed": 4,
    "maxTotalCores": 20,
    "totalCoresUsed": 8,
    "maxTotalRAMSize": 4096,
    "totalRAMUsed": 1024,
}


@pytest.mark.parametrize(
    ("changes", "resource"),
    [
        pytest.param({}, None, id="exactly fits"),
        pytest.param({"totalInstancesUsed": 5}, "Instances", id="one server too many"),
        pytest.param({"totalCoresUsed": 9}, "Cores", id="one core too many"),
        pytest.param({"totalRAMUsed": 1025}, "RAMSize", id="one MB too much"),
        pytest.param({"maxTotalInstances": -1, "totalInstancesUsed": 99}, None, id="unlimited"),
        pytest.param({"maxTotalCores": 0, "totalCoresUsed": 0}, "Cores", id="nothing allowed"),
    ],
)
def test_the_quota_is_of_the_whole_ensemble(changes: dict[str, int], resource: str | None) -> None:
    nova: Any = FakeCompute(TENANT, absolute={**LIMITS, **changes})
    wanted = resolve(body(tier(count=4), tier("db", count=2)), nova)
    found = Quota(nova, NETWORKS, VOLUMES, NOTHING).shortages(TENANT, wanted)
    needed = {"Instances": 6, "Cores": 12, "RAMSize": 3072}
    assert [each.facts["resource"] for each in found] == ([resource] if resource else [])
    assert all(each.facts["needed"] == needed[each.resource] for each in found)


def test_limits_that_nova_does_not_tell_do_not_limit() -> None:
    nova: Any = FakeCompute(TENANT)
    assert Quota(nova, NETWORKS, VOLUMES, NOTHING).shortages(TENANT, resolve(body(), nova)) == ()


@pytest.mark.parametrize(
    ("server", "needed"),
    [
        ({"networks": "auto"}, 2),
        ({"networks": "none"}, 0),
        ({"networks": [NETWORK, PUBLIC]}, 4),
        ({"networks": "auto", "ports": ["p1", "p2"]}, 0),
        ({"networks": [NETWORK], "ports": ["p1", "p2"]}, 2),
    ],
    ids=["auto", "none", "two networks", "ports alone", "ports and a network"],
)
def test_the_quota_of_ports_counts_those_that_nova_will_make(
    server: dict[str, Any], needed: int
) -> None:
    wanted = ResolvedRequest(body(tier(**server)), Ensemble((Tier("web", 2, {"VCPU": 1}),)), {})
    nova: Any = FakeCompute(TENANT)
    for free in (needed, needed - 1):
        networks: Any = FakeNetworks()
        networks.quota = (10 + free, 10)
        found = Quota(nova, networks, VOLUMES, NOTHING).shortages(TENANT, wanted)
        assert [each.resource for each in found] == (
            [] if free == needed or not needed else ["Ports"]
        )
