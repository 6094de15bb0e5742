# SPDX-License-Identifier: Apache-2.0
"""The page of hosts follows the cloud, tells who shares a domain, and breaks an embedded cloud."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from test_dashboard_admin import HOSTS, LEVELS, RECORDS, SHOP, main, page, words

from ensemble_api.observed import ObservedHost
from ensemble_cloud import control
from ensemble_dashboard.content.admin_ensembles import heat
from tests.fakes.dashboard_answers import CAPABILITIES
from tests.fakes.dashboard_cloud import SCRIPT, DashboardCloud

HYPERVISORS = "/v2.1/os-hypervisors/detail"


@pytest.fixture(autouse=True)
def filled(dashboard_cloud: DashboardCloud) -> DashboardCloud:
    """Five hosts and two ensembles."""
    dashboard_cloud.capabilities = {**CAPABILITIES, "levels": LEVELS}
    dashboard_cloud.hosts, dashboard_cloud.records = HOSTS, RECORDS
    return dashboard_cloud


class Services:
    """The compute services of an embedded cloud, behind its real control channel."""

    def __init__(self, hosts: list[str]) -> None:
        self.running = dict.fromkeys(hosts, True)
        self.refuses = ""

    def answer(self, request: dict[str, Any]) -> Any:
        """Answer as the process that runs Nova does."""
        if self.refuses:
            raise control.ControlError(self.refuses)
        if request["do"] == "hosts":
            return [{"name": host, "running": up} for host, up in self.running.items()]
        before = self.running[request["host"]]
        self.running[request["host"]] = request["do"] == "start"
        return before is (request["do"] == "stop")


@pytest.fixture
def embedded(tmp_path: Path, settings: Any) -> Iterator[Services]:
    """Make the dashboard that of an embedded cloud."""
    services = Services([each.name for each in HOSTS])
    # A path longer than the address of a socket may be.
    run = tmp_path / ("x" * 100) / "run"
    run.mkdir(parents=True)
    control.listen(run, services.answer)
    settings.ENSEMBLES_EMBEDDED_CLOUD = str(control.socket_of(run))
    yield services
    control.forget(run)


def now(client: Client, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/admin/ensembles/now/?{query}", headers=SCRIPT)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def break_(client: Client, action: str, domain: Any) -> Any:
    return client.post(
        "/admin/ensembles/break/",
        json.dumps({"action": action, "domain": domain}),
        content_type="application/json",
        headers={**SCRIPT, "X-CSRFToken": client.cookies["csrftoken"].value},
    )


def data(text: str) -> dict[str, Any]:
    found = re.search(r'<script id="ens-data" type="application/json">(.*?)</script>', text)
    assert found, "the page has data for its script"
    read: dict[str, Any] = json.loads(found[1])
    return read


def test_what_the_page_asks_for_is_what_it_came_with(admin: Client) -> None:
    shown = page(admin, "/admin/ensembles/?rack=r1&zone=az1")
    assert data(shown)["nowUrl"] == "/admin/ensembles/now/?rack=r1&zone=az1"
    found = now(admin, "rack=r1&zone=az1")
    assert found["pause"] >= 4000
    for name, part in found["parts"].items():
        assert words(part) in words(main(shown)), name


def test_a_host_that_goes_down_is_in_the_next_answer(admin: Client, filled: DashboardCloud) -> None:
    assert "1 host is down." in words(now(admin)["parts"]["totals"])
    filled.hosts = [*HOSTS[1:], ObservedHost("h1", ("r1", "az1"), up=False)]
    parts = now(admin)["parts"]
    assert "2 hosts are down." in words(parts["totals"])
    assert re.search(r"h1 · down", words(parts["heat"]))


def test_a_chosen_rack_tells_which_ensembles_share_it(admin: Client) -> None:
    said = words(main(page(admin, "/admin/ensembles/?rack=r1&zone=az1")))
    assert "Ensembles that share r1 2 ensembles have members here." in said
    assert "shop demo 2: web-0, web-1" in said
    shown = page(admin, "/admin/ensembles/?rack=r1&zone=az1")
    assert f"/admin/ensembles/{SHOP}/drill/?level=rack" in shown
    assert "that share" not in words(main(page(admin, "/admin/ensembles/")))
    empty = words(main(page(admin, "/admin/ensembles/?zone=az2")))
    assert "Ensembles that share az2 No ensemble has members here." in empty


def test_the_use_of_hosts_is_asked_of_nova_only_when_it_is_shown(
    admin: Client, filled: DashboardCloud
) -> None:
    used = [("h1", 9, 10), ("h2", 0, 10)]
    filled.answers["GET", HYPERVISORS] = 200, {
        "hypervisors": [
            {
                "id": number, "hypervisor_hostname": host, "service": {"host": host, "id": number},
                "vcpus_used": vcpus, "vcpus": of, "memory_mb_used": 512, "memory_mb": 2048,
            }
            for number, (host, vcpus, of) in enumerate(used)
        ]
    }  # fmt: skip
    page(admin, "/admin/ensembles/")
    assert not [path for _, path, _ in filled.asked if path == HYPERVISORS]
    shown = page(admin, "/admin/ensembles/?by=usage")
    assert "9 of 10 vCPU, 512 of 2,048 MB in use" in words(main(shown))
    steps = dict(re.findall(r'ens-heat-cell ens-heat-(\d) [^>]*hosts/(\w+)/"', shown))
    assert {"5": "h1"}.items() <= steps.items()


def test_of_a_large_cloud_each_rack_is_one_cell_until_it_is_opened(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heat, "MOST", 2)
    shown = page(admin, "/admin/ensembles/")
    said = words(main(shown))
    assert "A rack has the colour of its worst host" in said
    assert "r1 · 2 hosts · 3 members" in said and "r1 · 1 host · 1 is down · 0 members" in said
    assert "/hosts/h1/" not in shown.partition('id="ens-hosts"')[0]
    assert "/hosts/h5/" in shown, "a host in no rack has nothing to be folded into"
    opened = page(admin, "/admin/ensembles/?rack=r1&zone=az1")
    assert "/hosts/h1/" in opened.partition('id="ens-hosts"')[0]


def test_nothing_can_be_broken_in_a_cloud_that_is_not_embedded(admin: Client) -> None:
    shown = page(admin, "/admin/ensembles/")
    assert "Break something" not in shown and "data-break" not in shown
    assert break_(admin, "stop", {"host": "h1"}).status_code == 404


def test_a_rack_of_an_embedded_cloud_really_stops_and_starts(
    admin: Client, embedded: Services
) -> None:
    shown = page(admin, "/admin/ensembles/")
    assert "Break something" in shown and "hosts are stopped" not in words(main(shown))
    answer = break_(admin, "stop", {"zone": "az1", "rack": "r1"}).json()
    assert answer == {"hosts": ["h1", "h2"], "changed": 2}
    assert [host for host, up in embedded.running.items() if not up] == ["h1", "h2"]
    assert "2 hosts are stopped: h1, h2" in words(now(admin)["parts"]["stopped"])
    assert break_(admin, "stop", {"host": "h1"}).json()["changed"] == 0
    assert break_(admin, "start", {"stopped": "all"}).json()["changed"] == 2
    assert all(embedded.running.values())


@pytest.mark.parametrize(
    ("action", "domain", "status"),
    [
        pytest.param("erase", {"host": "h1"}, 400, id="another action"),
        pytest.param("stop", {}, 400, id="no domain"),
        pytest.param("stop", "h1", 400, id="a domain that is no object"),
        pytest.param("stop", {"host": "nowhere"}, 400, id="a host that is not there"),
        pytest.param("stop", {"floor": "1"}, 400, id="a level that is not there"),
    ],
)
def test_what_names_nothing_stops_nothing(
    admin: Client, embedded: Services, action: str, domain: Any, status: int
) -> None:
    assert break_(admin, action, domain).status_code == status
    assert all(embedded.running.values())


def test_a_tenant_breaks_nothing(demo: Client, embedded: Services) -> None:
    assert break_(demo, "stop", {"host": "h1"}).status_code in (403, 404)
    assert all(embedded.running.values())


def test_what_the_embedded_cloud_refuses_is_told(admin: Client, embedded: Services) -> None:
    embedded.refuses = "no <b>more</b>"
    answer = break_(admin, "start", {"host": "h1"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (503, "no <b>more</b>")
    assert "no &lt;b&gt;more" in page(admin, "/admin/ensembles/")


def test_an_embedded_cloud_that_is_gone_is_told(
    admin: Client, settings: Any, tmp_path: Path
) -> None:
    settings.ENSEMBLES_EMBEDDED_CLOUD = str(tmp_path / "nobody.sock")
    assert "the embedded cloud does not answer" in page(admin, "/admin/ensembles/")
