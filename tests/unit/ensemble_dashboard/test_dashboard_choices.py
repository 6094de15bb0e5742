# SPDX-License-Identifier: Apache-2.0
"""The lists of the side sheet: searched and page by page, with the rights of who is logged in."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from ensemble_dashboard.api import choices
from tests.fakes.dashboard_answers import PROJECT
from tests.fakes.dashboard_cloud import SCRIPT, DashboardCloud
from tests.unit.ensemble_dashboard.test_dashboard_pages import data, page


def ask(client: Client, kind: str, status: int = 200, **query: Any) -> Any:
    answer = client.get(f"/project/ensembles/choices/{kind}/", query, headers=SCRIPT)
    assert answer.status_code == status, answer.content
    return answer.json()


def ids(answer: Any) -> list[str]:
    return [item["id"] for item in answer["items"]]


def flavor(number: int) -> dict[str, Any]:
    name = f"m{number:03}.{'gold' if number % 2 else 'tin'}"
    return {"id": f"f{number}", "name": name, "vcpus": 1, "ram": number, "disk": 1, "links": []}


@pytest.fixture
def many(dashboard_cloud: DashboardCloud, monkeypatch: pytest.MonkeyPatch) -> DashboardCloud:
    """Five flavors, two of them on a page."""
    monkeypatch.setattr(choices, "PAGE", 2)
    found = {"flavors": [flavor(number) for number in (3, 1, 5, 2, 4)]}
    dashboard_cloud.answers["GET", "/v2.1/flavors/detail"] = (200, found)
    return dashboard_cloud


def test_a_list_comes_page_by_page(demo: Client, many: DashboardCloud) -> None:
    first = ask(demo, "flavors")
    assert (ids(first), first["next"]) == (["f1", "f2"], "f2")
    second = ask(demo, "flavors", marker="f2")
    assert (ids(second), second["next"]) == (["f3", "f4"], "f4")
    last = ask(demo, "flavors", marker="f4")
    assert (ids(last), last["next"]) == (["f5"], None)
    assert ids(ask(demo, "flavors", marker="gone")) == []


SPECS = [
    pytest.param({}, False, id="none"),
    pytest.param({"trait:HW_CPU_X86_AVX2": "required"}, False, id="an ordinary trait"),
    pytest.param({"resources:VCPU": "2"}, False, id="what every server has"),
    pytest.param({"resources:VGPU": "1"}, True, id="a virtual GPU"),
    pytest.param({"resources1:CUSTOM_FPGA": "1"}, True, id="a class of the operator's, in a group"),
    pytest.param({"resources:PCPU": "2"}, True, id="whole CPUs"),
    pytest.param({"resources:CUSTOM_FPGA": "0"}, False, id="none of a class"),
    pytest.param({"hw:cpu_policy": "dedicated"}, True, id="pinned CPUs"),
    pytest.param({"hw:cpu_policy": "shared"}, False, id="CPUs that are not pinned"),
    pytest.param({"pci_passthrough:alias": "a100:1"}, True, id="a PCI device"),
    pytest.param({"accel:device_profile": "fpga"}, True, id="a device profile"),
]


@pytest.mark.parametrize(("specs", "scarce"), SPECS)
def test_a_flavor_says_whether_it_takes_what_few_hosts_have(
    demo: Client, dashboard_cloud: DashboardCloud, specs: dict[str, str], scarce: bool
) -> None:
    found = {"flavors": [{**flavor(1), "extra_specs": specs}]}
    dashboard_cloud.answers["GET", "/v2.1/flavors/detail"] = (200, found)
    (item,) = ask(demo, "flavors")["items"]
    assert item["scarce"] is scarce


def test_a_search_looks_at_all_pages_and_has_pages_of_its_own(
    demo: Client, many: DashboardCloud
) -> None:
    first = ask(demo, "flavors", q=" GOLD ")
    assert (ids(first), first["next"]) == (["f1", "f3"], "f3")
    assert ids(ask(demo, "flavors", q="gold", marker="f3")) == ["f5"]
    assert ids(ask(demo, "flavors", q="f4")) == ["f4"], "an id is found too"
    assert ids(ask(demo, "flavors", q="silver")) == []


def test_what_is_chosen_is_found_wherever_it_is(demo: Client, many: DashboardCloud) -> None:
    assert sorted(ids(ask(demo, "flavors", id=["f5", "f1", "none"]))) == ["f1", "f5"]


def test_the_page_has_the_first_page_and_says_what_comes_after(
    demo: Client, many: DashboardCloud
) -> None:
    given = data(page(demo, "/project/ensembles/draw/"))
    assert [item["id"] for item in given["choices"]["flavors"]] == ["f1", "f2"]
    assert given["choices"]["more"] == {"flavors": "f2", "security_groups": "g2"}
    assert given["choicesUrl"] == "/project/ensembles/choices/kind/"
    assert "volumes" not in given["choices"], "this cloud has no volume service"


def test_the_quota_is_told_and_none_is_none(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    quota = data(page(demo, "/project/ensembles/draw/"))["choices"]["quota"]
    assert quota == {
        "instances": {"limit": 10, "used": 3},
        "vcpus": {"limit": None, "used": 5},
        "ram": {"limit": 51200, "used": 2048},
    }
    assert dashboard_cloud.queries("GET", "/v2.1/limits") == [{"reserved": "1"}]


def test_a_quota_that_cannot_be_had_leaves_the_page_as_it_is(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.answers["GET", "/v2.1/limits"] = (500, {})
    given = data(page(demo, "/project/ensembles/draw/"))["choices"]
    assert given["quota"] is None and given["missing"] == []


def port(number: int, **more: Any) -> dict[str, Any]:
    facts = {
        "id": f"p{number}",
        "name": "",
        "network_id": "n1",
        "project_id": PROJECT,
        "device_id": "",
        "fixed_ips": [{"ip_address": f"10.0.0.{number}", "subnet_id": "s"}],
        "binding:vnic_type": "normal",
    }
    return {**facts, **more}


def test_ports_are_the_projects_free_ones_that_any_host_can_take(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.answers["GET", "/network/v2.0/ports"] = (
        200,
        {
            "ports": [
                port(2, name="front"),
                port(1),
                port(3, device_id="server"),
                port(4, fixed_ips=[]),
                port(5, **{"binding:vnic_type": "direct"}),
            ]
        },
    )
    assert ask(demo, "ports")["items"] == [
        {"id": "p1", "name": "10.0.0.1", "network": "n1", "address": "10.0.0.1"},
        {"id": "p2", "name": "front", "network": "n1", "address": "10.0.0.2"},
    ]
    (query,) = dashboard_cloud.queries("GET", "/network/v2.0/ports")
    assert (query["project_id"], query.get("device_id", "")) == (PROJECT, "")


def test_zones_are_those_that_can_be_used(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    assert ids(ask(demo, "zones")) == ["az1", "az2"]


def test_images_and_instance_snapshots_are_told_apart(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    def image(name: str, **more: Any) -> dict[str, Any]:
        return {"id": name, "name": name, "status": "active", "container_format": "bare", **more}

    snapshot = {"image_type": "snapshot"}
    listed = [
        image("debian", size=5, min_ram=64),
        image("saved", **snapshot),
        image("on-volume", **snapshot, block_device_mapping="[{}]"),
    ]
    dashboard_cloud.answers["GET", "/image/v2/images"] = (200, {"images": listed})
    assert ask(demo, "images")["items"] == [
        {"id": "debian", "name": "debian", "min_disk": 0, "min_ram": 64, "size": 5}
    ]
    listed.pop(0)  # as Glance would, asked for snapshots
    assert ids(ask(demo, "snapshots")) == ["saved"]
    query = dashboard_cloud.queries("GET", "/image/v2/images")[-1]
    assert (query["image_type"], query["status"]) == ("snapshot", "active")
    ask(demo, "images", marker="debian")
    assert dashboard_cloud.queries("GET", "/image/v2/images")[-1]["marker"] == "debian"


def test_lists_that_the_cloud_does_not_have_are_not_found(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    for kind in ("volumes", "nonsense"):
        assert ask(demo, kind, 404)["error"]["details"] == {"code": "dashboard.no_kind"}


def test_the_quota_can_be_asked_for_again(demo: Client, dashboard_cloud: DashboardCloud) -> None:
    now = ask(demo, "quota")["quota"]
    assert now == data(page(demo, "/project/ensembles/draw/"))["choices"]["quota"]


def test_a_service_in_trouble_is_an_error_and_not_an_empty_list(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    dashboard_cloud.answers["GET", "/network/v2.0/ports"] = (503, {})
    assert ask(demo, "ports", 503)["error"]["message"]


def test_only_scripts_of_those_who_are_logged_in_are_answered(
    demo: Client, dashboard_cloud: DashboardCloud
) -> None:
    assert demo.get("/project/ensembles/choices/flavors/").status_code == 400
    assert Client().get("/project/ensembles/choices/flavors/", headers=SCRIPT).status_code in (
        302,
        401,
    )


class Cinder:
    """In the place of Horizon's client, which needs a volume service in the catalog."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.volumes = self
        self.volume_snapshots = SimpleNamespace(list=self.snapshots)

    def __call__(self, request: Any) -> "Cinder":
        return self

    def list(self, search_opts: dict[str, str]) -> list[SimpleNamespace]:
        self.asked.append(search_opts)
        found = {"v2": "root-b", "v1": "root-a", "v3": ""}
        return [SimpleNamespace(id=key, name=name, size=5) for key, name in found.items()]

    def snapshots(self, search_opts: dict[str, str]) -> Iterable[SimpleNamespace]:
        assert search_opts == {"status": "available"}
        found = {"s1": ("nightly", "v2"), "s2": ("of data", "v9"), "s3": ("", "v1")}
        for key, (name, volume) in found.items():
            yield SimpleNamespace(id=key, name=name, size=4, volume_id=volume)


def test_a_cloud_with_a_volume_service_offers_what_a_server_can_boot_from(
    demo: Client, dashboard_cloud: DashboardCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = page(demo, "/project/ensembles/draw/")
    assert 'id="sheet-from-images"' in without and "sheet-from-volumes" not in without
    client = Cinder()
    monkeypatch.setattr(choices.cinder, "is_volume_service_enabled", lambda request: True)
    monkeypatch.setattr(choices.cinder, "cinderclient", client)
    text = page(demo, "/project/ensembles/draw/")
    assert 'id="sheet-from-volumes"' in text and 'id="sheet-volumes"' in text
    assert [each["id"] for each in data(text)["choices"]["volumes"]] == ["v1", "v2", "v3"]
    assert ask(demo, "volumes", q="root-b")["items"] == [{"id": "v2", "name": "root-b", "size": 5}]
    assert data(text)["choices"]["volume_snapshots"] == [
        {"id": "s1", "name": "nightly", "size": 4},
        {"id": "s3", "name": "s3", "size": 4},
    ], "no snapshot of a volume that nothing boots from"
    available = {"status": "available", "bootable": "true"}
    assert sorted(client.asked, key=len) == [{"bootable": "true"}, available, available]
