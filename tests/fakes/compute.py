# SPDX-License-Identifier: Apache-2.0
"""In the place of ``cloud.compute.Compute``, as far as a request's references go."""

from dataclasses import dataclass, field
from typing import Any

from ensemble_api import exception

IMAGE = "11111111-1111-4111-8111-111111111111"
NETWORK = "22222222-2222-4222-8222-222222222222"
PUBLIC = "33333333-3333-4333-8333-333333333333"


@dataclass
class FakeCompute:
    """What the tenant has in Nova, and who asked for what."""

    tenant: Any  # the only context that may ask
    flavors: dict[str, Any] = field(
        default_factory=lambda: {
            "small": {"vcpus": 2, "ram": 512, "disk": 10, "extra_specs": {}},
            "big": {"vcpus": 8, "ram": 4096, "disk": 10, "extra_specs": {}},
        }
    )
    image_facts: dict[str, Any] = field(default_factory=dict)
    absolute: dict[str, int] = field(default_factory=dict)
    refuses: dict[str, exception.CloudError] = field(default_factory=dict)  # by what is given
    asked: list[str] = field(default_factory=list)

    def _note(self, context: Any, what: str) -> None:
        assert context is self.tenant, "references are looked up with the tenant's own rights"
        self.asked.append(what)

    def flavor(self, context: Any, name: str) -> Any:
        self._note(context, f"flavor {name}")
        return self.flavors.get(name)

    def image(self, context: Any, name: str) -> Any:
        self._note(context, f"image {name}")
        facts = {"id": IMAGE, "minRam": 0, "minDisk": 0, "metadata": {}, "status": "ACTIVE"}
        return {**facts, **self.image_facts} if name == IMAGE else None

    def network(self, context: Any, name: str) -> Any:
        self._note(context, f"network {name}")
        return {"id": name} if name in (NETWORK, PUBLIC) else None

    def key_pair(self, context: Any, name: str) -> Any:
        self._note(context, f"key {name}")
        return {"name": name} if name == "laptop" else None

    def security_group(self, context: Any, name: str) -> Any:
        self._note(context, f"group {name}")
        return {"name": name} if name == "default" else None

    def refusal(self, context: Any, name: str, template: Any) -> exception.CloudError | None:
        """Nova's one answer to all of it; what it does not know, it says shortly."""
        self._note(context, f"a server like {name}")
        networks = template["networks"] if isinstance(template["networks"], list) else []
        known = (
            set(networks) <= {NETWORK, PUBLIC},
            template.get("key_name", "laptop") == "laptop",
            set(template.get("security_groups", ())) <= {"default"},
        )
        for key, words in self.refuses.items():
            if key in template:
                return words
        return None if all(known) else exception.CloudError(400, "No such thing.")

    def limits(self, context: Any) -> dict[str, int]:
        self._note(context, "limits")
        return self.absolute
