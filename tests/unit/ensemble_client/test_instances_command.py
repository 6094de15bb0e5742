# SPDX-License-Identifier: Apache-2.0
"""`openstack ensemble template instantiate --file`: several ensembles as one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_template_commands import KEY, PLAN, template

from ensemble_client import instances_file
from ensemble_client.document import FileError
from tests.fakes.ensemble_answers import ensemble, plan
from tests.fakes.scripted_cloud import FLAVORS, ScriptedCloud

Run = Callable[..., Any]
FILE = """\
parameters: {flavor: m1.tiny}
instances:
  - name: shop-1
  - name: shop-2
    description: the large one
    parameters:
      count: 4
      flavor: m1.small
"""
COMMAND = ("ensemble", "template", "instantiate", "web service")


@pytest.fixture
def named(fake: ScriptedCloud) -> ScriptedCloud:
    """A cloud with one template, found by its name."""
    fake.on("GET", "/templates", (200, {"templates": [template()]}))
    fake.on("GET", f"/templates/{KEY}", (200, {"template": template()}))
    return fake


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "shops.yaml"
    path.write_text(FILE)
    return path


def made(name: str, number: int, status: str = "BUILDING") -> dict[str, Any]:
    shown = ensemble(status, name=name)
    return {**shown, "id": f"{shown['id'][:-1]}{number}"}


def posted(cloud: ScriptedCloud) -> Any:
    (asked,) = (each for each in cloud.asked if each.method == "POST")
    return asked.body["instantiate"]


def test_all_of_a_file_are_made_by_one_request_with_ids_in_the_place_of_names(
    named: ScriptedCloud, openstack: Run, written: Path
) -> None:
    both = {"ensembles": [made("shop-1", 1), made("shop-2", 2)]}
    named.on("POST", f"/templates/{KEY}/action", (202, both))
    done = openstack(
        *COMMAND, "--file", str(written), "--parameter", "count=2", "--description", "shops",
        "-f", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert [(each["name"], each["status"]) for each in json.loads(done.out)["ensembles"]] == [
        ("shop-1", "BUILDING"),
        ("shop-2", "BUILDING"),
    ]
    assert posted(named) == {
        "instances": [
            {"name": "shop-1", "parameters": {}},
            {
                "name": "shop-2",
                "description": "the large one",
                "parameters": {"count": 4, "flavor": FLAVORS["m1.small"]},
            },
        ],
        "parameters": {"count": "2", "flavor": FLAVORS["m1.tiny"]},
        "version": 2,
        "description": "shops",
    }


def test_one_that_fails_does_not_keep_the_others_from_being_waited_for(
    named: ScriptedCloud, openstack: Run, written: Path, pauses: list[float]
) -> None:
    fault = {"message": "No valid host.", "reasons": []}
    first, second = made("shop-1", 1), made("shop-2", 2)
    named.on("POST", f"/templates/{KEY}/action", (202, {"ensembles": [first, second]}))
    failed = {**made("shop-1", 1, "ERROR"), "fault": fault}
    named.on("GET", f"/{first['id']}", (200, {"ensemble": failed}))
    named.on("GET", f"/{second['id']}", (200, {"ensemble": made("shop-2", 2, "ACTIVE")}))
    done = openstack(*COMMAND, "--file", str(written), "--wait")
    assert done.code == 1
    assert "shop-1 could not be built: No valid host." in done.err
    assert any(second["id"] in each.path for each in named.asked)


def preview(**changes: Any) -> dict[str, Any]:
    own = plan()
    keys = (
        "planned_at", "capacity_seen_at", "feasible", "message", "proof", "proved", "objectives",
        "reasons", "over_quota",
    )  # fmt: skip
    whole = {"id": PLAN, **{key: own[key] for key in keys if key in own}, **changes}
    instances = [
        {
            "ensemble": {
                "name": name,
                "description": "",
                "tiers": [{"name": "web", "count": 2}],
                "policies": [],
            },
            "plan": own if whole["feasible"] else None,
        }
        for name in ("shop-1", "shop-2")
    ]
    return {"plan": whole, "instances": instances}


def test_a_dry_run_says_what_each_would_be_and_how_to_build_all(
    named: ScriptedCloud, openstack: Run, written: Path
) -> None:
    named.on("POST", f"/templates/{KEY}/action", (200, preview()))
    done = openstack(*COMMAND, "--file", str(written), "--dry-run")
    assert done.code == 0, done.err
    assert posted(named)["dry_run"] is True
    assert "shop-1: web 2" in done.out
    lines = done.err.splitlines()
    assert lines[0] == plan()["message"]
    assert lines.index("shop-1:") < lines.index("shop-2:")
    assert lines[-1] == (
        "To build it so, within minutes: openstack --os-cloud fake ensemble template instantiate "
        f"--file={written} --plan {PLAN} -- 'web service'"
    )


def test_what_does_not_fit_is_said_with_its_reasons(
    named: ScriptedCloud, openstack: Run, written: Path
) -> None:
    reason = {"code": "no-capacity", "message": "shop-2/web: too few.", "policy": 0, "changes": []}
    told = preview(feasible=False, message="They do not fit.", reasons=[reason], proof=None)
    named.on("POST", f"/templates/{KEY}/action", (200, told))
    done = openstack(*COMMAND, "--file", str(written), "--dry-run")
    assert done.code == 1
    assert "The ensembles: They do not fit.\n- shop-2/web: too few." in done.err
    details = {"code": "ensemble.infeasible", "message": "No.", "reasons": [reason]}
    fault = {"code": 409, "message": "It does not fit.", "details": details}
    named.on("POST", f"/templates/{KEY}/action", (409, {"conflictingRequest": fault}))
    done = openstack(*COMMAND, "--file", str(written))
    assert done.code == 1
    assert "The ensembles: No.\n- shop-2/web: too few." in done.err
    assert str(written) not in done.err, "what is described is not in this file"


def test_a_plan_that_does_not_hold_tells_who_of_which_would_be_elsewhere(
    named: ScriptedCloud, openstack: Run, written: Path
) -> None:
    moved = [{"member": "web-0", "message": "web-0 would get rack B in place of rack A."}]
    details = {
        "code": "ensemble.plan_changed",
        "plan": {"id": PLAN},
        "instances": [{"name": "shop-1", "moved": []}, {"name": "shop-2", "moved": moved}],
    }
    fault = {"code": 409, "message": "It does not hold.", "details": details}
    named.on("POST", f"/templates/{KEY}/action", (409, {"conflictingRequest": fault}))
    done = openstack(*COMMAND, "--file", str(written), "--plan", PLAN)
    assert done.code == 1
    assert "- shop-2: web-0 would get rack B in place of rack A." in done.err
    assert f"--plan {PLAN}" in done.err
    assert posted(named)["plan"] == PLAN


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("instances[1].parameters.count", 7),
        ("instances[1].ensemble.tiers[0].count", 4),
        ("instantiate.instances[0].name", 3),
    ],
)
def test_what_the_api_refuses_is_traced_to_its_line(
    named: ScriptedCloud, openstack: Run, written: Path, field: str, line: int
) -> None:
    details = {"code": "ensemble.invalid", "field": field, "label": "it", "reason": "is wrong"}
    fault = {"code": 400, "message": "wrong", "details": details}
    named.on("POST", f"/templates/{KEY}/action", (400, {"badRequest": fault}))
    done = openstack(*COMMAND, "--file", str(written))
    assert done.code == 1
    assert f"{written}:{line}: it: is wrong" in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("instances: 3\n", "1: instances: must be a list, not a number"),
        ("- {parameters: {}}\n", "1: instances[0]: 'name' is missing"),
        ("- {name: a, size: 3}\n", "1: instances[0].size: unknown name"),
        ("parameters: {}\n", "1: 'instances' is missing"),
    ],
)
def test_what_is_no_such_file_is_refused_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(FileError, match=r"wrong\.yaml") as caught:
        instances_file.read(str(path))
    assert str(caught.value).endswith(said)


def test_a_name_that_is_not_there_names_its_line(
    named: ScriptedCloud, openstack: Run, written: Path
) -> None:
    written.write_text(FILE.replace("flavor: m1.small", "flavor: m9.huge"))
    done = openstack(*COMMAND, "--file", str(written))
    assert done.code == 1
    place = f"{written}:8: instances[1].parameters.flavor"
    assert f"{place}: no flavor is named 'm9.huge'" in done.err
    assert "POST" not in {each.method for each in named.asked}


@pytest.mark.parametrize("more", [(), ("shop", "--file", "shops.yaml")])
def test_it_takes_either_a_name_or_a_file(
    named: ScriptedCloud, openstack: Run, more: tuple[str, ...]
) -> None:
    done = openstack(*COMMAND, *more)
    assert (done.code, done.err.strip()) == (1, "Give either a name, or --file with names.")
    assert not named.asked
