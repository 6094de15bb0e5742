# SPDX-License-Identifier: Apache-2.0
"""The kinds of policies: one file a kind, with all that planning knows of it."""

from collections.abc import Mapping
from typing import Final

from ensemble_api.planning.policies.affinity import Affinity
from ensemble_api.planning.policies.anti_affinity import AntiAffinity
from ensemble_api.planning.policies.exclusive import Exclusive
from ensemble_api.planning.policies.near import Near
from ensemble_api.planning.policies.selector import Selector
from ensemble_api.planning.policies.spread import Spread
from ensemble_api.planning.policies.survive import Survive
from ensemble_api.planning.policy import Policy

__all__ = [
    "KINDS",
    "Affinity",
    "AntiAffinity",
    "Exclusive",
    "Near",
    "Selector",
    "Spread",
    "Survive",
]

KINDS: Final[Mapping[str, type[Policy]]] = {
    each.kind: each for each in (Affinity, AntiAffinity, Spread, Near, Survive, Exclusive, Selector)
}
"""Every kind of policy, by the type that it has in a request."""
