# SPDX-License-Identifier: Apache-2.0
"""Contexts for a service of its own, which acts for tenants with tokens of theirs.

Nova internals used here: ``nova.context.RequestContext``. What Nova is to refuse a tenant it
refuses by itself, since the token is the tenant's: nothing here gives a role to anybody.
"""

from collections.abc import Callable, Mapping
from typing import Any

from keystoneauth1 import loading
from nova import context as nova_context
from oslo_config import cfg

from ensemble_api import conf, policies
from ensemble_api.cloud import credentials
from ensemble_api.cloud.session import Session, catalog_v2
from ensemble_api.cloud.tenant_tokens import StoredTrusts, TenantToken, TenantTokens
from ensemble_api.context import Context
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Message
from ensemble_api.rights import WAITS_FOR_OWNER

_SCOPES = ("project", "domain")
_UNSCOPED: dict[str, Any] = {
    **{f"{each}_{part}": None for each in _SCOPES for part in ("id", "name")},
    "project_domain_id": None,
    "project_domain_name": None,
    "system_scope": None,
}


class TenantContext(nova_context.RequestContext):  # type: ignore[misc]
    """A request's context whose elevated copies have no token of the tenant's any more.

    Nova is asked by ``HttpNova`` with the service user's own token then.
    """

    operator = False

    def elevated(self, *args: Any, **kwargs: Any) -> Context:
        """An operator's eyes."""
        found: Any = super().elevated(*args, **kwargs)
        found.operator, found.auth_token = True, None
        return found  # type: ignore[no-any-return]


class TenantSession(Session):
    """As ``Session``, where Nova is another process that is called by HTTP."""

    def __init__(
        self,
        config: cfg.ConfigOpts,
        trusts: StoredTrusts,
        *,
        works_here: bool,
        awaited: Callable[[str, str], bool],
    ) -> None:
        super().__init__(config)
        ours = config[conf.GROUP]
        self.nova = credentials.compute(config)

        def plugin(trust_id: str) -> Any:
            return loading.load_auth_from_conf_options(
                config, conf.GROUP, trust_id=trust_id, **_UNSCOPED
            )

        self.tokens = TenantTokens(
            self.identity,
            plugin,
            trusts if ours.use_trusts else None,
            ours.trust_roles,
            works_here=works_here,
            awaited=awaited,
        )

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
        """A context with a token of the requester's, or without one where there is none.

        Only who asked for it has servers made; for the rest that of another one of the project
        will do, since whoever asked may be an operator. What ``evacuates`` is the service user's:
        the tenant's servers come back, and Nova does not look at locks there. So is what
        ``removes`` something that an operator wants gone, where nobody of the project has a token.
        """
        token = None
        if not evacuates:
            token = self.tokens.of(requester.user_id, project_id, anybody=not names_hosts)
        context = TenantContext(
            user_id=requester.user_id,
            project_id=project_id,
            roles=list(requester.roles),
            is_admin=False,
            global_request_id=requester.request_id or None,
            overwrite=False,
            **_with(token),
        )
        context.operator = evacuates
        if removes and token is None and _is_operator(context):
            context.operator = True
            own = self._token()
            context.auth_token, context.service_catalog = own["auth_token"], own["service_catalog"]
        acting: Context = context
        return acting

    def waits_for(
        self, requester: Requester, project_id: str, *, builds: bool, removes: bool = False
    ) -> Message | None:
        """What a tenant is told whose token is needed and is not there; None if it is.

        What ``removes`` something for an operator waits for nobody.
        """
        if self.tokens.of(requester.user_id, project_id, anybody=not builds) is not None:
            return None
        if removes and _is_operator(
            TenantContext(
                user_id=requester.user_id,
                project_id=project_id,
                roles=list(requester.roles),
                is_admin=False,
                overwrite=False,
            )
        ):
            return None
        return WAITS_FOR_OWNER()


def tenant_context(environ: Mapping[str, Any], catalog: Any) -> Context:
    """The context of a request that keystonemiddleware has let pass, as Nova makes its own."""
    found: Context = TenantContext.from_environ(
        environ,
        user_auth_plugin=environ.get("keystone.token_auth"),
        remote_address=environ.get("REMOTE_ADDR"),
        service_catalog=catalog,
    )
    return found


def _is_operator(context: Context) -> bool:
    """Whether whoever asked with these roles is one by policy as it is now."""
    return policies.allowed(context, "admin")


def _with(token: TenantToken | None) -> dict[str, Any]:
    if token is None:
        return {"auth_token": None}
    return {"auth_token": token.id, "service_catalog": catalog_v2(list(token.catalog))}
