# SPDX-License-Identifier: Apache-2.0
"""The error about a value of a description that cannot be meant; it names the field."""

from collections.abc import Iterator
from contextlib import contextmanager

from ensemble_api.planning.message import Message, Sentence

_AT_LEAST = Sentence("invalid.whole", "must be a whole number of at least %(least)s")


class ModelError(ValueError):
    """A value of the description that cannot be meant: which field, and what it must be."""

    def __init__(self, field: str, reason: str | Message) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason

    def under(self, place: str) -> "ModelError":
        """Give the same error for a field that lies inside `place`, such as `tiers[0]`."""
        return ModelError(f"{place}.{self.field}", self.reason)


@contextmanager
def located(place: str) -> Iterator[None]:
    """Put `place` in front of the field of every ModelError raised inside the block."""
    try:
        yield
    except ModelError as error:
        raise error.under(place) from error


def require_whole(value: object, field: str, least: int) -> None:
    """Refuse what is no whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ModelError(field, _AT_LEAST(least=least))
