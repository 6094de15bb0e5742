# SPDX-License-Identifier: Apache-2.0
"""Nova's cell mappings: cell0 for what could not be scheduled, and others for everything else."""

import uuid
from collections.abc import Mapping
from typing import Any

import nova.conf
from nova import objects

CONF = nova.conf.CONF
CELL0 = "cell0"


def compact_cells() -> dict[str, tuple[str, str]]:
    """Return the cells of a cloud whose Nova is one process, as ``map_cells`` takes them."""
    connection = CONF.database.connection
    return {
        CELL0: ("none:///", connection.replace("nova_cell1", "nova_cell0")),
        "cell1": (CONF.transport_url, connection),
    }


def map_cells(context: Any, cells: Mapping[str, tuple[str, str]]) -> None:
    """Make the mappings say this, by name: the URLs of each cell's transport and database."""
    there = {cell.uuid: cell for cell in objects.CellMappingList.get_all(context)}
    for name, (transport_url, connection) in cells.items():
        fields = {"transport_url": transport_url, "database_connection": connection}
        known = there.get(_uuid(name))
        if known is None:
            objects.CellMapping(context, uuid=_uuid(name), name=name, **fields).create()
        elif any(getattr(known, field) != value for field, value in fields.items()):
            for field, value in fields.items():  # the port of RabbitMQ may be another one now
                setattr(known, field, value)
            known.save()


def _uuid(name: str) -> str:
    if name == CELL0:
        return str(objects.CellMapping.CELL0_UUID)
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.ensemble-cloud"))
