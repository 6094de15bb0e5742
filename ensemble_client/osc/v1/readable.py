# SPDX-License-Identifier: Apache-2.0
"""A column of words for people, and of plain data for json and yaml output."""

from collections.abc import Callable
from typing import Any

from cliff.columns import FormattableColumn

from ensemble_client import words


class ReadableColumn(FormattableColumn):
    """A value with the sentence that says it to a person."""

    def __init__(self, value: Any, say: Callable[[Any], str] = words.printable) -> None:
        super().__init__(value)
        self._say = say

    def human_readable(self) -> str:
        """Give the words."""
        return self._say(self._value)

    def __lt__(self, other: object) -> bool:
        """Sort by values, and by their words where values have no order."""
        try:
            return super().__lt__(other)
        except TypeError:
            return (
                isinstance(other, ReadableColumn) and self.human_readable() < other.human_readable()
            )
