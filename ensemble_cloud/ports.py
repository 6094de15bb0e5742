# SPDX-License-Identifier: Apache-2.0
"""The TCP ports of one embedded cloud: consecutive, on the loopback address."""

import errno
import socket
from dataclasses import dataclass

ADDRESS = "127.0.0.1"
DEFAULT_BASE = 18770
SERVICES = (
    *("dashboard", "keystone", "placement", "glance", "neutron", "nova", "cinder", "heat"),
    "ensembles",
)
FULL_SERVICES = (*SERVICES, "rabbitmq", "rabbitmq nodes", "epmd")


class PortError(Exception):
    """A port that cannot be used; the text says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One port per service, counted from a base in the order of the services."""

    base: int = DEFAULT_BASE
    services: tuple[str, ...] = SERVICES

    def __post_init__(self) -> None:
        last = 65535 - len(self.services)
        if not 1024 <= self.base <= last:
            raise PortError(f"the port base must be from 1024 to {last}, and is {self.base}")

    def of(self, service: str) -> int:
        """Return the port of a service."""
        return self.base + self.services.index(service)

    def url(self, service: str) -> str:
        """Return the root URL of a service, without a slash at its end."""
        return f"http://{ADDRESS}:{self.of(service)}"

    def check_free(self) -> None:
        """Raise PortError when somebody else listens on one of the ports."""
        taken = [
            f"{self.of(name)} ({name})" for name in self.services if not _is_free(self.of(name))
        ]
        if taken:
            raise PortError(
                f"already in use on {ADDRESS}: port {', '.join(taken)}; "
                "stop what listens there, or choose others with --port-base"
            )


def free_base(first: int = 20000, last: int = 32000) -> int:
    """Return the first base from which all ports are free; raise PortError when there is none.

    They are as many as the full profile needs, and no other base of this range overlaps.
    """
    needed = len(FULL_SERVICES)
    for base in range(first, last, needed):
        if all(_is_free(base + offset) for offset in range(needed)):
            return base
    raise PortError(f"no {needed} free ports in a row from {first} to {last}")


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
