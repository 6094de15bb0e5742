# SPDX-License-Identifier: Apache-2.0
"""Names in an ensemble file, from flavors to volumes, looked up in the cloud."""

import copy
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from keystoneauth1 import exceptions as keystone_exceptions
from openstack import exceptions

from ensemble_client.document import FileError, suggestion
from ensemble_client.file import EnsembleFile

MAX_SUGGESTED_FROM: Final = 500
"""How many names are fetched, at most, to find the one that was meant."""


class Located(Protocol):
    """Where names come from."""

    def error(self, field: str, reason: str) -> FileError:
        """The error about a field, which says where that is."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """One kind of thing a cloud has, found by name or id."""

    kind: str
    find: Callable[..., Any]
    listed: Callable[[], Iterable[Any]]
    known: dict[str, str] = field(default_factory=dict)

    def id_of(self, file: Located, place: str, name: str) -> str:
        """Give the id for a name or id; FileError at `place` when there is not exactly one."""
        if name not in self.known:
            try:
                self.known[name] = str(self.find(name, ignore_missing=False).id)
            except exceptions.DuplicateResource:
                reason = f"several {self.kind}s are named {name!r}; give the id of one"
                raise file.error(place, reason) from None
            except exceptions.NotFoundException:
                reason = f"no {self.kind} is named {name!r}{self._meant(name)}"
                raise file.error(place, reason) from None
            except exceptions.HttpException as error:
                reason = f"{self.kind} {name!r} cannot be looked up: {error.message}"
                raise file.error(place, reason) from error
            except (exceptions.SDKException, keystone_exceptions.ClientException) as error:
                reason = f"{self.kind} {name!r} cannot be looked up: this cloud has no such service"
                raise file.error(place, reason) from error
        return self.known[name]

    def _meant(self, name: str) -> str:
        try:
            some = itertools.islice(self.listed(), MAX_SUGGESTED_FROM)
            return suggestion(name, [str(each.name) for each in some])
        except exceptions.SDKException:
            return ""  # the suggestion is a courtesy; the error itself is already known


@dataclass(frozen=True, slots=True)
class Catalogs:
    """All kinds of things that an ensemble refers to."""

    flavors: Catalog
    images: Catalog
    networks: Catalog
    ports: Catalog
    volumes: Catalog
    snapshots: Catalog

    @classmethod
    def of(cls, connection: Any) -> "Catalogs":
        """Those of an openstack.connection.Connection; each name is looked up once."""
        compute, image, network = connection.compute, connection.image, connection.network
        return cls(
            Catalog("flavor", compute.find_flavor, lambda: compute.flavors(details=False)),
            Catalog("image", image.find_image, image.images),
            Catalog("network", network.find_network, network.networks),
            Catalog("port", network.find_port, network.ports),
            # Looked at only when it is needed: a cloud may have no volume service.
            Catalog(
                "volume",
                lambda name, **how: connection.block_storage.find_volume(name, **how),
                lambda: connection.block_storage.volumes(details=False),
            ),
            Catalog(
                "volume snapshot",
                lambda name, **how: connection.block_storage.find_snapshot(name, **how),
                lambda: connection.block_storage.snapshots(details=False),
            ),
        )

    def by_constraint(self, constraint: str) -> Catalog | None:
        """What a custom constraint of a template's parameter is of, where names stand for ids."""
        known = {
            "nova.flavor": self.flavors,
            "glance.image": self.images,
            "neutron.network": self.networks,
        }
        return known.get(constraint)


def resolve(file: EnsembleFile, connection: Any) -> dict[str, Any]:
    """Give the API's body for a file: each name replaced by its id.

    `connection` is an openstack.connection.Connection. Each name is looked up once. FileError names
    the line of a name that does not exist or is not unique.
    """
    body = copy.deepcopy(file.body)
    resolve_tiers(file, body["tiers"], "ensemble", Catalogs.of(connection))
    return body


def resolve_tiers(file: Located, tiers: Iterable[Any], place: str, catalogs: Catalogs) -> None:
    """Replace each name in tiers by its id; what refers to a template's parameter is left alone."""
    for index, tier in enumerate(tiers):
        server = tier.get("server") if isinstance(tier, dict) else None
        if isinstance(server, dict):
            _resolve_server(file, server, f"{place}.tiers[{index}].server", catalogs)


def _resolve_server(file: Located, server: dict[str, Any], place: str, catalogs: Catalogs) -> None:
    def replace(within: Any, key: Any, field: str, catalog: Catalog) -> None:
        if isinstance(within[key], str):
            within[key] = catalog.id_of(file, field, within[key])

    lists = {"networks": catalogs.networks, "ports": catalogs.ports, "volumes": catalogs.volumes}
    for key, catalog in (("flavor", catalogs.flavors), ("image", catalogs.images)):
        if key in server:
            replace(server, key, f"{place}.{key}", catalog)
    root = server.get("root_volume")
    if isinstance(root, dict) and "snapshot" in root:
        replace(root, "snapshot", f"{place}.root_volume.snapshot", catalogs.snapshots)
    for key, catalog in lists.items():
        wanted = server.get(key)
        for position in range(len(wanted)) if isinstance(wanted, list) else ():
            replace(wanted, position, f"{place}.{key}[{position}]", catalog)
    fixed_ips = server.get("fixed_ips", ())
    for position, fixed in enumerate(fixed_ips if isinstance(fixed_ips, list) else ()):
        if isinstance(fixed, dict) and "network" in fixed:
            replace(fixed, "network", f"{place}.fixed_ips[{position}].network", catalogs.networks)


def resolve_values(
    file: Located,
    values: dict[str, Any],
    parameters: Mapping[str, Any],
    place: str,
    catalogs: Catalogs,
) -> None:
    """Replace names by ids in the values of parameters whose constraints say what they are of."""
    for name, value in values.items():
        for each in parameters.get(name, {}).get("constraints", ()):
            catalog = catalogs.by_constraint(each.get("custom_constraint", ""))
            if catalog is not None and isinstance(value, str):
                values[name] = catalog.id_of(file, f"{place}.{name}", value)
