# SPDX-License-Identifier: Apache-2.0
"""Our own credentials: a session for Placement, and contexts that act for a tenant in Nova.

Nova internals used here: ``nova.context.RequestContext``, which its own API requires of every
request. A worker has no tenant's token (it may run hours later, after a restart), so it acts with
the service user's, in the tenant's name: the server belongs to the tenant's project and user.
"""

from typing import Any

from keystoneauth1 import adapter
from nova import context as nova_context
from oslo_config import cfg

from ensemble_api import conf
from ensemble_api.cloud import credentials

PLACEMENT_VERSION = "1.38"  # consumer types


class Session:
    """The service user's keystoneauth session."""

    def __init__(self, config: cfg.ConfigOpts) -> None:
        self._auth, self._session = credentials.load(config)
        region = config[conf.GROUP].region_name
        self.placement = self._adapter("placement", region, default_microversion=PLACEMENT_VERSION)
        self.network = self._adapter("network", region)

    def _adapter(self, service: str, region: str | None, **options: Any) -> Any:
        return adapter.Adapter(
            self._session,
            service_type=service,
            interface="internal",
            region_name=region,
            raise_exc=False,
            connect_retries=2,
            **options,
        )

    def acting_for(self, user_id: str, project_id: str) -> Any:
        """A Nova request context with admin rights in the name of a project's user."""
        access = self._auth.get_access(self._session)
        return nova_context.RequestContext(
            user_id=user_id,
            project_id=project_id,
            auth_token=access.auth_token,
            roles=["admin", "member", "reader"],
            is_admin=True,
            service_catalog=_catalog_v2(access.service_catalog.catalog),
            overwrite=False,
        )


def _catalog_v2(catalog: list[dict[str, Any]]) -> list[dict[str, Any]]:
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
