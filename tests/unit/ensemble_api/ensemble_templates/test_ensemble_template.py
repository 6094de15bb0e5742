# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates: what they give with which values, and what can never be applied."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_api.ensemble_templates.template import EnsembleTemplate
from ensemble_api.planning.errors import ModelError

COUNT = {"get_param": "count"}
PARAMETERS = {
    "count": {"type": "number", "default": 2},
    "flavor": {"type": "string", "default": "small"},
    "cache": {"type": "boolean", "default": True},
    "stage": {"type": "string", "default": "test"},
    "labels": {"type": "json", "default": {}},
}
TIERS = [
    {"name": "web", "count": COUNT, "server": {"flavor": {"get_param": "flavor"}}},
    {"name": "cache", "when": {"get_param": "cache"}, "count": 1, "server": {"flavor": "tiny"}},
]


def template(*policies: Any, tiers: Any = None, **more: Any) -> EnsembleTemplate:
    ensemble = {"tiers": TIERS if tiers is None else tiers, "policies": list(policies), **more}
    return EnsembleTemplate.of({"parameters": PARAMETERS, "ensemble": ensemble})


def test_values_are_put_where_they_are_referred_to_and_defaults_where_none_is_given() -> None:
    made, known = template().apply({"count": "5"})
    assert made == {
        "tiers": [
            {"name": "web", "count": 5, "server": {"flavor": "small"}},
            {"name": "cache", "count": 1, "server": {"flavor": "tiny"}},
        ],
        "policies": [],
    }
    assert known == {"count": 5, "flavor": "small", "cache": True, "stage": "test", "labels": {}}


@pytest.mark.parametrize(
    ("text", "params", "made"),
    [
        pytest.param("web-$n", {"$n": COUNT}, "web-2", id="a number"),
        pytest.param("$a$ab", {"$a": "1", "$ab": "2"}, "12", id="the longest key first"),
        pytest.param("$a", {"$a": "$b", "$b": "x"}, "$b", id="what was put in is left alone"),
        pytest.param("$a", {"$a": {"get_param": "cache"}}, "true", id="a flag"),
        pytest.param("a.c", {".": "-"}, "a-c", id="a key that would be a pattern"),
    ],
)
def test_texts_are_replaced_as_heat_does(text: str, params: Any, made: str) -> None:
    replaced = {"str_replace": {"template": text, "params": params}}
    assert template(description=replaced).apply({})[0]["description"] == made


PROD = {"equals": [{"get_param": "stage"}, "prod"]}


@pytest.mark.parametrize(
    ("when", "values", "there"),
    [
        pytest.param(True, {}, True, id="always"),
        pytest.param({"get_param": "cache"}, {"cache": False}, False, id="a flag"),
        pytest.param(PROD, {"stage": "prod"}, True, id="a text that is equal"),
        pytest.param(PROD, {}, False, id="a text that is not"),
        pytest.param({"equals": [COUNT, 2]}, {}, True, id="a number that is equal"),
        pytest.param({"equals": [COUNT, True]}, {"count": 1}, False, id="1 is not true"),
        pytest.param({"not": PROD}, {}, True, id="not"),
        pytest.param({"and": [PROD, {"get_param": "cache"}]}, {"stage": "prod"}, True, id="and"),
        pytest.param({"and": [{"get_param": "cache"}, PROD]}, {}, False, id="one of both"),
        pytest.param({"or": [{"get_param": "cache"}, PROD]}, {}, True, id="or"),
    ],
)
def test_a_tier_is_there_when_its_condition_holds(when: Any, values: Any, there: bool) -> None:
    tiers = [TIERS[0], {**TIERS[1], "when": when}]
    made, _ = template(tiers=tiers).apply(values)
    assert [each["name"] for each in made["tiers"]] == ["web", *(["cache"] if there else [])]
    assert all("when" not in each for each in made["tiers"])


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        pytest.param({"tiers": ["web"]}, {"tiers": ["web"]}, id="it is about others"),
        pytest.param({"tiers": ["web", "cache"]}, {"tiers": ["web"]}, id="it holds for the others"),
        pytest.param({"tiers": ["cache"]}, None, id="it holds for nobody"),
        pytest.param({"tiers": ["web"], "to": "cache"}, None, id="it is near nobody"),
        pytest.param({"tiers": ["web"], "when": PROD}, None, id="it has a condition itself"),
    ],
)
def test_a_policy_without_a_tier_holds_for_what_is_left(policy: Any, left: Any) -> None:
    made, _ = template(policy).apply({"cache": False})
    assert made["policies"] == ([] if left is None else [left])


def test_of_two_tiers_with_one_name_the_policy_keeps_the_one_that_is_there() -> None:
    tiers = [
        {"name": "db", "when": PROD, "count": 3},
        {"name": "db", "when": {"not": PROD}, "count": 1},
    ]
    made, _ = template({"tiers": ["db"]}, tiers=tiers).apply({})
    assert made == {"tiers": [{"name": "db", "count": 1}], "policies": [{"tiers": ["db"]}]}


@pytest.mark.parametrize(
    ("ensemble", "field"),
    [
        pytest.param({"tiers": [{"count": {"get_param": "n"}}]}, "tiers[0].count", id="unknown"),
        pytest.param(
            {"tiers": [{"count": {"get_param": 1}}]}, "tiers[0].count.get_param", id="no name"
        ),
        pytest.param({"tiers": [{"when": "prod"}]}, "tiers[0].when", id="no condition"),
        pytest.param(
            {"tiers": [{"when": {"not": {"get_param": "count"}}}]},
            "tiers[0].when.not",
            id="a number as condition",
        ),
        pytest.param(
            {"policies": [{"when": {"or": [True, {"and": []}]}}]},
            "policies[0].when.or[1]",
            id="and of nothing",
        ),
        pytest.param({"tiers": {"get_param": "labels"}}, "tiers", id="tiers as one value"),
        pytest.param({"name": "shop"}, "name", id="a name"),
        pytest.param(
            {"description": {"str_replace": {"template": "x", "params": {"x" * 65: "y"}}}},
            "description.str_replace",
            id="a key that is longer than a name",
        ),
        pytest.param(
            {"description": {"str_replace": {"template": "x"}}},
            "description.str_replace",
            id="nothing to replace",
        ),
        pytest.param(
            {"description": {"str_replace": {"template": "x", "params": {"x": []}}}},
            "description.str_replace.params.x",
            id="a list in a text",
        ),
        pytest.param({"when": True}, None, id="what other fields hold is not its affair"),
    ],
)
def test_what_can_never_be_applied_names_its_field(ensemble: Any, field: str | None) -> None:
    document = {"parameters": PARAMETERS, "ensemble": ensemble}
    if field is None:
        EnsembleTemplate.of(document)
        return
    with pytest.raises(ModelError) as caught:
        EnsembleTemplate.of(document)
    assert caught.value.field == f"ensemble.{field}"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_what_is_too_deep_or_too_long_is_refused_before_it_is_made() -> None:
    with pytest.raises(ModelError, match="nested too deeply"):
        template(metadata=nested(500))
    deep: Any = True
    for _ in range(100):
        deep = {"not": deep}
    with pytest.raises(ModelError, match="has more than 32 parts"):
        template(tiers=[{"when": deep}])
    long = {**PARAMETERS, "text": {"type": "string"}}
    ensemble = {"metadata": {str(n): {"get_param": "text"} for n in range(1000)}}
    made = EnsembleTemplate.of({"parameters": long, "ensemble": ensemble})
    assert made.apply({"text": "x"})
    with pytest.raises(ModelError, match="longer than 131072 bytes"):
        made.apply({"text": "x" * 1000})
    text = {"str_replace": {"template": "$" * 1000, "params": {"$": {"get_param": "text"}}}}
    made = EnsembleTemplate.of({"parameters": long, "ensemble": {"description": text}})
    with pytest.raises(ModelError, match="longer than 131072 bytes"):
        made.apply({"text": "x" * 1000})


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(0, 9),
        st.text("ab", max_size=3),
        st.sampled_from([{"get_param": name} for name in PARAMETERS]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, st.integers(1, 99), st.text("ab{}", max_size=4))
def test_nothing_but_references_is_changed(value: Any, count: int, flavor: str) -> None:
    """Held against a replacement in the text of the JSON, which shares nothing with it."""
    made, known = template(tiers=[], recovery=value).apply({"count": count, "flavor": flavor})
    text = json.dumps(value)
    replaced = re.sub(r'\{"get_param": "(\w+)"\}', lambda found: json.dumps(known[found[1]]), text)
    assert made["recovery"] == json.loads(replaced)


@given(st.booleans(), st.sampled_from(["test", "prod"]), st.integers(0, 9))
def test_what_is_applied_refers_to_nothing_any_more(cache: bool, stage: str, count: int) -> None:
    made, _ = template({"tiers": ["web", "cache"], "to": "cache"}).apply(
        {"cache": cache, "stage": stage, "count": count}
    )
    assert "get_param" not in json.dumps(made) and "when" not in json.dumps(made)
    named = {each["name"] for each in made["tiers"]}
    for policy in made["policies"]:
        assert {*policy["tiers"], policy["to"]} <= named


def test_no_tier_waits_for_one_that_is_left_out() -> None:
    waits = [{**TIERS[0], "after": ["cache", "db"]}, TIERS[1]]
    web = template(tiers=waits).apply({"cache": False})[0]["tiers"][0]
    assert web["after"] == ["db"], "what never was a tier is left for the check to refuse"
    assert template(tiers=waits).apply({})[0]["tiers"][0]["after"] == ["cache", "db"]
