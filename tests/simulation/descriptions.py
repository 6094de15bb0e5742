# SPDX-License-Identifier: Apache-2.0
"""What tenants describe: tiers, policies, and what is to be done when members are lost."""

import itertools
import random
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tests.simulation.cloud import FLAVORS, IMAGE
from tests.simulation.parts import own_parts

RELOCATES = "relocates"
RESERVES = "reserves"
ORDERED = "ordered"


class Descriptions:
    """Describes ensembles, by the dice of a schedule."""

    def __init__(self, dice: random.Random, volumes: Any, provoked: Collection[str]) -> None:
        self._random = dice
        self._volumes = volumes
        self._provoked = provoked
        self.wishes: Callable[[], dict[str, Any]] = dict

    def body(self) -> dict[str, Any]:
        tiers = [self._tier(name) for name in ("web", "db")[: self._random.randint(1, 2)]]
        if ORDERED in self._provoked:
            tiers = self._ordered(tiers)
        body = {
            "name": self._random.choice(("shop", "blog")),
            "description": "",
            "tiers": tiers,
            "policies": self.policies([str(each["name"]) for each in tiers]),
        }
        heals = self._once(0.5) or "heals" in self._provoked
        recovery = {"mode": "auto"} if heals else {}
        if RELOCATES in self._provoked:
            recovery |= self.wishes()
        if RESERVES in self._provoked and self._once(0.7):
            recovery["reserve"] = self.reserve()
        return {**body, "recovery": recovery} if recovery else body

    def _tier(self, name: str) -> dict[str, Any]:
        count = self._random.randint(1, 4)
        server: dict[str, Any] = {
            "flavor": self._random.choice([*FLAVORS]),
            "image": IMAGE,
            "networks": "auto",
        }
        if self._once(0.15) or "own parts" in self._provoked:
            kind = self._random.choice(("volumes", "ports"))
            server = own_parts(server, count, kind, self._volumes)
        return {"name": name, "count": count, "server": server}

    def _ordered(self, tiers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """These tiers one after another, at times with one more."""
        if len(tiers) == 1 or self._once(0.3):
            tiers = [*tiers, self._tier("job")]
        order = self._random.sample(tiers, len(tiers))
        before = {one["name"]: [other["name"]] for other, one in itertools.pairwise(order)}
        return [{**each, "after": before.get(each["name"], [])} for each in tiers]

    def reserve(self) -> dict[str, Any]:
        """For which failure capacity is to be held."""
        return {"level": self._random.choice(("host", "host", "rack")), "failures": 1}

    def policies(self, tiers: Sequence[str]) -> list[dict[str, Any]]:
        """Some hard policies about these tiers."""
        policies = [self._policy(tiers) for _ in range(2)]
        return policies[: self._random.randint(2 if "policies" in self._provoked else 0, 2)]

    def _policy(self, tiers: Sequence[str]) -> dict[str, Any]:
        tier = self._random.choice(tiers)
        level = self._random.choice(("host", "rack", "zone"))
        kinds: list[dict[str, Any]] = [
            {"type": "anti-affinity", "level": "host", "tiers": [tier]},
            {"type": "anti-affinity", "level": "rack", "tiers": [tier], "max_per_domain": 2},
            {"type": "affinity", "level": "zone", "tiers": [*tiers]},
            {"type": "spread", "level": "rack", "tiers": [tier], "max_skew": 1},
            {"type": "spread", "level": level, "tiers": [tier], "min_domains": 2},
            {
                "type": "survive",
                "level": "host",
                "tiers": [tier],
                "failures": 1,
                "min_available": 1,
            },
            {"type": "exclusive", "level": "host", "tiers": [tier], "other": "project"},
        ]
        if "apart" in self._provoked:
            return {"enforcement": "hard", **kinds[0]}
        if "exclusive" in self._provoked:
            return {"enforcement": "hard", **kinds[-1]}
        if len(tiers) > 1:
            kinds.append({"type": "near", "level": "rack", "tiers": [tiers[0]], "to": tiers[1]})
        return {"enforcement": "hard", **self._random.choice(kinds)}

    def _once(self, share: float) -> bool:
        return self._random.random() < share
