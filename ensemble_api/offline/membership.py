# SPDX-License-Identifier: Apache-2.0
"""Membership: the host aggregates that a tier's hosts must and must not be in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Membership:
    """As ``member_of`` of Placement: in one of each of ``any_of``, and in none of ``none_of``.

    In the API, Nova's rules on aggregates say so (ensemble_api/cloud/aggregates.py).
    """

    any_of: tuple[frozenset[str], ...] = ()
    none_of: frozenset[str] = frozenset()

    @classmethod
    def of(cls, server: Mapping[str, Any]) -> "Membership":
        """The membership that a tier's ``server`` asks for; one that asks for nothing takes all."""
        return cls(
            tuple(frozenset(names) for names in server.get("member_of", ())),
            frozenset(server.get("not_member_of", ())),
        )

    def admits(self, aggregates: frozenset[str]) -> bool:
        """Whether a host in these aggregates will do."""
        return not self.none_of & aggregates and all(each & aggregates for each in self.any_of)
