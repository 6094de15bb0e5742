# SPDX-License-Identifier: Apache-2.0
"""Names in an ensemble file, from flavors to volumes, looked up in the cloud."""

import copy
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from keystoneauth1 import exceptions as keystone_exceptions
from openstack import exceptions

from ensemble_client.document import suggestion
from ensemble_client.file import EnsembleFile

MAX_SUGGESTED_FROM: Final = 500
"""How many names are fetched, at most, to find the one that was meant."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """One kind of thing a cloud has, found by name or id."""

    kind: str
    find: Callable[..., Any]
    listed: Callable[[], Iterable[Any]]
    known: dict[str, str] = field(default_factory=dict)

    def id_of(self, file: EnsembleFile, place: str, name: str) -> str:
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


def resolve(file: EnsembleFile, connection: Any) -> dict[str, Any]:
    """Give the API's body for a file: each name replaced by its id.

    `connection` is an openstack.connection.Connection. Each name is looked up once. FileError names
    the line of a name that does not exist or is not unique.
    """
    compute, image, network = connection.compute, connection.image, connection.network
    flavors = Catalog("flavor", compute.find_flavor, lambda: compute.flavors(details=False))
    images = Catalog("image", image.find_image, image.images)
    lists = {
        "networks": Catalog("network", network.find_network, network.networks),
        "ports": Catalog("port", network.find_port, network.ports),
        # Looked at only when it is needed: a cloud may have no volume service.
        "volumes": Catalog(
            "volume",
            lambda name, **how: connection.block_storage.find_volume(name, **how),
            lambda: connection.block_storage.volumes(details=False),
        ),
    }
    snapshots = Catalog(
        "volume snapshot",
        lambda name, **how: connection.block_storage.find_snapshot(name, **how),
        lambda: connection.block_storage.snapshots(details=False),
    )
    body = copy.deepcopy(file.body)
    for index, tier in enumerate(body["tiers"]):
        server, place = tier["server"], f"ensemble.tiers[{index}].server"
        server["flavor"] = flavors.id_of(file, f"{place}.flavor", server["flavor"])
        if "image" in server:
            server["image"] = images.id_of(file, f"{place}.image", server["image"])
        root = server.get("root_volume", {})
        if "snapshot" in root:
            field = f"{place}.root_volume.snapshot"
            root["snapshot"] = snapshots.id_of(file, field, root["snapshot"])
        for key, catalog in lists.items():
            wanted = server.get(key)
            if isinstance(wanted, list):
                server[key] = [
                    catalog.id_of(file, f"{place}.{key}[{position}]", name)
                    for position, name in enumerate(wanted)
                ]
        for position, fixed in enumerate(server.get("fixed_ips", ())):
            field = f"{place}.fixed_ips[{position}].network"
            fixed["network"] = lists["networks"].id_of(file, field, fixed["network"])
    return body
