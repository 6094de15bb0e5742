# SPDX-License-Identifier: Apache-2.0
"""The hosts, racks and zones of a shape by the names that people call them."""

import enum
from dataclasses import dataclass

from ensemble_cloud.shape import Shape


class DomainError(Exception):
    """There is no such domain, or there are several; the text names what there is."""


class Level(enum.StrEnum):
    """What can be stopped and started as a whole."""

    HOST = "host"
    RACK = "rack"
    ZONE = "zone"


@dataclass(frozen=True, slots=True)
class Domain:
    """A host, a rack or a zone, with the hosts in it."""

    level: Level
    name: str
    hosts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.level} {self.name}"


def find(shape: Shape, level: Level, name: str) -> Domain:
    """Return the domain of this name.

    A rack has the name of its aggregate, such as az1-rack1, or shorter its own, such as rack1,
    where no other zone has one of that name. Raises DomainError.
    """
    there = _domains(shape, level)
    found = [domain for domain in there if domain.name == name]
    if not found and level is Level.RACK:
        own = [zone_and_rack[1] for zone_and_rack in shape.racks]
        found = [domain for domain, rack in zip(there, own, strict=True) if rack == name]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(domain.name for domain in found)
        raise DomainError(f"{len(found)} zones have a rack {name!r}; name one of {names}")
    names = ", ".join(domain.name for domain in there)
    raise DomainError(f"there is no {level} {name!r}; there are {names}")


def _domains(shape: Shape, level: Level) -> tuple[Domain, ...]:
    match level:
        case Level.HOST:
            return tuple(Domain(level, host.name, (host.name,)) for host in shape.hosts)
        case Level.RACK:
            return tuple(
                Domain(level, f"{zone}-{rack}", _hosts(shape, zone, rack))
                for zone, rack in shape.racks
            )
        case Level.ZONE:
            return tuple(Domain(level, zone, _hosts(shape, zone)) for zone in shape.zones)


def _hosts(shape: Shape, zone: str, rack: str | None = None) -> tuple[str, ...]:
    return tuple(
        host.name for host in shape.hosts if host.zone == zone and rack in (None, host.rack)
    )
