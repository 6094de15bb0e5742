# SPDX-License-Identifier: Apache-2.0
"""The properties are the API's fields, and the example is a good template."""

import base64
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from heat.common import template_format
from heat.common.exception import StackValidationFailed
from heat.engine.constraints import AllowedValues
from heat.engine.environment import Environment
from heat.engine.template import Template

from ensemble_heat.description import described, live_properties
from ensemble_heat.properties import POLICY, PROPERTIES, RECOVERY, TIER
from ensemble_heat.servers import SERVER
from tests.fakes.ensembles_service import EnsemblesService
from tests.heat.conftest import TEMPLATE, MakeStack

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "doc/api-ref/openapi.json").read_text())
EXAMPLE = (ROOT / "examples/three-tier.hot.yaml").read_text()
OURS = {"allocate_network"}, {"server_update_policy", "server_update_batch"}


def posted() -> dict[str, Any]:
    """The schema of the ensemble in a create."""
    [path] = [each for each in DOCUMENT["paths"] if each.endswith("/os-ensembles")]
    content = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    schema = resolved(content["schema"])
    return resolved(schema["properties"]["ensemble"])


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        found: Any = DOCUMENT
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def fields(schema: dict[str, Any]) -> dict[str, Any]:
    """The fields of an object, also of one that has several forms, by their names."""
    schema = resolved(schema)
    found: dict[str, Any] = {}
    for form in schema.get("oneOf", [schema]):
        for name, each in resolved(form)["properties"].items():
            words = found.get(name, {}).get("enum", [])
            found[name] = dict(resolved(each))
            if "const" in found[name]:
                found[name]["enum"] = [*words, found[name]["const"]]
    return found


def tier_fields() -> dict[str, Any]:
    return fields(fields(posted())["tiers"]["items"])


def policy_fields() -> dict[str, Any]:
    return fields(fields(posted())["policies"]["items"])


SAME = {
    "ensemble": (lambda: fields(posted()), PROPERTIES, OURS[1]),
    "tier": (tier_fields, TIER, set()),
    "server": (lambda: fields(tier_fields()["server"]), SERVER, OURS[0]),
    "policy": (policy_fields, POLICY, set()),
    "recovery": (lambda: fields(fields(posted())["recovery"]), RECOVERY, set()),
}


@pytest.mark.parametrize("part", SAME)
def test_each_field_of_the_api_is_a_property_with_the_same_words(part: str) -> None:
    of_api, properties, ours = SAME[part]
    known = of_api()
    assert properties.keys() - ours == known.keys()
    for name, schema in known.items():
        if "enum" in schema:
            [allowed] = [e for e in properties[name].constraints if isinstance(e, AllowedValues)]
            assert set(allowed.allowed) == set(schema["enum"]), name


def test_the_example_asks_for_what_the_api_takes(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    stack = make_stack(EXAMPLE)
    stack.create()
    assert stack.state == ("CREATE", "COMPLETE"), stack.status_reason
    [asked] = [each.body["ensemble"] for each in service.asked if each.method == "POST"]
    jsonschema.Draft202012Validator({**posted(), "components": DOCUMENT["components"]}).validate(
        asked
    )
    web = asked["tiers"][0]["server"]
    assert base64.b64decode(web["user_data"]).startswith(b"#!/bin/sh\n")
    assert asked["recovery"] == {"mode": "auto"}


WRONG = {
    "a policy over no tier": (("tiers: [web]}", "tiers: [wbe]}"), "there is no tier wbe"),
    "two tiers of one name": (("name: cache", "name: web"), "2 tiers are named web"),
    "neither an image nor a volume": (
        ("image: cirros, networks", "networks"),
        "tiers[0].server: give one of image, volumes, root_volume.snapshot, not none",
    ),
    "two words for networks": (
        ("networks: [private]", "networks: [private], allocate_network: none"),
        "give networks or allocate_network, not both",
    ),
    "no such flavor": (("m1.tiny", "m1.tyni"), "m1.tyni"),
    "no such image": (("cirros", "circus"), "circus"),
    "no such network": (("private", "publick"), "publick"),
    "no members": (("count: 2", "count: 0"), "0 is out of range"),
    "an unknown kind of policy": (("anti-affinity", "aversion"), "aversion"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_template_is_refused_before_anything_is_asked_for(
    case: str, service: EnsemblesService, make_stack: MakeStack
) -> None:
    (right, wrong), reason = WRONG[case]
    assert right in TEMPLATE
    with pytest.raises(StackValidationFailed) as refused:
        make_stack(TEMPLATE.replace(right, wrong, 1))
    assert reason in str(refused.value)
    assert service.ensembles == {}


def test_a_cloud_without_ensembles_has_no_such_resource(
    service: EnsemblesService, make_stack: MakeStack
) -> None:
    service.on("GET", "/capabilities", (404, {"itemNotFound": {"code": 404, "message": "No."}}))
    with pytest.raises(Exception, match="os-ensembles in ensemble service is not available"):
        make_stack()


def test_what_was_changed_without_heat_is_told_and_defaults_are_not(make_stack: MakeStack) -> None:
    given = Template(template_format.parse(TEMPLATE), env=Environment({}))
    properties = given.t["resources"]["shop"]["properties"]
    wanted = described(properties, "shop")
    live = {
        **wanted,
        "tiers": [
            {**each, "server": {"networks": "auto", **each["server"]}} for each in wanted["tiers"]
        ],
        "policies": [
            {"enforcement": "hard", **each, "message": "So.", "holds": True}
            for each in wanted["policies"]
        ],
    }
    assert live_properties(wanted, live) == {}
    live["tiers"][0]["count"] = 5
    live["policies"].append(
        {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": 1}
    )
    found = live_properties(wanted, live)
    assert set(found) == {"tiers", "policies"}
    assert found["tiers"][0]["count"] == 5
    assert found["tiers"][1]["server"]["allocate_network"] == "auto"
    assert found["policies"][1]["min_available"] == "1"
