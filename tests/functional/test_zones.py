# SPDX-License-Identifier: Apache-2.0
"""Availability zones, whatever the cloud calls their level."""

from typing import Any

import pytest
from small_cloud import HOSTS, SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.planning import result

AZ = ["rack:rack", "az:availability_zone"]
IN_TWO = {"availability_zone": "zone-two"}


def planned(cloud: SmallCloud, levels: list[str], **server: Any) -> Any:
    return cloud.service(levels=levels).plan(caller(), body(("web", 2), **server)).result


def test_a_tier_is_in_its_zone_where_the_level_has_another_name(cloud: SmallCloud) -> None:
    found = planned(cloud, AZ, **IN_TWO)
    assert isinstance(found, result.Plan)
    assert {HOSTS[host][1] for host in found.assignment.values()} == {"zone-two"}


def test_a_level_that_is_called_zone_is_not_the_zone(cloud: SmallCloud) -> None:
    """Here it is what others call a rack, and the availability zone is above it."""
    found = planned(cloud, ["zone:rack", "az:availability_zone"], **IN_TWO)
    assert isinstance(found, result.Plan)
    assert {HOSTS[host][1] for host in found.assignment.values()} == {"zone-two"}


def test_a_zone_in_a_cloud_without_that_level_is_refused_with_its_field(cloud: SmallCloud) -> None:
    with pytest.raises(exception.Invalid) as caught:
        planned(cloud, ["rack:rack"], **IN_TWO)
    assert caught.value.facts["field"] == "ensemble.tiers[0].server.availability_zone"
    assert "leave it out" in str(caught.value)


def test_an_ensemble_in_such_a_zone_is_built_and_observed(cloud: SmallCloud) -> None:
    service = cloud.service(levels=AZ)
    record = service.create(caller(), body(("web", 2), **IN_TWO))
    cloud.run(record.id)
    found = service.survivability(caller(), cloud.store.get(record.id), whole=False)
    assert not found.violations
