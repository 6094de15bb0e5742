# SPDX-License-Identifier: Apache-2.0
"""A nova-api process that plans on what it knows, on a real Placement; time passes as told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from small_cloud import LEVELS, SmallCloud, body, caller

from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.known_providers import KnownProviders
from ensemble_api.cloud.levels import parse_levels
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.planning.result import Plan
from ensemble_api.service import Service
from ensemble_api.usecases.known_capacity import KnownCapacity

PERIOD = 3600.0  # of a thread that never has its turn here


class Asking:
    """An adapter that notes what is asked, and may do something before and after."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.asked: list[str] = []
        self.before: Callable[[str, str], None] = lambda method, path: None
        self.after: Callable[[str], None] = lambda path: None

    def get(self, path: str, **more: Any) -> Any:
        self.asked.append(path)
        self.before("GET", path)
        answer = self.inner.get(path, **more)
        self.after(path)
        return answer

    def post(self, path: str, **more: Any) -> Any:
        self.before("POST", path)
        return self.inner.post(path, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class Process:
    """A nova-api process that remembers, and by whose clock time passes."""

    cloud: SmallCloud
    few: int = 0
    seconds: float = 0.0
    period: float = PERIOD
    asking: Asking = field(init=False)
    providers: KnownProviders = field(init=False)
    inventory: Inventory = field(init=False)
    known: KnownCapacity = field(init=False)
    service: Service = field(init=False)

    def __post_init__(self) -> None:
        self.asking = Asking(self.cloud.placement.adapter())
        self.providers = KnownProviders(self.asking)
        self.inventory = Inventory(
            Compute(self.cloud.nova),
            self.asking,
            parse_levels(LEVELS),
            "nova",
            known=self.cloud.known,
            allowed=self.providers.allowed,
        )
        reservation = Reservation(self.asking, sleep=self.cloud.pauses.append)
        self.known = KnownCapacity(
            self.cloud.store,
            self.inventory,
            reservation,
            self.providers,
            lambda: caller("operators", "admin"),
            period=self.period,
            few=self.few,
            clock=lambda: self.seconds,
        )
        self.service = self.cloud.service(
            adapter=self.asking, inventory=self.inventory, known_capacity=self.known
        )
        self.known.sized(len(self.cloud.nova.hosts))

    def hosts(self, *tiers: tuple[str, int], **more: Any) -> set[str]:
        """The hosts of a dry run."""
        found = self.service.plan(caller(), body(*tiers, **more)).result
        assert isinstance(found, Plan)
        return set(found.assignment.values())
