# SPDX-License-Identifier: Apache-2.0
"""What policy lets the person at the browser do; the API has the last word."""

from typing import Any, Final

from django.http import HttpRequest
from openstack_dashboard import policy

SERVICE: Final = "ensembles"
"""Our name among the services in Horizon's settings POLICY_FILES and DEFAULT_POLICY_FILES."""


def rules(*actions: str) -> tuple[tuple[str, str], ...]:
    """Give the rules of actions as Horizon's panels and tables take them."""
    return tuple((SERVICE, f"ensembles:{action}") for action in actions)


def may(request: HttpRequest, action: str, project_id: str | None = None) -> bool:
    """Whether policy allows an action on the ensembles of a project (default: the session's)."""
    return bool(policy.check(rules(action), request, {"project_id": project_id}))


class OfProject:
    """An action of a table whose rules are about the project of the row's ensemble."""

    def get_policy_target(self, _request: HttpRequest, datum: Any = None) -> dict[str, Any]:
        """Give the project; without a row it is the session's."""
        return {"project_id": getattr(datum, "project_id", None)}
