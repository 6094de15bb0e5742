# SPDX-License-Identifier: Apache-2.0
"""The extension as novaclient itself finds and loads it, over HTTP."""

import json
import uuid
from typing import Any

import pytest
from keystoneauth1 import exceptions as keystone
from keystoneauth1 import session
from keystoneauth1.identity import v3
from novaclient import client, exceptions

from ensemble_client.v2.ensembles import Ensemble, EnsembleManager
from tests.fakes.ensemble_answers import (
    ensemble,
    listed,
    not_found,
    plan,
    refusal,
)
from tests.fakes.scripted_cloud import LOST, ScriptedCloud

KEY = ensemble("ACTIVE")["id"]


@pytest.fixture
def manager(fake: ScriptedCloud) -> Any:
    auth = v3.Password(
        f"{fake.url}/identity/v3", username="demo", password="secret", project_name="demo",
        user_domain_id="default", project_domain_id="default",
    )  # fmt: skip
    nova = client.Client(
        "2.1", session=session.Session(auth), extensions=client.discover_extensions("2.1")
    )
    return nova.ensembles


def test_novaclient_finds_the_extension_by_its_entry_point(manager: Any) -> None:
    assert type(manager) is EnsembleManager


def test_create_sends_the_body_and_returns_the_ensemble(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    made = manager.create({"name": "shop", "tiers": []})
    assert fake.asked[0].body == {"ensemble": {"name": "shop", "tiers": []}}
    assert isinstance(made, Ensemble)
    assert (made.name, made.status, made.request_ids) == ("shop", "BUILDING", ["req-1"])


def test_plan_returns_the_plan(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("POST", "/plans", (200, {"plan": plan()}))
    assert manager.plan({"name": "shop"}) == plan()
    assert (fake.asked[0].query, fake.asked[0].body) == ({}, {"ensemble": {"name": "shop"}})


def test_plan_asks_for_headroom_in_its_query(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("POST", "/plans", (200, {"plan": plan()}))
    manager.plan({"name": "shop"}, headroom=True)
    assert fake.asked[0].query == {"headroom": ["1"]}


def test_plan_asks_for_all_domains_and_for_a_failure_of_several(
    fake: ScriptedCloud, manager: Any
) -> None:
    fake.on("POST", "/plans", (200, {"plan": plan()}))
    manager.plan({"name": "shop"}, domains="all", fail=iter(("r1", "h7")))
    assert fake.asked[0].query == {"domains": ["all"], "fail": ["r1", "h7"]}


def test_create_by_a_plan_sends_its_id_beside_the_body(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    manager.create({"name": "shop"}, plan="p1")
    assert fake.asked[0].body == {"ensemble": {"name": "shop"}, "plan": "p1"}


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between two attempts, which then cost no time."""
    taken: list[float] = []
    monkeypatch.setattr(EnsembleManager, "pause", staticmethod(taken.append))
    return taken


def keys(fake: ScriptedCloud) -> list[str]:
    return [asked.headers["idempotency-key"] for asked in fake.asked]


def test_each_create_has_a_key_of_its_own(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("POST", "", (202, {"ensemble": ensemble("BUILDING")}))
    manager.create({"name": "shop"})
    manager.create({"name": "shop"})
    one, other = keys(fake)
    assert one != other
    assert uuid.UUID(one.strip('"'))


IN_PROGRESS = refusal(409, "At work.", code="ensemble.in_progress", retry_after=7)


@pytest.mark.parametrize(
    ("lost", "first"),
    [
        pytest.param(LOST, 1.0, id="the connection ends"),
        pytest.param((502, None), 1.0, id="a proxy lost the answer"),
        pytest.param((504, {"message": "slow"}), 1.0, id="a proxy waited too long"),
        pytest.param(IN_PROGRESS, 7, id="the first one is still at work"),
    ],
)
def test_a_create_whose_answer_is_lost_is_sent_again_with_the_same_key(
    fake: ScriptedCloud, manager: Any, naps: list[float], lost: Any, first: float
) -> None:
    fake.on("POST", "", lost, lost, (202, {"ensemble": ensemble("BUILDING")}))
    made = manager.create({"name": "shop"}, plan="p1")
    assert made.status == "BUILDING"
    assert len(keys(fake)) == 3
    assert len(set(keys(fake))) == 1
    assert len({json.dumps(asked.body) for asked in fake.asked}) == 1
    assert len(naps) == 2
    assert naps[0] == first


def test_a_create_that_is_never_answered_ends_with_the_last_error(
    fake: ScriptedCloud, manager: Any, naps: list[float]
) -> None:
    fake.on("POST", "", LOST)
    with pytest.raises(keystone.ConnectFailure):
        manager.create({"name": "shop"})
    assert len(keys(fake)) == 5
    assert naps == sorted(naps)


def test_what_is_answered_is_not_asked_again(
    fake: ScriptedCloud, manager: Any, naps: list[float]
) -> None:
    fake.on("POST", "", refusal(409, "No.", code="ensemble.infeasible", reasons=[]))
    with pytest.raises(exceptions.Conflict):
        manager.create({"name": "shop"})
    assert (len(fake.asked), naps) == (1, [])


def test_who_brings_a_key_sends_it_again_as_they_see_fit(
    fake: ScriptedCloud, manager: Any, naps: list[float]
) -> None:
    fake.on("POST", "", LOST)
    with pytest.raises(keystone.ConnectFailure):
        manager.create({"name": "shop"}, key='k "1\\')
    assert keys(fake) == ['"k \\"1\\\\"']
    assert naps == []


def test_survivability_asks_for_a_number_of_failures(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("GET", f"/{KEY}/survivability", (200, {"survivability": {"members": []}}))
    assert manager.survivability(KEY, failures=2) == {"members": []}
    assert fake.asked[0].query == {"failures": ["2"]}


def test_an_ensemble_deletes_itself(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("GET", f"/{KEY}", (200, {"ensemble": ensemble("ACTIVE")}))
    fake.on("DELETE", f"/{KEY}", (202, None))
    manager.get(KEY).delete()
    assert fake.asked[-1].method == "DELETE"


def test_an_ensemble_cancels_its_build(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("GET", f"/{KEY}", (200, {"ensemble": ensemble("BUILDING")}))
    fake.on("POST", f"/{KEY}/action", (202, {"ensemble": ensemble("DELETING")}))
    assert manager.get(KEY).cancel().status == "DELETING"
    assert fake.asked[-1].body == {"cancel": None}


def test_an_id_cannot_reach_another_route(fake: ScriptedCloud, manager: Any) -> None:
    with pytest.raises(exceptions.NotFound):
        manager.get("../servers")
    assert fake.asked[0].path == "/compute/v2.1/os-ensembles/..%2Fservers"


def test_spread_returns_a_page_of_hosts(fake: ScriptedCloud, manager: Any) -> None:
    page = {"hosts": [{"host": "h1", "members": []}], "found": 1, "first": 1}
    fake.on("GET", "/hosts", (200, page))
    assert manager.hosts(rack="r 1", limit=None, summary=1) == page
    assert fake.asked[-1].query == {"rack": ["r 1"], "summary": ["1"]}


def test_drain_quotes_the_host(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("GET", "/hosts/h%2F1", (200, {"host": {"host": "h/1"}}))
    assert manager.drain("h/1", check=True) == {"host": "h/1"}
    assert fake.asked[-1].query == {"check": ["1"]}


def pages(count: int) -> list[dict[str, Any]]:
    return [listed("ACTIVE", id=f"e{index}", name=f"n{index}") for index in range(count)]


def test_list_follows_the_pages(fake: ScriptedCloud, manager: Any) -> None:
    first, second = pages(3)[:2], pages(3)[2:]
    more = [{"rel": "next", "href": "..."}]
    fake.on(
        "GET", "",
        (200, {"ensembles": first, "ensembles_links": more}), (200, {"ensembles": second}),
    )  # fmt: skip
    assert [each.id for each in manager.list()] == ["e0", "e1", "e2"]
    assert fake.asked[1].query == {"marker": ["e1"]}


def test_list_asks_for_no_more_than_the_limit(fake: ScriptedCloud, manager: Any) -> None:
    more = [{"rel": "next", "href": "..."}]
    fake.on("GET", "", (200, {"ensembles": pages(2), "ensembles_links": more}))
    found = manager.list(
        search_opts={"status": "ERROR", "name": None}, limit=2, marker="m", sort_key="name",
        sort_dir="desc", all_projects=True,
    )  # fmt: skip
    assert len(found) == 2
    assert [asked.query for asked in fake.asked] == [
        {
            "limit": ["2"], "marker": ["m"], "sort_key": ["name"], "sort_dir": ["desc"],
            "status": ["ERROR"], "all_projects": ["1"],
        }
    ]  # fmt: skip


def test_find_by_name_gives_the_full_ensemble(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("GET", "", (200, {"ensembles": [listed("ACTIVE")]}))
    fake.on("GET", f"/{KEY}", (200, {"ensemble": ensemble("ACTIVE")}))
    assert manager.find(name="shop").id == KEY


def test_a_refusal_carries_its_details(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("POST", "", refusal(409, "No.", code="ensemble.infeasible", reasons=[{"code": "x"}]))
    with pytest.raises(exceptions.Conflict) as refused:
        manager.create({})
    details = refused.value.details
    assert (details["code"], details["reasons"]) == ("ensemble.infeasible", [{"code": "x"}])


def test_an_ensemble_of_somebody_else_is_not_found(fake: ScriptedCloud, manager: Any) -> None:
    fake.on("GET", f"/{KEY}", not_found())
    with pytest.raises(exceptions.NotFound):
        manager.get(KEY)
