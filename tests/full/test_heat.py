# SPDX-License-Identifier: Apache-2.0
"""Stacks of a real Heat, whose engine has loaded our resource as an operator's would."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.ensembles import Operator, Project, until
from tests.embedded import EmbeddedCloud

pytestmark = pytest.mark.cloud

EXAMPLE = Path(__file__).parents[2] / "examples/three-tier.hot.yaml"
SERVERS = """
heat_template_version: 2021-04-16
resources:
  group:
    type: OS::Heat::ResourceGroup
    properties:
      count: 2
      resource_def:
        type: OS::Nova::Server
        properties:
          name: plain-%index%
          flavor: m1.tiny
          image: cirros
          networks: [{network: private}]
          user_data_format: RAW
"""


@dataclass(frozen=True)
class Stacks:
    """The stacks of a project, by Heat's own API."""

    heat: Any

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return self.heat.request(path, method, json=body, raise_exc=False)

    def create(self, name: str, template: str, *, wait: bool = True, **more: Any) -> Any:
        body = {"stack_name": name, "template": template, **more}
        answer = self.ask("POST", "/stacks", body)
        assert answer.status_code == 201, answer.text
        return self.ended(name, "CREATE") if wait else None

    def update(self, name: str, action: str = "UPDATE", **body: Any) -> Any:
        answer = self.ask("PATCH", f"/stacks/{name}/{self.show(name)['id']}", body)
        assert answer.status_code == 202, answer.text
        return self.ended(name, action)

    def delete(self, name: str) -> None:
        self.ask("DELETE", f"/stacks/{name}/{self.show(name)['id']}")
        until(
            f"stack {name} is gone", lambda: self.ask("GET", f"/stacks/{name}").status_code == 404
        )

    def show(self, name: str) -> Any:
        return self.ask("GET", f"/stacks/{name}").json()["stack"]

    def ended(self, name: str, action: str) -> Any:
        """The stack, once that action has ended, however."""
        over = {f"{action}_COMPLETE", f"{action}_FAILED"}
        until(f"{action} of stack {name}", lambda: self.show(name)["stack_status"] in over)
        return self.show(name)

    def resource(self, name: str) -> Any:
        path = f"/stacks/{name}/{self.show(name)['id']}/resources/shop"
        return self.ask("GET", path).json()["resource"]


@pytest.fixture(scope="module")
def demo(full_cloud: EmbeddedCloud) -> Project:
    return Project(full_cloud.connection("demo"))


@pytest.fixture(scope="module")
def operator(full_cloud: EmbeddedCloud) -> Operator:
    return Operator(full_cloud.connection("admin"))


@pytest.fixture
def stacks(full_cloud: EmbeddedCloud) -> Iterator[Stacks]:
    found = Stacks(full_cloud.connection("demo").orchestration)
    yield found
    for each in found.ask("GET", "/stacks").json()["stacks"]:
        found.delete(each["stack_name"])


def outputs(stack: Mapping[str, Any]) -> dict[str, Any]:
    return {each["output_key"]: each["output_value"] for each in stack["outputs"]}


def test_a_stack_lives_from_its_template_to_nothing(
    stacks: Stacks, demo: Project, operator: Operator
) -> None:
    before = operator.left_behind()

    # It is created.
    built = stacks.create("shop", EXAMPLE.read_text())
    assert built["stack_status"] == "CREATE_COMPLETE", built["stack_status_reason"]
    found = outputs(built)
    servers = operator.servers()
    assert {each["server_id"] for each in found["members"]} == servers.keys() - before["servers"]
    assert all(addresses["private"] for addresses in found["addresses"].values())
    assert (len(found["addresses"]), found["status"]) == (8, "ACTIVE")

    # It is scaled, in place.
    ensemble = stacks.resource("shop")["physical_resource_id"]
    more = stacks.update("shop", existing=True, parameters={"web_servers": 4})
    assert more["stack_status"] == "UPDATE_COMPLETE", more["stack_status_reason"]
    assert stacks.resource("shop")["physical_resource_id"] == ensemble
    assert len(outputs(more)["members"]) == 9

    # An update that cannot be is told why, and is rolled back.
    failed = stacks.update(
        "shop",
        "ROLLBACK",
        existing=True,
        parameters={"web_servers": 150},
        disable_rollback=False,
    )
    assert failed["stack_status"] == "ROLLBACK_COMPLETE", failed["stack_status_reason"]
    assert stacks.resource("shop")["physical_resource_id"] == ensemble
    shown = demo.request("GET", f"/{ensemble}").json()["ensemble"]
    assert (shown["status"], len(shown["members"])) == ("ACTIVE", 9)

    # It is deleted, and nothing is left.
    stacks.delete("shop")
    demo.wait_gone(ensemble)
    assert operator.left_behind() == before


def test_a_stack_that_does_not_fit_tells_the_reason_and_leaves_nothing(
    stacks: Stacks, operator: Operator
) -> None:
    before = operator.left_behind()
    template = EXAMPLE.read_text().replace("count: 3", "count: 20")
    failed = stacks.create("shop", template)
    assert failed["stack_status"] == "CREATE_FAILED"
    assert "database" in failed["stack_status_reason"]
    assert "rack" in failed["stack_status_reason"]
    assert operator.left_behind() == before


def test_a_stack_is_deleted_in_the_middle_of_its_build(stacks: Stacks, operator: Operator) -> None:
    before = operator.left_behind()
    stacks.create("shop", EXAMPLE.read_text(), wait=False)
    until("servers are there", lambda: operator.servers().keys() - before["servers"])
    stacks.delete("shop")
    assert operator.left_behind() == before


def test_the_servers_of_a_stack_become_an_ensemble_and_stay_the_stacks(
    stacks: Stacks, demo: Project
) -> None:
    built = stacks.create("plain", SERVERS)
    assert built["stack_status"] == "CREATE_COMPLETE", built["stack_status_reason"]
    asked = {"adopt": {"name": "adopted", "from": {"stack": "plain"}}}
    answer = demo.request("POST", "/adopt", asked)
    assert answer.status_code in (201, 202), answer.text
    adopted = answer.json()["ensemble"]
    names = {each.name for each in demo.connection.compute.servers()}
    assert {"plain-0", "plain-1"} <= names
    assert (adopted["status"], len(adopted["members"])) == ("ACTIVE", 2)
    released = demo.request("POST", f"/{adopted['id']}/action", {"release": None})
    assert released.status_code == 202, released.text
