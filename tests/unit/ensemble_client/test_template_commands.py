# SPDX-License-Identifier: Apache-2.0
"""The commands about ensemble templates, and the file that a template is written in."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ensemble_client import template_file
from ensemble_client.document import FileError
from tests.fakes.ensemble_answers import IMAGES, ensemble, plan
from tests.fakes.scripted_cloud import FLAVORS, NETWORKS, ScriptedCloud

KEY = "e3c1f0aa-5f0b-4c83-9d55-0d9c1d3f7b21"
PLAN = "3b0d2a5e-9f3c-4d61-8a27-5e6f7a8b9c01"
Run = Callable[..., Any]
PARAMETERS = {
    "count": {"type": "number", "default": 2, "label": "Web servers"},
    "flavor": {"type": "string", "constraints": [{"custom_constraint": "nova.flavor"}]},
    "labels": {"type": "json", "default": {}},
}
FILE = """\
name: web service
parameters:
  count: {type: number, default: 2}
  flavor:
    type: string
    default: m1.small
    constraints: [{custom_constraint: nova.flavor}]
tiers:
  - name: web
    count: {get_param: count}
    server:
      flavor: {get_param: flavor}
      image: cirros
      networks: [private]
      user_data_file: hello.sh
  - name: db
    when: {equals: [{get_param: count}, 2]}
    count: 1
    server: {flavor: m1.tiny, image: cirros}
"""


def template(**changes: Any) -> dict[str, Any]:
    return {
        "id": KEY,
        "name": "web service",
        "description": "",
        "project_id": "p1",
        "visibility": "private",
        "projects": [],
        "user_id": "ada",
        "version": 2,
        "latest_version": 2,
        "parameters": PARAMETERS,
        "ensemble": {"tiers": []},
        "versions": [{"version": 1, "user_id": "ada", "created_at": "then"}],
        "instances": 3,
        "deleted_at": None,
        "created_at": "then",
        "updated_at": "now",
        **changes,
    }


@pytest.fixture
def named(fake: ScriptedCloud) -> ScriptedCloud:
    """A cloud with one template, found by its name."""
    fake.on("GET", "/templates", (200, {"templates": [template()]}))
    fake.on("GET", f"/templates/{KEY}", (200, {"template": template()}))
    return fake


@pytest.fixture
def written(tmp_path: Path) -> Path:
    (tmp_path / "hello.sh").write_text("echo hello")
    path = tmp_path / "web.yaml"
    path.write_text(FILE)
    return path


def sent(fake: ScriptedCloud, method: str) -> Any:
    (asked,) = (each for each in fake.asked if each.method == method)
    return asked.body


def test_a_file_becomes_a_template_with_ids_in_the_place_of_names(
    fake: ScriptedCloud, openstack: Run, written: Path
) -> None:
    fake.on("POST", "/templates", (201, {"template": template()}))
    done = openstack("ensemble", "template", "create", str(written), "--share", "p2", "--share=p3")
    assert done.code == 0, done.err
    assert "count: number = 2 (Web servers)" in done.out
    wanted = sent(fake, "POST")["template"]
    assert (wanted["name"], wanted["visibility"], wanted["projects"]) == (
        "web service",
        "shared",
        ["p2", "p3"],
    )
    assert wanted["parameters"]["flavor"]["default"] == FLAVORS["m1.small"]
    web, db = wanted["ensemble"]["tiers"]
    assert web == {
        "name": "web",
        "count": {"get_param": "count"},
        "server": {
            "flavor": {"get_param": "flavor"},
            "image": IMAGES["cirros"],
            "networks": [NETWORKS["private"]],
            "user_data": base64.b64encode(b"echo hello").decode(),
        },
    }
    assert db["server"]["flavor"] == FLAVORS["m1.tiny"]
    assert db["when"] == {"equals": [{"get_param": "count"}, 2]}


def test_an_ensemble_that_runs_becomes_a_template_of_what_it_is_described_by(
    fake: ScriptedCloud, openstack: Run
) -> None:
    shown = ensemble("ACTIVE", description="old", metadata={"owner": "ops"})
    shown["tiers"][0]["hidden"] = ["user_data"]
    fake.on("GET", "", (200, {"ensembles": [shown]}))
    fake.on("GET", f"/{shown['id']}", (200, {"ensemble": shown}))
    fake.on("POST", "/templates", (201, {"template": template()}))
    done = openstack("ensemble", "template", "create", "--ensemble", "shop", "--name", "shops")
    assert done.code == 0, done.err
    assert "User data is left out of: web." in done.err
    wanted = sent(fake, "POST")["template"]
    tiers = [{key: each[key] for key in ("name", "count", "server")} for each in shown["tiers"]]
    policy = shown["policies"][0]
    posted = {key: each for key, each in policy.items() if key not in ("message", "holds")}
    assert wanted == {
        "name": "shops",
        "description": "old",
        "ensemble": {"metadata": {"owner": "ops"}, "tiers": tiers, "policies": [posted]},
    }
    both = openstack("ensemble", "template", "create", "x.yaml", "--ensemble", "shop")
    assert both.code == 2, "one or the other"


def test_what_the_api_refuses_is_traced_to_its_line(
    fake: ScriptedCloud, openstack: Run, written: Path
) -> None:
    details = {
        "code": "ensemble.invalid",
        "field": "template.ensemble.tiers[0].count",
        "label": "tier 1, count",
        "reason": "must be a whole number",
    }
    fault = {"code": 400, "message": "wrong", "details": details}
    fake.on("POST", "/templates", (400, {"badRequest": fault}))
    done = openstack("ensemble", "template", "create", str(written))
    assert done.code == 1
    assert f"{written}:10: tier 1, count: must be a whole number" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\ntiers: []\nsize: 3\n", "3: template.size: unknown name"),
        (
            "tiers: []\nensemble: {}\n",
            "1: template.tiers: give it inside ensemble, or do without that key",
        ),
        ("- a\n", "1: template: must be a mapping of names to values, not a list"),
    ],
)
def test_what_is_no_template_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(FileError, match=r"wrong\.yaml") as caught:
        template_file.read(str(path))
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize(
    "form", ["{template: {ensemble: {tiers: [1]}}}", "{ensemble: {tiers: [1]}}", "{tiers: [1]}"]
)
def test_a_file_may_be_as_the_api_has_it(tmp_path: Path, form: str) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(form)
    assert template_file.read(str(path)).body == {"ensemble": {"tiers": [1]}}


def test_a_single_name_stands_for_a_list_of_one(tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    path.write_text(
        "name: web\ntiers:\n- name: web\n  after: db\n  server:\n"
        "    {networks: private, ports: front, tags: {get_param: tag}, metadata: {tags: a}}\n"
        "- {name: db, server: {networks: auto, fixed_ips: [{addresses: 10.0.0.5}]}}\n"
        "policies: [{type: affinity, tiers: web}]\n"
    )
    described = template_file.read(str(path)).body["ensemble"]
    web, db = described["tiers"]
    assert web["after"] == ["db"]
    assert web["server"] == {
        "networks": ["private"],
        "ports": ["front"],
        "tags": {"get_param": "tag"},
        "metadata": {"tags": "a"},
    }
    assert db["server"] == {"networks": "auto", "fixed_ips": [{"addresses": ["10.0.0.5"]}]}
    assert described["policies"] == [{"type": "affinity", "tiers": ["web"]}]


def test_a_name_that_is_not_there_names_its_line(
    fake: ScriptedCloud, openstack: Run, written: Path
) -> None:
    written.write_text(FILE.replace("default: m1.small", "default: m9.huge"))
    done = openstack("ensemble", "template", "create", str(written))
    assert done.code == 1
    assert (
        f"{written}:6: template.parameters.flavor.default: no flavor is named 'm9.huge'" in done.err
    )
    assert not fake.asked


def test_templates_are_listed_as_asked_for(named: ScriptedCloud, openstack: Run) -> None:
    done = openstack(
        "ensemble",
        "template",
        "list",
        "--visibility",
        "all",
        "--sort",
        "name:asc",
        "--long",
        "-f",
        "json",
    )
    assert done.code == 0, done.err
    (row,) = json.loads(done.out)
    assert (row["ID"], row["Version"], row["Project ID"]) == (KEY, 2, "p1")
    assert named.asked[-1].query == {
        "visibility": ["all"],
        "sort_key": ["name"],
        "sort_dir": ["asc"],
    }


def test_a_template_is_shown_by_its_name_in_the_version_that_is_asked_for(
    named: ScriptedCloud, openstack: Run
) -> None:
    done = openstack(
        "ensemble", "template", "show", "web service", "--template-version", "1", "-f", "json"
    )
    assert done.code == 0, done.err
    assert json.loads(done.out)["parameters"] == PARAMETERS
    assert named.asked[-1].query == {"version": ["1"]}


def test_of_two_of_a_name_the_id_is_wanted_and_of_none_it_is_said(
    fake: ScriptedCloud, openstack: Run
) -> None:
    fake.on("GET", "/templates", (200, {"templates": [template(), template(visibility="public")]}))
    done = openstack("ensemble", "template", "show", "web service")
    assert done.code == 1 and f"- {KEY} (public)" in done.err
    fake.on("GET", "/templates", (200, {"templates": [template()]}))
    done = openstack("ensemble", "template", "show", "web")
    assert done.code == 1, "a part of a name is not the name"
    assert "No ensemble template has the name or id web." in done.err


def test_set_changes_what_is_given_and_a_file_is_a_new_version(
    named: ScriptedCloud, openstack: Run, written: Path
) -> None:
    named.on("PATCH", f"/templates/{KEY}", (200, {"template": template(version=3)}))
    done = openstack("ensemble", "template", "set", KEY, "--description", "new", "--private")
    assert done.code == 0, done.err
    assert sent(named, "PATCH") == {"template": {"description": "new", "visibility": "private"}}
    named.asked.clear()
    done = openstack("ensemble", "template", "set", "web service", "--file", str(written))
    assert done.code == 0, done.err
    assert sent(named, "PATCH")["template"].keys() == {"parameters", "ensemble"}
    nothing = openstack("ensemble", "template", "set", KEY)
    assert (nothing.code, nothing.err.strip()) == (1, "There is nothing to change: give an option.")


def test_one_that_cannot_be_deleted_does_not_keep_the_others(
    named: ScriptedCloud, openstack: Run
) -> None:
    named.on("DELETE", f"/templates/{KEY}", (204, None))
    done = openstack("ensemble", "template", "delete", "other", "web service")
    assert done.code == 1
    assert "1 of 2 ensemble templates failed to delete." in done.err
    assert named.asked[-1].method == "DELETE"


def test_instantiate_gives_values_with_ids_and_waits(
    named: ScriptedCloud, openstack: Run, tmp_path: Path, pauses: list[float]
) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("count: 3\nflavor: m1.tiny\n")
    made = ensemble("ACTIVE", template={"id": KEY, "version": 2})
    named.on("POST", f"/templates/{KEY}/action", (202, {"ensemble": made}))
    done = openstack(
        "ensemble", "template", "instantiate", "web service", "shop", "--wait",
        "--parameter-file", str(values), "--parameter", "flavor=m1.small",
        "--parameter", "labels={team: shop}",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert f"{KEY}, version 2" in done.out
    (asked,) = (each for each in named.asked if each.method == "POST")
    assert asked.body == {
        "instantiate": {
            "name": "shop",
            "version": 2,
            "parameters": {
                "count": 3,
                "flavor": FLAVORS["m1.small"],
                "labels": {"team": "shop"},
            },
        }
    }
    assert asked.headers["idempotency-key"]


def test_a_dry_run_tells_how_to_build_what_it_shows(named: ScriptedCloud, openstack: Run) -> None:
    described = {"name": "shop", "description": "", "tiers": [], "policies": []}
    answer = {"plan": {**plan(), "id": PLAN}, "ensemble": described}
    named.on("POST", f"/templates/{KEY}/action", (200, answer))
    done = openstack(
        "ensemble", "template", "instantiate", KEY, "shop", "--parameter", "flavor=m1.tiny",
        "--dry-run", "-f", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert json.loads(done.out)["plan"] == PLAN
    assert sent(named, "POST")["instantiate"]["dry_run"] is True
    assert done.err.splitlines()[-1] == (
        "To build it so, within minutes: openstack --os-cloud fake ensemble template instantiate "
        f"--parameter=flavor=m1.tiny --plan {PLAN} -- {KEY} shop"
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("flavor=m9.huge", "--parameter: flavor: no flavor is named 'm9.huge'"),
        ("flavor", "'flavor' is no parameter with a value, such as count=5"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(
    named: ScriptedCloud, openstack: Run, given: str, said: str
) -> None:
    done = openstack("ensemble", "template", "instantiate", KEY, "shop", "--parameter", given)
    assert done.code != 0 and said in done.err
    assert "POST" not in {each.method for each in named.asked}
