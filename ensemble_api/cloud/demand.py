# SPDX-License-Identifier: Apache-2.0
"""What one server asks of Placement, from its flavor and image, by Nova's rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_RESOURCE = re.compile(r"^resources:([A-Z0-9_]+)$")
_TRAIT = re.compile(r"^trait:([A-Z0-9_]+)$")


@dataclass(frozen=True, slots=True)
class Demand:
    """Resources per class (all > 0) and traits, as ``GET /allocation_candidates`` takes them.

    After ``nova/scheduler/utils.py`` (ResourceRequest): extra specs ``resources:CLASS`` override
    the flavor's own figures, 0 takes a class out. The extra specs and the image's properties are
    kept for what Nova compares them with beside Placement.
    """

    resources: Mapping[str, int]
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    image_properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The query string for allocation candidates; disabled hosts are left out, as Nova does."""
        resources = ",".join(f"{name}:{n}" for name, n in sorted(self.resources.items()))
        traits = [*sorted(self.required), *(f"!{t}" for t in sorted(self.forbidden))]
        return f"resources={resources}&required={','.join([*traits, '!COMPUTE_STATUS_DISABLED'])}"


def demand(
    flavor: Mapping[str, Any], image: Mapping[str, Any], *, volume_backed: bool = False
) -> Demand:
    """The demand of a server with this flavor and image, both as Nova's API shows them.

    The root disk of a ``volume_backed`` server is a volume and takes nothing of its host.

    :raises ValueError: when the flavor asks for what we cannot plan, or for nothing at all.
    """
    specs: Mapping[str, str] = flavor["extra_specs"]
    granular = sorted(key for key in specs if re.match(r"^(resources|trait)_?[^:]+:", key))
    if granular:
        raise ValueError(f"has extra spec {granular[0]}, and granular groups cannot be planned yet")
    disk = flavor.get("OS-FLV-EXT-DATA:ephemeral", 0) + (0 if volume_backed else flavor["disk"])
    swap_gb = -(-int(flavor.get("swap") or 0) // 1024)
    resources = {"VCPU": flavor["vcpus"], "MEMORY_MB": flavor["ram"], "DISK_GB": disk + swap_gb}
    traits: dict[str, str] = {}
    for key, value in {**image.get("metadata", {}), **specs}.items():
        if found := _TRAIT.match(key):
            traits[found[1]] = value
        elif (found := _RESOURCE.match(key)) and key in specs:
            if not value.isdecimal():
                raise ValueError(f"has extra spec {key}={value}, which is no whole number")
            resources[found[1]] = int(value)
    resources = {name: amount for name, amount in resources.items() if amount > 0}
    if not resources:
        raise ValueError("asks for no resources at all")
    return Demand(
        resources,
        frozenset(name for name, value in traits.items() if value == "required"),
        frozenset(name for name, value in traits.items() if value == "forbidden"),
        specs,
        image.get("metadata", {}),
    )
