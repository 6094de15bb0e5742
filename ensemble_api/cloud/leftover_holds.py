# SPDX-License-Identifier: Apache-2.0
"""Holds in Placement that are nobody's: found among all allocations, and released."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensemble_api.cloud.answers import unavailable
from ensemble_api.cloud.reservation import AT_ONCE, CONSUMER_TYPE, RECOVERY_TYPE
from ensemble_api.threads import for_each

_OURS = (CONSUMER_TYPE, RECOVERY_TYPE)


@dataclass(frozen=True, slots=True)
class Hold:
    """What one consumer of our types has; ``resources`` are by the name of the host's provider.

    ``generation`` is the consumer's, which every change of its allocation makes another one.
    """

    consumer: str
    project_id: str
    user_id: str
    generation: int
    resources: Mapping[str, Mapping[str, int]]
    consumer_type: str = CONSUMER_TYPE


class LeftoverHolds:
    """Reads the allocations of all resource providers, as an operator's service user may."""

    def __init__(self, placement: Any) -> None:
        self._placement = placement

    def find(self, known: Callable[[], Collection[str]]) -> Sequence[Hold]:
        """Those holds whose consumer is not ``known``, by project and consumer.

        ``known`` is asked after Placement: what is held is recorded before, so a
        hold that is seen first and not known then is nobody's.

        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        names = {
            each["uuid"]: each["name"]
            for each in self._get("/resource_providers")["resource_providers"]
        }
        seen: set[str] = set().union(*self._each(sorted(names), self._consumers))
        unknown = sorted(seen - set(known()))
        holds = [hold for hold in self._each(unknown, lambda one: self._hold(one, names)) if hold]
        return sorted(holds, key=lambda hold: (hold.project_id, hold.consumer))

    def release(self, hold: Hold) -> bool:
        """Let a hold go as it was found; False when it has changed since.

        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        response = self._placement.post(
            "/allocations",
            json={
                hold.consumer: {
                    "allocations": {},
                    "project_id": hold.project_id,
                    "user_id": hold.user_id,
                    "consumer_generation": hold.generation,
                    "consumer_type": hold.consumer_type,
                }
            },
        )
        if response.status_code not in (204, 409):
            raise unavailable("Placement", response)
        return bool(response.status_code == 204)

    def _consumers(self, provider: str) -> set[str]:
        return set(self._get(f"/resource_providers/{provider}/allocations")["allocations"])

    def _hold(self, consumer: str, names: Mapping[str, str]) -> Hold | None:
        found = self._get(f"/allocations/{consumer}")
        if not found["allocations"] or found["consumer_type"] not in _OURS:
            return None
        return Hold(
            consumer,
            found["project_id"],
            found["user_id"],
            found["consumer_generation"],
            {
                names.get(provider, provider): dict(each["resources"])
                for provider, each in found["allocations"].items()
            },
            found["consumer_type"],
        )

    def _each(self, items: Sequence[str], ask: Callable[[str], Any]) -> list[Any]:
        return for_each(items, ask, most=AT_ONCE, name="ensemble-sweep")

    def _get(self, path: str) -> Mapping[str, Any]:
        response = self._placement.get(path)
        if response.status_code != 200:
            raise unavailable("Placement", response)
        found: Mapping[str, Any] = response.json()
        return found
