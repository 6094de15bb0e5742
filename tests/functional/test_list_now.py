# SPDX-License-Identifier: Apache-2.0
"""The list says what is there now, as Nova was last observed, and asks Nova for nothing."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import webob
from small_cloud import SmallCloud, anti_affinity, body, caller

from ensemble_api import routes
from ensemble_api.records import EnsembleRecord, Status
from tests.fakes.nova_objects import FakeServer


def build(cloud: SmallCloud, name: str = "shop") -> EnsembleRecord:
    """Three members of web, each on a rack of its own, and one of db."""
    wanted = body(("web", 3), ("db", 1), policies=[anti_affinity("web", "rack")], name=name)
    record = cloud.service().create(caller(), wanted)
    cloud.run(record.id)
    return cloud.store.get(record.id)


def answer(cloud: SmallCloud, path: str = "/os-ensembles") -> Any:
    request = webob.Request.blank(path, base_url="http://cloud:8774/v2.1")
    request.environ["nova.context"] = caller()
    return routes.dispatch(request, cloud.service(), path).json


def listed(cloud: SmallCloud) -> Any:
    (one,) = answer(cloud)["ensembles"]
    return one


def running(found: Any) -> dict[str, str]:
    return {each["tier"]: f"{each['running']} of {each['count']}" for each in found["standing"]}


def survives(found: Any) -> dict[str, str]:
    return {each["level"]: each["state"] for each in found["survives"]}


def server(cloud: SmallCloud, record: EnsembleRecord, name: str) -> FakeServer:
    return cloud.nova.servers[
        next(each.server_id for each in record.members if each.name == name) or ""
    ]


def deleted(cloud: SmallCloud, of: Callable[[str], FakeServer]) -> None:
    of("web-0").gone = True


def stopped(cloud: SmallCloud, of: Callable[[str], FakeServer]) -> None:
    of("web-0").status = "SHUTOFF"


def cut_off(cloud: SmallCloud, of: Callable[[str], FakeServer]) -> None:
    alone = of("web-0") if of("db-0").host != of("web-0").host else of("web-1")
    cloud.nova.host(alone.host).state = "down"


@pytest.mark.parametrize("change", [deleted, stopped, cut_off])
def test_the_members_that_run_are_counted_by_tier(
    cloud: SmallCloud, change: Callable[[SmallCloud, Callable[[str], FakeServer]], None]
) -> None:
    record = build(cloud)
    cloud.observe()
    assert running(listed(cloud)) == {"web": "3 of 3", "db": "1 of 1"}
    change(cloud, lambda name: server(cloud, record, name))
    cloud.observe()
    found = listed(cloud)
    assert running(found) == {"web": "2 of 3", "db": "1 of 1"}
    assert found["standing"][0]["message"] == "2 of 3 members of web run."


def test_what_a_failure_leaves_is_told_of_where_the_members_are_now(cloud: SmallCloud) -> None:
    record = build(cloud)
    cloud.observe()
    db = server(cloud, record, "db-0")
    db.status = "SHUTOFF"
    cloud.observe()
    assert survives(listed(cloud)) == {"host": "down", "rack": "down", "zone": "down"}
    db.status = "ACTIVE"
    for name in ("web-0", "web-1", "web-2"):
        server(cloud, record, name).host = db.host
    cloud.observe()
    [host, *_] = listed(cloud)["survives"]
    assert host["ends"] == ["web", "db"], "all of them are on one host"
    shown = answer(cloud, f"/os-ensembles/{record.id}")["ensemble"]
    assert shown["survives"] == listed(cloud)["survives"]
    assert shown["standing"] == listed(cloud)["standing"]


def test_before_anything_was_observed_all_is_as_planned(cloud: SmallCloud) -> None:
    build(cloud)
    found = listed(cloud)
    assert (found["observed_at"], running(found)) == (None, {"web": "3 of 3", "db": "1 of 1"})
    assert survives(found)["zone"] == "down"


@pytest.mark.parametrize("status", [Status.DELETING, Status.ROLLING_BACK, Status.ERROR])
def test_nothing_survives_of_what_is_going(cloud: SmallCloud, status: Status) -> None:
    record = build(cloud)
    cloud.observe()
    cloud.store.transition(record.id, [Status.ACTIVE], status)
    found = listed(cloud)
    assert found["survives"] == []
    assert running(found)["web"] == "3 of 3", "they are still there"


def test_the_list_asks_nova_for_nothing_and_the_database_as_often_for_many_as_for_few(
    cloud: SmallCloud,
) -> None:
    def asked() -> int:
        statements = []

        def note(*found: Any) -> None:
            statements.append(found[2])

        cloud.nova.calls.clear()
        sa.event.listen(cloud.store.engine, "before_cursor_execute", note)
        answer(cloud)
        sa.event.remove(cloud.store.engine, "before_cursor_execute", note)
        assert cloud.nova.calls == []
        return len(statements)

    build(cloud)
    cloud.observe()
    few = asked()
    cloud.service().create(caller(), body(("web", 1), name="second"))
    cloud.service().create(caller(), body(("web", 1), name="third"))
    assert asked() == few
