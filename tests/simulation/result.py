# SPDX-License-Identifier: Apache-2.0
"""How a schedule ended, and how it is seen again."""

import shlex
from dataclasses import dataclass, field

from keystoneauth1 import exceptions as keystone

from ensemble_api import exception

EXPECTED = (  # what may be answered
    exception.EnsembleError,
    exception.CloudError,
    exception.LeaseLost,
    keystone.ClientException,
)


@dataclass
class Result:
    """How a schedule ended: what was broken, and what it was made of."""

    seed: int
    broken: list[str]
    steps: int
    seconds: float
    digest: int
    trace: list[str]
    seen: dict[str, int] = field(default_factory=dict)
    provoked: tuple[str, ...] = ()

    @property
    def again(self) -> str:
        """The command that shows each step of this very schedule."""
        words = ["python", "-m", "tests.simulation", "--seed", str(self.seed), "--trace"]
        for each in self.provoked:
            words += ["--provoke", each]
        return shlex.join(words)

    @property
    def told(self) -> str:
        """What is broken, if anything is, and how it is seen again."""
        if not self.broken:
            return ""
        place = f"step {self.steps}, {self.seconds:.0f} s"
        return f"{place} of `{self.again}`: {self.broken[0]}"
