# SPDX-License-Identifier: Apache-2.0
"""A build second by second: a worker's steps, on a clock that the test puts forward."""

from collections.abc import Callable, Mapping
from typing import Any

from small_cloud import LEASE, Clock, SmallCloud

from ensemble_api.records import EnsembleRecord


def run(
    cloud: SmallCloud,
    clock: Clock,
    record: EnsembleRecord,
    at: Mapping[int, Callable[[], None]],
    **parts: Any,
) -> EnsembleRecord:
    """Step once a second, as a worker, with what happens at some of the seconds."""
    assert cloud.store.claim(record.id, "worker", 10 * LEASE)
    engine = cloud.engine(**parts)
    for second in range(400):
        at.get(second, lambda: None)()
        if cloud.store.get(record.id).status.settled:
            break
        engine.step(record.id)
        clock.forward(1)
        cloud.store.renew(record.id, "worker", 10 * LEASE)
    cloud.store.release(record.id, "worker")
    return cloud.store.get(record.id)


def told(record: EnsembleRecord) -> list[str]:
    return [str(each["message"]) for each in record.events]
