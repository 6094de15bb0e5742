# SPDX-License-Identifier: Apache-2.0
"""Ensembles of the small cloud that have capacity held for recovery."""

from typing import Any

from repairs import hosts_of
from small_cloud import SmallCloud, body, caller

from ensemble_api.cloud.reservation import RECOVERY_TYPE
from ensemble_api.recovery_hold import Amount, RecoveryHold, RecoveryLimits
from ensemble_api.store.recovery_holds import RecoveryHolds

ANY = RecoveryLimits(Amount(-1, -1), guarded=True)
HOLDER = "service-project"


def wish(level: str = "host", failures: int = 1, **more: Any) -> dict[str, Any]:
    return {"recovery": {"reserve": {"level": level, "failures": failures}, **more}}


def wanted(count: int = 2, policies: Any = (), name: str = "shop", **more: Any) -> dict[str, Any]:
    return {**body(("web", count), policies=policies, name=name), **wish(**more)}


def built(cloud: SmallCloud, asked: Any = None, *, limits: Any = ANY) -> str:
    """An ensemble that runs and has its capacity held."""
    service = cloud.service(recovery_limits=limits)
    record = service.create(caller(), asked or wanted())
    cloud.run(record.id)
    cloud.observe()
    return record.id


def holds(cloud: SmallCloud, ensemble_id: str) -> list[RecoveryHold]:
    return RecoveryHolds(cloud.store).of(ensemble_id)


def look(cloud: SmallCloud, **parts: Any) -> None:
    """What the process that observes the cloud does after its look, as if it had just begun."""
    cloud.service(**{"recovery_limits": ANY, **parts}).auto_reserve.look()


def status(cloud: SmallCloud, ensemble_id: str) -> str | None:
    state = cloud.store.get(ensemble_id).reserve
    return None if state is None else state.status.value


def in_placement(cloud: SmallCloud) -> dict[str, dict[str, int]]:
    """What is held for recovery by Placement's own word: units in all, by the host's name."""
    found: dict[str, dict[str, int]] = {}
    for host in cloud.nova.hosts:
        for consumer in cloud.placement.consumers(host.provider):
            held = cloud.placement.allocation(consumer)
            if held["consumer_type"] == RECOVERY_TYPE:
                assert held["project_id"] == HOLDER
                amounts = held["allocations"][host.provider]["resources"]
                mine = found.setdefault(host.name, {})
                for name, amount in amounts.items():
                    mine[name] = mine.get(name, 0) + amount
    return found


def assert_held(cloud: SmallCloud, ensemble_id: str) -> None:
    """What is recorded as held is just what Placement has."""
    found = holds(cloud, ensemble_id)
    assert found and all(each.status == "HELD" for each in found)
    assert in_placement(cloud) == {each.host: dict(each.resources) for each in found}
    assert status(cloud, ensemble_id) == "held"


def fill_up(cloud: SmallCloud) -> list[str]:
    """Take all that is free in the cloud; gives the consumers."""
    return [
        cloud.fill(each.name, left)
        for each in cloud.nova.hosts
        if (left := 4 - cloud.placement.used(each.provider).get("VCPU", 0))
    ]


def failed_host(cloud: SmallCloud, ensemble_id: str) -> str:
    """The host of web-0 has failed, and that was observed."""
    host = hosts_of(cloud, ensemble_id)["web-0"]
    cloud.nova.fail(host)
    cloud.observe()
    return host
