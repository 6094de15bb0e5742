# SPDX-License-Identifier: Apache-2.0
"""The documented formats are those of the code, and their examples are taken."""

import json
import re
from pathlib import Path

import pytest

from ensemble_api.offline import schema
from ensemble_api.offline.cloud import cloud
from ensemble_api.offline.document import parse
from ensemble_api.offline.dry_run import dry_run
from ensemble_api.offline.ensemble import ensemble

DOC = Path(__file__).parents[4] / "doc"
FORMATS = (DOC / "api-ref" / "offline-formats.md").read_text()
PLANNING = (DOC / "admin" / "capacity-planning.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", schema.NAMES)
def test_the_documented_schema_is_the_code_s(name: str) -> None:
    assert blocks(FORMATS, f"json schema={name}") == [schema.text(name)]


def test_the_documented_example_can_be_planned() -> None:
    (snapshot,) = blocks(FORMATS, "json")
    where = cloud(parse("cloud.json", snapshot.encode()))
    assert where.capacity[0, where.resource_classes.index("VCPU")] == 120
    (wanted,) = blocks(FORMATS, "yaml")
    what = ensemble(parse("ensemble.yaml", wanted.encode()))
    assert what.ensemble.size == 6
    dry_run(where, what, rooms=True)


def test_the_ensemble_of_the_guide_is_one() -> None:
    (wanted,) = blocks(PLANNING, "yaml")
    assert ensemble(parse("shop.yaml", wanted.encode())).ensemble.size == 5
    assert wanted.splitlines()[3].strip() == "count: 3", "the guide shows an error on line 4"


def test_every_key_is_documented() -> None:
    clouds, ensembles = FORMATS.split("## The ensemble")
    known = json.loads(schema.text("snapshot"))
    for name in (*known["properties"], *known["$defs"]["inventory"]["properties"]):
        assert f"`{name}`" in clouds
    for name in known["$defs"]["host"]["properties"]:
        assert f"`hosts[].{name}`" in clouds
    for name in json.loads(schema.text("ensemble"))["$defs"]["server"]["properties"]:
        assert f"`{name}`" in ensembles
