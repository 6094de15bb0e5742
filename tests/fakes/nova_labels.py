# SPDX-License-Identifier: Apache-2.0
"""What the servers of the fake Nova are marked with: metadata and tags."""

from typing import Any

from tests.fakes.nova_objects import Refused
from tests.fakes.nova_state import NovaState


class NovaLabels(NovaState):
    """Metadata and tags, and what keeps them as they are."""

    def metadata(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        return 200, {"metadata": self._server(server_id).request.get("metadata", {})}

    def set_metadata(self, request: Any, context: Any, server_id: str) -> tuple[int, Any]:
        server = self._server(server_id)
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server_id} is locked")
        if server.status == "ERROR" or server.task:
            raise Refused(409, f"Cannot 'update_instance_metadata' instance {server_id}")
        server.request.setdefault("metadata", {}).update(request.json["metadata"])
        return 200, {"metadata": server.request["metadata"]}

    def remove_metadata(
        self, request: Any, context: Any, server_id: str, key: str
    ) -> tuple[int, Any]:
        server = self._server(server_id)
        if server.locked and not context.is_admin:
            raise Refused(409, f"Instance {server_id} is locked")
        if key not in server.request.get("metadata", {}):
            raise Refused(404, "Metadata item was not found")
        del server.request["metadata"][key]
        return 204, None

    def remove_tag(self, request: Any, context: Any, server_id: str, tag: str) -> tuple[int, Any]:
        server = self._server(server_id)
        if server.status not in ("ACTIVE", "PAUSED", "SUSPENDED", "SHUTOFF"):
            raise Refused(409, f"Cannot 'delete tag' instance {server_id}")
        if tag not in server.tags:
            raise Refused(404, f"Server {server_id} has no tag '{tag}'")
        server.tags.remove(tag)
        return 204, None
