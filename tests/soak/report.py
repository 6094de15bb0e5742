# SPDX-License-Identifier: Apache-2.0
"""What came of kills, round by round, as lines, JSON and Markdown."""

import dataclasses
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


@dataclasses.dataclass(frozen=True)
class Round:
    """One ensemble, with one kill ``delay`` seconds after its build or delete was asked for.

    ``ended`` is the status that it settled in, or "gone"; ``seconds`` is from the kill to there.
    ``left`` is what was there afterwards of servers, ports and consumers, by kind.
    """

    number: int
    phase: str
    victim: str
    delay: float
    ended: str
    seconds: int
    fault: str
    left: Mapping[str, Sequence[str]]

    @property
    def leaks(self) -> int:
        """How many things are left."""
        return sum(map(len, self.left.values()))

    @property
    def good(self) -> bool:
        """Whether it ended as asked or gone, with nothing left."""
        return self.ended in ("ACTIVE", "ERROR", "gone") and not self.leaks

    def line(self) -> str:
        """The round in one line."""
        told = f": {self.fault}" if self.fault else ""
        left = ", ".join(f"{len(ids)} {kind}" for kind, ids in self.left.items() if ids)
        return (
            f"{self.number:3} {self.phase:6} {self.victim} killed after {self.delay} s:"
            f" {self.ended} {self.seconds} s later, {left or 'nothing'} left{told}"
        )


def counts(rounds: Sequence[Round]) -> dict[str, int]:
    """The totals that matter."""
    builds = Counter(each.ended for each in rounds if each.phase == "build")
    deletes = Counter(each.ended for each in rounds if each.phase == "delete")
    return {
        "rounds": len(rounds),
        "builds": builds.total(),
        "built": builds["ACTIVE"],
        "rolled back": builds["ERROR"],
        "deletes": deletes.total(),
        "gone": deletes["gone"],
        "leaks": sum(each.leaks for each in rounds),
    }


def summary(rounds: Sequence[Round]) -> str:
    """The totals in one line."""
    return ", ".join(f"{name}: {count}" for name, count in counts(rounds).items())


def stored(rounds: Sequence[Round], seed: int) -> dict[str, Any]:
    """All of it, JSON-ready."""
    return {
        **when(),
        "seed": seed,
        "totals": counts(rounds),
        "rounds": [dataclasses.asdict(each) for each in rounds],
    }


def page(rounds: Sequence[Round], seed: int) -> str:
    """A Markdown table of the rounds, with the totals above it."""
    told = when()
    lines = [
        f"{told['date']}, commit {told['commit']}, seed {seed}. {summary(rounds)}.",
        "",
        "| phase | killed | after | ended | seconds | left |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {each.phase} | {each.victim} | {each.delay} s | {each.ended} | {each.seconds} |"
            f" {each.leaks} |"
            for each in rounds
        ),
    ]
    return "\n".join(lines) + "\n"


def when() -> dict[str, str]:
    """The date and the commit of a run."""
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {"date": datetime.now(UTC).date().isoformat(), "commit": found or "unknown"}
