# SPDX-License-Identifier: Apache-2.0
"""The shape of an embedded cloud: its hosts in racks and zones, and what is in it at first."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MAX_HOSTS = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
# Keystone and the seed make these themselves.
_RESERVED_PROJECTS = ("admin", "service")
_RESERVED_USERS = ("admin", "nova", "glance", "neutron", "placement")


class ShapeError(ValueError):
    """A shape that cannot be built: the field at fault and what is wrong with it."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")
        self.field = field_name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Size:
    """What a host can hold, or a flavor takes: vCPUs, MiB of memory, GiB of disk."""

    vcpus: int
    memory_mb: int
    disk_gb: int


@dataclass(frozen=True, slots=True)
class Host:
    """One simulated host and where it stands."""

    name: str
    rack: str
    zone: str
    size: Size


@dataclass(frozen=True, slots=True)
class Network:
    """The network every project uses."""

    name: str
    cidr: str


@dataclass(frozen=True, slots=True)
class User:
    """A user with one role in one project."""

    name: str
    project: str
    role: str
    password: str


@dataclass(frozen=True, slots=True)
class Server:
    """A server of the background load, on its host."""

    name: str
    project: str
    flavor: str
    host: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A whole cloud. Raises ShapeError when it contradicts itself."""

    hosts: tuple[Host, ...]
    flavors: Mapping[str, Size]
    image: str
    network: Network
    projects: tuple[str, ...]
    users: tuple[User, ...]
    admin_password: str
    background: tuple[Server, ...] = field(default=())

    def __post_init__(self) -> None:
        self._check_hosts()
        self._check_names("flavors", self.flavors)
        self._check_names("projects", self.projects)
        self._check_users()
        self._check_network()
        self._check_background()

    @property
    def zones(self) -> tuple[str, ...]:
        """The availability zones, in the order of their first host."""
        return tuple(dict.fromkeys(host.zone for host in self.hosts))

    @property
    def racks(self) -> tuple[tuple[str, str], ...]:
        """The racks as (zone, rack), in the order of their first host."""
        return tuple(dict.fromkeys((host.zone, host.rack) for host in self.hosts))

    def host(self, name: str) -> Host:
        """Return a host by its name; raise KeyError when there is none."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise KeyError(name)

    def _check_hosts(self) -> None:
        if not 1 <= len(self.hosts) <= MAX_HOSTS:
            raise ShapeError(
                "zones", f"must have 1 to {MAX_HOSTS} hosts, and has {len(self.hosts)}"
            )
        for host in self.hosts:
            at = f"zones.{host.zone}.{host.rack}.{host.name}"
            for name in (host.zone, host.rack, host.name):
                _check_name(at, name)
        counts = Counter(host.name for host in self.hosts)
        for host in self.hosts:
            if counts[host.name] > 1:
                raise ShapeError(
                    f"zones.{host.zone}.{host.rack}.{host.name}",
                    f"{counts[host.name]} hosts have this name; a host stands in one rack",
                )

    def _check_names(self, at: str, names: Iterable[str]) -> None:
        listed = list(names)
        if not listed:
            raise ShapeError(at, "must not be empty")
        for name in listed:
            _check_name(f"{at}.{name}", name)
        for name, count in Counter(listed).items():
            if count > 1:
                raise ShapeError(f"{at}.{name}", f"is there {count} times")
            if at == "projects" and name in _RESERVED_PROJECTS:
                raise ShapeError(f"{at}.{name}", "is made by the cloud itself")

    def _check_users(self) -> None:
        self._check_names("users", (user.name for user in self.users))
        for user in self.users:
            if user.name in _RESERVED_USERS:
                raise ShapeError(f"users.{user.name}", "is made by the cloud itself")
            if user.project not in self.projects:
                raise ShapeError(
                    f"users.{user.name}.project", f"there is no project {user.project!r}"
                )
            if user.role not in ("admin", "manager", "member", "reader"):
                raise ShapeError(
                    f"users.{user.name}.role",
                    f"must be admin, manager, member or reader, and is {user.role!r}",
                )

    def _check_network(self) -> None:
        try:
            cidr = ipaddress.ip_network(self.network.cidr)
        except ValueError as error:
            raise ShapeError("network.cidr", str(error)) from None
        if cidr.version != 4 or cidr.num_addresses < 16:
            raise ShapeError("network.cidr", "must be an IPv4 network of at least 16 addresses")

    def _check_background(self) -> None:
        free = {host.name: host.size for host in self.hosts}
        for index, server in enumerate(self.background):
            at = f"background[{index}]"
            _check_name(f"{at}.name", server.name)
            if server.flavor not in self.flavors:
                raise ShapeError(f"{at}.flavor", f"there is no flavor {server.flavor!r}")
            if server.project not in self.projects:
                raise ShapeError(f"{at}.project", f"there is no project {server.project!r}")
            if server.host not in free:
                raise ShapeError(f"{at}.host", f"there is no host {server.host!r}")
            left = _minus(free[server.host], self.flavors[server.flavor])
            if min(left.vcpus, left.memory_mb, left.disk_gb) < 0:
                raise ShapeError(at, f"does not fit on host {server.host!r} any more")
            free[server.host] = left


def _minus(size: Size, taken: Size) -> Size:
    return Size(
        size.vcpus - taken.vcpus, size.memory_mb - taken.memory_mb, size.disk_gb - taken.disk_gb
    )


def _check_name(at: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ShapeError(
            at,
            f"{name!r} must be 1 to 63 letters, digits, dots, hyphens or underscores, "
            "and begin with a letter or digit",
        )
