# SPDX-License-Identifier: Apache-2.0
"""The cell of each host, which Nova's API does not tell: no server is moved out of its cell.

Nova refuses a live migration to another cell, and sets a server to ERROR that it is asked to
evacuate there. Nova internals used here: ``HostMappingList``.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from nova import context as nova_context
from nova import objects

_NOTHING: Final[Mapping[str, str]] = {}


def by_host() -> Mapping[str, str]:
    """The UUID of the cell of each host."""
    mappings = objects.HostMappingList.get_all(nova_context.get_admin_context())
    return {each.host: each.cell_mapping.uuid for each in mappings}


class Cells:
    """Remembers the cells of hosts, which do not change; they are read anew for new hosts.

    ``read`` is ``by_host``.
    """

    def __init__(self, read: Callable[[], Mapping[str, str]]) -> None:
        self._read = read
        self._known = _NOTHING

    def of(self, hosts: Collection[str]) -> Mapping[str, str]:
        """The cells of these hosts and of others; nothing where there is one cell alone."""
        if not self._known.keys() >= set(hosts):
            self._known = self._read()
        return self._known if len(set(self._known.values())) > 1 else _NOTHING
