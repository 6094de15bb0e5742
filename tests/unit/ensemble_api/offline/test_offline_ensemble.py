# SPDX-License-Identifier: Apache-2.0
"""An ensemble document becomes the planner's ensemble, or is refused with the place."""

import json
import re
from typing import Any

import pytest
from documents import a_tier, an_ensemble, wanted

from ensemble_api import schemas, server_schema
from ensemble_api.offline import schema
from ensemble_api.offline.document import DocumentError
from ensemble_api.planning import model, policies


def test_all_of_a_document_is_in_the_ensemble() -> None:
    found = wanted(an_ensemble()).ensemble
    assert found.tiers[1] == model.Tier("db", 2, {"VCPU": 2, "MEMORY_MB": 256})
    assert found.policies == (
        policies.Affinity("zone", ("db",), hard=False),
        policies.AntiAffinity("host", ("web",), max_per_domain=2),
        policies.Spread("rack", ("web",), max_skew=2, min_domains=2),
        policies.Near("zone", ("db",), to="web"),
        policies.Survive("rack", ("web",), min_available="30%"),
        policies.Exclusive("host", ("db",), other="ensemble"),
    )


def test_a_server_has_traits_and_a_zone() -> None:
    more = {"required_traits": ["A"], "forbidden_traits": ["B"], "availability_zone": "az1"}
    tier = wanted(an_ensemble(a_tier("web", 1, **more))).ensemble.tiers[0]
    assert (tier.required_traits, tier.forbidden_traits, tier.zone) == ({"A"}, {"B"}, "az1")


def test_a_body_of_the_api_needs_its_flavor_replaced_only() -> None:
    server = {"image": "x", "networks": "auto", "key_name": "k", "metadata": {"a": "b"}}
    document = {"ensemble": an_ensemble(a_tier("web", 2, **server))}
    assert wanted(document).ensemble == wanted(document["ensemble"]).ensemble
    document["ensemble"]["tiers"][0]["server"]["flavor"] = "m1.small"
    with pytest.raises(DocumentError, match=re.escape("ensemble.tiers[0].server.flavor: is not")):
        wanted(document)


def test_whole_numbers_may_be_written_as_floats() -> None:
    tier = {"name": "web", "count": 2.0, "server": {"resources": {"VCPU": 1e0}}}
    policy = {"type": "anti-affinity", "level": "host", "tiers": ["web"], "max_per_domain": 1.0}
    assert wanted({"tiers": [tier], "policies": [policy]}).ensemble.size == 2


def with_policy(**policy: Any) -> Any:
    return an_ensemble(
        a_tier("web", 2), policies=[{"level": "host", "tiers": ["web"], "type": "spread", **policy}]
    )


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "must be an object"),
        ([1], "must be an object"),
        ({}, "tiers: is required"),
        ({"ensemble": None}, "ensemble: must be an object"),
        ({"ensemble": an_ensemble(), "x": 1}, "x: is not known here"),
        ({"tiers": []}, "tiers: must have at least 1"),
        (an_ensemble(a_tier("Web", 1)), "tiers[0].name: must be the name of a tier"),
        (an_ensemble(a_tier("web\n", 1)), "tiers[0].name: must be the name of a tier"),
        (an_ensemble(a_tier("web", 0)), "tiers[0].count: must be a whole number from 1"),
        (an_ensemble(a_tier("web", 1.5)), "tiers[0].count: must be a whole number from 1"),
        (an_ensemble(a_tier("a", 5000), a_tier("b", 1)), "tiers: have 5001 members"),
        (an_ensemble(a_tier("a", 1), a_tier("a", 1)), "tiers[1].name: must not be used twice"),
        (an_ensemble({"name": "a", "count": 1}), "tiers[0].server: is required"),
        (
            an_ensemble({"name": "a", "count": 1, "server": {"resources": {}}}),
            "tiers[0].server.resources: must have at least 1",
        ),
        (an_ensemble(a_tier("a", 1, 0)), "tiers[0].server.resources.VCPU: must be a whole number"),
        (
            an_ensemble(a_tier("a", 1, required_traits=["X"], forbidden_traits=["X"])),
            "tiers[0].server.required_traits: must not also be forbidden",
        ),
        (with_policy(), "policies[0].max_skew: must be given"),
        (with_policy(type="best"), "policies[0].type: must be one of affinity, anti-affinity"),
        (with_policy(max_skew=0), "policies[0].max_skew: must be a whole number from 1"),
        (with_policy(max_skwe=1), "policies[0].max_skwe: is not known here; did you mean 'max_sk"),
        (with_policy(tiers=["db"], max_skew=1), "policies[0].tiers[0]: must name a tier"),
        (with_policy(tiers=[], max_skew=1), "policies[0].tiers: must have at least 1"),
        (with_policy(type="survive", min_available="101%"), "policies[0].min_available: must be a"),
        (with_policy(type="survive", min_available=3), "policies[0].min_available: must be at mos"),
        (with_policy(type="near", to="web"), "policies[0].to: must name a tier that is not"),
        (with_policy(enforcement="firm", max_skew=1), "policies[0].enforcement: must be one of"),
    ],
)
def test_what_is_no_ensemble_is_refused_with_its_place(document: Any, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        wanted(document)
    assert str(caught.value).startswith(f"ensemble.yaml: {words}")


def test_a_level_that_the_cloud_lacks_is_refused_at_its_policy() -> None:
    with pytest.raises(DocumentError, match=re.escape("policies[0].level: must be one of")):
        wanted(an_ensemble()).check_cloud(("host", "rack"), ())
    wanted(an_ensemble()).check_cloud(("host", "rack", "zone"), ())


def test_the_published_policies_are_those_of_the_api() -> None:
    published = json.loads(schema.text("ensemble"))["$defs"]["policy"]
    assert published["properties"]["type"] == schemas.POLICY["properties"]["type"]
    assert published["required"] == schemas.POLICY["required"]
    for ours, apis in zip(published["allOf"], schemas.POLICY["allOf"], strict=True):
        assert ours["if"] == apis["if"]
        assert list(ours["then"]["properties"]) == list(apis["then"]["properties"])


def test_names_are_those_of_the_api() -> None:
    published = json.loads(schema.text("ensemble"))["$defs"]
    for name, rule in (("tier_name", server_schema.TIER_NAME), ("level", schemas.COMMON["level"])):
        assert published[name]["pattern"] == rule["pattern"].replace(r"\Z", "$")
    known = server_schema.SERVER["properties"].keys() - {"flavor"}
    assert known < published["server"]["properties"].keys()
