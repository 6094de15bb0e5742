# SPDX-License-Identifier: Apache-2.0
"""Capacity held for nobody is found on the real Placement, and released when that is asked for."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from small_cloud import SmallCloud, body, caller

from ensemble_api.cloud.leftover_holds import LeftoverHolds
from ensemble_api.cmd.sweep import sweep

NONE = "No capacity is held for members that no ensemble has.\n"


def forgotten(cloud: SmallCloud, count: int = 2) -> list[str]:
    """Holds of an ensemble that a restored database does not know; gives the consumers."""
    record = cloud.service().create(caller(), body(("web", count)))
    cloud.store.remove(record.id)
    return sorted(member.id for member in record.members)


def run(cloud: SmallCloud, *, remove: bool = False) -> int:
    return sweep(cloud.store, cloud.placement.adapter(), remove=remove)


def test_a_hold_that_no_ensemble_has_is_told_and_left(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = forgotten(cloud)
    assert run(cloud) == 0
    told = capsys.readouterr().out
    assert [line.split()[1] for line in told.splitlines() if "VCPU" in line] == ids
    assert "DISK_GB 1, MEMORY_MB 512, VCPU 2" in told
    assert "shop-project" in told and "secrethost" in told
    assert told.endswith("Release them with --remove.\n")
    assert cloud.placement.consumers(*cloud.providers) == set(ids)


def test_it_is_released_and_nothing_else_is(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    forgotten(cloud)
    reserved = cloud.service().create(caller(), body(("db", 1)))
    server = cloud.fill("secrethost4", 1)
    assert run(cloud, remove=True) == 0
    assert "2 of 2 released." in capsys.readouterr().out
    assert cloud.placement.consumers(*cloud.providers) == {reserved.members[0].id, server}
    cloud.run(reserved.id)
    assert run(cloud, remove=True) == 0
    assert capsys.readouterr().out == NONE


def test_what_was_given_to_a_member_while_it_was_looked_for_is_no_leftover(
    cloud: SmallCloud,
) -> None:
    """Members are recorded before their capacity is held, and so asked about after it."""
    made: list[Any] = []

    def ids() -> frozenset[str]:
        made.append(cloud.service().create(caller(), body(("web", 1))))
        return cloud.store.member_ids()

    old = forgotten(cloud)
    found = LeftoverHolds(cloud.placement.adapter()).find(ids)
    assert [hold.consumer for hold in found] == old
    assert made


def test_what_has_changed_since_is_left(cloud: SmallCloud) -> None:
    forgotten(cloud, 1)
    leftover = LeftoverHolds(cloud.placement.adapter())
    (hold,) = leftover.find(frozenset)
    assert not leftover.release(replace(hold, generation=hold.generation + 1))
    assert leftover.release(hold)
    assert leftover.find(frozenset) == []


def test_consumers_of_other_types_are_nobody_s_to_sweep(cloud: SmallCloud) -> None:
    """A server, and what an operator allocated under a type of its own."""
    server = cloud.fill("secrethost1", 1)
    other, host = str(uuid.uuid4()), cloud.nova.host("secrethost2").provider
    response = cloud.placement.adapter().post(
        "/allocations",
        json={
            other: {
                "allocations": {host: {"resources": {"VCPU": 1}}},
                "project_id": "p",
                "user_id": "u",
                "consumer_generation": None,
                "consumer_type": "ENSEMBLE_HOLDS",
            }
        },
    )
    assert response.status_code == 204, response.text
    assert run(cloud, remove=True) == 0
    assert cloud.placement.consumers(*cloud.providers) == {server, other}
