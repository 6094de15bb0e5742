# SPDX-License-Identifier: Apache-2.0
"""What a killed conductor leaves of a server, which Nova lists and does not find, goes too.

``cloud/forgotten.py`` says what there is; tests/cloud/test_failures.py makes both in a real Nova.
"""

import pytest
from small_cloud import LEASE, Clock, SmallCloud, body, caller

from ensemble_api.cloud.forgotten import CONDUCTOR_SECONDS
from ensemble_api.execution.build import UNPLACED
from ensemble_api.records import EnsembleRecord
from tests.fakes.nova_objects import FakeServer

half_mades = pytest.mark.parametrize("half_made", ["unmapped", "requested"])


def half_built(
    cloud: SmallCloud, half_made: str, *, tagged: bool = True
) -> tuple[EnsembleRecord, FakeServer]:
    """An ensemble of two in build, one of whose servers Nova has left half made."""
    record = cloud.service().create(caller(), body(("web", 2)))
    assert cloud.store.claim(record.id, "worker", LEASE)
    cloud.engine().step(record.id)
    cloud.store.release(record.id, "worker")
    server = next(each for each in cloud.nova.alive() if each.name.endswith("web-1"))
    server.half_made = half_made
    if not tagged:
        server.tags.clear()
    return record, server


def steps(cloud: SmallCloud, clock: Clock, ensemble_id: str, seconds: float) -> None:
    """What a worker does in some seconds."""
    engine = cloud.engine()
    for _ in range(round(seconds / 5)):
        found = cloud.find(ensemble_id)
        if found is None or found.status.settled:
            break
        assert cloud.store.claim(ensemble_id, "worker", LEASE)
        engine.step(ensemble_id)
        if cloud.find(ensemble_id) is not None:
            cloud.store.release(ensemble_id, "worker")
        clock.forward(5)


@half_mades
@pytest.mark.parametrize("tagged", [True, False], ids=["its tags were written", "they were not"])
def test_a_build_asks_for_another_server_and_nothing_of_the_first_is_left(
    cloud: SmallCloud, clock: Clock, half_made: str, tagged: bool
) -> None:
    record, first = half_built(cloud, half_made, tagged=tagged)
    steps(cloud, clock, record.id, UNPLACED + 120)
    built = cloud.store.get(record.id)
    cloud.assert_built(built)
    assert first.id not in {each.server_id for each in built.members}


@half_mades
@pytest.mark.parametrize("tagged", [True, False], ids=["its tags were written", "they were not"])
def test_a_rollback_leaves_nothing(
    cloud: SmallCloud, clock: Clock, half_made: str, tagged: bool
) -> None:
    record, _ = half_built(cloud, half_made, tagged=tagged)
    other = next(each for each in cloud.nova.alive() if each.name.endswith("web-0"))
    other.status, other.fault = "ERROR", "Build of instance aborted"
    cloud.nova.break_build["web-0"] = "Build of instance aborted"
    steps(cloud, clock, record.id, CONDUCTOR_SECONDS + 120)
    ended = cloud.store.get(record.id)
    assert ended.status == "ERROR"
    assert str(ended.events[-1]["message"]) == "Nothing is left."
    cloud.assert_clean()


@half_mades
@pytest.mark.parametrize("tagged", [True, False], ids=["its tags were written", "they were not"])
def test_a_delete_ends_when_nothing_is_left(
    cloud: SmallCloud, clock: Clock, half_made: str, tagged: bool
) -> None:
    record, _ = half_built(cloud, half_made, tagged=tagged)
    cloud.service().delete(caller(), record.id)
    steps(cloud, clock, record.id, CONDUCTOR_SECONDS + 120)
    assert cloud.find(record.id) is None
    cloud.assert_clean()


def test_a_conductor_that_may_still_map_its_server_is_given_the_time(
    cloud: SmallCloud, clock: Clock
) -> None:
    record, server = half_built(cloud, "unmapped")
    cloud.service().delete(caller(), record.id)
    steps(cloud, clock, record.id, CONDUCTOR_SECONDS - 10)
    assert server.lost
    assert cloud.find(record.id) is not None, "its removal waits"


def test_a_claim_that_a_replaced_server_left_behind_is_released(
    cloud: SmallCloud, clock: Clock
) -> None:
    """Nova's API dies after it has deleted a server and before it has deleted its allocation."""
    record, server = half_built(cloud, "unmapped")
    cloud.store.claim(record.id, "worker", LEASE)
    cloud.engine().step(record.id)
    cloud.store.release(record.id, "worker")
    assert server.id in {each.server_id for each in cloud.store.get(record.id).members}
    server.gone = True
    steps(cloud, clock, record.id, 60)
    cloud.assert_built(cloud.store.get(record.id))
