# SPDX-License-Identifier: Apache-2.0
"""A large cloud full of ensembles, made of numbers alone: for figures and for pictures."""

import random
import uuid
from collections.abc import Mapping
from typing import Any

from ensemble_api import codec
from ensemble_api.observed import ObservedHost
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, Status

NAMES = ("shop", "bank", "wiki", "mail", "search", "billing", "render", "chat", "maps", "ledger")
PROJECTS = tuple(uuid.UUID(int=0xA0000 + number).hex for number in range(12))
SERVER = {"flavor": "m1.small", "image": "11111111-1111-4111-8111-111111111111"}


def hosts(count: int = 1000, rack: int = 20, zone: int = 320) -> list[ObservedHost]:
    """So many hosts; a few of them are down or disabled."""
    dice = random.Random(7)
    states = ["up"] * 60 + ["down", "disabled"]
    found = []
    for number in range(count):
        state = dice.choice(states)
        above = (f"rack-{number // rack:02}", f"az{number // zone + 1}")
        name = f"compute-{number:04}"
        found.append(ObservedHost(name, above, state != "down", disabled=state == "disabled"))
    return found


def ensembles(on: list[ObservedHost], count: int = 500) -> list[EnsembleRecord]:
    """So many ensembles of about twenty members, in racks near to each other."""
    dice = random.Random(11)
    return [_ensemble(dice, number, on) for number in range(count)]


def _ensemble(dice: random.Random, number: int, on: list[ObservedHost]) -> EnsembleRecord:
    sizes = {
        "web": dice.randint(4, 14),
        "cache": dice.randint(2, 6),
        "db": dice.choice((1, 3, 3, 5)),
    }
    start, width = dice.randrange(len(on)), dice.choice((40, 80, 160))
    members = []
    for tier, size in sizes.items():
        for index in range(size):
            host = on[(start + dice.randrange(width)) % len(on)]
            members.append(_member(number, tier, index, host))
    policies = [_survive("web", "host", "60%"), _survive("web", "rack", "50%", "soft")]
    if sizes["db"] > 1:
        policies.append(_survive("db", "rack", sizes["db"] // 2 + 1))
    tiers = [{"name": t, "count": n, "server": SERVER} for t, n in sizes.items()]
    name = f"{dice.choice(NAMES)}-{number:03}"
    body = {"name": name, "description": "", "tiers": tiers, "policies": policies}
    return EnsembleRecord(
        id=str(uuid.UUID(int=0xC0000 + number)),
        project_id=PROJECTS[number % len(PROJECTS)],
        user_id="u",
        name=name,
        status=Status.ACTIVE,
        ensemble=codec.stored_ensemble(body, {each.tier: each.resources for each in members}),
        body=body,
        plan={"objectives": [], "violations": []},
        members=tuple(members),
    )


def _member(number: int, tier: str, index: int, host: ObservedHost) -> MemberRecord:
    rack, zone = host.above
    assert rack and zone
    identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{number}-{tier}-{index}")
    return MemberRecord(
        id=str(identity),
        tier=tier,
        index=index,
        host=host.name,
        provider=str(uuid.uuid5(uuid.NAMESPACE_OID, host.name)),
        resources={"VCPU": 1, "MEMORY_MB": 2048, "DISK_GB": 20},
        domains={"host": (zone, rack, host.name), "rack": (zone, rack), "zone": (zone,)},
        status=MemberStatus.ACTIVE,
        server_id=str(uuid.uuid5(identity, "server")),
    )


def _survive(tier: str, level: str, needed: Any, enforcement: str = "hard") -> Mapping[str, Any]:
    return {
        "type": "survive", "level": level, "tiers": [tier], "failures": 1,
        "min_available": needed, "enforcement": enforcement,
    }  # fmt: skip
