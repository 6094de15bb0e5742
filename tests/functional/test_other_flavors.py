# SPDX-License-Identifier: Apache-2.0
"""What a refusal offers of the flavors that the tenant may use: a smaller one that fits."""

import json
from typing import Any

import pytest
import webob
from small_cloud import FLAVOR, SmallCloud, body, caller

from ensemble_api import routes
from ensemble_api.usecases import flavors
from tests.fakes import nova
from tests.fakes.nova_objects import Refused

FIELD = "ensemble.tiers[0].server.flavor"


@pytest.fixture
def cloud(cloud: SmallCloud) -> SmallCloud:
    """Room for 8 members of 2 VCPU, and flavors beside theirs."""
    own = cloud.nova.flavors[FLAVOR]
    for name, more in {
        "m1.tiny": {"vcpus": 1},
        "m1.micro": {"vcpus": 1, "ram": 64},
        "m1.secret": {"vcpus": 1, "private": True},
        "m1.large": {"vcpus": 4},
        "m1.thin": {"vcpus": 1, "ram": 2048},
        "m1.off": {"vcpus": 1, "OS-FLV-DISABLED:disabled": True},
        "m1.diskless": {"vcpus": 1, "disk": 0},
    }.items():
        cloud.nova.flavors[name] = {**own, "id": name, "name": f"the {name}", **more}
    return cloud


def answers(cloud: SmallCloud, wanted: Any) -> list[Any]:
    """The reasons that a dry run and a create give, none where it fits."""
    found = []
    for path in ("/os-ensembles/plans", "/os-ensembles"):
        request = webob.Request.blank(path, method="POST", base_url="http://nova/v2.1")
        request.environ["nova.context"] = caller()
        request.body = json.dumps({"ensemble": wanted}).encode()
        answer = routes.dispatch(request, cloud.service(), request.environ["PATH_INFO"])
        refused = answer.json.get("conflictingRequest", {"details": answer.json.get("plan", {})})
        found.append(refused["details"].get("reasons", []))
    return found


def offered(reasons: Any) -> list[Any]:
    edits = [edit for each in reasons for change in each["changes"] for edit in change["edits"]]
    return [edit["value"] for edit in edits if edit["field"] == FIELD]


def test_the_nearest_flavor_that_fits_is_offered_and_does_fit(cloud: SmallCloud) -> None:
    for reasons in answers(cloud, body(("web", 11))):
        assert offered(reasons) == ["m1.tiny"]
        said = [change["message"] for change in reasons[0]["changes"]]
        assert "Use flavor the m1.tiny for “web”." in said
    assert answers(cloud, body(("web", 11), flavor="m1.tiny")) == [[], []]


def test_a_flavor_without_the_trait_that_no_host_has_is_offered(cloud: SmallCloud) -> None:
    own = cloud.nova.flavors[FLAVOR]
    cloud.nova.flavors["m1.gpu"] = {
        **own,
        "id": "m1.gpu",
        "extra_specs": {"trait:HW_GPU_API_VULKAN": "required"},
    }
    for reasons in answers(cloud, body(("web", 2), flavor="m1.gpu")):
        assert offered(reasons) == [FLAVOR]
        assert "which does not require HW_GPU_API_VULKAN." in reasons[0]["changes"][-1]["message"]


@pytest.mark.parametrize(
    "specs",
    [
        {"resources:VGPU": "1"},
        {"resources:CUSTOM_FOO": "1"},
        {"pci_passthrough:alias": "a1:1"},
        {"hw:numa_nodes": "1"},
    ],
    ids=["a resource class", "a class of the operator", "a device", "NUMA cells"],
)
def test_no_flavor_is_offered_that_lacks_what_the_own_one_asks_for(
    cloud: SmallCloud, specs: dict[str, str]
) -> None:
    own = cloud.nova.flavors[FLAVOR]
    cloud.nova.flavors["m1.device"] = {**own, "id": "m1.device", "extra_specs": specs}
    for reasons in answers(cloud, body(("web", 11), flavor="m1.device")):
        assert reasons
        assert offered(reasons) == []


def test_nothing_is_asked_of_flavors_where_the_request_fits(cloud: SmallCloud) -> None:
    answers(cloud, body(("web", 2)))
    assert not [each for each in cloud.nova.asked_by_tenant if each.startswith("flavors")]


def test_flavors_are_listed_without_what_nova_lets_administrators_see(cloud: SmallCloud) -> None:
    answers(cloud, body(("web", 11)))
    assert "flavors False" in cloud.nova.asked_by_tenant
    assert "flavors True" not in cloud.nova.asked_by_tenant


def test_few_flavors_are_looked_at_however_many_there_are(cloud: SmallCloud) -> None:
    own = cloud.nova.flavors[FLAVOR]
    for number in range(200):
        name = f"m1.{number}"
        cloud.nova.flavors[name] = {**own, "id": name, "ram": 511 - number}
    answers(cloud, body(("web", 11)))
    asked = [each for each in cloud.nova.asked_by_tenant if each.startswith("flavor ")]
    assert len(asked) <= 2 * (2 + 2 * flavors.MOST_OF_TIER)


def test_a_refusal_is_told_where_nova_lists_no_flavors(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise Refused(503, "Nova cannot tell now.")

    routes_of_nova = [("GET", r"/flavors/detail", broken), *nova._ROUTES]
    monkeypatch.setattr(nova, "_ROUTES", routes_of_nova)
    for reasons in answers(cloud, body(("web", 11))):
        assert reasons
        assert offered(reasons) == []
