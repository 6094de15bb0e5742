# SPDX-License-Identifier: Apache-2.0
"""Capacity held in Placement: every member of an ensemble in one request, or none.

Placement 16 can over-commit when several such requests meet (its retry reads a stale snapshot),
so after each success the usages are read back.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.answers import unavailable
from ensemble_api.records import MemberRecord

CONSUMER_TYPE = "ENSEMBLE_HOLD"
CONCURRENT_UPDATE = "placement.concurrent_update"
ATTEMPTS = 5


class Reservation:
    """Holds and releases members' capacity; each member is a consumer of its own."""

    def __init__(self, placement: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self._placement = placement
        self._sleep = sleep

    def hold(self, project_id: str, user_id: str, members: Sequence[MemberRecord]) -> None:
        """Hold the capacity of all members at once.

        :raises ensemble_api.exception.CapacityTaken: when some of it is gone; nothing is held then.
        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        wanted = {
            member.id: {
                "allocations": {member.provider: {"resources": dict(member.resources)}},
                "project_id": project_id,
                "user_id": user_id,
                "consumer_generation": None,
                "consumer_type": CONSUMER_TYPE,
            }
            for member in members
        }
        for attempt in range(ATTEMPTS):
            response = self._placement.post("/allocations", json=wanted)
            if response.status_code == 204:
                break
            if response.status_code != 409:
                words = "did not take the reservation; try again later."
                raise unavailable("Placement", response, words)
            if CONCURRENT_UPDATE not in response.text:
                raise exception.CapacityTaken
            self._sleep(0.1 * 2**attempt)
        else:
            # Perhaps the conflict is with ourselves: keystoneauth repeats a POST whose answer was
            # lost, and the first one may have been carried out.
            self.release(member.id for member in members)
            raise exception.CapacityTaken
        if self._overcommitted({member.provider for member in members}):
            self.release(member.id for member in members)
            raise exception.CapacityTaken

    def release(self, members: Iterable[str]) -> None:
        """Let the holds of these members go; a member without one is fine.

        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        for member in members:
            response = self._placement.delete(f"/allocations/{member}")
            if response.status_code not in (204, 404):
                raise unavailable("Placement", response, "did not release a reservation.")

    def holds(self, consumer: str) -> bool:
        """Whether a consumer (a member or a server) has an allocation."""
        return bool(self._get(f"/allocations/{consumer}")["allocations"])

    def _overcommitted(self, providers: Iterable[str]) -> bool:
        """Whether any provider's usage is above its capacity."""
        for provider in sorted(providers):
            path = f"/resource_providers/{provider}"
            inventories = self._get(f"{path}/inventories")["inventories"]
            usages = self._get(f"{path}/usages")["usages"]
            for name, used in usages.items():
                have = inventories.get(name)
                if have is None or used > int(
                    (have["total"] - have["reserved"]) * have["allocation_ratio"]
                ):
                    return True
        return False

    def _get(self, path: str) -> Any:
        response = self._placement.get(path)
        if response.status_code != 200:
            raise unavailable("Placement", response)
        return response.json()
