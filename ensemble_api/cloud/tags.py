# SPDX-License-Identifier: Apache-2.0
"""The tags by which servers are found whose ids are not recorded yet (doc/decisions/0003)."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ensemble_api.records import EnsembleRecord, MemberRecord

ENSEMBLE_TAG: Final = "ensemble:"
"""Followed by the ensemble's id, on every server of it."""

MEMBER_TAG: Final = "ensemble-member:"
"""Followed by the member's id, on its server."""

HANDOVER_HINT: Final = "ensemble_handover"
"""The scheduler hint of a request for a member's server, worthless once the scheduler has seen it.

Nova shows it to the tenant from microversion 2.100 on.
"""

_OURS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def handover(hints: Mapping[str, Any]) -> str:
    """Our hint of a request for a server, which Nova shows as it was given or as a list of one.

    Empty if it is no id as we make them: tenants give what they like.
    """
    hint = hints.get(HANDOVER_HINT)
    if isinstance(hint, list):
        hint = hint[0] if len(hint) == 1 else ""
    return hint if isinstance(hint, str) and _OURS.fullmatch(hint) else ""


def recognized(
    record: EnsembleRecord,
    servers: Iterable[Mapping[str, Any]],
    hint: Callable[[str], str | None],
) -> dict[str, list[Mapping[str, Any]]]:
    """The servers of each member, by the member's id, among those that Nova shows.

    A recorded id decides, also that of a discarded one. Any tenant may put any tag on any server of
    the project, so a tag only says which server to look at: it is a member's when ``hint``, which
    gives what Nova has of the server's request and nobody can change, is of one of our requests for
    it. Where requests have none, or Nova does not find the server, a tag counts for a member whose
    server we have asked for and know no id of, and on a server that Nova made since then alone. Its
    word for when is in whole seconds, as is our record.
    """
    recorded = {server_id: each for each in record.members for server_id in each.server_ids}
    tagged = {each.id: each for each in record.members}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for server in servers:
        if server["tenant_id"] != record.project_id:
            continue
        member = recorded.get(server["id"])
        if member is None:
            member = tagged.get(tagged_member(server) or "")
            if member is None or not _is_of(member, server, hint):
                continue
        found.setdefault(member.id, []).append(server)
    return found


def tagged_member(server: Mapping[str, Any]) -> str | None:
    """The id of the member that a server is of by its tags, which a cell that is down hides."""
    for tag in server.get("tags", ()):
        if tag.startswith(MEMBER_TAG):
            return str(tag.removeprefix(MEMBER_TAG))
    return None


def _is_of(
    member: MemberRecord, server: Mapping[str, Any], hint: Callable[[str], str | None]
) -> bool:
    """Whether one of our requests for this member has made this server."""
    given = hint(server["id"]) if member.hints else None
    if given is not None:
        return given in member.hints
    return member.awaited and server["created"] >= member.asked_at
