# SPDX-License-Identifier: Apache-2.0
"""Parameters of ensemble templates: what values they take, and what they say of others."""

from typing import Any

import pytest

from ensemble_api.ensemble_templates.constraints import Kind
from ensemble_api.ensemble_templates.parameters import Parameter, values
from ensemble_api.ensemble_templates.template import EnsembleTemplate
from ensemble_api.planning.errors import ModelError


def parameter(kind: str, *constraints: Any, **more: Any) -> Parameter:
    return Parameter.of("p", {"type": kind, "constraints": list(constraints), **more})


LENGTH = {"length": {"min": 2, "max": 3}}
RANGE = {"range": {"min": 1, "max": 5}}
VALUES = {"allowed_values": ["small", "large"]}
PATTERN = {"allowed_pattern": "[a-z]+"}


@pytest.mark.parametrize(
    ("made", "given", "value"),
    [
        pytest.param(parameter("string"), "", "", id="an empty text"),
        pytest.param(parameter("string", LENGTH), "abc", "abc", id="a text of the right length"),
        pytest.param(parameter("string", VALUES), "large", "large", id="one of the values"),
        pytest.param(parameter("string", PATTERN, LENGTH), "ab", "ab", id="two constraints"),
        pytest.param(parameter("number", RANGE), 5, 5, id="a number"),
        pytest.param(parameter("number", RANGE), " 5 ", 5, id="a number as text"),
        pytest.param(parameter("number"), "-3", -3, id="a number below 0 as text"),
        pytest.param(parameter("number", {"allowed_values": [3, 5]}), 3, 3, id="one of numbers"),
        pytest.param(parameter("boolean"), False, False, id="a flag"),
        pytest.param(parameter("boolean"), "True", True, id="a flag as text"),
        pytest.param(parameter("comma_delimited_list"), ["a"], ["a"], id="a list"),
        pytest.param(parameter("comma_delimited_list"), "a, b", ["a", "b"], id="a list as text"),
        pytest.param(parameter("comma_delimited_list"), "", [], id="an empty list as text"),
        pytest.param(
            parameter("comma_delimited_list", VALUES), ["small"], ["small"], id="items of values"
        ),
        pytest.param(parameter("json"), {"a": [1]}, {"a": [1]}, id="an object"),
        pytest.param(parameter("json", LENGTH), [1, 2], [1, 2], id="a list of two"),
    ],
)
def test_a_value_is_taken(made: Parameter, given: Any, value: Any) -> None:
    assert made.value(given) == value


@pytest.mark.parametrize(
    ("made", "given", "said"),
    [
        pytest.param(parameter("string"), 3, "must be text", id="a number for a text"),
        pytest.param(parameter("number"), "three", "must be a whole number", id="a word"),
        pytest.param(parameter("number"), 1.5, "must be a whole number", id="a half"),
        pytest.param(parameter("number"), True, "must be a whole number", id="a flag for a number"),
        pytest.param(parameter("number"), "9" * 19, "must be a whole number", id="a huge one"),
        pytest.param(parameter("boolean"), 1, "must be true or false", id="a number for a flag"),
        pytest.param(parameter("comma_delimited_list"), [1], "must be a list of texts", id="items"),
        pytest.param(parameter("json"), "{}", "must be an object or a list", id="json as text"),
        pytest.param(parameter("number", RANGE), 0, "must be at least 1", id="too small"),
        pytest.param(parameter("number", RANGE), 6, "must be at most 5", id="too large"),
        pytest.param(
            parameter("string", LENGTH), "a", "has a length of 1, and needs 2", id="too short"
        ),
        pytest.param(
            parameter("json", LENGTH), [1] * 4, "has a length of 4, and may have 3", id="too long"
        ),
        pytest.param(
            parameter("string", VALUES), "huge", "must be one of small, large", id="another value"
        ),
        pytest.param(parameter("string", PATTERN), "A", "must match [a-z]+", id="no match"),
        pytest.param(
            parameter("string", PATTERN),
            "a" * 256,
            "has a length of 256, and may have 255",
            id="too long to be compared",
        ),
        pytest.param(
            parameter("string", {**PATTERN, "description": "lower case only"}),
            "A",
            "is not allowed: lower case only",
            id="in the words of its author",
        ),
        pytest.param(
            parameter("string"), "a" * 65536, "is longer than 65535 characters", id="a long text"
        ),
    ],
)
def test_a_value_is_refused_by_the_name_of_its_parameter(
    made: Parameter, given: Any, said: str
) -> None:
    with pytest.raises(ModelError) as caught:
        made.value(given)
    assert (caught.value.field, str(caught.value.reason)) == ("p", said)


@pytest.mark.parametrize(
    ("described", "field"),
    [
        pytest.param({"type": "number", "default": "many"}, "default", id="a default"),
        pytest.param(
            {"type": "number", "default": 9, "constraints": [RANGE]}, "default", id="beyond it"
        ),
        pytest.param({"type": "number", "constraints": [{}]}, "constraints[0]", id="none"),
        pytest.param(
            {"type": "number", "constraints": [{**RANGE, **VALUES}]}, "constraints[0]", id="two"
        ),
        pytest.param(
            {"type": "number", "constraints": [RANGE, LENGTH]},
            "constraints[1].length",
            id="one of another type",
        ),
        pytest.param(
            {"type": "number", "constraints": [{"range": {}}]}, "constraints[0].range", id="open"
        ),
        pytest.param(
            {"type": "number", "constraints": [{"range": {"min": 2, "max": 1}}]},
            "constraints[0].range.min",
            id="bounds that cross",
        ),
        pytest.param(
            {"type": "number", "constraints": [{"allowed_values": [1, "2"]}]},
            "constraints[0].allowed_values[1]",
            id="a value of another type",
        ),
        pytest.param(
            {"type": "string", "constraints": [{"allowed_pattern": "("}]},
            "constraints[0].allowed_pattern",
            id="no pattern",
        ),
        pytest.param(
            {"type": "number", "constraints": [{"custom_constraint": "nova.flavor"}]},
            "constraints[0].custom_constraint",
            id="a flavor that is a number",
        ),
    ],
)
def test_what_no_parameter_can_be_names_its_field(described: Any, field: str) -> None:
    with pytest.raises(ModelError) as caught:
        Parameter.of("p", described)
    assert caught.value.field == field


def test_what_is_not_given_has_its_default_and_null_is_no_default() -> None:
    known = {
        "a": Parameter.of("a", {"type": "number", "default": 3}),
        "b": Parameter.of("b", {"type": "string"}),
    }
    assert values(known, {"b": "x"}) == {"a": 3, "b": "x"}
    assert values(known, {"b": "x", "a": 4}) == {"a": 4, "b": "x"}
    for given, field in (({}, "b"), ({"b": None}, "b"), ({"b": "x", "c": 1}, "c")):
        with pytest.raises(ModelError) as caught:
            values(known, given)
        assert caught.value.field == field


def test_a_looked_up_value_says_what_it_is_of() -> None:
    made = parameter("string", {"custom_constraint": "glance.image"})
    assert made.kinds == (Kind.IMAGE,)
    assert made.value("anything") == "anything"


def test_patterns_that_repeat_too_much_together_are_refused() -> None:
    costly = {"allowed_pattern": "([a-z]?){240}"}
    assert Parameter.of("p", {"type": "string", "constraints": [costly] * 3}).cost > 1000
    with pytest.raises(ModelError) as caught:
        Parameter.of("p", {"type": "string", "constraints": [costly] * 8, "default": "a" * 240})
    assert caught.value.field == "constraints"
    each = {"type": "string", "constraints": [costly] * 2}
    with pytest.raises(ModelError) as caught:
        EnsembleTemplate.of({"parameters": {f"p{n}": each for n in range(4)}, "ensemble": {}})
    assert caught.value.field == "parameters"
