# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in a schedule, and how often: drawn by its seed, and switched off for its end."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum, auto


class Loss(Enum):
    """What becomes of a request or of a transaction."""

    NONE = auto()
    BEFORE = auto()  # it never arrives
    AFTER = auto()  # it is carried out, and its answer is lost
    REPEATED = auto()  # its answer is lost, and it is sent again


# The most that each is drawn to, as a share of all chances for it.
MOST = {
    "process dies": 0.004,
    "process stands still": 0.003,
    "late in a lease": 0.02,
    "request is lost": 0.02,
    "answer is lost": 0.02,
    "request is repeated": 0.05,
    "transaction is lost": 0.004,
    "commit is lost": 0.004,
    "over-commit": 0.9,
    "placement is slow": 0.3,
    "request is cut off": 0.05,
    "conductor dies early": 0.04,
    "conductor dies late": 0.06,
    "build fails": 0.12,
    "compute is slow": 0.1,
    "move fails": 0.3,
    "nova is away": 0.01,
}


@dataclass
class Faults:
    """Shares by kind; a schedule has some kinds of them only, so that each is seen alone too."""

    random: random.Random
    shares: dict[str, float] = field(default_factory=dict)
    active: bool = True
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def drawn(cls, generator: random.Random, provoked: Collection[str] = ()) -> "Faults":
        """With those that are ``provoked`` in any case, and often."""
        breadth = generator.choice((0.0, 0.2, 0.5, 1.0))
        shares = {
            kind: most * generator.random()
            for kind, most in MOST.items()
            if generator.random() < breadth
        }
        # A build that fails on every host ends before anything else happens.
        often = {kind: max(most, min(0.1, 4 * most)) for kind, most in MOST.items()}
        return cls(generator, shares | {each: often[each] for each in provoked if each in MOST})

    def hits(self, kind: str) -> bool:
        assert kind in MOST, kind
        share = self.shares.get(kind, 0.0)
        if not self.active or not share or self.random.random() >= share:
            return False
        self.seen[kind] = self.seen.get(kind, 0) + 1
        return True

    def of_request(self) -> Loss:
        if self.hits("request is lost"):
            return Loss.BEFORE
        if self.hits("answer is lost"):
            return Loss.AFTER
        return Loss.REPEATED if self.hits("request is repeated") else Loss.NONE

    def of_transaction(self) -> Loss:
        if self.hits("transaction is lost"):
            return Loss.BEFORE
        return Loss.AFTER if self.hits("commit is lost") else Loss.NONE
