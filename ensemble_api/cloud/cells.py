# SPDX-License-Identifier: Apache-2.0
"""The cell of each host, which Nova's API does not tell: no server is moved out of its cell.

Nova refuses a live migration to another cell, and sets a server to ERROR that it is asked to
evacuate there. Nova internals used here: ``HostMappingList``.
"""

from nova import context as nova_context
from nova import objects


def by_host() -> dict[str, str]:
    """The UUID of the cell of each host."""
    mappings = objects.HostMappingList.get_all(nova_context.get_admin_context())
    return {each.host: each.cell_mapping.uuid for each in mappings}
