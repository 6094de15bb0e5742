# SPDX-License-Identifier: Apache-2.0
"""Capacity held in Placement: every member of an ensemble in one request, or none.

Placement 16 can over-commit when several such requests meet (its retry reads a stale snapshot),
so after each success the usages are read back, of those providers that somebody else changed too.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ensemble_api import exception
from ensemble_api.cloud.answers import unavailable
from ensemble_api.cloud.providers import generations
from ensemble_api.planning.message import Sentence
from ensemble_api.records import MemberRecord
from ensemble_api.shares import by_provider
from ensemble_api.threads import for_each

CONSUMER_TYPE = "ENSEMBLE_HOLD"
RECOVERY_TYPE = "ENSEMBLE_RECOVERY_HOLD"
_NOT_RESERVED = Sentence(
    "unavailable.not-reserved", "%(service)s did not take the reservation; try again later."
)
_NOT_RELEASED = Sentence("unavailable.not-released", "%(service)s did not release a reservation.")
CONCURRENT_UPDATE = "placement.concurrent_update"
ATTEMPTS = 5
AT_ONCE = 8  # requests to Placement
HELD = 1  # the generation of a consumer that was allocated to once

_NONE: Mapping[str, int] = {}
_ANYWHERE: Mapping[str, str] = {}


class Claimant(Protocol):
    """A consumer and what is to be held for it of one provider: a member, or a recovery hold."""

    @property
    def id(self) -> str:
        """The consumer."""

    @property
    def host(self) -> str:
        """The name of the host."""

    @property
    def provider(self) -> str:
        """The resource provider."""

    @property
    def resources(self) -> Mapping[str, int]:
        """Units by resource class, and of other providers as ``ensemble_api.shares`` says."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Members whose capacity is held for a user of a project; or what is held for recovery."""

    project_id: str
    user_id: str
    members: Sequence[Claimant]
    consumer_type: str = CONSUMER_TYPE


class Reservation:
    """Holds and releases members' capacity; each member is a consumer of its own."""

    def __init__(self, placement: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self._placement = placement
        self._sleep = sleep

    def hold(
        self,
        project_id: str,
        user_id: str,
        members: Sequence[MemberRecord],
        planned_at: Mapping[str, int] = _NONE,
    ) -> None:
        """Hold the capacity of all members at once: see ``hold_all``."""
        self.hold_all([Claims(project_id, user_id, members)], planned_at)

    def hold_all(self, claims: Sequence[Claims], planned_at: Mapping[str, int] = _NONE) -> None:
        """Hold the capacity of members of several projects at once, of all or of none.

        ``planned_at`` are the generations of the resource providers before their capacity was read
        for the plan; usages are read back of those that are not in it.

        :raises ensemble_api.exception.CapacityTaken: when some of it is gone; nothing is held then.
        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        wanted = {
            member.id: _allocation(
                each.project_id,
                each.user_id,
                _shares(member),
                generation=None,
                consumer_type=each.consumer_type,
            )
            for each in claims
            for member in each.members
        }
        providers = {uuid for each in wanted.values() for uuid in each["allocations"]}
        if not self._allocate(lambda: wanted) or self._overcommitted(providers, planned_at):
            # Without an end of conflicts, perhaps with ourselves: keystoneauth repeats a POST whose
            # answer was lost, and the first one may have been carried out.
            for each in claims:
                self.release_all(each.project_id, each.user_id, (one.id for one in each.members))
            raise exception.CapacityTaken

    def hold_instead(
        self,
        claims: Claims,
        before: Iterable[str],
        planned_at: Mapping[str, int] = _NONE,
    ) -> None:
        """Hold these, and nothing of the consumers ``before`` that are not among them, in one step.

        Some of them may be held already, otherwise or as they are to be. ``planned_at`` is that of
        ``hold_all``.

        :raises ensemble_api.exception.CapacityTaken: when some of it is gone; then all is as it
            was, or nothing is held where others have taken the same at the same time.
        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        wanted = {each.id: _shares(each) for each in claims.members}
        every = {*wanted, *before}

        def changes() -> dict[str, Any]:
            held = self._held(every)
            return {
                consumer: _allocation(
                    claims.project_id,
                    claims.user_id,
                    wanted.get(consumer, {}),
                    generation=held.get(consumer),
                    consumer_type=claims.consumer_type,
                )
                for consumer in {*wanted, *held}
            }

        if not self._allocate(changes):
            raise exception.CapacityTaken
        if self._overcommitted({uuid for each in wanted.values() for uuid in each}, planned_at):
            self.release_each(sorted(wanted))
            raise exception.CapacityTaken

    def _allocate(self, allocations: Callable[[], Mapping[str, Any]]) -> bool:
        """Ask for these, which are given anew each time; False after conflicts without an end.

        :raises ensemble_api.exception.CapacityTaken: when some of it is gone.
        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        for attempt in range(ATTEMPTS):
            response = self._placement.post("/allocations", json=allocations())
            if response.status_code == 204:
                return True
            if response.status_code != 409:
                raise unavailable("Placement", response, _NOT_RESERVED)
            if CONCURRENT_UPDATE not in response.text:
                raise exception.CapacityTaken
            self._sleep(0.1 * 2**attempt)
        return False

    def amounts(self, consumers: Iterable[str]) -> dict[str, dict[str, dict[str, int]]]:
        """What each of these consumers has: units by resource class, by provider."""
        found = self._each(consumers, lambda consumer: f"/allocations/{consumer}")
        return {
            consumer: {
                provider: dict(each["resources"])
                for provider, each in answer["allocations"].items()
            }
            for consumer, answer in found
        }

    def usages(self, providers: Iterable[str]) -> dict[str, dict[str, tuple[int, int]]]:
        """What these providers have and what of it is used, by provider and resource class."""
        wanted = sorted(set(providers))
        have = self._each(wanted, lambda provider: f"/resource_providers/{provider}/inventories")
        used = dict(self._each(wanted, lambda provider: f"/resource_providers/{provider}/usages"))
        return {
            provider: {
                name: (_capacity(each), used[provider]["usages"].get(name, 0))
                for name, each in answer["inventories"].items()
            }
            for provider, answer in have
        }

    def release_all(self, project_id: str, user_id: str, members: Iterable[str]) -> None:
        """Let the holds of these members go in one request; a member without one is fine.

        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        held = dict.fromkeys(members, HELD)
        for attempt in range(ATTEMPTS):
            if not held:
                return
            response = self._placement.post(
                "/allocations",
                json={
                    member: _allocation(project_id, user_id, {}, generation=generation)
                    for member, generation in held.items()
                },
            )
            if response.status_code == 204:
                return
            if response.status_code != 409:
                break
            # One of them is not there, or is not as we left it; nothing was released.
            if attempt:
                self._sleep(0.1 * 2**attempt)
            held = self._held(held)
        raise unavailable("Placement", response, _NOT_RELEASED)

    def release(self, consumer: str) -> None:
        """Let what one consumer (a member or a server) has go, whatever that is, if anything.

        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        response = self._placement.delete(f"/allocations/{consumer}")
        if response.status_code not in (204, 404):
            raise unavailable("Placement", response, _NOT_RELEASED)

    def release_each(self, consumers: Iterable[str]) -> None:
        """Let what each of these consumers has go, a few at a time, whatever was made of it.

        :raises ensemble_api.exception.Unavailable: when Placement does not answer.
        """
        for_each(consumers, self.release, most=AT_ONCE, name="ensemble-placement")

    def holding(
        self, consumers: Iterable[str], on: Mapping[str, str] = _ANYWHERE
    ) -> frozenset[str]:
        """Those of these consumers (members or servers) that have an allocation.

        A consumer of ``on`` has one if it has some of the provider given there.
        """
        return frozenset(self._held(consumers, on))

    def _held(self, consumers: Iterable[str], on: Mapping[str, str] = _ANYWHERE) -> dict[str, int]:
        """The generations of those consumers that have an allocation."""
        found = self._each(consumers, lambda consumer: f"/allocations/{consumer}")
        return {
            consumer: answer["consumer_generation"]
            for consumer, answer in found
            if answer["allocations"] and on.get(consumer) in (None, *answer["allocations"])
        }

    def _overcommitted(self, providers: set[str], planned_at: Mapping[str, int]) -> bool:
        """Whether any provider's usage is above its capacity.

        Every change of what a provider has, and everything that is allocated on it, makes its
        generation one higher. So one that was planned at N and is at N + 1 now has seen our own
        request alone, and has all that the plan found there.
        """
        known = providers & planned_at.keys()
        now = generations(self._placement, known, among=len(planned_at)) if known else _NONE
        changed = [
            provider
            for provider in sorted(providers)
            if provider not in planned_at or now.get(provider) != planned_at[provider] + 1
        ]
        return self.is_overcommitted(dict.fromkeys(changed, _NONE))

    def is_overcommitted(self, beside: Mapping[str, Mapping[str, int]]) -> bool:
        """Whether more is used of any of these providers than it has, ``beside`` included.

        ``beside`` is by provider and resource class, and may be nothing of a provider.
        """
        usages = self._each(beside, lambda provider: f"/resource_providers/{provider}/usages")
        used = {
            provider: Counter(answer["usages"]) + Counter(beside[provider])
            for provider, answer in usages
        }
        used = {provider: amounts for provider, amounts in used.items() if amounts}
        have = self._each(used, lambda provider: f"/resource_providers/{provider}/inventories")
        return any(_over(used[provider], answer["inventories"]) for provider, answer in have)

    def _each(
        self, names: Iterable[str], path: Callable[[str], str]
    ) -> list[tuple[str, Mapping[str, Any]]]:
        """What Placement answers for each name, a few at a time."""

        def ask(name: str) -> tuple[str, Mapping[str, Any]]:
            response = self._placement.get(path(name))
            if response.status_code != 200:
                raise unavailable("Placement", response)
            return name, response.json()

        return for_each(names, ask, most=AT_ONCE, name="ensemble-placement")


def _shares(claimant: Claimant) -> dict[str, Any]:
    found = by_provider(claimant.provider, claimant.resources)
    return {uuid: {"resources": amounts} for uuid, amounts in found.items()}


def _allocation(
    project_id: str,
    user_id: str,
    allocations: Mapping[str, Any],
    *,
    generation: int | None,
    consumer_type: str = CONSUMER_TYPE,
) -> dict[str, Any]:
    return {
        "allocations": allocations,
        "project_id": project_id,
        "user_id": user_id,
        "consumer_generation": generation,
        "consumer_type": consumer_type,
    }


def _over(used: Mapping[str, int], inventories: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether more is used of any resource class than a provider has of it."""
    for name, amount in used.items():
        have = inventories.get(name)
        if have is None or amount > _capacity(have):
            return True
    return False


def _capacity(inventory: Mapping[str, Any]) -> int:
    return int((inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"])
