# SPDX-License-Identifier: Apache-2.0
"""Plain servers beside the service: a cloud that is filled unevenly, as clouds are."""

import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ensemble_drill.cloud import CloudError, Operator
from ensemble_drill.methods import wait
from ensemble_drill.service import Layout

_SECONDS = 600
_AT_ONCE = 4  # requests


@dataclass(frozen=True, slots=True)
class Room:
    """The processors of a host, and how many of them are taken."""

    total: int
    used: int


def shares(seed: int, layout: Layout, percent: int) -> dict[str, int]:
    """Draw how full each rack is to be, in percent: from empty to twice `percent` and evenly."""
    lot = random.Random(seed)  # noqa: S311 - it decides nothing that is secret
    racks = ["-".join(names) for names, _ in layout.racks()]
    steps = [round(2 * percent * number / max(1, len(racks) - 1)) for number in range(len(racks))]
    lot.shuffle(steps)
    return dict(zip(racks, (min(each, 90) for each in steps), strict=True))


def servers(
    wanted: Mapping[str, int],
    layout: Layout,
    rooms: Mapping[str, Room],
    flavors: Sequence[tuple[str, int]],
) -> Iterator[tuple[str, str]]:
    """Yield a flavor and a host for each server that fills the racks to these shares.

    `flavors` are names with processors, of which the largest that still fits is taken.
    """
    largest = sorted(flavors, key=lambda each: -each[1])
    for names, hosts in layout.racks():
        for host in hosts:
            room = rooms.get(host, Room(0, 0))
            left = room.total * wanted["-".join(names)] // 100 - room.used
            for flavor, processors in largest:
                for _ in range(max(0, left) // processors):
                    left -= processors
                    yield flavor, host


@dataclass
class Load:
    """Servers of the operator's, without networks, each on a host that was chosen for it.

    `prefix` is of one run alone: whatever of the operator's project is named so is removed in the
    end, also a server of which the answer to its create was lost.
    """

    operator: Operator
    prefix: str
    image: str
    wanted: Mapping[str, int] = field(default_factory=dict)
    """How full each rack is to be, in percent."""
    ids: list[str] = field(default_factory=list)

    def build(self, wanted: Sequence[tuple[str, str]]) -> None:
        """Ask for a server of each flavor on each host, and wait for all. Raises CloudError."""

        def ask(index: int) -> str:
            flavor, host = wanted[index]
            server = {
                "name": f"{self.prefix}-load-{index}",
                "flavorRef": flavor,
                "imageRef": self.image,
                "networks": "none",
                "host": host,
            }
            return str(self.operator.post("/servers", {"server": server})["server"]["id"])

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            self.ids += pool.map(ask, range(len(wanted)))
        wait("the servers of the load are built", self._built, _SECONDS)

    def _built(self) -> bool:
        there = self._there()
        failed = [each for each in there if each["status"] == "ERROR"]
        if failed:
            raise CloudError(f"{failed[0]['name']} cannot be built; ask for less load")
        return len(there) == len(self.ids) and all(each["status"] == "ACTIVE" for each in there)

    def _there(self) -> list[Any]:
        return self.operator.named(f"{self.prefix}-load-")

    def begin_removal(self) -> None:
        """Ask for the end of all. Raises CloudError."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            paths = [f"/servers/{each['id']}" for each in self._there()]
            list(pool.map(self.operator.delete, paths))

    def remove(self) -> None:
        """Delete all, and wait until they are gone. Raises CloudError."""
        self.begin_removal()
        wait("the servers of the load are gone", lambda: not self._there(), _SECONDS)
