# SPDX-License-Identifier: Apache-2.0
"""What Nova keeps of a server that it does not find any more, and neither shows nor deletes.

A conductor that is killed in the middle of a create leaves one of two things, once the server is
deleted. Nova lists it for ever, and the first counts in its project's quota:

- a record in a cell, of which the API database does not know the cell: the conductor had not
  mapped it yet, and the API deleted the build request alone (``_delete_while_booting`` in
  nova/compute/api.py);
- a build request of a server that its cell has deleted: the conductor had mapped it and not
  deleted the request, the compute service set the server to ERROR when it was started again, and
  then the API deletes the record alone (``_delete`` there).

No request to Nova's API removes either. Nova internals used here: ``InstanceMapping``,
``CellMappingList``, ``Instance``, ``BuildRequest`` and ``target_cell``.
"""

import logging
from datetime import UTC, datetime
from typing import Any

from nova import context as nova_context
from nova import exception as nova_exception
from nova import objects

LOG = logging.getLogger(__name__)

CONDUCTOR_SECONDS = 60.0  # after which no conductor is between making a record and mapping it


def recall(server_id: str) -> bool:
    """Whether Nova has a record in a cell of a server that it did not find; it does from now on.

    The record is mapped to its cell, as its conductor would have done, unless that may still do
    it. A build request that is left is removed.
    """
    admin = nova_context.get_admin_context()
    try:
        mapping = objects.InstanceMapping.get_by_instance_uuid(admin, server_id)
    except nova_exception.InstanceMappingNotFound:
        return False
    if mapping.cell_mapping is not None:
        _remove_build_request(admin, mapping.cell_mapping, server_id)
        return False
    cells = objects.CellMappingList.get_all(admin)
    cell = next((each for each in cells if _has(each, server_id)), None)
    if cell is None:
        return False
    age = datetime.now(UTC) - mapping.created_at
    if age.total_seconds() > CONDUCTOR_SECONDS:
        mapping.cell_mapping = cell
        mapping.save()
        LOG.warning("Nova had no cell for server %s, and has it in %s.", server_id, cell.identity)
    return True


def _has(cell: Any, server_id: str) -> bool:
    """Whether a cell has a record of a server, one that is not deleted."""
    with nova_context.target_cell(nova_context.get_admin_context(), cell) as in_cell:
        try:
            objects.Instance.get_by_uuid(in_cell, server_id, expected_attrs=[])
        except nova_exception.InstanceNotFound:
            return False
    return True


def _remove_build_request(admin: Any, cell: Any, server_id: str) -> None:
    """Remove what asked for a server, if it is there and the cell's server is not any more."""
    try:
        request = objects.BuildRequest.get_by_instance_uuid(admin, server_id)
        if not _has(cell, server_id):
            request.destroy()
            LOG.warning("Nova kept the request for server %s, which is gone.", server_id)
    except nova_exception.BuildRequestNotFound:
        return
