# SPDX-License-Identifier: Apache-2.0
"""Request contexts, as Nova's keystonecontext filter would make them."""

from typing import Any

from oslo_context.context import RequestContext


class Caller(RequestContext):
    """oslo's context, and what Nova's own adds to it that we use."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts)
        self.elevations = 0

    def can(self, action: str, target: Any, fatal: bool) -> bool:
        """Nova's own policy, by which extended attributes of servers are for administrators."""
        assert (action, fatal) == ("os_compute_api:os-extended-server-attributes", False)
        return self.is_admin

    def elevated(self) -> "Caller":
        self.elevations += 1
        return Caller(
            user_id=self.user_id, project_id=self.project_id, roles=["admin"], is_admin=True
        )


def caller(project: str | None = "shop-project", *roles: str, **facts: Any) -> Caller:
    return Caller(
        user_id="ada",
        project_id=project,
        roles=list(roles),
        is_admin="admin" in roles,
        overwrite=False,
        **facts,
    )
