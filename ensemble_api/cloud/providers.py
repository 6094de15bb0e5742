# SPDX-License-Identifier: Apache-2.0
"""What Placement tells of its resource providers: of all in one answer, or of one after another."""

import urllib.parse
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ensemble_api.cloud.answers import unavailable
from ensemble_api.cloud.json_items import items
from ensemble_api.cloud.provider_table import PROCESSORS, SHARES, Provider, Stock
from ensemble_api.threads import for_each

MOST = 100_000  # candidates in one answer
AT_ONCE = 8  # requests to Placement
EACH_COSTS = 30  # providers of a listing take as long as a request for one


@dataclass(frozen=True, slots=True)
class Listing:
    """The generations of all root providers, and the UUIDs of those below them."""

    roots: Mapping[str, int]
    below: frozenset[str]


def generations(placement: Any, of: Collection[str] = (), among: int = 0) -> dict[str, int]:
    """The generations of resource providers by UUID: of all, or of at least those that are named.

    These are asked for one by one where they are few ``among`` all that there are.

    :raises ensemble_api.exception.Unavailable: when Placement does not answer.
    """
    if not of or len(of) * EACH_COSTS > among:
        answer = _text(placement, "/resource_providers")
        return {each["uuid"]: each["generation"] for _, each in items(answer, "resource_providers")}

    def ask(uuid: str) -> tuple[str, int] | None:
        found = _one(placement, f"/resource_providers/{uuid}")
        return None if found is None else (uuid, found["generation"])

    found = for_each(sorted(set(of)), ask, most=AT_ONCE, name="ensemble-providers")
    return dict(each for each in found if each is not None)


def listing(placement: Any) -> Listing:
    """All resource providers as they are now.

    :raises ensemble_api.exception.Unavailable: when Placement does not answer.
    """
    roots, below = {}, set()
    for _, each in items(_text(placement, "/resource_providers"), "resource_providers"):
        if each["root_provider_uuid"] == each["uuid"]:
            roots[each["uuid"]] = int(each["generation"])
        else:
            below.add(each["uuid"])
    return Listing(roots, frozenset(below))


def with_processors(placement: Any) -> Iterator[tuple[str, bool, Provider]]:
    """All providers of trees in which a processor is free, and whether each is a root.

    Their limits are not in the answer.

    :raises ensemble_api.exception.Unavailable: when Placement does not answer.
    """
    for name in PROCESSORS:
        path = f"/allocation_candidates?resources={name}:1&limit={MOST}"
        for uuid, summary in items(_text(placement, path), "provider_summaries"):
            stocks = {
                resource: Stock(each["capacity"], each["used"])
                for resource, each in summary["resources"].items()
            }
            root = summary["root_provider_uuid"] == uuid
            yield uuid, root, Provider(stocks, frozenset(summary["traits"]))


def provider(placement: Any, uuid: str) -> Provider | None:
    """One provider with its limits; None when there is none (any more).

    :raises ensemble_api.exception.Unavailable: when Placement does not answer.
    """
    # What is told last may be newer, and the generation is that of what was told first.
    traits = _one(placement, f"/resource_providers/{uuid}/traits")
    have = _one(placement, f"/resource_providers/{uuid}/inventories")
    used = _one(placement, f"/resource_providers/{uuid}/usages")
    if traits is None or have is None or used is None:
        return None
    stocks = {
        name: Stock(
            int((each["total"] - each["reserved"]) * each["allocation_ratio"]),
            used["usages"].get(name, 0),
            (each["min_unit"], each["max_unit"], each["step_size"]),
        )
        for name, each in have["inventories"].items()
    }
    return Provider(
        stocks, frozenset(traits["traits"]), int(traits["resource_provider_generation"])
    )


def providers(placement: Any, uuids: Collection[str]) -> list[tuple[str, Provider]]:
    """These providers, a few at a time; without those that are not there (any more)."""

    def ask(uuid: str) -> tuple[str, Provider | None]:
        return uuid, provider(placement, uuid)

    found = for_each(sorted(uuids), ask, most=AT_ONCE, name="ensemble-providers")
    return [(uuid, each) for uuid, each in found if each is not None]


def offering(placement: Any, resources: Mapping[str, int]) -> list[str]:
    """The UUIDs of the providers that have room for so much by themselves, limits included.

    :raises ensemble_api.exception.Unavailable: when Placement does not answer.
    """
    wanted = ",".join(f"{name}:{amount}" for name, amount in sorted(resources.items()))
    path = f"/resource_providers?resources={urllib.parse.quote(wanted, safe=':,')}"
    answer = _text(placement, path, unknown_to_it=True)
    return [each["uuid"] for _, each in items(answer, "resource_providers")] if answer else []


def shared(placement: Any) -> bool:
    """Whether any provider shares what it has with others."""
    return any(
        items(_text(placement, f"/resource_providers?required={SHARES}"), "resource_providers")
    )


def _text(placement: Any, path: str, *, unknown_to_it: bool = False) -> str:
    """An answer as text; nothing where a class is ``unknown_to_it``, and may be."""
    response = placement.get(path)
    if unknown_to_it and response.status_code == 400:
        return ""
    if response.status_code != 200:
        raise unavailable("Placement", response)
    text: str = response.content.decode()
    return text


def _one(placement: Any, path: str) -> Any:
    response = placement.get(path)
    if response.status_code == 404:
        return None
    if response.status_code != 200:
        raise unavailable("Placement", response)
    return response.json()
