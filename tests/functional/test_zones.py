# SPDX-License-Identifier: Apache-2.0
"""Availability zones, whatever the cloud calls their level."""

from typing import Any

import pytest
from small_cloud import HOSTS, SmallCloud, body, caller
from test_capabilities import ask

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


SHARES = {"type": "spread", "level": "zone", "tiers": ["web"]}


def shared(cloud: SmallCloud, policy: Any, count: int = 3, **parts: Any) -> Any:
    wanted = {"ensemble": body(("web", count), policies=[policy])}
    return ask(cloud, "POST", "/os-ensembles/plans", wanted, **parts)


def test_zones_have_their_shares_and_keep_them(cloud: SmallCloud) -> None:
    policy = {**SHARES, "shares": {"zone-one": 70, "zone-two": 30}}
    answer = shared(cloud, policy)
    assert answer.status_int == 200, answer.text
    (said,) = answer.json["plan"]["policies"]
    assert said["holds"] is True
    assert said["message"] == (
        "The members of web must be spread: by shares of 70 in zone-one and 30 in zone-two."
    )
    record = cloud.service().create(caller(), body(("web", 3), policies=[policy]))
    cloud.run(record.id)
    cloud.observe()
    found = cloud.store.get(record.id)
    assert found.status.value == "ACTIVE"
    assert sorted(HOSTS[each.host][1] for each in found.members) == [
        "zone-one", "zone-one", "zone-two"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "field", "words"),
    [
        pytest.param({"shares": {"az9": 1}}, "shares.az9", "no availability zone", id="no zone"),
        pytest.param({"shares": {"secretrack1": 1}}, "shares.secretrack1", "", id="a rack"),
        pytest.param({"shares": {"zone-one": 0}}, "shares.zone-one", "at least 1", id="nothing"),
        pytest.param({"shares": {"zone-one": 1001}}, "shares.zone-one", "1000", id="too much"),
        pytest.param({"shares": {"zone-one": 0.5}}, "shares.zone-one", "whole", id="a half"),
        pytest.param({"shares": {"zone-one": True}}, "shares.zone-one", "whole", id="a truth"),
        pytest.param({"shares": {}}, "shares", "its share", id="none"),
        pytest.param({"shares": ["zone-one"]}, "shares", "object", id="a list"),
        pytest.param(
            {"shares": {f"z{number}": 1 for number in range(33)}}, "shares", "32", id="many"
        ),
        pytest.param(
            {"shares": {"zone-one": 1}, "max_skew": 1}, "max_skew", "beside shares", id="both"
        ),
        pytest.param(
            {"shares": {"zone-one": 1}, "level": "rack"}, "level", "one of zone", id="of racks"
        ),
        pytest.param({"shares": {"x" * 5000: 1}}, "shares." + "x" * 64, "", id="a long name"),
    ],
)
def test_shares_that_cannot_be_are_refused_with_their_field(
    cloud: SmallCloud, policy: Any, field: str, words: str
) -> None:
    answer = shared(cloud, {**SHARES, **policy})
    assert answer.status_int == 400
    fault = answer.json["badRequest"]
    assert fault["details"]["field"] == f"ensemble.policies[0].{field}"
    assert words in fault["message"]


def test_a_cloud_without_zones_has_no_shares(cloud: SmallCloud) -> None:
    policy = {**SHARES, "level": "rack", "shares": {"zone-one": 1}}
    answer = shared(cloud, policy, levels=["rack:rack"])
    assert answer.json["badRequest"]["details"]["field"] == "ensemble.policies[0].shares"
