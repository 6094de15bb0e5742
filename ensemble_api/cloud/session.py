# SPDX-License-Identifier: Apache-2.0
"""Our own credentials: clients of other services, and contexts that act for a tenant in Nova.

Nova internals used here: ``nova.context.RequestContext``, which its own API requires of every
request, and ``nova.policy``. A worker has no tenant's token (it may run hours later, after a
restart), so it acts in the tenant's name, with the tenant's roles: the server belongs to the
tenant's project and user, and Nova refuses what it would refuse them (doc/decisions/0002).
"""

import logging
from typing import Any

from nova import context as nova_context
from nova import policy as nova_policy
from oslo_config import cfg

from ensemble_api import exception
from ensemble_api.cloud import credentials
from ensemble_api.cloud.roles import Roles
from ensemble_api.context import Context
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.recovery_hold import Holder
from ensemble_api.rights import CurrentRights

_CANNOT_BUILD = Sentence(
    "unavailable.build", "Ensembles cannot be built here now; the log has more."
)

LOG = logging.getLogger(__name__)

OPERATOR_ROLE = "admin"
PLACER_ROLE = "ensembles_placer"
NAMING_A_HOST = "compute:servers:create:requested_destination"
RULE = f"rule:context_is_admin or service_roles:{PLACER_ROLE}"


def check_policy() -> None:
    """See that Nova's policy lets our role name the host of a new server.

    :raises ensemble_api.exception.Unavailable: when it does not; the log says what to do then.
    """
    nova_policy.init()
    placer = nova_context.RequestContext(
        user_id="ensembles",
        project_id="ensembles",
        roles=["member", "reader"],
        service_roles=[PLACER_ROLE],
        is_admin=False,
        overwrite=False,
    )
    target = {"user_id": placer.user_id, "project_id": placer.project_id}
    if not nova_policy.authorize(placer, NAMING_A_HOST, target, do_raise=False):
        LOG.error(
            "Nova's policy does not let the service role %s name a host, so no ensemble can be "
            'built. Add to its policy file: "%s": "%s"',
            PLACER_ROLE,
            NAMING_A_HOST,
            RULE,
        )
        raise exception.Unavailable(_CANNOT_BUILD())


class Session:
    """The service user's keystoneauth session, and the services that we ask."""

    def __init__(self, config: cfg.ConfigOpts) -> None:
        self._auth, self._session = credentials.load(config)
        self.placement = credentials.placement(config)
        self.network = credentials.network(config)
        self.identity = credentials.identity(config, self._auth, self._session)
        self._roles = Roles(self.identity)

    def current_rights(self, requester: Requester, project_id: str) -> CurrentRights:
        """See ``Roles.current``."""
        return self._roles.current(requester, project_id)

    def acting_for(
        self,
        requester: Requester,
        project_id: str,
        *,
        names_hosts: bool = False,
        moves: bool = False,
        evacuates: bool = False,
        removes: bool = False,
    ) -> Context:
        """A Nova request context with the rights that a requester has in a project, and no more.

        ``names_hosts`` adds the one service role that lets Nova's policy take a host for a new
        server; nobody has it by a role of the same name. ``moves`` adds the role that lets it move
        a server to a named host, and ``evacuates`` one that lets it evacuate, which Nova's policy
        gives to operators, both the same; the context is no
        administrator's even so, and Nova does not let it touch a server that is locked. The token
        is ours: Nova passes it on to Neutron, Glance and Cinder, and the id of the request too.
        What ``removes`` needs nothing more here.
        """
        acting: Context = nova_context.RequestContext(
            user_id=requester.user_id,
            project_id=project_id,
            roles=[*requester.roles, *([OPERATOR_ROLE] if moves or evacuates else [])],
            service_roles=[PLACER_ROLE] if names_hosts else [],
            is_admin=False,
            global_request_id=requester.request_id or None,
            overwrite=False,
            **self._token(),
        )
        return acting

    def waits_for(
        self, requester: Requester, project_id: str, *, builds: bool, removes: bool = False
    ) -> Message | None:
        """What a tenant is told whose token is needed; inside nova-api none is, ever."""
        return None

    def holder(self) -> Holder:
        """The service project, and our user in it: whose is what is held for recovery.

        :raises ensemble_api.exception.Unavailable: when our user has no project.
        """
        access = self._auth.get_access(self._session)
        if not access.project_id:
            raise exception.Unavailable(_CANNOT_BUILD())
        return Holder(access.project_id, access.user_id)

    def operating(self) -> Context:
        """A Nova request context with an operator's eyes, for what nobody has asked for just now.

        Unlike that of ``observing`` it has a token, ours: Nova asks Glance for images with it.
        """
        acting: Context = nova_context.RequestContext(
            is_admin=True, overwrite=False, **self._token()
        )
        return acting

    def _token(self) -> dict[str, Any]:
        access = self._auth.get_access(self._session)
        catalog = catalog_v2(access.service_catalog.catalog)
        return {"auth_token": access.auth_token, "service_catalog": catalog}


def observing() -> Context:
    """A Nova request context with an operator's eyes, for what belongs to no single tenant."""
    admin: Context = nova_context.get_admin_context()
    return admin


def catalog_v2(catalog: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keystone's v3 catalog in the v2 form that Nova's contexts carry, an entry per region."""
    services = []
    for service in catalog:
        regions: dict[str, dict[str, str]] = {}
        for endpoint in service["endpoints"]:
            region = regions.setdefault(endpoint["region_id"], {"region": endpoint["region_id"]})
            region[f"{endpoint['interface']}URL"] = endpoint["url"]
        services.append(
            {
                "type": service["type"],
                "name": service.get("name", ""),
                "endpoints": list(regions.values()),
            }
        )
    return services
