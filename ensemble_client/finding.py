# SPDX-License-Identifier: Apache-2.0
"""Which ensembles a word of somebody's may mean."""

import uuid
from collections.abc import Iterable
from typing import Any


def is_id(word: str) -> bool:
    """Tell whether a word has the form of an ensemble's id."""
    try:
        uuid.UUID(word)
    except ValueError:
        return False
    return True


def named(word: str, ensembles: Iterable[Any]) -> list[Any]:
    """Give those ensembles that have a name.

    One that is on its way out no longer has a claim to its name beside others.
    """
    found = [each for each in ensembles if each.name == word]
    return [each for each in found if each.status != "DELETING"] or found
