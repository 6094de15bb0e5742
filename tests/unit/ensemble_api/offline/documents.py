# SPDX-License-Identifier: Apache-2.0
"""Documents as the tests start from: a small cloud and a small ensemble, both valid."""

from typing import Any

from ensemble_api.offline.cloud import Cloud, cloud
from ensemble_api.offline.document import Document
from ensemble_api.offline.ensemble import EnsembleDocument, ensemble


def units(total: int, used: int = 0, **more: Any) -> dict[str, Any]:
    return {"total": total, "used": used, **more}


def a_host(name: str, rack: str | None, zone: str, vcpus: int = 4, **more: Any) -> dict[str, Any]:
    resources = {"VCPU": units(vcpus), "MEMORY_MB": units(4096, reserved=96)}
    domains = {"rack": rack, "zone": zone}
    return {"name": name, "domains": domains, "resources": resources, **more}


def a_cloud(*hosts: dict[str, Any], levels: tuple[str, ...] = ("host", "rack", "zone")) -> Any:
    """A cloud document; without hosts, one of four hosts in three racks in two zones."""
    some = hosts or (
        a_host("h1", "r1", "az1"),
        a_host("h2", "r1", "az1"),
        a_host("h3", "r2", "az1"),
        a_host("h4", "r1", "az2"),
    )
    return {"format": 1, "levels": list(levels), "hosts": list(some)}


def a_tier(name: str, count: int, vcpus: int = 1, **server: Any) -> dict[str, Any]:
    resources = {"VCPU": vcpus, "MEMORY_MB": 256}
    return {"name": name, "count": count, "server": {"resources": resources, **server}}


def an_ensemble(*tiers: dict[str, Any], policies: Any = ()) -> dict[str, Any]:
    """An ensemble document; without tiers, one of two tiers with a policy of each type."""
    if tiers:
        return {"name": "shop", "tiers": list(tiers), "policies": list(policies)}
    kinds = [
        {"type": "affinity", "level": "zone", "tiers": ["db"], "enforcement": "soft"},
        {"type": "anti-affinity", "level": "host", "tiers": ["web"], "max_per_domain": 2},
        {"type": "spread", "level": "rack", "tiers": ["web"], "max_skew": 2, "min_domains": 2},
        {"type": "near", "level": "zone", "tiers": ["db"], "to": "web"},
        {"type": "survive", "level": "rack", "tiers": ["web"], "min_available": "30%"},
        {"type": "exclusive", "level": "host", "tiers": ["db"], "other": "ensemble"},
    ]
    db = a_tier("db", 2, 2, not_member_of=["old"])
    return {"name": "shop", "tiers": [a_tier("web", 3), db], "policies": kinds}


def understood(value: Any) -> Cloud:
    return cloud(Document("cloud.json", value))


def wanted(value: Any) -> EnsembleDocument:
    return ensemble(Document("ensemble.yaml", value))
