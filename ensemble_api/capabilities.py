# SPDX-License-Identifier: Apache-2.0
"""What one installation can do, as its operator set it up."""

from collections.abc import Mapping
from dataclasses import dataclass, field

BUILDING = "create"
ZONES = "availability-zones"
RESERVE = "reserve"
OUTLIVES_TOKENS = "outlives-tokens"
SIGNALS = "signals"
# What every installation of this version can.
FEATURES = (
    "plan",
    "plan-ids",
    "headroom",
    "failed-domains",
    "idempotency-keys",
    "volumes",
    "ports",
    "cancel",
    "change",
    "survivability",
    "templates",
    "hosts",
    "drain-check",
    "drain",
    "domain-drain",
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """An operator's limits and levels, smallest first; ``can_build`` is whether Nova lets us.

    ``holds_reserves`` is whether capacity may be held for recovery, ``outlives_tokens`` whether
    what is begun goes on when the token of its request has ended, ``takes_signals`` whether guests
    can signal.
    """

    max_members: int
    max_body: int  # bytes of a request
    plan_lifetime: int  # seconds
    levels: tuple[str, ...]
    zone_level: str | None
    can_build: bool
    holds_reserves: bool
    scheduler_hints: tuple[str, ...] = ()  # that tenants may give
    selectors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # values by key
    mount: str = "nova-api"  # or "service", which is one of its own
    outlives_tokens: bool = True
    takes_signals: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """What this installation can, by stable names."""
        more = {
            BUILDING: self.can_build,
            ZONES: self.zone_level is not None,
            RESERVE: self.holds_reserves,
            OUTLIVES_TOKENS: self.outlives_tokens,
            SIGNALS: self.takes_signals,
        }
        return (*(name for name, there in more.items() if there), *FEATURES)
