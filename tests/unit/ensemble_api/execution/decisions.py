# SPDX-License-Identifier: Apache-2.0
"""Members and servers that are decided on, and what was decided, as text."""

from dataclasses import replace
from typing import Any

from records import MemberStatus, member

from ensemble_api.execution.actions import Action, Block, Fail, FindHosts, Server
from ensemble_api.planning.message import legacy_text
from ensemble_api.records import MemberRecord

FIRST, SECOND, THIRD = member(0), member(1), member(2)


def server(of: MemberRecord, status: str = "ACTIVE", name: str = "s", **facts: Any) -> Server:
    return Server(f"{name}-{of.index}", of.id, status, **facts)


def built(number: int, status: MemberStatus = MemberStatus.ACTIVE) -> MemberRecord:
    """A member whose server (``s-0``) is recorded."""
    return member(number, status=status, server_id=f"s-{number}")


def in_english(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """The actions with what they say as text, whatever the code."""
    return tuple(
        replace(each, message=legacy_text(str(each.message)))
        if isinstance(each, Fail | Block | FindHosts)
        else each
        for each in actions
    )
