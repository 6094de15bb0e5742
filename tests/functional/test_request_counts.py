# SPDX-License-Identifier: Apache-2.0
"""What one request asks of the other services does not grow with the members."""

import threading
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
import webob
from placement_service import PlacementService
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import exception, routes
from ensemble_api.store.api import Store

FEW, MANY = 5, 50


class Counting:
    """An adapter that counts what is asked of Placement, by method."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.asked: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __getattr__(self, method: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                self.asked[method] += 1
            return getattr(self.inner, method)(*args, **kwargs)

        return call


@pytest.fixture
def cloud(placement: PlacementService, store: Store) -> SmallCloud:
    """A host for each of many members, and some more."""
    hosts = {f"host{n}": (f"rack{n % 5}", "zone-one") for n in range(MANY + 5)}
    return SmallCloud.build(placement, store, hosts)


def asked(cloud: SmallCloud, count: int, **parts: Any) -> Counter[str]:
    """What the create of so many members, each on a host of its own, asks of Placement."""
    adapter = Counting(cloud.placement.adapter())
    service = cloud.service(adapter=adapter, **parts)
    wanted = body(("web", count), policies=[anti_affinity("web")], name=f"of-{count}")
    if "store" in parts:
        with pytest.raises(exception.Unavailable):
            service.create(caller(), wanted)
        assert cloud.placement.consumers(*cloud.providers) == set()
    else:
        record = service.create(caller(), wanted)
        assert len({member.host for member in record.members}) == count
    return adapter.asked


def test_a_create_asks_placement_as_often_for_many_members_as_for_few(cloud: SmallCloud) -> None:
    few, many = asked(cloud, FEW), asked(cloud, MANY)
    assert few == many
    assert few["post"] == 1


def test_a_create_that_fails_gives_back_many_holds_in_one_request(cloud: SmallCloud) -> None:
    class Failing:
        def __getattr__(self, name: str) -> Any:
            return self.fail if name == "begin_building" else getattr(cloud.store, name)

        @staticmethod
        def fail(*_: Any, **__: Any) -> None:
            raise exception.Unavailable("gone")

    few, many = (asked(cloud, count, store=Failing()) for count in (FEW, MANY))
    assert few == many
    assert (few["post"], few["delete"]) == (2, 0)


def test_a_drain_asks_as_often_for_many_ensembles_as_for_few(
    placement: PlacementService, store: Store
) -> None:
    cloud = SmallCloud.build(placement, store, {f"host{n}": ("rack", "zone") for n in range(4)})
    cloud.nova.page = 1000  # as Nova's are; more pages are no more questions
    for host in cloud.nova.hosts:
        placement.set_inventory(host.provider, "VCPU", 100)

    def drained() -> tuple[int, Counter[str], int]:
        cloud.nova.calls.clear()
        adapter = Counting(placement.adapter())
        request = webob.Request.blank("/os-ensembles/hosts/host0?check=1", base_url="http://n/v2")
        request.environ["nova.context"] = caller("operators", "admin")
        answer = routes.dispatch(
            request, cloud.service(adapter=adapter), request.environ["PATH_INFO"]
        )
        ensembles = answer.json["host"]["drain"]["ensembles"]
        assert all(each["fits"] for each in ensembles)
        return len(ensembles), adapter.asked, len(cloud.nova.calls)

    def build(number: int) -> None:
        record = cloud.service().create(
            caller(), body(("web", 3), policies=[anti_affinity("web")], name=f"shop-{number}")
        )
        cloud.run(record.id)

    build(0)
    one, placement_once, nova_once = drained()
    for number in range(1, 5):
        build(number)
    many, placement_often, nova_often = drained()
    assert one == 1 < many, "not all of them need have a member there"
    assert (placement_often, nova_often) == (placement_once, nova_once)


def test_a_look_at_a_build_in_which_nothing_happens_reads_no_more_than_it_needs(
    placement: PlacementService, store: Store
) -> None:
    """A worker looks every few seconds: the history is the tenant's to read."""
    cloud = SmallCloud.build(placement, store)
    cloud.nova.build_looks = MANY
    record = cloud.service().create(caller(), body(("web", 2)))
    engine = cloud.engine()
    store.claim(record.id, "worker", 20)
    for _ in range(2):
        engine.step(record.id)
    statements: list[str] = []

    def note(*found: Any) -> None:
        statements.append(found[2])

    sa.event.listen(store.engine, "before_cursor_execute", note)
    engine.step(record.id)
    sa.event.remove(store.engine, "before_cursor_execute", note)
    asked = [each for each in statements if each != "BEGIN"]
    assert len(asked) <= 5, asked
    assert not [each for each in asked if "FROM events" in each]
