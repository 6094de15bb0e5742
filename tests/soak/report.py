# SPDX-License-Identifier: Apache-2.0
"""What came of rounds, as a line and as Markdown."""

import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


def summary(rounds: Sequence[Any]) -> str:
    """The totals in one line."""
    counts = type(rounds[0]).counts(rounds) if rounds else {}
    return ", ".join(
        f"{name}: {count}" for name, count in {"rounds": len(rounds), **counts}.items()
    )


def page(
    rounds: Sequence[Any], told: Sequence[Mapping[str, str]], options: Mapping[str, Any]
) -> str:
    """A Markdown table of the rounds, with the totals above it."""
    states = dict.fromkeys(f"{each['date']}, commit {each['commit']}" for each in told)
    chosen = ", ".join(f"{name} {value}" for name, value in options.items())
    columns = rounds[0].COLUMNS
    lines = [
        f"{'; '.join(states)}; {chosen}. {summary(rounds)}.",
        "",
        *(_row(cells) for cells in (columns, ["---"] * len(columns))),
        *(_row(each.row()) for each in rounds),
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def when() -> dict[str, str]:
    """The date and the commit of a run."""
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {"date": datetime.now(UTC).date().isoformat(), "commit": found or "unknown"}
