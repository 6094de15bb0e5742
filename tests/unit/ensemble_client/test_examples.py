# SPDX-License-Identifier: Apache-2.0
"""Every example is a good file of the demo cloud, and fits it."""

from pathlib import Path
from typing import Any

import numpy as np
import openstack
import pytest

from ensemble_api import codec
from ensemble_api.ensemble_templates.template import EnsembleTemplate
from ensemble_api.planning.check import check
from ensemble_api.planning.headroom import demand, headroom
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.planner import plan
from ensemble_api.planning.result import Plan
from ensemble_api.planning.snapshot import Snapshot
from ensemble_api.planning.topology import Topology
from ensemble_api.schemas import check_ensemble
from ensemble_api.solver.process import solve
from ensemble_api.template_schemas import applied, check_document
from ensemble_client import instances_file, template_file
from ensemble_client.file import read
from ensemble_client.names import resolve
from ensemble_client.policy import FIELDS
from ensemble_cloud import shape_file
from ensemble_cloud.shape import Size
from tests.fakes.ensemble_answers import IMAGES
from tests.fakes.scripted_cloud import FLAVORS, NETWORKS, ScriptedCloud

TOP = Path(__file__).parents[3]
EXAMPLES = sorted(
    path for path in (TOP / "examples").glob("*.yaml") if not path.name.endswith(".hot.yaml")
)
DEMO = shape_file.load(shape_file.default_path())[0]

every_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)


def amounts(size: Size) -> dict[str, int]:
    return {"VCPU": size.vcpus, "MEMORY_MB": size.memory_mb, "DISK_GB": size.disk_gb}


def demo_cloud() -> Snapshot:
    """Give the demo cloud as it is at its start, as a project without servers sees it."""
    topology = Topology.build(
        ("host", "rack", "zone"),
        {host.name: (host.rack, host.zone) for host in DEMO.hosts},
        "zone",
    )
    classes = ("VCPU", "MEMORY_MB", "DISK_GB")
    total = np.array([list(amounts(DEMO.host(name).size).values()) for name in topology.hosts])
    held = np.isin(topology.hosts, [server.host for server in DEMO.background])
    empty = Snapshot(
        topology=topology,
        resource_classes=classes,
        total=total,
        free=total,
        traits=(frozenset(),) * len(topology),
        usable=np.ones(len(topology), dtype=np.bool_),
        others={"ensemble": held, "project": held},
    )
    for server in DEMO.background:
        empty = empty.carrying({server.host: amounts(DEMO.flavors[server.flavor])})
    return empty


def described(body: dict[str, Any]) -> Ensemble:
    """Give the planner's view of a body, its flavors being those of the demo cloud."""
    names = {key: name for name, key in FLAVORS.items()}
    resources = {
        tier["name"]: amounts(DEMO.flavors[names[tier["server"]["flavor"]]])
        for tier in body["tiers"]
    }
    return codec.stored_ensemble(body, resources)


@pytest.fixture
def connection(fake: ScriptedCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(fake.clouds_yaml(tmp_path)))
    return openstack.connect(cloud="fake")


def test_the_examples_show_every_type_of_policy_that_each_cloud_takes() -> None:
    policies = [policy for path in EXAMPLES for policy in read(str(path)).body["policies"]]
    # What selectors there are, each operator says.
    assert {policy["type"] for policy in policies} == FIELDS.keys() - {"selector"}


@every_example
def test_an_example_can_be_read_and_its_names_resolved(path: Path, connection: Any) -> None:
    body = resolve(read(str(path)), connection)
    for tier in body["tiers"]:
        assert tier["server"]["flavor"] in FLAVORS.values()
        assert tier["server"]["image"] in IMAGES.values()
        assert set(tier["server"]["networks"]) <= set(NETWORKS.values())


@every_example
def test_an_example_is_a_template_that_describes_the_same(path: Path, connection: Any) -> None:
    wanted = template_file.resolve(template_file.read(str(path)), connection)
    document = {"parameters": {}, "ensemble": wanted["ensemble"]}
    check_document(document)
    name, description = wanted["name"], wanted.get("description")
    made, _ = applied(EnsembleTemplate.of(document), {}, name, description)
    assert made == check_ensemble({"ensemble": resolve(read(str(path)), connection)})


@every_example
def test_an_example_is_taken_by_the_api_and_fits_the_demo_cloud(
    path: Path, connection: Any
) -> None:
    body = check_ensemble({"ensemble": resolve(read(str(path)), connection)})
    ensemble, cloud = described(body), demo_cloud()
    found = plan(ensemble, cloud, solve=solve)
    assert isinstance(found, Plan), found.reasons
    assert (found.proved, found.violations) == (True, ())
    assert check(ensemble, cloud, found.assignment) == ()
    running = cloud.carrying(demand(ensemble, found.assignment))
    after_a_host = headroom(ensemble, found.assignment, running, "host", solve=solve)
    assert after_a_host.fits


def test_the_files_in_the_user_documentation_are_good(tmp_path: Path) -> None:
    text = (TOP / "doc" / "user" / "cli.md").read_text()
    whole, template, instances, policies = (
        block.split("```")[0] for block in text.split("```yaml\n")[1:]
    )
    path = tmp_path / "shop.yaml"
    path.write_text(template)
    parameters = template_file.read(str(path)).body["parameters"]
    assert list(parameters) == ["count", "flavor", "standby"]
    path.write_text(instances)
    assert [each["name"] for each in instances_file.read(str(path)).instances] == [
        "shop-3",
        "shop-4",
    ]
    path.write_text(whole)
    assert [tier["count"] for tier in read(str(path)).body["tiers"]] == [3, 2]
    path.write_text(
        (TOP / "examples" / "three-tier.yaml").read_text().split("policies:")[0] + policies
    )
    assert [each["type"] for each in read(str(path)).body["policies"]] == [
        "survive",
        "near",
        "selector",
    ]
