# SPDX-License-Identifier: Apache-2.0
"""Texts without the names of hosts and racks, which tenants do not see."""

import re

from ensemble_api.planning.message import Message
from ensemble_api.records import EnsembleRecord


def without_names(
    record: EnsembleRecord, message: Message, zone_level: str | None, *, names: bool
) -> Message:
    """A message, which may quote Nova's answer to an operator, as the caller may read it.

    Zones keep their names, as tenants know them from Nova.
    """
    if names:
        return message
    moves = record.operation.moves.values() if record.operation else ()
    places = [each.domains for each in record.members]
    places += [each.move.domains for each in moves if each.move]
    secrets = {
        (level, path[-1])
        for domains in places
        for level, path in domains.items()
        if level != zone_level
    }

    def hidden(text: str) -> str:
        for level, name in sorted(secrets):
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", f"[{level}]", text)
        return text

    return message.with_texts(hidden)
