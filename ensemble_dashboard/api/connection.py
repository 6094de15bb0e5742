# SPDX-License-Identifier: Apache-2.0
"""The cloud as openstacksdk sees it, with the token of the person at the browser."""

from django.conf import settings
from django.http import HttpRequest
from keystoneauth1 import access, session
from keystoneauth1.identity import access as access_plugin
from openstack.connection import Connection


def user_session(request: HttpRequest) -> session.Session:
    """Give a session with the token and the catalog that Horizon has, without another login."""
    token = {
        "catalog": request.user.service_catalog,
        "project": {"id": request.user.tenant_id},
        "expires_at": request.user.token.expires,
    }
    known = access.create(body={"token": token}, auth_token=request.user.token.id)
    return session.Session(
        auth=access_plugin.AccessInfoPlugin(known),
        verify=not settings.OPENSTACK_SSL_NO_VERIFY and (settings.OPENSTACK_SSL_CACERT or True),
    )


def interface() -> str:
    """Give the interface of the catalog by which Horizon asks services."""
    return str(settings.OPENSTACK_ENDPOINT_TYPE).removesuffix("URL")


def connection(request: HttpRequest) -> Connection:
    """Give a connection that finds services in the catalog Horizon has."""
    return Connection(
        session=user_session(request),
        region_name=request.user.services_region,
        interface=interface(),
        app_name="ensembles-dashboard",
    )
