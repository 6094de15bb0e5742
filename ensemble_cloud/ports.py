# SPDX-License-Identifier: Apache-2.0
"""The TCP ports of one embedded cloud: consecutive, on the loopback address."""

import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass

ADDRESS = "127.0.0.1"
DEFAULT_BASE = 18770
SERVICES = ("dashboard", "keystone", "placement", "glance", "neutron", "nova")


class PortError(Exception):
    """A port that cannot be used; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One port per service, counted from a base in the order of SERVICES."""

    base: int = DEFAULT_BASE

    def __post_init__(self) -> None:
        if not 1024 <= self.base <= 65535 - len(SERVICES):
            raise PortError(
                f"the port base must be from 1024 to {65535 - len(SERVICES)}, and is {self.base}"
            )

    def of(self, service: str) -> int:
        """Return the port of a service."""
        return self.base + SERVICES.index(service)

    def url(self, service: str) -> str:
        """Return the root URL of a service, without a slash at its end."""
        return f"http://{ADDRESS}:{self.of(service)}"

    def check_free(self) -> None:
        """Raise PortError when somebody else listens on one of the ports."""
        taken = [f"{self.of(name)} ({name})" for name in SERVICES if not _is_free(self.of(name))]
        if taken:
            raise PortError(
                f"already in use on {ADDRESS}: port {', '.join(taken)}; "
                "stop what listens there, or choose others with --port-base"
            )


def free_base(first: int = 20000, last: int = 32000) -> int:
    """Return the first base from which all ports are free; raise PortError when there is none."""
    for base in _bases(first, last):
        if all(_is_free(base + offset) for offset in range(len(SERVICES))):
            return base
    raise PortError(f"no {len(SERVICES)} free ports in a row from {first} to {last}")


def _bases(first: int, last: int) -> Iterator[int]:
    yield from range(first, last, len(SERVICES))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do it: a connection that is still closing does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True
