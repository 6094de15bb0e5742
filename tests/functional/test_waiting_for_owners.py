# SPDX-License-Identifier: Apache-2.0
"""What waits for its owner is given up after a while, and what is held for it goes back."""

from typing import Any

from changes import built
from repairs import act, last_operation
from small_cloud import Clock, SmallCloud, body, caller
from test_rebalance import REBALANCE, crowded

from ensemble_api.execution.engine import OWNER_PATIENCE
from ensemble_api.rights import WAITS_FOR_OWNER
from tests.fakes.session import FakeSession

GIVEN_UP = "The user who asked for it was waited for for too long, so it is given up."


def away() -> FakeSession:
    session = FakeSession()
    session.waiting = WAITS_FOR_OWNER()
    return session


def step(
    cloud: SmallCloud, ensemble_id: str, session: FakeSession, count: int = 3, **parts: Any
) -> None:
    """Take some steps, with a lease that lasts: time without a worker counts for nothing."""
    assert cloud.store.claim(ensemble_id, "worker", 3 * OWNER_PATIENCE)
    engine = cloud.engine(session=session, **parts)
    for _ in range(count):
        engine.step(ensemble_id)


def held(cloud: SmallCloud) -> set[str]:
    """What Placement has for others than servers."""
    servers = {each.id for each in cloud.nova.alive()}
    return set(cloud.placement.consumers(*cloud.providers)) - servers


def test_a_build_keeps_what_is_held_for_it_for_a_while_and_no_longer(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 3)))
    session = away()
    step(cloud, record.id, session)
    clock.forward(OWNER_PATIENCE - 60)
    step(cloud, record.id, session)
    waiting = cloud.store.get(record.id)
    assert (waiting.status, waiting.blocked) == ("BUILDING", WAITS_FOR_OWNER())
    assert held(cloud) == {each.id for each in record.members}
    clock.forward(120)
    step(cloud, record.id, session)
    ended = cloud.store.get(record.id)
    assert (ended.status, str(ended.fault)) == ("ERROR", GIVEN_UP)
    cloud.assert_clean()


def test_what_was_built_by_then_waits_on_and_is_removed_when_its_owner_comes_back(
    cloud: SmallCloud, clock: Clock
) -> None:
    record = cloud.service().create(caller(), body(("web", 3)))
    step(cloud, record.id, FakeSession(), 1, concurrency=1)
    (server,) = cloud.nova.alive()
    session = away()
    step(cloud, record.id, session)
    clock.forward(OWNER_PATIENCE + 60)
    step(cloud, record.id, session, 6)
    given_up = cloud.store.get(record.id)
    assert (given_up.status, given_up.blocked) == ("ROLLING_BACK", WAITS_FOR_OWNER())
    assert (cloud.nova.alive(), held(cloud)) == ([server], set())
    session.waiting = None
    cloud.run(record.id, session=session)
    assert cloud.store.get(record.id).status == "ERROR"
    cloud.assert_clean()


def test_a_change_is_undone(cloud: SmallCloud, clock: Clock) -> None:
    ensemble_id = built(cloud, ("web", 1))
    assert cloud.patch(ensemble_id, {"tiers": [{"name": "web", "count": 2}]}).status_code == 202
    session = away()
    step(cloud, ensemble_id, session)
    assert len(held(cloud)) == 1
    clock.forward(OWNER_PATIENCE + 60)
    cloud.run(ensemble_id, session=session)
    assert [each.name for each in cloud.store.get(ensemble_id).members] == ["web-0"]
    assert held(cloud) == set()
    last = last_operation(cloud, ensemble_id)
    assert (last.status, str(last.reason)) == ("FAILED", GIVEN_UP)


def test_a_move_is_not_made(cloud: SmallCloud, clock: Clock) -> None:
    ensemble_id = crowded(cloud)
    assert act(cloud, ensemble_id, REBALANCE).status_code == 202
    session = away()
    step(cloud, ensemble_id, session)
    assert len(held(cloud)) == 1
    clock.forward(OWNER_PATIENCE + 60)
    cloud.run(ensemble_id, session=session)
    assert held(cloud) == set()
    assert last_operation(cloud, ensemble_id).status == "FAILED"
