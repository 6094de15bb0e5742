# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage snapshot`` over HTTP, and planning on what it captured."""

import contextlib
import copy
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import waitress
from placement_service import PlacementService
from small_cloud import FLAVOR, HOSTS, SmallCloud, anti_affinity, body, caller

from ensemble_api import views
from ensemble_api.cmd import manage
from ensemble_api.offline.cloud import Cloud
from ensemble_api.offline.cloud import cloud as understand
from ensemble_api.offline.document import parse
from ensemble_api.service import PlanOptions
from ensemble_api.store.api import Store
from tests.fakes.keystone import FakeKeystone


class NovaOverHttp:
    """The fake Nova behind a socket; who asks there is an administrator."""

    def __init__(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.application: Any = None
        self.asked: list[str] = []
        self._server = waitress.create_server(self, sockets=[listener], threads=1)
        threading.Thread(target=self._serve, name="nova", daemon=True).start()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['HTTP_X_AUTH_TOKEN']}")
        environ["nova.context"] = caller("service", "admin")
        answer: Iterable[bytes] = self.application(environ, start_response)
        return answer

    def stop(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # its socket is closed under it at the end
            self._server.run()


@pytest.fixture
def nova() -> Iterator[NovaOverHttp]:
    nova = NovaOverHttp()
    yield nova
    nova.stop()


@pytest.fixture
def keystone(placement: PlacementService, nova: NovaOverHttp) -> Iterator[FakeKeystone]:
    keystone = FakeKeystone(placement.url)
    endpoint = {**keystone.catalog[0]["endpoints"][1], "url": nova.url}
    keystone.catalog.append({"type": "compute", "name": "nova", "endpoints": [endpoint]})
    yield keystone
    keystone.stop()


@pytest.fixture
def config(tmp_path: Path, keystone: FakeKeystone, store: Store) -> Path:
    path = tmp_path / "nova.conf"
    path.write_text(
        "[DEFAULT]\ndefault_availability_zone = spare\n"
        f"[ensembles]\nauth_section = placement\nconnection = {store.engine.url}\n"
        "[placement]\nauth_type = password\nusername = nova\npassword = secret\n"
        f"auth_url = {keystone.url}\nproject_name = service\n"
        "user_domain_name = Default\nproject_domain_name = Default\n"
    )
    return path


@pytest.fixture
def small(cloud: SmallCloud, nova: NovaOverHttp) -> SmallCloud:
    nova.application = cloud.nova
    return cloud


def captured(config: Path, capsys: Any, *more: str) -> dict[str, Any]:
    assert manage.main(["--config-file", str(config), "snapshot", *more]) == 0
    seen = capsys.readouterr()
    assert seen.err == ""
    document: dict[str, Any] = json.loads(seen.out)
    return document


def test_every_host_is_captured_as_it_is(
    small: SmallCloud, nova: NovaOverHttp, config: Path, capsys: Any
) -> None:
    second = small.nova.host("secrethost2")
    second.state, second.rack, second.zone = "down", None, None
    small.placement.set_inventory(second.provider, "VCPU", 8, reserved=1, allocation_ratio=2.5)
    small.placement.set_traits(second.provider, "CUSTOM_FAST")
    small.fill("secrethost2", 3)
    document = captured(config, capsys)
    assert document["levels"] == ["host", "rack", "zone"]
    hosts = {each["name"]: each for each in document["hosts"]}
    assert hosts.keys() == HOSTS.keys()
    assert hosts["secrethost1"]["domains"] == {"rack": "secretrack1", "zone": "zone-one"}
    assert hosts["secrethost1"]["aggregates"] == ["secretrack1", "zone-one"]
    found = hosts["secrethost2"]
    assert (found["state"], found["traits"]) == ("down", ["CUSTOM_FAST"])
    assert found["domains"] == {"rack": None, "zone": "spare"}
    vcpu = found["resources"]["VCPU"]
    assert (vcpu["total"], vcpu["reserved"], vcpu["allocation_ratio"], vcpu["used"]) == (
        8,
        1,
        2.5,
        3,
    )
    assert set(nova.asked) == {"GET admin"}, "with the service user's token, reading only"


def test_servers_and_members_are_seen_for_exclusive_policies(
    small: SmallCloud, config: Path, capsys: Any
) -> None:
    service = small.service()
    record = service.create(caller(), body(("web", 2), policies=[anti_affinity("web")]))
    small.run(record.id)
    first, second = small.store.get(record.id).members
    small.nova.servers[second.server_id or ""].tags.clear()
    stranger = copy.copy(small.nova.servers[first.server_id or ""])
    stranger.id, stranger.project_id = "11111111-0000-4000-8000-000000000000", "other"
    stranger.host = next(name for name in HOSTS if name not in (first.host, second.host))
    small.nova.servers[stranger.id] = stranger
    hosts = {each["name"]: each["others"] for each in captured(config, capsys)["hosts"]}
    assert hosts[first.host] == hosts[second.host] == ["ensemble", "project"], "as recorded"
    assert hosts.pop(stranger.host) == ["project"], "a tag is anybody's word"
    assert sorted(hosts.values()) == [[], ["ensemble", "project"], ["ensemble", "project"]]


def test_planning_offline_is_planning_as_the_api_does(
    small: SmallCloud, config: Path, capsys: Any, tmp_path: Path
) -> None:
    small.flavor("bigger", vcpus=3)
    small.fill("secrethost3", 1)
    # Where "bigger" would be, but for the most that one consumer may take.
    small.placement.set_inventory(small.nova.host("secrethost4").provider, "VCPU", 4, max_unit=2)
    wanted = body(
        ("web", 3), ("db", 1), policies=[anti_affinity("web"), anti_affinity("db", "zone")]
    )
    wanted["tiers"][1]["server"]["flavor"] = "bigger"
    planned = small.service().plan(caller(), wanted, PlanOptions(headroom=True))
    # A document has no project, whose labels and plans these are, and no time.
    planned = replace(planned, labels={}, at=None, id=None, seen_at="")
    expected = json.loads(
        json.dumps(views.translated(views.plan(planned, "", names=True, capacity=True)))
    )

    where, what = tmp_path / "cloud.json", tmp_path / "shop.json"
    assert manage.main(["--config-file", str(config), "snapshot", "--output", str(where)]) == 0
    for tier in wanted["tiers"]:
        vcpus = {FLAVOR: 2, "bigger": 3}[tier["server"].pop("flavor")]
        tier["server"]["resources"] = {"VCPU": vcpus, "MEMORY_MB": 512, "DISK_GB": 1}
    what.write_text(json.dumps(wanted))
    assert manage.main(["plan", "--snapshot", str(where), str(what), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plan"] == expected


def test_an_anonymous_capture_names_nothing(small: SmallCloud, config: Path, capsys: Any) -> None:
    document = captured(config, capsys, "--anonymous")
    assert "secret" not in json.dumps(document)
    found: Cloud = understand(parse("cloud.json", json.dumps(document).encode()))
    assert [found.topology.size(level) for level in found.topology.levels] == [4, 3, 2]


def test_what_cards_of_a_host_have_is_captured_as_the_host_s(
    small: SmallCloud, config: Path, capsys: Any
) -> None:
    for name in ("card1", "card2"):
        card = small.placement.add_provider(name, "CUSTOM_CARD", VGPU=2)
        small.placement.put_below(card, small.nova.hosts[0].provider)
    first, second, *_ = captured(config, capsys)["hosts"]
    assert first["resources"]["VGPU"]["total"] == 4 and "CUSTOM_CARD" in first["traits"]
    assert "VGPU" not in second["resources"]


def test_a_provider_that_is_gone_has_nothing(small: SmallCloud, config: Path, capsys: Any) -> None:
    small.nova.hosts[0].provider = "99999999-9999-4999-8999-999999999999"
    first = captured(config, capsys)["hosts"][0]
    assert (first["resources"], first["traits"]) == ({}, [])


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        ("password", "Keystone refuses the service user (HTTP 401)"),
        ("nova", "http://127.0.0.1:9/os-aggregates cannot be reached"),
        ("no nova", "endpoint for compute service not found: see region_name"),
        ("placement", "Placement: http://127.0.0.1:9/resource_providers"),
    ],
)
def test_a_cloud_that_does_not_answer_is_told(
    small: SmallCloud,
    keystone: FakeKeystone,
    config: Path,
    capsys: Any,
    breaks: str,
    words: str,
) -> None:
    match breaks:
        case "password":
            config.write_text(config.read_text().replace("= secret", "= wrong"))
        case "nova" | "placement":
            entry = entry_of(keystone, "compute" if breaks == "nova" else "placement")
            entry["endpoints"] = [
                {**each, "url": "http://127.0.0.1:9"} for each in entry["endpoints"]
            ]
        case "no nova":
            keystone.catalog.remove(entry_of(keystone, "compute"))
    assert manage.main(["--config-file", str(config), "snapshot"]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert words in seen.err
    assert seen.err.count("\n") == 1


def entry_of(keystone: FakeKeystone, kind: str) -> Any:
    """A service's entry in the catalog."""
    return next(each for each in keystone.catalog if each["type"] == kind)


def test_a_file_that_cannot_be_written_is_told(
    small: SmallCloud, config: Path, capsys: Any, tmp_path: Path
) -> None:
    output = str(tmp_path / "no" / "cloud.json")
    assert manage.main(["--config-file", str(config), "snapshot", "--output", output]) == 2
    assert capsys.readouterr().err.startswith(f"{output}: cannot be written: ")
