# SPDX-License-Identifier: Apache-2.0
"""What os-api-ref is given has all that the OpenAPI document and the examples have."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ensemble_api.openapi.document import document
from tools.api_examples import PAGE, examples
from tools.api_fields import fields
from tools.api_reference import ERROR, Reference

DOCUMENT = document()


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return Reference.read().files()


def test_each_request_is_described_once(files: dict[str, str]) -> None:
    described = re.findall(r"rest_method:: (\w+) /v2\.1(\S+)", "\n".join(files.values()))
    there = [
        (method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods
    ]
    assert sorted(described) == sorted(there)


def test_each_example_that_succeeds_is_shown_once(files: dict[str, str]) -> None:
    pages = "\n".join(text for name, text in files.items() if name.endswith(".rst"))
    shown = pages.replace("\n   ", "\n")
    wanted = [each for each in examples(PAGE.read_text()) if each.status < 300]
    assert len(wanted) >= 20
    for each in wanted:
        assert f"\n{each.method} {each.path}\n" in shown, each.line
    assert pages.count(".. code-block:: json") == len(wanted)


def named(schema: Any) -> Iterator[str]:
    """Every name of a property in a schema, wherever it stands."""
    if isinstance(schema, dict):
        yield from (
            schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else ()
        )
        for value in schema.values():
            yield from named(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from named(value)


@pytest.mark.parametrize(
    "component", [name for name in DOCUMENT["components"]["schemas"] if not ERROR.fullmatch(name)]
)
def test_each_field_of_an_object_has_a_row(component: str, files: dict[str, str]) -> None:
    rows = yaml.safe_load(files["parameters.yaml"])
    own = [key.removeprefix(f"{component}.") for key in rows if key.startswith(f"{component}.")]
    parts = {part for key in own for part in key.split(".")}
    assert set(named(DOCUMENT["components"]["schemas"][component])) <= parts
    assert all(rows[f"{component}.{key}"]["description"] for key in own)


def test_rows_stand_in_the_order_that_os_api_ref_asks_for(files: dict[str, str]) -> None:
    rows = yaml.safe_load(files["parameters.yaml"])
    places = [
        (("header", "path", "query", "body").index(row["in"]), key.lower())
        for key, row in rows.items()
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("schema", "rows"),
    [
        (
            {"properties": {"name": {"type": "string", "maxLength": 9}}, "required": ["name"]},
            [("name", "string", True, "At most 9 characters.")],
        ),
        (
            {"properties": {"mode": {"enum": ["auto", "manual"]}}},
            [("mode", "string", False, "One of ``auto``, ``manual``.")],
        ),
        (
            {"properties": {"plan": {"$ref": "#/components/schemas/Plan"}}},
            [("plan", "object", False, "See :ref:`Plan <object-Plan>`.")],
        ),
        (
            {
                "properties": {
                    "tiers": {
                        "type": "array",
                        "maxItems": 2,
                        "items": {
                            "type": "object",
                            "properties": {"count": {"type": "integer", "minimum": 1}},
                            "required": ["count"],
                        },
                    }
                }
            },
            [
                ("tiers", "array", False, "At most 2 items."),
                ("tiers.count", "integer", False, "At least 1."),
            ],
        ),
        (
            {"properties": {"at": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
            [("at", "string or null", False, "As it is named.")],
        ),
    ],
    ids=[
        "a text with a limit",
        "one of several words",
        "an object that is described elsewhere",
        "the fields of the items of a list",
        "something that may be null",
    ],
)
def test_a_schema_is_told_in_rows(schema: Any, rows: list[Any]) -> None:
    found = [(each.name, each.type, each.required, each.words) for each in fields(schema)]
    assert found == rows
