# SPDX-License-Identifier: Apache-2.0
"""A client of the ensembles API, wherever a cloud serves it: by itself, or inside of Nova."""

from typing import Any, Final

from keystoneauth1 import exceptions

SERVICE_TYPE: Final = "ensemble"
COMPUTE: Final = "compute"


def service_type(
    session: Any, *, region_name: str | None = None, interface: str | None = None
) -> str:
    """The type of the service that has the ensembles API, by the catalog of a session's token.

    It is "ensemble" where the catalog has that in the region, and else "compute".
    """
    try:
        url = session.get_endpoint(
            service_type=SERVICE_TYPE, region_name=region_name, interface=interface or "public"
        )
    except exceptions.CatalogException:
        url = None
    return SERVICE_TYPE if url else COMPUTE


def make_client(
    session: Any,
    *,
    region_name: str | None = None,
    interface: str | None = None,
    endpoint_override: str | None = None,
    compute_endpoint_override: str | None = None,
    connect_retries: int | None = None,
) -> Any:
    """Give a novaclient whose ``ensembles`` are those of this cloud, on a keystoneauth session.

    ``endpoint_override`` is where a service of its own is, whatever the catalog says;
    ``compute_endpoint_override`` where Nova is, if ensembles are there.
    """
    # Whoever imports this module may not need novaclient, which takes its time.
    from novaclient import client, extension

    from ensemble_client.v2 import ensembles

    kind = SERVICE_TYPE
    if endpoint_override is None:
        kind = service_type(session, region_name=region_name, interface=interface)
    return client.Client(
        "2.1",
        session=session,
        service_type=kind,
        region_name=region_name,
        endpoint_type=interface or "public",
        endpoint_override=endpoint_override if kind == SERVICE_TYPE else compute_endpoint_override,
        connect_retries=connect_retries,
        extensions=[extension.Extension("ensembles", ensembles)],
    )
