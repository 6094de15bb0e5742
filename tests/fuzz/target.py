# SPDX-License-Identifier: Apache-2.0
"""Where requests go, and what is there that they can name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

LEVELS = ("host", "rack", "zone")


@dataclass
class Target:
    """An API, who may ask it, and what is there.

    ``tokens`` are by a word for whose they are; ``owner`` has what is there. ``ensembles`` and
    ``operations`` and ``templates`` are ids that it gave.
    """

    tokens: Mapping[str, str]
    owner: str
    flavor: str
    image: str
    network: str
    host: str
    ensembles: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)

    def learn(self, answer: Any) -> None:
        """Note the ids of what an answer speaks of."""
        if not isinstance(answer, dict):
            return
        template = answer.get("template")
        if isinstance(template, dict) and template["id"] not in self.templates:
            self.templates.append(template["id"])
        one, several = answer.get("ensemble"), answer.get("ensembles", ())
        for each in (*([one] if isinstance(one, dict) and "id" in one else ()), *several):
            if each["id"] not in self.ensembles:
                self.ensembles.append(each["id"])
            if each["operation"] and each["operation"]["id"] not in self.operations:
                self.operations.append(each["operation"]["id"])

    def place(self, path: dict[str, Any], random: Random) -> None:
        """Let most of the names in a path be those of things that are there."""
        known: Mapping[str, list[str]] = {
            "ensemble_id": self.ensembles,
            "operation_id": self.operations,
            "template_id": self.templates,
            "host": [self.host],
            "level": list(LEVELS),
            "domain": [],  # whoever drains one leaves its hosts disabled
        }
        for name in path:
            if known[name] and random.random() < 0.8:
                path[name] = random.choice(known[name])

    def fill(self, body: Any, random: Random) -> bool:
        """Let most of what a body asks for be there, and be small enough to be built.

        Says whether something is put into it.
        """
        if isinstance(body, dict) and isinstance(body.get("template"), dict):
            return self._fill_template(body["template"], random)
        if not isinstance(body, dict) or not isinstance(body.get("ensemble"), dict):
            return False
        if random.random() < 0.8:
            body.pop("plan", None)
        wanted = body["ensemble"]
        tiers = wanted.get("tiers")
        if random.random() < 0.2 or not isinstance(tiers, list):
            return True
        wanted["tiers"] = tiers = [each for each in tiers if isinstance(each, dict)][:3]
        for number, tier in enumerate(tiers):
            tier["name"] = f"t{number}"
            tier["count"] = random.randint(1, 2)
            self._fill_server(tier, random)
        names = [each["name"] for each in tiers]
        policies = wanted.get("policies")
        for policy in policies if isinstance(policies, list) else ():
            if isinstance(policy, dict) and names:
                policy["level"] = random.choice(LEVELS)
                policy["tiers"] = random.sample(names, random.randint(1, len(names)))
                if "to" in policy:
                    policy["to"] = random.choice(names)
        return True

    def _fill_template(self, template: dict[str, Any], random: Random) -> bool:
        """Let most templates describe something that can be built; say whether it does."""
        if random.random() < 0.3 or not isinstance(template.get("ensemble"), dict):
            return False
        server = {"flavor": self.flavor, "image": self.image, "networks": "none"}
        count = {"get_param": "count"}
        template["parameters"] = {"count": {"type": "number", "default": random.randint(0, 2)}}
        template["ensemble"] = {"tiers": [{"name": "t", "count": count, "server": server}]}
        return True

    def _fill_server(self, tier: dict[str, Any], random: Random) -> None:
        server = tier.get("server")
        if not isinstance(server, dict):
            return
        for name in ("volumes", "ports", "key_name", "security_groups", "availability_zone"):
            if random.random() < 0.9:
                server.pop(name, None)
        if random.random() < 0.9:
            server.pop("trusted_image_certificates", None)
        if "volumes" not in server:
            server["image"] = self.image
        server["flavor"] = self.flavor
        server["networks"] = random.choice(("none", [self.network]))
