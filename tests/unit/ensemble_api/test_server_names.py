# SPDX-License-Identifier: Apache-2.0
"""Whatever an ensemble is called, Nova takes its servers' names, and they tell members apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nova.api.validation import parameter_types, validators
from nova.utils import sanitize_hostname

from ensemble_api.server_names import server_name

NASTY = " _-\u00a0\u2003\u3000\u2028\u200d\n\0\uffff\U0001f680\ud800ab"


@pytest.mark.parametrize(
    ("ensemble", "name"),
    [
        ("shop", "shop-web-0"),
        ("Geschäft № 1 ☃", "Geschäft № 1 ☃-web-0"),
        ("🚀 shop", "shop-web-0"),
        ("shop 🚀🚀 two", "shop _ two-web-0"),
        ("🚀", "ensemble-web-0"),
        ("חנות", "חנות-web-0"),
        ("-", "ensemble-web-0"),
        ("می\u200cخواهم", "می_خواهم-web-0"),
        ("x" * 255, "x" * 57 + "-web-0"),
        ("x" * 56 + " y", "x" * 56 + "-web-0"),
    ],
)
def test_a_server_is_named_after_its_ensemble_and_member(ensemble: str, name: str) -> None:
    assert server_name(ensemble, "web-0") == name


@given(
    st.text(NASTY, min_size=1, max_size=99) | st.text(min_size=1, max_size=255), st.integers(0, 199)
)
def test_nova_takes_every_name(ensemble: str, number: int) -> None:
    tier = "t" * 32
    name = server_name(ensemble, f"{tier}-{number}")
    validators._SchemaValidator(parameter_types.name).validate(name)
    assert name.endswith(f"-{tier}-{number}")
    assert sanitize_hostname(name).endswith(f"{tier}-{number}")
