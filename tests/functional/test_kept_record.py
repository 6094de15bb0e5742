# SPDX-License-Identifier: Apache-2.0
"""A record that Nova keeps of a server, and can neither show nor delete, is named and not awaited.

Nova makes one when its conductor was killed between writing a server and mapping it to its cell,
and the server is deleted after that (``_delete_while_booting`` in nova/compute/api.py).
"""

import logging

import pytest
from small_cloud import LEASE, SmallCloud, body, caller

from ensemble_api.records import EnsembleRecord
from tests.fakes.nova import FakeServer


def half_made(cloud: SmallCloud, *, tagged: bool) -> tuple[EnsembleRecord, FakeServer]:
    """An ensemble of two in build, one of whose servers Nova has left half made."""
    record = cloud.service().create(caller(), body(("web", 2)))
    assert cloud.store.claim(record.id, "worker", LEASE)
    cloud.engine().step(record.id)
    cloud.store.release(record.id, "worker")
    server = next(each for each in cloud.nova.alive() if each.name.endswith("web-1"))
    server.half_made = True
    if not tagged:
        server.tags.clear()
    return record, server


@pytest.mark.parametrize("tagged", [True, False], ids=["its tags were written", "they were not"])
def test_a_rollback_ends_and_names_it(cloud: SmallCloud, tagged: bool) -> None:
    record, server = half_made(cloud, tagged=tagged)
    other = next(each for each in cloud.nova.alive() if each.name.endswith("web-0"))
    other.status, other.fault = "ERROR", "Build of instance aborted"
    cloud.nova.break_build["web-0"] = "Build of instance aborted"
    cloud.run(record.id)
    ended = cloud.store.get(record.id)
    assert ended.status == "ERROR"
    assert {each.status for each in ended.members} == {"DELETED"}
    said = (
        "Nothing runs and no capacity is held, but Nova keeps a half-made record of server "
        f"{server.id}, which only an operator can remove."
    )
    assert str(ended.events[-1]["message"]) == said
    assert str(ended.fault).endswith(said)
    assert [each.id for each in cloud.nova.alive()] == [server.id]
    assert cloud.placement.consumers(*cloud.providers) == set()


@pytest.mark.parametrize("tagged", [True, False], ids=["its tags were written", "they were not"])
def test_a_delete_ends_and_tells_the_operator(
    cloud: SmallCloud, tagged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    record, server = half_made(cloud, tagged=tagged)
    cloud.service().delete(caller(), record.id)
    with caplog.at_level(logging.WARNING):
        cloud.run(record.id)
    assert cloud.find(record.id) is None
    assert server.id in caplog.text
    assert cloud.placement.consumers(*cloud.providers) == set()
