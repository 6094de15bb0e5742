# SPDX-License-Identifier: Apache-2.0
"""The published OpenAPI document is what the code would write today, and says all that it does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ensemble_api import routes, schemas
from ensemble_api.handlers import ensembles, headroom, host_impact, operations, plans
from ensemble_api.openapi.document import REQUESTS
from tools.openapi import FILE, text


@pytest.fixture(scope="module")
def published() -> Any:
    return json.loads(FILE.read_text())


def schemas_of(value: Any) -> Iterator[dict[str, Any]]:
    """All objects that stand anywhere in a document."""
    match value:
        case dict():
            yield value
            for each in value.values():
                yield from schemas_of(each)
        case list():
            for each in value:
                yield from schemas_of(each)


def test_the_published_document_is_up_to_date() -> None:
    assert FILE.read_text() == text(), "run `make openapi`"


def test_every_route_and_method_is_in_the_document(published: Any) -> None:
    said = {
        (path, method.upper()) for path, methods in published["paths"].items() for method in methods
    }
    assert said == {(path, each) for path, methods in routes.ROUTES.items() for each in methods}
    assert len({each.handler for each in REQUESTS}) == len(REQUESTS)


def test_every_reference_in_the_document_leads_to_a_schema(published: Any) -> None:
    refs = [each["$ref"] for each in schemas_of(published) if "$ref" in each]
    assert refs
    known = {f"#/components/schemas/{name}" for name in published["components"]["schemas"]}
    assert set(refs) <= known
    used = {name for name in known if name in refs}
    assert used == known, "a schema that nothing refers to"


def test_every_schema_is_one_by_the_rules_of_json_schema(published: Any) -> None:
    for schema in published["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_pattern_is_one_that_other_languages_read(published: Any) -> None:
    patterns = [
        each["pattern"] for each in schemas_of(published) if isinstance(each.get("pattern"), str)
    ]
    assert patterns
    assert not [each for each in patterns if re.search(r"\\[AZz]|\(\?", each)]


UUID = "11111111-1111-4111-8111-111111111111"
SERVER = {"flavor": "1", "image": UUID}
TIER = {"name": "web", "count": 1, "server": SERVER}
POLICY = {"type": "spread", "level": "rack", "tiers": ["web"]}


@pytest.mark.parametrize(
    ("wanted", "right"),
    [
        ({}, True),
        ({"policies": [POLICY]}, True),
        ({"policies": [{**POLICY, "max_skew": 1, "enforcement": "soft"}]}, True),
        ({"policies": [{**POLICY, "max_per_domain": 1}]}, False),
        ({"policies": [{**POLICY, "type": "anti-affinity", "max_per_domain": 1}]}, True),
        ({"policies": [{**POLICY, "type": "survive", "min_available": "50%"}]}, True),
        ({"policies": [{**POLICY, "type": "survive", "min_available": "150%"}]}, False),
        ({"policies": [{**POLICY, "type": "other"}]}, False),
        ({"policies": [{"type": "affinity", "level": "rack"}]}, False),
        ({"tiers": []}, False),
        ({"tiers": [{**TIER, "more": 1}]}, False),
        ({"tiers": [{**TIER, "server": {"flavor": "1", "volumes": [UUID]}}]}, True),
        ({"tiers": [{**TIER, "server": {**SERVER, "volumes": [UUID]}}]}, False),
        ({"tiers": [{**TIER, "server": {"flavor": "1"}}]}, False),
        ({"tiers": [{**TIER, "server": {**SERVER, "networks": "none"}}]}, True),
        ({"tiers": [{**TIER, "server": {**SERVER, "networks": "some"}}]}, False),
        ({"plan": UUID}, False),
    ],
)
def test_a_body_is_right_by_the_document_if_the_handlers_take_it(
    published: Any, wanted: dict[str, Any], right: bool
) -> None:
    body = {"ensemble": {"name": "shop", "tiers": [TIER], **wanted}}
    schema = {"$ref": "#/components/schemas/PlanRequest", "components": published["components"]}
    assert jsonschema.Draft202012Validator(schema).is_valid(body) is right
    assert jsonschema.Draft202012Validator(schemas.ENSEMBLE).is_valid(body) is right


def test_a_plan_is_named_in_the_body_of_a_create_alone(published: Any) -> None:
    named = published["components"]["schemas"]
    assert named["CreateRequest"]["properties"].keys() == schemas.CREATE["properties"].keys()
    assert named["PlanRequest"]["properties"].keys() == schemas.ENSEMBLE["properties"].keys()


@pytest.mark.parametrize(
    ("path", "method", "taken"),
    [
        ("/os-ensembles", "get", ensembles.LIST),
        ("/os-ensembles", "post", plans.PLAN),
        ("/os-ensembles/plans", "post", plans.PLAN),
        ("/os-ensembles/headroom", "get", headroom.LIST),
        ("/os-ensembles/hosts", "get", {**host_impact.LIST, "rack": {}, "zone": {}}),
        ("/os-ensembles/hosts/{host}", "get", host_impact.HOST),
        ("/os-ensembles/{ensemble_id}/operations", "get", operations.LIST),
        ("/os-ensembles/{ensemble_id}/survivability", "get", ensembles.SURVIVABILITY),
    ],
)
def test_parameters_are_those_that_the_handlers_take(
    published: Any, path: str, method: str, taken: Any
) -> None:
    parameters = published["paths"][path][method]["parameters"]
    assert {each["name"] for each in parameters if each["in"] == "query"} == set(taken)


def test_the_reference_names_the_document() -> None:
    reference = (Path(FILE).parent / "ensembles.md").read_text()
    assert "(openapi.json)" in reference
