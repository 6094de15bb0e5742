# SPDX-License-Identifier: Apache-2.0
"""The views that write a drawing as a file and read a file into a drawing."""

import json
import re
import subprocess
from typing import Any

import pytest
from django.test import Client

from ensemble_client import file as ensemble_file
from ensemble_dashboard.content.ensembles import files
from ensemble_yaml import MAX_BYTES
from tests.fakes.dashboard_cloud import DashboardCloud
from tests.unit.ensemble_dashboard.test_dashboard_proxy import send

WRITE = "/project/ensembles/write/"
READ = "/project/ensembles/read/"
IMAGE = "11111111-2222-3333-4444-555555555555"
NETWORK = "22222222-2222-3333-4444-555555555555"
SERVER = {"flavor": "f1", "image": "i1", "networks": ["n1"], "metadata": {"role": "on"}}
SHOP: dict[str, Any] = {
    "name": "shop",
    "tiers": [
        {"name": "web", "count": 3, "server": SERVER},
        {"name": "db", "count": 1, "server": {**SERVER, "networks": "auto", "user_data": "aGk="}},
    ],
    "policies": [
        {"type": "near", "level": "zone", "tiers": ["web"], "to": "db", "enforcement": "soft"},
        {
            "type": "survive",
            "level": "rack",
            "tiers": ["web"],
            "enforcement": "hard",
            "failures": 1,
            "min_available": "50%",
        },
    ],
}
TEXT = """\
name: shop
tiers:
  - name: web
    count: 3
    server:
      flavor: m1.tiny
      image: cirros
      networks: private
"""


def _versions(href: str, number: str) -> dict[str, Any]:
    links = [{"rel": "self", "href": href}]
    return {"versions": [{"id": number, "status": "CURRENT", "links": links}]}


@pytest.fixture
def found(dashboard_cloud: DashboardCloud) -> DashboardCloud:
    """A cloud in which openstacksdk finds one flavor, image and network by name, and no other."""
    image = {"id": IMAGE, "name": "cirros"}
    network = {"id": NETWORK, "name": "private"}
    missing = (404, {"error": {"code": 404, "message": "none", "title": "Not Found"}})
    flavor = {"id": "f1", "name": "m1.tiny", "ram": 512, "vcpus": 1, "disk": 1, "links": []}
    dashboard_cloud.answers |= {
        ("GET", "/image"): (200, _versions(dashboard_cloud.url + "/image/v2/", "v2.9")),
        ("GET", "/network"): (200, _versions(dashboard_cloud.url + "/network/v2.0/", "v2.0")),
        ("GET", "/v2.1/flavors/m1.tiny"): missing,
        ("GET", "/v2.1/flavors/f1"): (200, {"flavor": flavor}),
        ("GET", "/v2.1/flavors/f1/os-extra_specs"): (200, {"extra_specs": {}}),
        ("GET", "/v2.1/flavors"): (200, {"flavors": [flavor]}),
        ("GET", "/image/v2/images"): (200, {"images": [image]}),
        ("GET", "/network/v2.0/networks/private"): missing,
        ("GET", "/network/v2.0/networks"): (200, {"networks": [network]}),
    }
    return dashboard_cloud


def written(demo: Client, ensemble: dict[str, Any]) -> dict[str, str]:
    """Give the file of a drawing."""
    answer = send(demo, WRITE, {"ensemble": ensemble})
    assert answer.status_code == 200, answer.content
    found: dict[str, str] = answer.json()["file"]
    return found


def problem(demo: Client, text: Any) -> dict[str, Any]:
    """Give what is wrong with a text."""
    answer = send(demo, READ, {"text": text})
    assert answer.status_code == 400, answer.content
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_a_drawing_is_written_with_names_and_says_the_same_when_read(demo: Client) -> None:
    made = written(demo, SHOP)
    assert made["name"] == "shop.yaml"
    read = ensemble_file.read_text(made["yaml"], "YAML").body
    # What the cloud calls by one name is written by it.
    tiers = [
        {**tier, "server": {**tier["server"], "flavor": "m1.tiny", "image": "cirros"}}
        for tier in SHOP["tiers"]
    ]
    tiers[0]["server"]["networks"] = ["private"]
    assert read == {**SHOP, "tiers": tiers}


def test_the_command_is_one_that_a_shell_takes_as_it_is(demo: Client) -> None:
    hostile = {**SHOP, "description": "$(touch x) `y` 'z' \\ \nEOF\n\"%s\" {$ 7*7 $}"}
    made = written(demo, hostile)
    script = 'openstack() { echo "$@"; cat; }\n' + made["command"]
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    arguments, _end, given = shell.stdout.partition("\n")
    assert arguments == "ensemble create --wait -"
    assert given == made["yaml"]
    read = ensemble_file.read_text(given, "YAML").body
    assert read["description"] == hostile["description"]


def test_the_end_of_the_command_is_a_line_that_the_file_does_not_have() -> None:
    command = files._command("EOF\nEOF_\n")
    assert command == "openstack ensemble create --wait - <<'EOF__'\nEOF\nEOF_\nEOF__\n"


def test_a_drawing_without_a_name_gets_one_that_can_be_read(demo: Client) -> None:
    made = written(demo, {**SHOP, "name": ""})
    assert ensemble_file.read_text(made["yaml"], "YAML").body["name"] == "unnamed"
    assert made["name"] == "unnamed.yaml"


@pytest.mark.parametrize(
    "name",
    [
        "<b>x</b>",
        "{$ 7*7 $}",
        "on",
        "2026",
        "- a",
        "'\"",
        "a: b # c",
        "\N{OCTOPUS}",
        "\u202egnirts",
    ],
)
def test_any_name_is_the_same_when_it_is_read_again(demo: Client, name: str) -> None:
    made = written(demo, {**SHOP, "name": name})
    assert ensemble_file.read_text(made["yaml"], "YAML").body["name"] == name
    assert re.fullmatch(r"[A-Za-z0-9._-]+\.yaml", made["name"])


@pytest.mark.parametrize(
    "ensemble",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"tiers": "x"}, id="tiers that are no list"),
        pytest.param({"tiers": [1]}, id="a tier that is a number"),
        pytest.param({"tiers": [{"name": "web"}]}, id="a tier without servers"),
        pytest.param(
            {"tiers": [], "description": json.loads("[" * 900 + "]" * 900)}, id="depth without end"
        ),
    ],
)
def test_what_is_no_drawing_is_not_written(demo: Client, ensemble: dict[str, Any]) -> None:
    assert send(demo, WRITE, {"ensemble": ensemble}).status_code == 400


def test_a_text_becomes_an_ensemble_with_ids_for_names(demo: Client, found: DashboardCloud) -> None:
    answer = send(demo, READ, {"text": TEXT})
    assert answer.status_code == 200, answer.content
    server = {"flavor": "f1", "image": IMAGE, "networks": [NETWORK]}
    tiers = [{"name": "web", "count": 3, "server": server}]
    assert answer.json() == {"ensemble": {"name": "shop", "tiers": tiers}}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("", 1, "is empty", id="nothing"),
        pytest.param("a: [", 1, "is not YAML", id="no YAML"),
        pytest.param(TEXT.replace("3", "many"), 4, "must be a whole number", id="no number"),
        pytest.param(TEXT.replace("count", "cuont"), 4, "did you mean 'count'?", id="mistyped"),
        pytest.param(TEXT.replace("cirros", "cirrus"), 7, "no image is named", id="no such image"),
        pytest.param("<b>hi</b>", 1, "must be a mapping", id="HTML"),
        pytest.param("[" * 5000, 1, "nested too deeply", id="depth without end"),
        pytest.param("x" * (MAX_BYTES // 2), 1, "must be a mapping", id="a large text"),
        pytest.param(
            "- a\n" * 60_000, 50_000, "holds more than 50000 values", id="very many values"
        ),
        pytest.param(
            TEXT.replace("networks: private", "user_data_file: /etc/hostname"),
            8,
            "cannot be read from here",
            id="a file of the server's",
        ),
        pytest.param("!!python/object/apply:os.system [x]", 1, "must be a mapping", id="a tag"),
    ],
)
def test_what_is_wrong_with_a_text_is_told_with_its_line(
    demo: Client, found: DashboardCloud, text: str, line: int, said: str
) -> None:
    found.answers["GET", "/image/v2/images/cirrus"] = (404, {})
    found.answers["GET", "/image/v2/images"] = (
        200,
        {"images": [] if "cirrus" in text else [{"id": IMAGE, "name": "cirros"}]},
    )
    told = problem(demo, text)
    assert said in told["message"]
    assert told["details"]["code"] == "dashboard.file"
    assert told["details"]["line"] == line


def test_a_cloud_that_does_not_answer_is_told(demo: Client, found: DashboardCloud) -> None:
    found.answers["GET", "/image"] = (500, {})
    answer = send(demo, READ, {"text": TEXT})
    assert answer.status_code == 503
    assert "looked up" in answer.json()["error"]["message"]


@pytest.mark.parametrize("text", [None, 7, ["x"], {"a": 1}])
def test_what_is_no_text_is_not_read(demo: Client, text: Any) -> None:
    assert problem(demo, text)["details"] == {"code": "dashboard.no_text"}


@pytest.mark.parametrize("path", [WRITE, READ])
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param("{", {}, 400, id="no JSON"),
        pytest.param("[]", {}, 400, id="a list"),
        pytest.param('{"text": "' + "x" * 2_100_000 + '"}', {}, 413, id="more than is taken"),
        pytest.param("{}", {"Content_Type": "text/plain"}, 415, id="another type"),
        pytest.param("{}", {"X_Requested_With": ""}, 400, id="another site's form"),
        pytest.param("{}", {"X_CSRFToken": ""}, 401, id="no CSRF token"),
    ],
)
def test_what_no_script_of_ours_sends_is_refused(
    demo: Client, path: str, body: str, headers: dict[str, str], status: int
) -> None:
    assert send(demo, path, body, **headers).status_code == status


@pytest.mark.parametrize("path", [WRITE, READ])
def test_nothing_is_given_to_a_get(demo: Client, path: str) -> None:
    assert demo.get(path).status_code == 405
