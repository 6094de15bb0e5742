# SPDX-License-Identifier: Apache-2.0
"""Members whose servers Nova keeps in an availability zone, as adopted ones, are moved within it.

No template of their tiers says so, and Nova would find no host for them elsewhere.
"""

from typing import Any

import pytest
from drains import drain, looking
from repairs import act, failed, hosts_of, repair
from small_cloud import HOSTS, SmallCloud, anti_affinity, body, caller

LONELY = "secrethost4"  # the only host of its zone


def built(cloud: SmallCloud, *, pinned: bool, policies: Any = ()) -> str:
    """Two members in the larger zone."""
    full = cloud.fill(LONELY, 4)
    ensemble_id = cloud.service().create(caller(), body(("web", 2), policies=policies)).id
    cloud.run(ensemble_id)
    for each in cloud.nova.alive() if pinned else ():
        each.facts["pinned_availability_zone"] = "zone-one"
    cloud.observe()
    cloud.placement.release(full)
    return ensemble_id


def fill_zone(cloud: SmallCloud, ensemble_id: str) -> None:
    """Nothing is free but on the host of the other zone."""
    for host in HOSTS.keys() - {LONELY}:
        left = 4 - cloud.placement.used(cloud.nova.host(host).provider).get("VCPU", 0)
        if left:
            cloud.fill(host, left)


PINNED = pytest.mark.parametrize("pinned", [False, True], ids=["not pinned", "pinned"])


@PINNED
def test_a_repair_brings_no_pinned_member_into_another_zone(
    cloud: SmallCloud, pinned: bool
) -> None:
    ensemble_id = built(cloud, pinned=pinned, policies=[anti_affinity("web")])
    fill_zone(cloud, ensemble_id)
    failed(cloud, hosts_of(cloud, ensemble_id)["web-0"])
    assert repair(cloud, ensemble_id).status_code == (409 if pinned else 202)


@PINNED
def test_a_rebalancing_spreads_no_pinned_member_over_zones(cloud: SmallCloud, pinned: bool) -> None:
    ensemble_id = built(cloud, pinned=pinned, policies=[anti_affinity("web", "rack")])
    assert act(cloud, ensemble_id, {"rebalance": {}}).status_code == (409 if pinned else 202)


@PINNED
def test_a_drain_takes_no_pinned_member_into_another_zone(cloud: SmallCloud, pinned: bool) -> None:
    ensemble_id = built(cloud, pinned=pinned, policies=[anti_affinity("web")])
    fill_zone(cloud, ensemble_id)
    assert drain(cloud, hosts_of(cloud, ensemble_id)["web-0"]).status_code == 202
    cloud.observe()
    assert looking(cloud)[0].look() == (None if pinned else ensemble_id)
