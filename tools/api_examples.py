# SPDX-License-Identifier: Apache-2.0
"""The examples of the page about the API: requests, and what they were answered."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "doc/api-ref/ensembles.md"
EXAMPLE = re.compile(
    r"```http (?P<who>member|reader|admin)\n(?P<line>[^\n]+)\n(?P<headers>(?:[\w-]+: [^\n]+\n)*)"
    r"(?:\n(?P<body>.*?)\n)?```\n+"
    r"```json (?P<status>\d{3})\n(?P<answer>.*?)\n```",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Example:
    """A request of a member, a reader or an admin, and its answer; ``line`` is the page's."""

    who: str
    method: str
    path: str
    headers: dict[str, str]
    body: str | None
    status: int
    text: str
    line: int

    @property
    def answer(self) -> Any:
        """The answer's body."""
        return json.loads(self.text)


def examples(page: str) -> Iterator[Example]:
    """Give the examples of the page in their order."""
    for found in EXAMPLE.finditer(page):
        method, path = found["line"].split(" ", 1)
        yield Example(
            found["who"],
            method,
            path,
            dict(line.split(": ", 1) for line in found["headers"].splitlines()),
            found["body"],
            int(found["status"]),
            found["answer"],
            page[: found.start()].count("\n") + 1,
        )


def rows(page: str, heading: str) -> list[list[str]]:
    """The table under a heading, without its head; code marks are taken off."""
    section = page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
