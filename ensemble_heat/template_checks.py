# SPDX-License-Identifier: Apache-2.0
"""What can be told of a template to be wrong before anything is asked for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from heat.common import exception


def check(properties: Mapping[str, Any]) -> None:
    """Refuse what no ensemble can be.

    :raises heat.common.exception.StackValidationFailed: naming the property.
    """
    for reason in _reasons(properties):
        raise exception.StackValidationFailed(message=reason)


def _reasons(properties: Mapping[str, Any]) -> Iterator[str]:
    tiers = properties["tiers"]
    names = Counter(each["name"] for each in tiers)
    for name, count in names.items():
        if count > 1:
            yield f"tiers: {count} tiers are named {name}"
    for index, tier in enumerate(tiers):
        yield from _of_server(tier["server"], f"tiers[{index}].server")
    for index, policy in enumerate(properties["policies"] or ()):
        mentioned = [*policy["tiers"], *([policy["to"]] if policy["to"] else [])]
        for each in mentioned:
            if each not in names:
                yield f"policies[{index}]: there is no tier {each}"


def _of_server(server: Mapping[str, Any], place: str) -> Iterator[str]:
    root = server["root_volume"] or {}
    sources = {
        "image": server["image"],
        "volumes": server["volumes"],
        "root_volume.snapshot": root.get("snapshot"),
    }
    given = [name for name, value in sources.items() if value]
    if len(given) != 1:
        yield f"{place}: give one of {', '.join(sources)}, not {' and '.join(given) or 'none'}"
    if server["networks"] and server["allocate_network"]:
        yield f"{place}: give networks or allocate_network, not both"
