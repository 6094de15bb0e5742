# SPDX-License-Identifier: Apache-2.0
"""Patterns: what is filled in for a member, what is left alone, and what is refused."""

import base64
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nova.api.validation import parameter_types, validators
from records import IMAGE

from ensemble_api import exception
from ensemble_api.patterns import Values, filled
from ensemble_api.schemas import check_ensemble

WEB_2 = Values("Café № 1", "web", 2, 3)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def user_data(text: str, values: Values = WEB_2) -> str:
    made = filled({"user_data": encoded(text), "fill_in": ["user_data"]}, values)
    return base64.b64decode(made["user_data"]).decode()


@pytest.mark.parametrize(
    ("field", "pattern", "name"),
    [
        ("name", "{tier}-{index}.{ensemble}", "web-2.Café № 1"),
        ("name", "{{{tier}}}-{index} of {count}", "{web}-2 of 3"),
        ("name", "plain", "plain"),
        ("hostname", "{tier}{index}.{ensemble}.example.org", "web2.cafe-no-1.example.org"),
    ],
)
def test_a_name_is_filled_in(field: str, pattern: str, name: str) -> None:
    assert filled({field: pattern}, WEB_2) == {field: name}


def test_a_name_has_no_value_filled_in_twice() -> None:
    values = Values("{index}{{", "web", 2, 3)
    assert filled({"name": "{ensemble}-{index}"}, values)["name"] == "{index}{{-2"


def test_metadata_and_user_data_stay_as_they_are_unless_the_tier_asks_for_it() -> None:
    server = {"metadata": {"{tier}": "{tier}"}, "user_data": encoded("echo {index} {domain}")}
    assert filled(server, WEB_2) == server


def test_values_of_metadata_are_filled_in_and_keys_are_not() -> None:
    given = {"{tier}": '{"peer": "{ensemble}", "n": {index}}', "left": "${count} {{count}} {}"}
    made = filled({"metadata": given, "fill_in": ["metadata"]}, WEB_2)
    assert made == {
        "metadata": {"{tier}": '{"peer": "Café № 1", "n": 2}', "left": "${count} {count} {}"}
    }


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("#!/bin/sh\necho ${index} ${count:-1} {a,b} $index", None),
        ('{"tier": {"count": 3}}', None),
        ("## template: jinja\n{{ v1.local_hostname }} {% if index %}", None),
        ("awk '{print}' {unknown}", None),
        ("n={index}/{count}; t={tier}; e={ensemble}", "n=2/3; t=web; e=cafe-no-1"),
        ("{{index}} is {index}", "{index} is 2"),
        ("${{index}}", None),
        ("\u00fc {index}", "\u00fc 2"),
    ],
)
def test_of_user_data_only_the_four_words_are_filled_in(given: str, made: str | None) -> None:
    assert user_data(given) == (given if made is None else made)


@given(st.text())
def test_no_ensembles_name_brings_anything_but_a_host_name_into_user_data(name: str) -> None:
    values = Values(f"a{name}", "web", 0, 1)
    made = user_data("{ensemble}", values)
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@given(st.text(min_size=1, max_size=60))
def test_nova_takes_every_name_that_an_ensembles_name_is_filled_into(name: str) -> None:
    made = filled({"name": "{ensemble} {index}"}, Values(name, "web", 0, 1))["name"]
    validators._SchemaValidator(parameter_types.name).validate(made)


def body(count: int = 3, called: str = "shop", **server: Any) -> dict[str, Any]:
    tier = {"count": count, "server": {"flavor": "1", "image": IMAGE, **server}}
    return {"name": called, "tiers": [{"name": "web", **copy.deepcopy(tier)}]}


FILL_METADATA = {"fill_in": ["metadata"]}
FILL_USER_DATA = {"fill_in": ["user_data"]}
BAD: list[tuple[dict[str, Any], str, str]] = [
    (body(count=1, hostname="x"), "", ""),
    (body(hostname="{tier}-{index}-{domain_zone}"), "hostname", "cannot be filled in"),
    (body(hostname="web_{index}"), "hostname", "no host name"),
    (body(hostname="web-{index}-"), "hostname", "no host name"),
    (body(hostname="a" * 61 + "{index}"), "hostname", "no host name"),
    (body(hostname="web{index}..org"), "hostname", "no host name"),
    (body(hostname="web {index}"), "hostname", "no host name"),
    (body(hostname="web"), "hostname", "must hold {index}"),
    (body(hostname="{ensemble}{index}", called="\u2603"), "hostname", "no Latin letter"),
    (body(metadata={"a": "{domain}"}, **FILL_METADATA), "metadata.a", "{domain}, which cannot"),
    (
        body(metadata={"a": "x" * 200 + "{ensemble}"}, called="n" * 56, **FILL_METADATA),
        "metadata.a",
        "256 characters",
    ),
    (body(user_data="/w==", **FILL_USER_DATA), "user_data", "not text"),
    (body(user_data=encoded("{domain.zone}"), **FILL_USER_DATA), "user_data", "when the member"),
    (
        body(user_data=encoded("{ensemble}"), called="\u2603", **FILL_USER_DATA),
        "user_data",
        "Latin",
    ),
    (
        body(user_data=encoded("x" * 49_120 + "{tier}" * 2 + "{count}"), **FILL_USER_DATA),
        "",
        "",
    ),
    (
        body(user_data=encoded("x" * 49_100 + "{ensemble}"), called="n" * 99, **FILL_USER_DATA),
        "user_data",
        "characters",
    ),
    (body(fill_in=["name"]), "fill_in[0]", "must be one of metadata, user_data"),
    (body(fill_in="metadata"), "fill_in", "must be a list"),
]
BAD += [
    (body(called="n" * 250, name=given), "name", reason)
    for given, reason in [
        ("web", "must hold {index}"),
        ("{index}{zone}", "{zone}, which cannot be filled in"),
        ("{index}{", "which cannot be filled in"),
        ("}{index}", "which cannot be filled in"),
        ("{index}-{ensemble}xx", "256 characters"),
        ("{index} \U0001f680", "U+1F680"),
        ("{index}\nx", "cannot be shown"),
    ]
]


@pytest.mark.parametrize(("given", "field", "reason"), BAD)
def test_what_some_member_could_not_have_is_refused(
    given: dict[str, Any], field: str, reason: str
) -> None:
    if not field:
        check_ensemble({"ensemble": given})
        return
    with pytest.raises(exception.Invalid) as refused:
        check_ensemble({"ensemble": given})
    assert refused.value.facts["field"] == f"ensemble.tiers[0].server.{field}"
    assert reason in str(refused.value)


def two_tiers(first: Any, second: Any) -> dict[str, Any]:
    tiers = [
        {"name": tier, "count": 1, "server": {"flavor": "1", "image": IMAGE, **own}}
        for tier, own in (("web", first), ("db", second))
    ]
    return {"ensemble": {"name": "shop", "tiers": tiers}}


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({"name": "a-{index}"}, {"name": "A-{index}"}, "tiers[1].server.name"),
        ({"name": "a-{index}"}, {"name": "a-17"}, "tiers[1].server.name"),
        ({"name": "shop-db-{index}"}, {}, "tiers[1].server.name"),
        ({"hostname": "a{index}"}, {"hostname": "a1{index}"}, "tiers[1].server.hostname"),
    ],
)
def test_two_tiers_cannot_have_servers_of_one_name(first: Any, second: Any, field: str) -> None:
    with pytest.raises(exception.Invalid) as refused:
        check_ensemble(two_tiers(first, second))
    assert refused.value.facts["field"] == f"ensemble.{field}"


def test_tiers_whose_names_differ_are_fine() -> None:
    check_ensemble(two_tiers({"name": "{tier}-{index}"}, {"name": "{tier}-{index}"}))
    check_ensemble(two_tiers({"name": "web"}, {"hostname": "db"}))
