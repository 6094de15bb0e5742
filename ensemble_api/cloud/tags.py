# SPDX-License-Identifier: Apache-2.0
"""The tags by which servers are found whose ids are not recorded yet (doc/decisions/0003)."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus

ENSEMBLE_TAG: Final = "ensemble:"
"""Followed by the ensemble's id, on every server of it."""

MEMBER_TAG: Final = "ensemble-member:"
"""Followed by the member's id, on its server."""

HANDOVER_HINT: Final = "ensemble_handover"
"""The scheduler hint of a request for a member's server, worthless once the scheduler has seen it.

Nova shows it to the tenant from microversion 2.100 on.
"""


def recognized(
    record: EnsembleRecord, servers: Iterable[Mapping[str, Any]]
) -> dict[str, list[Mapping[str, Any]]]:
    """The servers of each member, by the member's id, among those that Nova shows.

    A recorded id decides, also that of a discarded one. Any tenant may put any tag on any server of
    the project, so a tag counts only for a member whose server we have asked for and know no id of,
    and only on a server that Nova made since then. Its word for when is in whole seconds, as is our
    record.
    """
    recorded = {server_id: each for each in record.members for server_id in each.server_ids}
    awaited = {each.id: each for each in record.members if _awaited(each)}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for server in servers:
        member = recorded.get(server["id"]) or _by_tag(server, awaited)
        if member is not None and server["tenant_id"] == record.project_id:
            found.setdefault(member.id, []).append(server)
    return found


def _awaited(member: MemberRecord) -> bool:
    return (
        member.server_id is None
        and bool(member.asked_at)
        and member.status in (MemberStatus.RESERVED, MemberStatus.BUILDING)
    )


def _by_tag(server: Mapping[str, Any], awaited: Mapping[str, MemberRecord]) -> MemberRecord | None:
    # Without tags Nova shows servers of a cell that is down.
    for tag in server.get("tags", ()):
        member = awaited.get(tag.removeprefix(MEMBER_TAG)) if tag.startswith(MEMBER_TAG) else None
        if member is not None and server["created"] >= member.asked_at:
            return member
    return None
