# SPDX-License-Identifier: Apache-2.0
"""What is recorded is compared with what the real Placement holds."""

import pytest
import sqlalchemy as sa
from small_cloud import SmallCloud, body, caller

from ensemble_api.cmd.audit import audit
from ensemble_api.store import models
from ensemble_api.store.expected_holds import ExpectedHolds

AGREE = "What is recorded is what Placement holds.\n"


def run(cloud: SmallCloud) -> int:
    return audit(cloud.store, cloud.placement.adapter())


def test_a_build_agrees_from_its_reservation_to_its_end(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    assert len(ExpectedHolds(cloud.store).all()) == 2
    assert run(cloud) == 0
    cloud.run(record.id)
    assert ExpectedHolds(cloud.store).all() == []  # servers have it now
    assert run(cloud) == 0
    assert capsys.readouterr().out == AGREE * 2


def test_a_hold_that_is_gone_is_told_with_whose_it_was(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    record = cloud.service().create(caller(), body(("web", 2)))
    gone, held = record.members
    assert cloud.placement.adapter().delete(f"/allocations/{gone.id}").status_code == 204
    assert run(cloud) == 1
    told = capsys.readouterr().out
    [row] = [line for line in told.splitlines() if gone.id in line]
    for each in (f"web-{gone.index}", record.id, "shop-project", gone.host, "MEMORY_MB 512"):
        assert each in row
    assert held.id not in told and "Held for nobody" not in told


def test_a_hold_of_another_amount_is_told(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    with cloud.store.engine.begin() as connection:
        connection.execute(
            sa.update(models.Member)
            .where(models.Member.id == record.members[0].id)
            .values(resources={"VCPU": 1})
        )
    assert run(cloud) == 1
    [row] = [line for line in capsys.readouterr().out.splitlines() if record.id in line]
    assert row.split("|")[-2].strip() == "VCPU 1"


def test_a_hold_that_nobody_has_recorded_is_told_and_left(
    cloud: SmallCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    record = cloud.service().create(caller(), body(("web", 1)))
    cloud.store.remove(record.id)
    assert run(cloud) == 1
    told = capsys.readouterr().out
    assert told.startswith("Held for nobody; `ensemble-manage sweep --remove` releases it:")
    assert record.members[0].id in told and "Recorded" not in told
    assert cloud.placement.consumers(*cloud.providers) == {record.members[0].id}


def test_capacity_for_recovery_is_compared_too(cloud: SmallCloud) -> None:
    member = cloud.service().create(caller(), body(("web", 1))).members[0]
    with cloud.store.engine.begin() as connection:
        connection.execute(
            sa.insert(models.RecoveryHold),
            [
                {
                    "id": "6f0f6a2c-8f0a-4d7c-9a53-1f7a4a3f9c10",
                    "ensemble_id": "gone",
                    "project_id": "shop-project",
                    "host": member.host,
                    "provider": member.provider,
                    "resources": {"VCPU": 2},
                    "status": "HELD",
                }
            ],
        )
    assert run(cloud) == 1
    with cloud.store.engine.begin() as connection:  # what is only wanted may be held or not
        connection.execute(sa.update(models.RecoveryHold).values(status="WANTED"))
    assert run(cloud) == 0
