# SPDX-License-Identifier: Apache-2.0
"""The host impact tells the hosts as they were last observed, with its age, and asks nobody."""

from typing import Any

import pytest
import webob
from placement_service import PlacementService
from small_cloud import HOSTS, SmallCloud, body, caller
from test_request_counts import Counting

from ensemble_api import routes
from ensemble_api.store.api import Store


@pytest.fixture
def built(cloud: SmallCloud) -> SmallCloud:
    record = cloud.service().create(caller(), body(("web", 3), name="shop"))
    cloud.run(record.id)
    cloud.nova.calls.clear()
    return cloud


def answer(cloud: SmallCloud, path: str = "/os-ensembles/hosts") -> Any:
    request = webob.Request.blank(path, base_url="http://cloud:8774/v2.1")
    request.environ["nova.context"] = caller("operators", "admin")
    return routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"]).json


def states(found: Any) -> dict[str, str]:
    return {each["host"]: each["state"] for each in found["hosts"]}


@pytest.mark.parametrize(
    "path", ["/os-ensembles/hosts?summary=1", "/os-ensembles/hosts/secrethost1"]
)
def test_the_hosts_are_told_without_asking_nova_or_placement(
    placement: PlacementService, store: Store, built: SmallCloud, path: str
) -> None:
    built.observe()
    built.nova.calls.clear()
    adapter = Counting(placement.adapter())
    request = webob.Request.blank(path, base_url="http://cloud:8774/v2.1")
    request.environ["nova.context"] = caller("operators", "admin")
    found = routes.dispatch(
        request, built.service(adapter=adapter), request.environ["PATH_INFO"]
    ).json
    assert (built.nova.calls, dict(adapter.asked)) == ([], {})
    told = found.get("host", found)
    assert told["observed_at"].endswith("Z")


def test_hosts_are_as_they_were_observed_until_they_are_again(built: SmallCloud) -> None:
    built.observe()
    first, second, third, *others = HOSTS
    built.nova.host(first).state = "down"
    built.nova.host(second).status = "disabled"
    built.nova.host(third).status, built.nova.host(third).state = "disabled", "down"
    assert set(states(answer(built)).values()) == {"up"}
    built.observe()
    expected = {first: "down", second: "disabled", third: "down", **dict.fromkeys(others, "up")}
    assert states(answer(built)) == expected
    assert answer(built, "/os-ensembles/hosts?summary=1")["summary"]["totals"]["disabled"] == 1


def test_a_server_that_does_not_run_is_not_there_to_lose(built: SmallCloud) -> None:
    built.observe()
    assert answer(built)["broken"] == []
    for server in built.nova.alive():
        server.status = "SHUTOFF"
    built.observe()
    (broken,) = answer(built)["broken"]
    assert (broken["effect"], broken["ensemble_name"]) == ("unprotected", "shop")


def test_before_anything_was_observed_nova_itself_is_asked(built: SmallCloud) -> None:
    found = answer(built)
    assert (states(found).keys(), found["observed_at"]) == (HOSTS.keys(), None)
    assert sum(len(each["members"]) for each in found["hosts"]) == 3
    assert built.nova.calls


def test_a_host_of_a_cell_that_does_not_answer_is_unknown(built: SmallCloud) -> None:
    built.observe()
    first = next(iter(HOSTS))
    built.nova.host(first).silent = True
    built.observe()
    found = answer(built)
    assert states(found)[first] == "unknown"
    assert found["broken"] == [], "nothing is lost for that"
