# SPDX-License-Identifier: Apache-2.0
"""The context of a request: who asks, and with which rights, as Nova's filter has it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Context(Protocol):
    """What is used of ``nova.context.RequestContext``."""

    user_id: str
    project_id: str
    roles: Sequence[str]
    is_admin: bool
    auth_token: str | None

    @property
    def global_id(self) -> str:
        """The id of the request, or of the one in another service that this one is for."""

    def elevated(self) -> "Context":
        """The same caller with an administrator's rights, as a copy."""

    def can(
        self, action: str, target: Mapping[str, Any] | None = None, *, fatal: bool = True
    ) -> bool:
        """Whether Nova's policy allows the action; with ``fatal`` it raises if not."""
