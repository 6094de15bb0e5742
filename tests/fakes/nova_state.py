# SPDX-License-Identifier: Apache-2.0
"""What the fake Nova has, what is scripted to go wrong with it, and how its parts look at it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fakes.nova_objects import FakeHost, FakeServer, FakeServerGroup, Refused

PAGE = 3  # a page of Nova's is 1,000 long; a short one shows that we turn pages


@dataclass
class NovaState:
    """The state that all parts of the fake Nova share, and what is scripted to go wrong."""

    placement: Any  # a real one, or what serves for it
    hosts: list[FakeHost]
    flavors: dict[str, dict[str, Any]]
    images: dict[str, dict[str, Any]]
    networks: set[str] = field(default_factory=set)
    key_pairs: set[str] = field(default_factory=set)
    security_groups: dict[str, str] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    aggregates_beside: list[dict[str, Any]] = field(default_factory=list)  # those of racks, zones
    build_looks: int = 1
    delete_looks: int = 1
    move_looks: int = 1
    land_looks: int = 0  # between the end of an evacuation's task and the new host
    page: int = PAGE
    # Scripts: by the end of a server's name ("web-2").
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    break_build: dict[str, str] = field(default_factory=dict)
    break_move: set[str] = field(default_factory=set)  # it stays where it is
    lose_move: set[str] = field(default_factory=set)  # its conductor never hears of it
    stops_evacuated: bool = False  # as when they were asked for by another microversion
    break_host: dict[str, str] = field(default_factory=dict)  # by the host's name
    before: Callable[[str, str], None] = lambda method, path: None  # may raise
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    server_groups: list[FakeServerGroup] = field(default_factory=list)
    # What has happened.
    servers: dict[str, FakeServer] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    acted: list[tuple[str, str]] = field(default_factory=list)  # actions, with servers
    evacuated: list[str] = field(default_factory=list)  # servers, each time Nova has taken it
    hints: dict[str, dict[str, str]] = field(default_factory=dict)  # of requests, by the server
    deletes_volumes: set[tuple[str, str]] = field(default_factory=set)  # servers, with volumes
    raised: set[tuple[str, str]] = field(default_factory=set)  # with an operator's rights
    asked_by_tenant: list[str] = field(default_factory=list)
    _lock: Any = field(default_factory=threading.RLock)

    def alive(self) -> list[FakeServer]:
        return [server for server in self.servers.values() if not server.gone]

    def host(self, name: str) -> FakeHost:
        return next(host for host in self.hosts if host.name == name)

    def needs(self, server: FakeServer) -> dict[str, int]:
        """What a server claims of its host."""
        flavor = self.flavors[server.request["flavorRef"]]
        return {"VCPU": flavor["vcpus"], "MEMORY_MB": flavor["ram"]}

    def _server(self, server_id: str) -> FakeServer:
        server = self.servers.get(server_id)
        if server is None or server.gone or server.lost:
            raise Refused(404, f"Instance {server_id} could not be found.")
        return server

    @staticmethod
    def _admin(context: Any) -> None:
        if not context.is_admin:
            raise Refused(403, "Policy doesn't allow it to be performed.")

    def _page(self, request: Any, items: Sequence[Any], key: str) -> dict[str, Any]:
        start = 0
        if marker := request.GET.get("marker"):
            ids = [item["id"] for item in items]
            if marker not in ids:
                raise Refused(400, f"Marker {marker} could not be found.")
            start = ids.index(marker) + 1
        page = items[start : start + self.page]
        body: dict[str, Any] = {key: page}
        if start + self.page < len(items):
            body[f"{key}_links"] = [{"rel": "next", "href": "http://nova/next"}]
        return body

    @staticmethod
    def _known(things: dict[str, Any], key: str, kind: str) -> Any:
        if key not in things:
            raise Refused(404, f"{kind} {key} could not be found.")
        return things[key]
