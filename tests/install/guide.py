# SPDX-License-Identifier: Apache-2.0
"""What a page of the documentation tells a reader to type."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^ *```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block, without its indentation."""

    language: str
    text: str


class Guide:
    """The fenced blocks of a page."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blocks = [
            Block(found["language"], textwrap.dedent(found["text"]))
            for found in _FENCE.finditer(path.read_text(encoding="utf-8"))
        ]

    def block(self, *phrases: str) -> str:
        """Give the first block that has all phrases.

        :raises LookupError: when the page tells no such thing any more.
        """
        for each in self._blocks:
            if all(phrase in each.text for phrase in phrases):
                return each.text
        raise LookupError(f"{self._path.name} has no block with {' and '.join(phrases)}")

    def blocks(self, language: str) -> list[str]:
        """Give all blocks of a language."""
        return [each.text for each in self._blocks if each.language == language]

    def commands(self, *phrases: str) -> list[str]:
        """Give the commands of that block: all its lines, or where it shows prompts, those."""
        joined = self.block(*phrases).replace("\\\n", " ")
        lines = [line.strip() for line in joined.splitlines() if line.strip()]
        prompted = [line[2:] for line in lines if line.startswith("$ ")]
        return prompted or [line for line in lines if not line.startswith("#")]
