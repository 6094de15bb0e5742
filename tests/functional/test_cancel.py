# SPDX-License-Identifier: Apache-2.0
"""A build is cancelled while it is one, and an ensemble that is built is never harmed by that."""

from collections.abc import Sequence
from typing import Any

import pytest
from small_cloud import SmallCloud, body, caller

from ensemble_api import exception
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store.api import Store


def half_built(cloud: SmallCloud) -> EnsembleRecord:
    record = cloud.service().create(caller(), body(("web", 3)))
    cloud.store.claim(record.id, "worker", 20)
    cloud.engine(concurrency=1).step(record.id)
    assert len(cloud.nova.alive()) == 1
    return record


def test_a_cancelled_build_is_gone_with_all_that_was_there(cloud: SmallCloud) -> None:
    record = half_built(cloud)
    cancelled = cloud.service().cancel(caller(), record.id)
    assert cancelled.status == "DELETING"
    assert str(cancelled.events[-1]["message"]).startswith("The build was cancelled;")
    cloud.run(record.id)
    assert cloud.find(record.id) is None
    cloud.assert_clean()


def test_a_build_that_ended_meanwhile_is_not_cancelled_and_stays(cloud: SmallCloud) -> None:
    record = half_built(cloud)
    cloud.run(record.id)
    with pytest.raises(exception.Conflict, match="all its members are built"):
        cloud.service().cancel(caller(), record.id)
    cloud.assert_built(cloud.store.get(record.id))


def test_a_build_that_ends_while_it_is_being_cancelled_is_one_or_the_other(
    cloud: SmallCloud,
) -> None:
    """The worker settles the ensemble after the cancel has looked, and before it acts."""

    class EndsJustThen(Store):
        def transition(self, ensemble_id: str, *args: object, **more: object) -> bool:
            cloud.run(ensemble_id)
            return super().transition(ensemble_id, *args, **more)  # type: ignore[arg-type]

    record = half_built(cloud)
    late = EndsJustThen(str(cloud.store.engine.url))
    with pytest.raises(exception.Conflict, match="no build to cancel"):
        cloud.service(store=late).cancel(caller(), record.id)
    cloud.assert_built(cloud.store.get(record.id))


def test_a_worker_that_looked_before_the_cancel_does_not_make_it_active_after(
    cloud: SmallCloud,
) -> None:
    record = half_built(cloud)
    looks = []

    def cancel_before_the_last_word(method: str, path: str) -> None:
        if not looks and cloud.store.get(record.id).active == len(record.members):
            looks.append(path)
            cloud.service().cancel(caller(), record.id)

    cloud.nova.before = cancel_before_the_last_word
    cloud.store.claim(record.id, "worker", 20)
    while not looks:
        cloud.engine().step(record.id)
    assert cloud.store.get(record.id).status == "DELETING"
    cloud.run(record.id)
    assert cloud.find(record.id) is None
    cloud.assert_clean()


def test_what_is_cancelled_while_it_is_being_reserved_is_never_built(cloud: SmallCloud) -> None:
    placed = cloud.service()

    class CancelledMeanwhile(Store):
        def create_all(self, records: Sequence[EnsembleRecord], *more: Any) -> None:
            super().create_all(records, *more)
            assert placed.cancel(caller(), records[0].id).status == "DELETING"

    slow = CancelledMeanwhile(str(cloud.store.engine.url))
    with pytest.raises(exception.Conflict, match="cancelled before anything was built"):
        cloud.service(store=slow).create(caller(), body(("web", 2)))
    assert cloud.store.all_members() == []
    cloud.assert_clean()


def test_a_failed_build_says_that_it_is_no_build_any_more(cloud: SmallCloud) -> None:
    cloud.nova.break_build["web-1"] = "no"
    record = cloud.service().create(caller(), body(("web", 3)))
    cloud.run(record.id)
    with pytest.raises(exception.Conflict, match="it failed, and nothing is left but its record"):
        cloud.service().cancel(caller(), record.id)
    assert cloud.store.get(record.id).status == "ERROR"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.ROLLING_BACK, "being removed already"),
        (Status.DELETING, "being removed already"),
    ],
)
def test_what_goes_already_cannot_be_cancelled(
    cloud: SmallCloud, status: Status, words: str
) -> None:
    record = half_built(cloud)
    cloud.store.transition(record.id, [Status.BUILDING], status)
    with pytest.raises(exception.Conflict, match=words) as refused:
        cloud.service().cancel(caller(), record.id)
    under_way = cloud.store.get(record.id).operation
    assert under_way is not None
    assert refused.value.facts == {"status": status.value, "operation": under_way.id}


def test_there_is_nothing_to_cancel_where_there_is_nothing(cloud: SmallCloud) -> None:
    with pytest.raises(exception.NotFound):
        cloud.service().cancel(caller(), "nobody")
