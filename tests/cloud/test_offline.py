# SPDX-License-Identifier: Apache-2.0
"""A captured cloud, planned on without it, gives what the API's dry run gives an administrator."""

import json
import subprocess
import sysconfig
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project

pytestmark = pytest.mark.cloud

SCRIPTS = Path(sysconfig.get_path("scripts"))
ATTEMPTS = 5  # other tests may build on the same cloud meanwhile


def manage(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run ``ensemble-manage`` as an operator does."""
    return subprocess.run(
        [str(SCRIPTS / "ensemble-manage"), *words], text=True, capture_output=True, check=False
    )


@pytest.fixture(scope="module")
def admin(cloud: Any) -> Project:
    return Project(cloud.connection("admin"))


@pytest.fixture(scope="module")
def config(cloud: Any) -> str:
    return str(cloud.state / "etc" / "nova" / "nova.conf")


def offline(body: Any, flavors: dict[str, Any]) -> Any:
    """The same ensemble with resources in the place of flavors."""
    ensemble = json.loads(json.dumps(body))
    for tier in ensemble["ensemble"]["tiers"]:
        flavor = flavors[tier["server"].pop("flavor")]
        tier["server"]["resources"] = {
            "VCPU": flavor.vcpus,
            "MEMORY_MB": flavor.ram,
            "DISK_GB": flavor.disk,
        }
    return ensemble


def by_name(plan: Any) -> Any:
    """What is planned, with domains by name.

    References, and labels and order with them, are those of a project, and a document knows neither
    id nor time.
    """
    names = {each["ref"]: each["name"] for each in plan["domains"]}
    paths = {each["ref"]: names.get(each["parent"], "") for each in plan["domains"]}
    domains = [{**each, "label": ""} for each in plan["domains"]]
    domains.sort(key=lambda each: (each["level"], paths[each["ref"]], each["name"]))
    times = dict.fromkeys(("planned_at", "capacity_seen_at"))
    text = json.dumps({**plan, "domains": domains, "id": None, **times})
    for ref, name in names.items():
        text = text.replace(ref, f"{paths[ref]}/{name}")
    return json.loads(text)


def test_offline_and_the_api_say_the_same(
    admin: Project, config: str, tmp_path: Path, cloud: Any
) -> None:
    flavors = {each.id: each for each in cloud.connection("admin").compute.flavors()}
    anti_affinity = {"type": "anti-affinity", "tiers": ["web"]}
    tiers = [admin.tier("web", 4), admin.tier("cache", 2, "m1.small"), admin.tier("db", 3)]
    bodies = {
        "fits": admin.body(
            "shop",
            tiers,
            {**anti_affinity, "level": "host"},
            {"type": "survive", "level": "rack", "tiers": ["db"], "min_available": 2},
            {"type": "near", "level": "zone", "tiers": ["cache"], "to": "db"},
            {**anti_affinity, "level": "zone", "enforcement": "soft"},
        ),
        "does not fit": admin.body("shop", tiers, {**anti_affinity, "level": "zone"}),
    }
    for title, body in bodies.items():
        path = tmp_path / "ensemble.json"
        path.write_text(json.dumps(offline(body, flavors)))
        for attempt in range(ATTEMPTS):
            snapshot = str(tmp_path / "cloud.json")
            before = admin.request("POST", "/plans?headroom=1", body).json()["plan"]
            done = manage("--config-file", config, "snapshot", "--output", snapshot)
            assert (done.returncode, done.stderr) == (0, "")
            after = admin.request("POST", "/plans?headroom=1", body).json()["plan"]
            found = manage("plan", "--snapshot", snapshot, str(path), "--json")
            plan = json.loads(found.stdout)["plan"]
            assert found.returncode == (0 if plan["feasible"] else 1), found.stderr
            if by_name(before) == by_name(after):
                break
            time.sleep(attempt)
        assert plan["feasible"] is (title == "fits")
        assert by_name(plan) == by_name(after), title


def test_a_snapshot_is_the_cloud(config: str, cloud: Any) -> None:
    operator = Operator(cloud.connection("admin"))
    for _ in range(ATTEMPTS):
        before = operator.usages()
        captured = manage("--config-file", config, "snapshot")
        assert (captured.returncode, captured.stderr) == (0, "")
        if before == operator.usages():
            break
    hosts = {each["name"]: each for each in json.loads(captured.stdout)["hosts"]}
    rack, zone = operator.place("rack"), operator.place("zone")
    assert {name: host["domains"] for name, host in hosts.items()} == {
        name: {"rack": rack[name], "zone": zone[name]} for name in rack
    }
    for name, used in before.items():
        held = {key: each["used"] for key, each in hosts[name]["resources"].items()}
        assert held == held | used
        assert "COMPUTE_NODE" in hosts[name]["traits"]


def test_an_anonymous_snapshot_names_nothing(
    config: str, cloud: Any, admin: Project, tmp_path: Path
) -> None:
    captured = manage("--config-file", config, "snapshot", "--anonymous")
    assert captured.returncode == 0, captured.stderr
    operator = Operator(cloud.connection("admin"))
    rack, zone = operator.place("rack"), operator.place("zone")
    names = {*rack, *rack.values(), *zone.values()}
    assert not [name for name in names if f'"{name}"' in captured.stdout]
    path = tmp_path / "ensemble.json"
    path.write_text(
        json.dumps({"tiers": [{"name": "web", "count": 2, "server": {"resources": {"VCPU": 1}}}]})
    )
    (tmp_path / "cloud.json").write_text(captured.stdout)
    told = manage(
        "plan", "--snapshot", str(tmp_path / "cloud.json"), str(path), "--fail", "rack:rack-1"
    )
    assert told.returncode == 0, told.stderr
    assert "Planned without rack zone-1/rack-1." in told.stdout
