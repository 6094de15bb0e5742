# SPDX-License-Identifier: Apache-2.0
"""The servers of members as Nova has them now: which of them can be deleted and which moved."""

from collections.abc import Mapping
from typing import Any

from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.tags import ENSEMBLE_TAG
from ensemble_api.context import Context
from ensemble_api.planning.model import Member
from ensemble_api.records import EnsembleRecord


def can_move(server: Mapping[str, Any]) -> bool:
    """Whether Nova would move a server now, as it shows it."""
    return (
        server["status"] == "ACTIVE"
        and not server["locked"]
        and server["OS-EXT-STS:task_state"] is None
    )


class MemberServers:
    """Looks at the servers of one ensemble at a time."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def locked(self, context: Context, record: EnsembleRecord) -> set[Member]:
        """The members whose servers are locked, which are not chosen to go."""
        servers = self._of(context, record)
        return {
            member
            for member, server in servers.items()
            if server is not None and server.get("locked")  # not told of by a cell that is down
        }

    def unmovable(self, context: Context, record: EnsembleRecord) -> frozenset[Member]:
        """The members that Nova would not move now: only what is ACTIVE and left alone can be."""
        return frozenset(
            member
            for member, server in self._of(context, record).items()
            if server is None or not can_move(server)
        )

    def _of(
        self, context: Context, record: EnsembleRecord
    ) -> dict[Member, Mapping[str, Any] | None]:
        """What Nova says of each member's server; None of one that has none, or that is unknown."""
        tag = f"{ENSEMBLE_TAG}{record.id}"
        shown = {
            each["id"]: each for each in self._compute.servers(context, record.project_id, tag)
        }
        return {
            Member(each.tier, each.index): shown.get(each.server_id or "")
            or (self._compute.server(context, each.server_id) if each.server_id else None)
            for each in record.members
        }
