# SPDX-License-Identifier: Apache-2.0
"""A create is done once on the real services, however often and however fast it is sent."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.ensembles import Project

pytestmark = pytest.mark.cloud

THREE_TIER = Path(__file__).parents[2] / "examples" / "three-tier.yaml"


@pytest.fixture
def demo(cloud: Any) -> Iterator[Project]:
    """A project, of which the ensembles that a test leaves are deleted."""
    project = Project(cloud.connection("demo"))

    def ids() -> set[str]:
        return {each["id"] for each in project.request("GET").json()["ensembles"]}

    before = ids()
    yield project
    for ensemble_id in ids() - before:
        project.delete(ensemble_id)


def named(project: Project, name: str) -> list[str]:
    return [each["id"] for each in project.request("GET", f"?name={name}").json()["ensembles"]]


def test_creates_with_one_key_at_the_same_time_build_one_ensemble(demo: Project) -> None:
    name = f"once-{uuid.uuid4()}"
    body = demo.body(name, [demo.tier("web", 3)])
    headers = {"Idempotency-Key": f'"{uuid.uuid4()}"'}
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: demo.request("POST", body=body, headers=headers), range(4))
        )
    assert [each.status_code for each in answers] == [202] * 4, [each.text for each in answers]
    assert len({each.content for each in answers}) == 1
    (location,) = {each.headers["Location"] for each in answers}
    assert location.endswith(f"/v2.1/os-ensembles/{answers[0].json()['ensemble']['id']}")
    (ensemble_id,) = named(demo, name)
    demo.wait(ensemble_id, "ACTIVE")
    again = demo.request("POST", body=body, headers=headers)
    assert (again.status_code, again.content) == (202, answers[0].content)
    other = demo.request(
        "POST", body=demo.body("other", body["ensemble"]["tiers"]), headers=headers
    )
    assert other.status_code == 422, other.text
    assert named(demo, name) == [ensemble_id]
    servers = list(demo.connection.compute.servers(name=name[:20]))
    assert len(servers) == 3


def test_a_plan_is_built_once_by_many_at_the_same_time(demo: Project) -> None:
    name = f"once-{uuid.uuid4()}"
    body = demo.body(name, [demo.tier("web", 2)])
    plan_id = demo.request("POST", "/plans", body).json()["plan"]["id"]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: demo.create({**body, "plan": plan_id}), range(4)))
    assert len({each["id"] for each in made}) == 1
    assert named(demo, name) == [made[0]["id"]]
    demo.delete(made[0]["id"])
    gone = demo.request("POST", body={**body, "plan": plan_id})
    assert gone.status_code == 409, gone.text
    details = gone.json()["conflictingRequest"]["details"]
    assert details == {"code": "ensemble.already_built", "ensemble_id": made[0]["id"]}


def test_what_plan_prints_is_a_command_that_builds_it_and_twice_builds_it_once(
    cloud: Any, demo: Project, tmp_path: Path
) -> None:
    name = f"as printed {uuid.uuid4()}"
    file = tmp_path / "my shop's.yaml"
    file.write_text(THREE_TIER.read_text().replace("name: shop", f"name: {name}"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    def sh(command: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env={**cloud.env, "OS_CLOUD": "demo", "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = cloud.run(["--os-cloud", "demo", "ensemble", "plan", str(file)]).stdout
    command = said.splitlines()[-1].partition("within minutes: ")[2]
    first = sh(f"{command} -f value -c id")
    assert sh(f"{command} -f value -c id") == first
    assert named(demo, name) == [first.strip()]
    demo.wait(first.strip(), "ACTIVE")
