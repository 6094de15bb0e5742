# SPDX-License-Identifier: Apache-2.0
"""What the model of Nova has: hosts and servers, with what is looked at of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.fakes.nova_objects import FakeHost, FakeServer
from tests.simulation.tasks import START


@dataclass
class Host(FakeHost):
    """A compute host, of which Nova learns late that it has died."""

    alive: bool = True
    deaths: int = 0


@dataclass(eq=False)
class Server(FakeServer):
    """A server: ``ours`` is whether we asked for it, ``at`` the host that has it."""

    ours: bool = False
    member_id: str = ""  # by the tag that it was asked for with
    deposed: bool = False  # asked for by a worker that had lost its lease
    late: bool = False  # asked for by one that stood still when it had looked at all
    at: str | None = None
    updated: datetime = START
    locked_at: float = 0.0
    asked_at: float = 0.0
    removed_by: str = ""  # ours, or a tenant
    kept: bool = False  # once its ensemble, or its member, was released
    unfiltered: bool = False  # placed while the filter could not ask its database
    bound_by: tuple[Any, ...] = ()  # the policies when it was placed last
    migration: str = ""  # the consumer that has what a move left behind
    comes_to: str = ""  # the host on which it is just being built again
    flavor: str = ""  # once it was resized
    stopped: bool = False  # by its tenant


def ports_of(wanted: dict[str, Any]) -> list[str]:
    """The ports of a request for a server."""
    networks = wanted.get("networks", ())
    return (
        [] if isinstance(networks, str) else [each["port"] for each in networks if "port" in each]
    )


def volumes_of(wanted: dict[str, Any]) -> list[str]:
    """The volumes of a request for a server."""
    return [each["uuid"] for each in wanted.get("block_device_mapping_v2", ())]


def parts_of(wanted: dict[str, Any]) -> set[str]:
    """The ports and volumes of a request for a server."""
    return {*ports_of(wanted), *volumes_of(wanted)}
