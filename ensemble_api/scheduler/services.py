# SPDX-License-Identifier: Apache-2.0
"""What only Nova's own databases say at this moment, asked as the scheduler does itself.

Nova internals used here: ``HostMapping``, ``InstanceMapping``, ``Instance``, ``Service``,
``target_cell`` and ``servicegroup.API``.
"""

from collections.abc import Iterable

from nova import context as nova_context
from nova import exception as nova_exception
from nova import objects, servicegroup


def up(hosts: Iterable[str]) -> frozenset[str]:
    """Those of these hosts whose compute service reports now."""
    admin = nova_context.get_admin_context()
    group = servicegroup.API()
    found = set()
    for host in hosts:
        try:
            cell = objects.HostMapping.get_by_host(admin, host).cell_mapping
            with nova_context.target_cell(admin, cell) as in_cell:
                service = objects.Service.get_by_compute_host(in_cell, host)
        except nova_exception.NotFound:
            continue
        if group.service_is_up(service):
            found.add(host)
    return frozenset(found)


def host_of(server_id: str) -> str | None:
    """The host that has a server now; None while none has."""
    admin = nova_context.get_admin_context()
    try:
        cell = objects.InstanceMapping.get_by_instance_uuid(admin, server_id).cell_mapping
        if cell is None:
            return None
        with nova_context.target_cell(admin, cell) as in_cell:
            host: str | None = objects.Instance.get_by_uuid(in_cell, server_id).host
    except nova_exception.NotFound:
        return None
    return host


def of_other_projects(servers: Iterable[str], project_id: str) -> frozenset[str]:
    """Those of these servers that another project has."""
    admin = nova_context.get_admin_context()
    mappings = objects.InstanceMappingList.get_by_instance_uuids(admin, list(servers))
    return frozenset(each.instance_uuid for each in mappings if each.project_id != project_id)
