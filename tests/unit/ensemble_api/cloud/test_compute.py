# SPDX-License-Identifier: Apache-2.0
"""Requests to Nova that run side by side, as those for the members of an ensemble do."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from nova import context as nova_context
from nova import objects

from ensemble_api.cloud.compute import Compute

TOGETHER = 4


class TwoCells:
    """In the place of Nova's API: finds the cell of a server as Nova does, then works in it."""

    def __init__(self) -> None:
        self._found = threading.Barrier(TOGETHER, timeout=20)
        self.worked_in: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        context, server_id = environ["nova.context"], environ["PATH_INFO"].rpartition("/")[2]
        objects.register_all()
        mapping = objects.CellMapping(
            uuid=server_id, transport_url="none:///", database_connection="sqlite://"
        )
        nova_context.set_target_cell(context, mapping)
        self._found.wait()
        self.worked_in[server_id] = context.cell_uuid
        start_response("204 No Content", [])
        return []


def test_requests_side_by_side_stay_each_in_the_cell_of_its_server() -> None:
    """One context for all of them had Nova write what it did in the database of another cell."""
    nova, context = TwoCells(), nova_context.RequestContext(user_id="ada", project_id="shop")
    compute = Compute(nova)
    servers = [f"server-{number}" for number in range(TOGETHER)]
    with ThreadPoolExecutor(TOGETHER) as pool:
        list(pool.map(lambda server_id: compute.delete_server(context, server_id), servers))
    assert nova.worked_in == {server_id: server_id for server_id in servers}
    assert context.cell_uuid is None
