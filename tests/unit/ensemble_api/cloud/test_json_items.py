# SPDX-License-Identifier: Apache-2.0
"""The items of a collection in an answer, whatever is written around it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_api.cloud.json_items import items

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=5), st.dictionaries(st.text(), VALUES), st.sampled_from([None, 2]))
def test_items_are_those_that_the_whole_would_have(
    several: list[Any], named: dict[str, Any], indent: int | None
) -> None:
    text = json.dumps(
        {"before": "x", "several": several, "named": named, "after": 1}, indent=indent
    )
    assert [each for _, each in items(text, "several")] == several
    assert {name for name, _ in items(text, "several")} <= {""}
    assert list(items(text, "named")) == list(named.items())


@pytest.mark.parametrize("text", ['{"other": []}', '{"several": 1}'], ids=["missing", "a number"])
def test_what_is_no_collection_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        list(items(text, "several"))
