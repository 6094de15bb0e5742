# SPDX-License-Identifier: Apache-2.0
"""Nova's cell mappings: cell0 for what could not be scheduled, and cell1 for everything else."""

import uuid
from typing import Any

import nova.conf
from nova import objects

CONF = nova.conf.CONF
_CELL1_UUID = str(uuid.uuid5(uuid.NAMESPACE_DNS, "cell1.ensemble-cloud"))


def map_cells(context: Any) -> None:
    """Create the two cell mappings when they are not there."""
    connection = CONF.database.connection
    wanted = {
        objects.CellMapping.CELL0_UUID: {
            "name": "cell0",
            "transport_url": "none:///",
            "database_connection": connection.replace("nova_cell1", "nova_cell0"),
        },
        _CELL1_UUID: {
            "name": "cell1",
            "transport_url": CONF.transport_url,
            "database_connection": connection,
        },
    }
    there = {cell.uuid for cell in objects.CellMappingList.get_all(context)}
    for cell_uuid, fields in wanted.items():
        if cell_uuid not in there:
            objects.CellMapping(context, uuid=cell_uuid, **fields).create()
