# SPDX-License-Identifier: Apache-2.0
"""A tiny Placement: the few API calls that we make of it, without a socket, a thread or a database.

It is written by hand after Placement's API reference and is held against the real one by
tests/functional/test_fake_placement.py. Only the simulation needs it: elsewhere the real one does.
"""

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

CONFLICT = (409, {"errors": [{"code": "placement.concurrent_update"}]})
FULL = (409, {"errors": [{"code": "placement.undefined_code"}]})
HOLD = "ENSEMBLE_HOLD"


@dataclass(slots=True)
class Answer:
    """An answer, as far as ours are read."""

    status_code: int
    body: Any = None

    @property
    def text(self) -> str:
        return json.dumps(self.body)

    @property
    def content(self) -> bytes:
        return self.text.encode()

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(slots=True)
class Provider:
    """A host's resource provider."""

    name: str
    inventory: dict[str, int]
    traits: set[str] = field(default_factory=set)
    generation: int = 0


@dataclass(slots=True)
class Consumer:
    """What a hold or a server has, by provider."""

    allocations: dict[str, dict[str, int]]
    type: str = "INSTANCE"
    generation: int = 1


@dataclass
class FakePlacement:
    """Providers and consumers; ``overcommits`` says whether a claim that does not fit is taken."""

    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    overcommits: Callable[[str], bool] = lambda provider: False
    providers: dict[str, Provider] = field(default_factory=dict)
    consumers_by_id: dict[str, Consumer] = field(default_factory=dict)

    # What ours ask.

    def ask(self, method: str, url: str, body: Any = None) -> Answer:
        split = urlsplit(url)
        for verb, pattern, handler in _ROUTES:
            if verb == method and (found := re.fullmatch(pattern, split.path)):
                status, answer = handler(self, body or parse_qs(split.query), *found.groups())
                return Answer(status, answer)
        return Answer(404, {"errors": [{"detail": f"The fake Placement has no {method} {url}"}]})

    def adapter(self) -> "Adapter":
        """What asks it as ours do."""
        return Adapter(self)

    def _listed(self, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        wanted = set(query.get("required", ()))
        return 200, {
            "resource_providers": [
                {"uuid": key, "generation": each.generation, "root_provider_uuid": key}
                for key, each in self.providers.items()
                if wanted <= each.traits
            ]
        }

    def _candidates(self, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        pairs = (each.split(":") for each in query["resources"][0].split(","))
        wanted = {name: int(amount) for name, amount in pairs}
        traits = [each for each in query.get("required", [""])[0].split(",") if each]
        forbidden = {each[1:] for each in traits if each.startswith("!")}
        required = {each for each in traits if not each.startswith("!")}
        found = {
            key: each
            for key, each in self.providers.items()
            if required <= each.traits and not forbidden & each.traits and self.fits(key, wanted)
        }
        return 200, {
            "allocation_requests": [
                {"allocations": {key: {"resources": wanted}}, "mappings": {"": [key]}}
                for key in found
            ],
            "provider_summaries": {
                key: {
                    "root_provider_uuid": key,
                    "resources": {
                        name: {"capacity": total, "used": self._used(key)[name]}
                        for name, total in each.inventory.items()
                    },
                }
                for key, each in found.items()
            },
        }

    def _allocate(self, wanted: Mapping[str, Any]) -> tuple[int, Any]:
        """All consumers of one POST, or none."""
        for key, each in wanted.items():
            known = self.consumers_by_id.get(key)
            if (known.generation if known else None) != each["consumer_generation"]:
                return CONFLICT
        before = {key: self.consumers_by_id.pop(key, None) for key in wanted}
        asked: dict[str, Counter[str]] = {}
        for each in wanted.values():
            for provider, share in each["allocations"].items():
                asked.setdefault(provider, Counter()).update(share["resources"])
        for provider, resources in asked.items():
            if not self.fits(provider, resources) and not self.overcommits(provider):
                self.consumers_by_id.update({key: each for key, each in before.items() if each})
                return FULL
        touched = set(asked)
        for key, each in wanted.items():
            known = before[key]
            touched |= set(known.allocations) if known else set()
            if each["allocations"]:
                self.consumers_by_id[key] = Consumer(
                    {host: dict(share["resources"]) for host, share in each["allocations"].items()},
                    each["consumer_type"],
                    known.generation + 1 if known else 1,
                )
        for provider in touched:
            self.providers[provider].generation += 1
        return 204, None

    def _allocations(self, query: Any, consumer: str) -> tuple[int, Any]:
        known = self.consumers_by_id.get(consumer)
        if known is None:
            return 200, {"allocations": {}}
        found = {key: {"resources": amounts} for key, amounts in known.allocations.items()}
        return 200, {"allocations": found, "consumer_generation": known.generation}

    def _delete(self, query: Any, consumer: str) -> tuple[int, Any]:
        known = self.consumers_by_id.pop(consumer, None)
        return (404, None) if known is None else (204, None)

    def _usages(self, query: Any, provider: str) -> tuple[int, Any]:
        used = self._used(provider)
        return 200, {"usages": {name: used[name] for name in self.providers[provider].inventory}}

    def _inventories(self, query: Any, provider: str) -> tuple[int, Any]:
        return 200, {
            "inventories": {
                name: {"total": total, "reserved": 0, "allocation_ratio": 1.0}
                for name, total in self.providers[provider].inventory.items()
            }
        }

    # What Nova and tests do with it.

    def add_provider(self, name: str, *traits: str, **inventory: int) -> str:
        key = self.new_id()
        self.providers[key] = Provider(name, dict(inventory), set(traits))
        return key

    def claim(self, consumer: str, provider: str, **resources: int) -> bool:
        """Allocate as Nova would for a server, beside what it has; False when there is no room."""
        if not self.fits(provider, resources):
            return False
        known = self.consumers_by_id.setdefault(consumer, Consumer({}, generation=0))
        known.allocations[provider] = dict(resources)
        known.generation += 1
        self.providers[provider].generation += 1
        return True

    claim_beside = claim

    def release(self, consumer: str, provider: str | None = None) -> None:
        """Let go all that a consumer has, or what it has of one provider."""
        known = self.consumers_by_id.get(consumer)
        if known is not None:
            known.allocations.pop(provider or "", None)
            if provider is None or not known.allocations:
                del self.consumers_by_id[consumer]

    def fits(self, provider: str, resources: Mapping[str, int]) -> bool:
        have, used = self.providers[provider].inventory, self._used(provider)
        return all(used[name] + amount <= have.get(name, 0) for name, amount in resources.items())

    def used(self, provider: str, resource: str = "MEMORY_MB") -> int:
        return self._used(provider)[resource]

    def overcommitted(self) -> list[str]:
        """The names of the providers of which more is used than they have."""
        return [
            each.name
            for key, each in self.providers.items()
            if not self.fits(key, dict.fromkeys(each.inventory, 0))
        ]

    def _used(self, provider: str) -> Counter[str]:
        used: Counter[str] = Counter()
        for each in self.consumers_by_id.values():
            used.update(each.allocations.get(provider, {}))
        return used


_ROUTES: list[tuple[str, str, Callable[..., tuple[int, Any]]]] = [
    ("GET", r"/resource_providers", FakePlacement._listed),
    ("GET", r"/allocation_candidates", FakePlacement._candidates),
    ("POST", r"/allocations", FakePlacement._allocate),
    ("GET", r"/allocations/([^/]+)", FakePlacement._allocations),
    ("DELETE", r"/allocations/([^/]+)", FakePlacement._delete),
    ("GET", r"/resource_providers/([^/]+)/usages", FakePlacement._usages),
    ("GET", r"/resource_providers/([^/]+)/inventories", FakePlacement._inventories),
]


class Adapter:
    """As a keystoneauth adapter of Placement, as far as ours use one."""

    def __init__(self, placement: FakePlacement) -> None:
        self._placement = placement

    def get(self, url: str) -> Answer:
        return self._placement.ask("GET", url)

    def post(self, url: str, json: Any) -> Answer:
        return self._placement.ask("POST", url, json)

    def delete(self, url: str) -> Answer:
        return self._placement.ask("DELETE", url)
