# SPDX-License-Identifier: Apache-2.0
"""The tree of failure domains: hosts in racks in zones, by whatever levels are configured."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_api.planning.errors import ModelError

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, order=True)
class FailureDomain:
    """One host, rack or zone; `path` leads to it from the largest level, its own name last."""

    level: str
    name: str
    path: tuple[str, ...]


def reference(project_id: str, domain: FailureDomain) -> str:
    """An id for a domain that says nothing of it and differs between projects.

    Like Nova's ``hostId`` (nova/objects/instance.py), a hash over project and name.
    """
    text = "\0".join((project_id, domain.level, *domain.path))
    return hashlib.sha224(text.encode()).hexdigest()


def frozen(array: npt.ArrayLike, dtype: type) -> npt.NDArray[Any]:
    """Give a read-only array of that type; a copy, so that nobody else can change it."""
    copy: npt.NDArray[Any] = np.array(array, dtype=dtype)
    copy.setflags(write=False)
    return copy


class Topology:
    """An immutable tree of failure domains over the hosts of a cloud.

    Hosts are in the order of their names. Domains are told apart by their path, so a rack name
    that is used in two zones is two racks, and the levels always nest. `zone_level` is the level
    whose domains are Nova's availability zones, whatever it is called; None where none is.
    """

    __slots__ = (
        "_children",
        "_domains",
        "_host_index",
        "_index",
        "_parent",
        "_paths",
        "hosts",
        "levels",
        "zone_level",
    )

    def __init__(
        self,
        levels: tuple[str, ...],
        paths: Mapping[str, tuple[str, ...]],
        zone_level: str | None = None,
    ) -> None:
        """Take the levels, smallest first, and every host's path, largest level first."""
        if zone_level not in (None, *levels):
            raise ModelError("zone_level", f"must be one of {', '.join(levels)}")
        self.levels = levels
        self.zone_level = zone_level
        self.hosts = tuple(sorted(paths))
        self._host_index = {name: number for number, name in enumerate(self.hosts)}
        self._paths: dict[str, tuple[tuple[str, ...], ...]] = {levels[0]: ()}
        self._index: dict[str, IntArray] = {}
        self._parent: dict[str, IntArray] = {}
        self._domains: dict[str, tuple[FailureDomain, ...]] = {}
        self._children: dict[str, tuple[IntArray, ...]] = {}
        by_host = [paths[name] for name in self.hosts]
        for above, level in enumerate(levels):
            depth = len(levels) - above
            cut = [path[:depth] for path in by_host]
            # The host level keeps the order of the hosts, so that its index is 0, 1, 2...
            known = cut if above == 0 else sorted(set(cut))
            number = {path: position for position, path in enumerate(known)}
            index = np.array([number[path] for path in cut], dtype=np.int64)
            index.setflags(write=False)
            self._paths[level] = tuple(known)
            self._index[level] = index
        for smaller, larger in pairwise(levels):
            parent = np.zeros(len(self._paths[smaller]), dtype=np.int64)
            parent[self._index[smaller]] = self._index[larger]
            parent.setflags(write=False)
            self._parent[smaller] = parent

    @classmethod
    def build(
        cls,
        levels: Sequence[str],
        hosts: Mapping[str, Sequence[str | None]],
        zone_level: str | None = None,
    ) -> "Topology":
        """Build the tree from each host's domain names above the host level, smallest first.

        A missing name (None or empty) makes the domain below it a domain of its own at that level:
        a host in no rack is alone in its rack. Raises ModelError for what cannot be a tree.
        """
        names = tuple(levels)
        if not names or len(set(names)) != len(names) or not all(names):
            raise ModelError("levels", "must be different names, the host level first")
        paths: dict[str, tuple[str, ...]] = {}
        for host, above in hosts.items():
            if len(above) != len(names) - 1:
                raise ModelError(f"hosts.{host}", f"must give {len(names) - 1} domain names")
            upward = [host]
            for name in above:
                upward.append(name or f"({upward[-1].strip('()')})")
            paths[host] = tuple(reversed(upward))
        return cls(names, paths, zone_level)

    def __len__(self) -> int:
        """How many hosts there are."""
        return len(self.hosts)

    def index(self, level: str) -> IntArray:
        """Give, for every host, the number of its domain at the level (shape [hosts])."""
        self.require(level)
        return self._index[level]

    def parent(self, level: str) -> IntArray:
        """Give, for every domain of the level, the number of its domain one level up."""
        return self._parent[level]

    def children(self, level: str) -> tuple[IntArray, ...]:
        """Give, for every domain of the level, the numbers of its domains one level down."""
        if level not in self._children:
            above = self._parent[self.levels[self.levels.index(level) - 1]]
            order = np.argsort(above, kind="stable")
            starts = np.searchsorted(above[order], np.arange(1, self.size(level)))
            self._children[level] = tuple(np.split(order, starts))
        return self._children[level]

    def size(self, level: str) -> int:
        """How many domains the level has."""
        self.require(level)
        return len(self._paths[level])

    def domains(self, level: str) -> tuple[FailureDomain, ...]:
        """Give the domains of the level in the order of their numbers."""
        self.require(level)
        if level not in self._domains:
            self._domains[level] = tuple(
                FailureDomain(level, path[-1], path) for path in self._paths[level]
            )
        return self._domains[level]

    def domain_of(self, host: str, level: str) -> FailureDomain:
        """Give the domain of a host at the level; KeyError for an unknown host."""
        path = self._paths[level][int(self.index(level)[self._host_index[host]])]
        return FailureDomain(level, path[-1], path)

    def __contains__(self, host: object) -> bool:
        """Whether there is a host of this name."""
        return host in self._host_index

    def host_number(self, host: str) -> int:
        """Give the position of a host in the order of hosts; KeyError for an unknown one."""
        return self._host_index[host]

    def require(self, level: str) -> None:
        """Refuse a level that this cloud does not have."""
        if level not in self._index:
            raise ModelError("level", f"must be one of {', '.join(self.levels)}, not {level!r}")
