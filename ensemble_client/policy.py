# SPDX-License-Identifier: Apache-2.0
"""A policy in an ensemble file: the types there are, and the fields of each."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from ensemble_client.document import Value, suggestion

COMMON: Final = frozenset({"type", "level", "tiers", "enforcement"})

Read = Callable[[Value], Any]

FIELDS: Final[Mapping[str, Mapping[str, Read]]] = {
    "affinity": {},
    "anti-affinity": {"max_per_domain": Value.whole},
    "spread": {
        "max_skew": Value.whole,
        "min_domains": Value.whole,
        "shares": lambda value: {name: each.whole() for name, each in value.mapping().items()},
    },
    "near": {"to": Value.name},
    "survive": {"failures": Value.whole, "min_available": Value.share},
    "exclusive": {"other": lambda value: value.choice(("ensemble", "project"))},
    "selector": {
        "key": Value.name,
        "values": Value.names,
        "rule": lambda value: value.choice(("only", "not")),
    },
}
"""What each type of policy has beside the common fields, and how it is read."""

_OWNER: Final = {name: kind for kind, own in FIELDS.items() for name in own}


def read(policy: Value, tiers: Sequence[str]) -> dict[str, Any]:
    """Read one policy over tiers of these names, as the API expects it.

    FileError names the line of what is unknown, missing or given to a policy of another type.
    """
    given = policy.mapping()
    if "type" not in given:
        policy.mapping(COMMON.union(_OWNER))  # a mistyped "type" is told before a missing one
    kind = policy.required(given, "type").choice(FIELDS)
    own = FIELDS[kind]
    for name in given:
        if name in _OWNER and name not in own:
            raise given[name].error(f"is for a policy of type {_OWNER[name]}, not {kind}")
    policy.mapping(COMMON.union(own))
    body: dict[str, Any] = {
        "type": kind,
        "level": policy.required(given, "level").name(),
        "tiers": policy.required(given, "tiers").names(),
    }
    _known(given["tiers"], body["tiers"], tiers)
    if "enforcement" in given:
        body["enforcement"] = given["enforcement"].choice(("hard", "soft"))
    body |= {name: own[name](given[name]) for name in own if name in given}
    if kind == "near":
        _known(policy.required(given, "to"), [body["to"]], tiers)
        if body["to"] in body["tiers"]:
            raise given["to"].error("must be another tier than those of the policy")
    if kind == "selector":
        policy.required(given, "key")
        policy.required(given, "values")
    if kind == "spread" and not given.keys() & own.keys():
        raise policy.error("'max_skew', 'min_domains' or 'shares' is missing")
    return body


def without(
    policies: Iterable[Mapping[str, Any]], gone: Collection[str]
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Give policies as they are without these tiers, and those that go with the tiers.

    What was said of the tiers that stay is still said of them.
    """
    kept: list[Mapping[str, Any]] = []
    going: list[Mapping[str, Any]] = []
    for each in policies:
        left = [name for name in each["tiers"] if name not in gone]
        # One tier alone would be kept apart from itself, member by member.
        other = each["type"] == "anti-affinity" and len(left) == 1 < len(each["tiers"])
        if not left or other or each.get("to") in gone:
            going.append(each)
        else:
            kept.append({**each, "tiers": left})
    return kept, going


def _known(place: Value, named: Sequence[str], tiers: Sequence[str]) -> None:
    for name in named:
        if name not in tiers:
            raise place.error(f"no tier is named {name!r}{suggestion(name, tiers)}")
