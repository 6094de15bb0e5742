# SPDX-License-Identifier: Apache-2.0
"""In the place of ``cloud.session.Session``, which needs a Keystone."""

from typing import Any

from nova import context as nova_context

from ensemble_api.cloud.session import PLACER_ROLE
from ensemble_api.operations import Requester


class FakeSession:
    """Contexts that act for a tenant, with the role that lets us name a host where it is asked."""

    def acting_for(
        self, requester: Requester, project_id: str, *, names_hosts: bool = False
    ) -> Any:
        return nova_context.RequestContext(
            user_id=requester.user_id,
            project_id=project_id,
            roles=[*requester.roles],
            service_roles=[PLACER_ROLE] if names_hosts else [],
            is_admin=False,
            overwrite=False,
        )
