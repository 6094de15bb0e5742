# SPDX-License-Identifier: Apache-2.0
"""In the place of ``cloud.session.Session``, which needs a Keystone."""

from collections.abc import Callable
from typing import Any

from nova import context as nova_context

from ensemble_api.cloud.session import OPERATOR_ROLE, PLACER_ROLE
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Message
from ensemble_api.recovery_hold import Holder
from ensemble_api.rights import CurrentRights


class FakeSession:
    """Contexts that act for a tenant, with the role that lets us name a host where it is asked.

    ``rights`` is what Keystone says of a requester in a project: at first, that nothing was lost.
    """

    def __init__(self) -> None:
        self.waiting: Message | None = None
        self.rights: Callable[[Requester, str], CurrentRights] = lambda requester, _: CurrentRights(
            frozenset(requester.roles)
        )

    def current_rights(self, requester: Requester, project_id: str) -> CurrentRights:
        return self.rights(requester, project_id)

    def waits_for(
        self, requester: Requester, project_id: str, *, builds: bool, removes: bool = False
    ) -> Message | None:
        """What ``waiting`` says, which is None at first."""
        return self.waiting

    def holder(self) -> Holder:
        return Holder("service-project", "ensembles-user")

    def acting_for(
        self,
        requester: Requester,
        project_id: str,
        *,
        names_hosts: bool = False,
        moves: bool = False,
        evacuates: bool = False,
        removes: bool = False,
    ) -> Any:
        return nova_context.RequestContext(
            user_id=requester.user_id,
            project_id=project_id,
            roles=[*requester.roles, *([OPERATOR_ROLE] if moves or evacuates else [])],
            service_roles=[PLACER_ROLE] if names_hosts else [],
            is_admin=False,
            auth_token="ours",  # by whose catalog there is no Cinder
            service_catalog=[],
            global_request_id=requester.request_id or None,
            overwrite=False,
        )
