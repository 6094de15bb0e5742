# SPDX-License-Identifier: Apache-2.0
"""Signals of guests: by what secret one is known, and the URL that has it."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

KEY: Final = "ensemble_signal"
"""The item of a server's metadata that tells its guest where to send its signal."""

BYTES: Final = 32  # of chance
LONGEST_URL: Final = 200  # characters before the secret; a value of metadata has 255
LARGEST: Final = {KEY: "x" * 255}  # an item as large as any, to be held against quotas
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Signal:
    """One that a guest may send once, for so many ``seconds`` from now.

    ``url`` has the secret, and is told to the guest alone; ``digest`` is what we keep.
    """

    url: str
    digest: str
    seconds: int


@dataclass(frozen=True, slots=True)
class SignalUrls:
    """Makes the URLs: ``base`` is where guests reach us, ``seconds`` how long each is good for."""

    base: str
    seconds: int

    def new(self) -> Signal:
        """A URL that nobody can guess."""
        secret = secrets.token_urlsafe(BYTES)
        return Signal(f"{self.base}/{secret}", digest(secret), self.seconds)


def is_secret(text: str) -> bool:
    """Whether a text has the form of a secret."""
    return _SECRET.fullmatch(text) is not None


def digest(secret: str) -> str:
    """What is kept of a secret. Nobody guesses 256 bits of chance, so it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()
