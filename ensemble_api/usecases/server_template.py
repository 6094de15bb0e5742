# SPDX-License-Identifier: Apache-2.0
"""The server templates of a request: each reference is looked up with the tenant's own rights."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import BadImage, Demand, demand
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.context import Context

GIB: Final = 1024**3
_UNKNOWN: Final[Mapping[str, type[exception.Invalid]]] = {
    "flavor": exception.UnknownFlavor,
    "image": exception.UnknownImage,
    "network": exception.UnknownNetwork,
    "port": exception.UnknownPort,
    "volume": exception.UnknownVolume,
    "key_pair": exception.UnknownKey,
    "security_group": exception.UnknownSecurityGroup,
}


def _invalid(field: str, reason: str) -> exception.Invalid:
    return exception.Invalid(f"{field}: {reason}", field=field)


class ServerTemplates:
    """The templates of one request; what several of them refer to is looked up once."""

    def __init__(
        self, compute: Compute, networks: Networks, volumes: Volumes, context: Context
    ) -> None:
        self._networks = networks
        self._context = context
        self._look: Mapping[str, Callable[[Any, str], Any]] = {
            "flavor": compute.flavor,
            "image": compute.image,
            "network": compute.network,
            "port": networks.port,
            "volume": volumes.volume,
            "key_pair": compute.key_pair,
            "security_group": compute.security_group,
        }
        self._found: dict[tuple[str, str], Any] = {}
        self._external: dict[str, bool] = {}
        self._used_by: dict[str, str] = {}  # ports and volumes, and the field that took each

    def demand(self, field: str, template: Mapping[str, Any], count: int) -> Demand:
        """What each of ``count`` members asks of Placement, once what it is made of will do.

        ``field`` is where the template stands in the request. What Nova itself checks of a request
        for a server is left to it (see ``references``).

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        """
        flavor = self._find("flavor", template["flavor"], f"{field}.flavor")
        if "volumes" in template:
            roots = self._volumes(f"{field}.volumes", template["volumes"], count)
        else:
            roots = [self._find("image", template["image"], f"{field}.image")]
            _check_image(roots[0], f"{field}.image")
            _check_disk(flavor, roots[0], f"{field}.flavor")
        for root in roots:
            _check_memory(flavor, root, f"{field}.flavor")
        self._check_networks(field, template["networks"], "ports" in template)
        self._check_ports(f"{field}.ports", template.get("ports", ()), count)
        try:
            asked = [demand(flavor, root, volume_backed="volumes" in template) for root in roots]
        except BadImage as error:
            source = "volumes" if "volumes" in template else "image"
            raise _invalid(f"{field}.{source}", str(error)) from error
        except ValueError as error:
            raise _invalid(f"{field}.flavor", str(error)) from error
        for place, each in enumerate(asked):
            # All members of a tier are alike to the planner.
            if (each.query, each.unplanned) != (asked[0].query, asked[0].unplanned):
                raise _invalid(
                    f"{field}.volumes[{place}]",
                    "asks for another kind of host than the first volume",
                )
        return asked[0]

    def references(self, field: str, template: Mapping[str, Any]) -> None:
        """Look up what Nova looks up too, and says less clearly that the tenant does not have it.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        """
        networks = template["networks"]
        for place, network in enumerate(() if isinstance(networks, str) else networks):
            self._find("network", network, f"{field}.networks[{place}]")
        if "key_name" in template:
            self._find("key_pair", template["key_name"], f"{field}.key_name")
        for place, group in enumerate(template.get("security_groups", [])):
            self._find("security_group", group, f"{field}.security_groups[{place}]")

    def _find(self, kind: str, name: str, field: str) -> Any:
        """The thing of this kind as the cloud shows it to the tenant."""
        if (kind, name) not in self._found:
            self._found[kind, name] = self._look[kind](self._context, name)
        if self._found[kind, name] is None:
            words = kind.replace("_", " ")
            raise _UNKNOWN[kind](
                f"{field}: there is no {words} {name} for this project", field=field
            )
        return self._found[kind, name]

    def _find_unshared(self, kind: str, name: str, field: str) -> Any:
        """A thing that can serve one member only, in the whole request."""
        found = self._find(kind, name, field)
        key = name.lower()  # some databases take a UUID for the same in either case
        if key in self._used_by:
            raise _invalid(field, f"serves another member already ({self._used_by[key]})")
        self._used_by[key] = field
        return found

    def _check_networks(self, field: str, networks: str | Sequence[str], ports: bool) -> None:
        if networks == "none" and ports:
            raise _invalid(f"{field}.ports", 'make no sense with networks "none"')
        if isinstance(networks, str):
            return
        for place, network in enumerate(networks):
            where = f"{field}.networks[{place}]"
            if network not in self._external:
                self._external[network] = not self._context.is_admin and self._networks.external(
                    network
                )
            if self._external[network]:
                raise _invalid(where, "is external, and only operators attach servers to it")

    def _check_ports(self, field: str, ports: Sequence[str], count: int) -> None:
        """Refuse ports that Nova would refuse, or place by rules that are not planned with."""
        if len(ports) % count:
            raise _invalid(
                field,
                f"{len(ports)} cannot be shared out evenly to {count} members, "
                "each of which needs its own",
            )
        for place, name in enumerate(ports):
            where = f"{field}[{place}]"
            port = self._find_unshared("port", name, where)
            if port.get("device_id"):
                raise _invalid(where, "is in use")
            deferred = port.get("ip_allocation") in ("deferred", "none")
            if not port.get("fixed_ips") and not deferred:
                raise _invalid(where, "has no IP address")
            if (
                port.get("binding:vnic_type", "normal") != "normal"
                or port.get("resource_request")
                or port.get("device_profile")
            ):
                raise _invalid(
                    where, "needs devices or bandwidth of the host, which cannot be planned yet"
                )

    def _volumes(
        self, field: str, volumes: Sequence[str], count: int
    ) -> Sequence[Mapping[str, Any]]:
        """The image's facts of each root disk, as Nova reads them from the volumes."""
        if len(volumes) != count:
            raise _invalid(
                field, f"{len(volumes)} for {count} members, each of which boots from its own"
            )
        roots: list[dict[str, Any]] = []
        for place, name in enumerate(volumes):
            where = f"{field}[{place}]"
            volume = self._find_unshared("volume", name, where)
            if volume["status"] != "available":
                raise _invalid(where, f"is {volume['status']}, not available")
            if not volume.get("bootable", True):
                raise _invalid(where, "is not bootable")
            facts = dict(volume.get("volume_image_metadata") or {})
            roots.append({"minRam": int(facts.pop("min_ram", 0) or 0), "metadata": facts})
        return roots


def _check_image(image: Mapping[str, Any], field: str) -> None:
    if image.get("status", "ACTIVE") != "ACTIVE":
        raise _invalid(field, f"is {image['status']}, not ACTIVE")
    if _makes_volume(image.get("metadata", {}).get("block_device_mapping")):
        # Nova would make the volume with the service user's token: in the service project.
        raise _invalid(
            field, "is of a server that booted from a volume; make volumes of its volume snapshot"
        )


def _makes_volume(mapping: Any) -> bool:
    """Whether an image's own block devices have the root disk on a volume.

    That is how Nova saves an instance snapshot of a volume-backed server.
    """
    if isinstance(mapping, str):
        try:
            mapping = json.loads(mapping)
        except ValueError:
            return False
    return isinstance(mapping, list) and any(
        isinstance(each, dict)
        and each.get("destination_type") == "volume"
        and str(each.get("boot_index")) == "0"
        for each in mapping
    )


def _check_memory(flavor: Mapping[str, Any], image: Mapping[str, Any], field: str) -> None:
    if flavor["ram"] < image.get("minRam", 0):
        raise _invalid(
            field, f"has {flavor['ram']} MB of memory, its image needs {image['minRam']}"
        )


def _check_disk(flavor: Mapping[str, Any], image: Mapping[str, Any], field: str) -> None:
    """Refuse a flavor whose disk cannot hold the image; volumes are as large as they are."""
    disk = flavor["disk"]
    if not disk:
        # Nova leaves it to operators (create:zero_disk_flavor).
        raise _invalid(field, "has no disk, so no server can be built from an image with it")
    size = image.get("OS-EXT-IMG-SIZE:size") or 0
    need = max(image.get("minDisk", 0), -(-size // GIB))
    if disk < need:
        raise _invalid(field, f"has {disk} GB of disk, its image needs {need}")
