# SPDX-License-Identifier: Apache-2.0
"""The items of one collection in a large JSON answer, one after the other.

Placement answers a question about 10,000 hosts with 20 MB. Parsed as a whole that is hundreds of
megabytes of dictionaries; item by item it is no more than the text.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,:]*")


def items(text: str, key: str) -> Iterator[tuple[str, Any]]:
    """The items of the collection that is called ``key``: with their names, or "" in a list.

    ``key`` must not be written before that in the text, but as part of a string.

    :raises ValueError: when there is no such collection.
    """
    written = f'"{key}"'
    at = _after_gap(text, text.index(written) + len(written))
    named = text[at] == "{"
    if not named and text[at] != "[":
        raise ValueError(f"{key} is no collection")
    at = _after_gap(text, at + 1)
    while text[at] not in "}]":
        name = ""
        if named:
            name, at = _DECODER.raw_decode(text, at)
            at = _after_gap(text, at)
        item, at = _DECODER.raw_decode(text, at)
        yield name, item
        at = _after_gap(text, at)


def _after_gap(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return at if found is None else found.end()
