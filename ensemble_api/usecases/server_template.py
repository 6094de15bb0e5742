# SPDX-License-Identifier: Apache-2.0
"""The server templates of a request: each reference is looked up with the tenant's own rights."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Final

from ensemble_api import exception
from ensemble_api.addresses import Address, members_addresses
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import BadImage, Demand, demand
from ensemble_api.cloud.networks import Networks
from ensemble_api.cloud.volumes import Volumes
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence

GIB: Final = 1024**3
UNKNOWN: Final[Mapping[str, tuple[type[exception.Invalid], Sentence]]] = {
    "flavor": (
        exception.UnknownFlavor,
        Sentence("unknown.flavor", "there is no flavor %(name)s for this project"),
    ),
    "image": (
        exception.UnknownImage,
        Sentence("unknown.image", "there is no image %(name)s for this project"),
    ),
    "network": (
        exception.UnknownNetwork,
        Sentence("unknown.network", "there is no network %(name)s for this project"),
    ),
    "port": (
        exception.UnknownPort,
        Sentence("unknown.port", "there is no port %(name)s for this project"),
    ),
    "volume": (
        exception.UnknownVolume,
        Sentence("unknown.volume", "there is no volume %(name)s for this project"),
    ),
    "snapshot": (
        exception.UnknownVolume,
        Sentence("unknown.snapshot", "there is no volume snapshot %(name)s for this project"),
    ),
    "volume_type": (
        exception.UnknownVolume,
        Sentence("unknown.volume-type", "there is no volume type %(name)s for this project"),
    ),
    "key_pair": (
        exception.UnknownKey,
        Sentence("unknown.key-pair", "there is no key pair %(name)s for this project"),
    ),
    "security_group": (
        exception.UnknownSecurityGroup,
        Sentence("unknown.security-group", "there is no security group %(name)s for this project"),
    ),
}
_OTHER_HOST = Sentence("volume.other-host", "asks for another kind of host than the first volume")
_TAKEN = Sentence("server.taken", "serves another member already (%(place)s)")
_NO_NETWORKS = Sentence("port.no-networks", 'make no sense with networks "none"')
_EXTERNAL = Sentence("network.external", "is external, and only operators attach servers to it")
_UNEVEN = Sentence(
    "port.uneven",
    "%(ports)s cannot be given to %(count)s member, which needs its own",
    "%(ports)s cannot be shared out evenly to %(count)s members, each of which needs its own",
)
_NOT_OWNER = Sentence(
    "address.not-owner",
    "is not of this project, so that its addresses cannot be chosen; leave them to Neutron",
)
_OFF_SUBNETS = Sentence(
    "address.off-subnets", "%(address)s is no address for servers in any subnet of the network"
)
_ADDRESS_TAKEN = Sentence("address.taken", "%(address)s is taken")
_IN_USE = Sentence("port.in-use", "is in use")
_NO_ADDRESS = Sentence("port.no-address", "has no IP address")
_NEEDS_DEVICES = Sentence(
    "port.needs-devices", "needs devices or bandwidth of the host, which cannot be planned yet"
)
_WRONG_VOLUMES = Sentence(
    "volume.wrong-number",
    "%(volumes)s for %(count)s member, which boots from its own",
    "%(volumes)s for %(count)s members, each of which boots from its own",
)
_NOT_AVAILABLE = Sentence("volume.not-available", "is %(status)s, not available")
_NOT_BOOTABLE = Sentence("volume.not-bootable", "is not bootable")
_NOT_ACTIVE = Sentence("image.not-active", "is %(status)s, not ACTIVE")
_OF_VOLUME = Sentence(
    "image.of-volume",
    "is of a server that booted from a volume; make volumes of its volume snapshot",
)
_LITTLE_MEMORY = Sentence(
    "flavor.little-memory", "has %(has)s MB of memory, its image needs %(needs)s"
)
_LITTLE_VOLUME = Sentence(
    "volume.little", "is too small for what the volume is made from, which needs %(needs)s GB"
)
_NO_DISK = Sentence(
    "flavor.no-disk", "has no disk, so no server can be built from an image with it"
)
_LITTLE_DISK = Sentence("flavor.little-disk", "has %(has)s GB of disk, its image needs %(needs)s")


class ServerTemplates:
    """The templates of one request; what several of them refer to is looked up once."""

    def __init__(
        self,
        compute: Compute,
        networks: Networks,
        volumes: Volumes,
        context: Context,
        placed: Callable[[Demand], Demand],
        own_servers: Collection[str] = (),
    ) -> None:
        self._placed = placed
        self._own_servers = own_servers
        self._networks = networks
        self._context = context
        self._look: Mapping[str, Callable[[Any, str], Any]] = {
            "flavor": compute.flavor,
            "image": compute.image,
            "network": compute.network,
            "port": networks.port,
            "volume": volumes.volume,
            "snapshot": volumes.snapshot,
            "volume_type": volumes.type,
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
        elif "root_volume" in template:
            roots = [self._root(field, template)]
        else:
            roots = [self._find("image", template["image"], f"{field}.image")]
            _check_image(roots[0], f"{field}.image")
            _check_disk(flavor, roots[0], f"{field}.flavor")
        for root in roots:
            _check_memory(flavor, root, f"{field}.flavor")
        self._check_networks(field, template["networks"], "ports" in template)
        self._check_addresses(field, template)
        self._check_ports(f"{field}.ports", template.get("ports", ()), count)
        try:
            on_volume = bool(template.keys() & {"volumes", "root_volume"})
            asked = [demand(flavor, root, volume_backed=on_volume) for root in roots]
        except BadImage as error:
            source = "volumes" if "volumes" in template else "image"
            raise exception.Invalid(error.args[0], field=f"{field}.{source}") from error
        except ValueError as error:
            raise exception.Invalid(error.args[0], field=f"{field}.flavor") from error
        for place, each in enumerate(asked):
            # All members of a tier are alike to the planner.
            if (each.query, each.unplanned) != (asked[0].query, asked[0].unplanned):
                raise exception.Invalid(_OTHER_HOST(), field=f"{field}.volumes[{place}]")
        return self._placed(asked[0])

    def other(
        self, template: Mapping[str, Any], flavor_id: str
    ) -> tuple[Mapping[str, Any], Demand] | None:
        """The flavor, and what a member that boots from an image would ask for with it.

        None where it would not be built so.
        """
        if template.keys() & {"volumes", "root_volume"}:
            return None
        try:
            flavor = self._find("flavor", flavor_id, "flavor")
            image = self._find("image", template["image"], "image")
            _check_disk(flavor, image, "flavor")
            _check_memory(flavor, image, "flavor")
            return flavor, self._placed(demand(flavor, image))
        except (exception.Invalid, ValueError):
            return None

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
            error, sentence = UNKNOWN[kind]
            raise error(sentence(name=name), field=field)
        return self._found[kind, name]

    def _find_unshared(self, kind: str, name: str, field: str) -> Any:
        """A thing that can serve one member only, in the whole request."""
        found = self._find(kind, name, field)
        self._take(name.lower(), field)  # some databases take a UUID for the same in either case
        return found

    def _take(self, key: str, field: str) -> None:
        if key in self._used_by:
            raise exception.Invalid(_TAKEN(place=self._used_by[key]), field=field)
        self._used_by[key] = field

    def _check_networks(self, field: str, networks: str | Sequence[str], ports: bool) -> None:
        if networks == "none" and ports:
            raise exception.Invalid(_NO_NETWORKS(), field=f"{field}.ports")
        if isinstance(networks, str):
            return
        for place, network in enumerate(networks):
            where = f"{field}.networks[{place}]"
            if network not in self._external:
                self._external[network] = not self._context.is_admin and self._networks.external(
                    network
                )
            if self._external[network]:
                raise exception.Invalid(_EXTERNAL(), field=where)

    def _check_addresses(self, field: str, template: Mapping[str, Any]) -> None:
        """Refuse addresses that Neutron would refuse, or give to us and not to the tenant.

        Servers are built with the service user's rights in Neutron. By default Neutron lets only
        the owner of a network, and administrators, choose addresses on it.
        """
        for place, each in enumerate(template.get("fixed_ips", ())):
            where, network = f"{field}.fixed_ips[{place}]", each["network"]
            self._find("network", network, f"{where}.network")
            if not self._context.is_admin and (
                self._networks.owner(network) != self._context.project_id
            ):
                raise exception.Invalid(_NOT_OWNER(), field=f"{where}.network")
            wanted = members_addresses(each["addresses"])
            subnets = self._networks.subnets(network)
            for address in wanted:
                # In one ensemble it was looked at before; there may be several.
                self._take(f"{network.lower()} {address}", f"{where}.addresses")
                if not any(_is_of(subnet, address) for subnet in subnets):
                    message = _OFF_SUBNETS(address=str(address))
                    raise exception.Invalid(message, field=f"{where}.addresses")
            taken = self._networks.taken(network, [str(address) for address in wanted])
            for one, device in sorted(taken.items()):
                if device not in self._own_servers:
                    message = _ADDRESS_TAKEN(address=one)
                    raise exception.Invalid(message, field=f"{where}.addresses")

    def _check_ports(self, field: str, ports: Sequence[str], count: int) -> None:
        """Refuse ports that Nova would refuse, or place by rules that are not planned with."""
        if len(ports) % count:
            raise exception.Invalid(_UNEVEN(ports=len(ports), count=count), field=field)
        for place, name in enumerate(ports):
            where = f"{field}[{place}]"
            port = self._find_unshared("port", name, where)
            if port.get("device_id"):
                raise exception.Invalid(_IN_USE(), field=where)
            deferred = port.get("ip_allocation") in ("deferred", "none")
            if not port.get("fixed_ips") and not deferred:
                raise exception.Invalid(_NO_ADDRESS(), field=where)
            if (
                port.get("binding:vnic_type", "normal") != "normal"
                or port.get("resource_request")
                or port.get("device_profile")
            ):
                raise exception.Invalid(_NEEDS_DEVICES(), field=where)

    def _root(self, field: str, template: Mapping[str, Any]) -> Mapping[str, Any]:
        """The image's facts of a root disk that is to be made, as Nova will read them."""
        wanted, where = template["root_volume"], f"{field}.root_volume"
        if "type" in wanted:
            self._find("volume_type", wanted["type"], f"{where}.type")
        if "snapshot" not in wanted:
            image: Mapping[str, Any] = self._find("image", template["image"], f"{field}.image")
            _check_image(image, f"{field}.image")
            _check_size(wanted["size"], _least_disk(image), f"{where}.size")
            return image
        snapshot = self._find("snapshot", wanted["snapshot"], f"{where}.snapshot")
        if snapshot["status"] != "available":
            message = _NOT_AVAILABLE(status=snapshot["status"])
            raise exception.Invalid(message, field=f"{where}.snapshot")
        _check_size(wanted["size"], snapshot["size"], f"{where}.size")
        volume = self._look["volume"](self._context, snapshot["volume_id"])
        if volume is None:
            return {}
        if not volume.get("bootable", True):
            raise exception.Invalid(_NOT_BOOTABLE(), field=f"{where}.snapshot")
        return _image_facts(volume)

    def _volumes(
        self, field: str, volumes: Sequence[str], count: int
    ) -> Sequence[Mapping[str, Any]]:
        """The image's facts of each root disk, as Nova reads them from the volumes."""
        if len(volumes) != count:
            raise exception.Invalid(_WRONG_VOLUMES(volumes=len(volumes), count=count), field=field)
        roots: list[dict[str, Any]] = []
        for place, name in enumerate(volumes):
            where = f"{field}[{place}]"
            volume = self._find_unshared("volume", name, where)
            if volume["status"] != "available":
                raise exception.Invalid(_NOT_AVAILABLE(status=volume["status"]), field=where)
            if not volume.get("bootable", True):
                raise exception.Invalid(_NOT_BOOTABLE(), field=where)
            roots.append(_image_facts(volume))
        return roots


def _image_facts(volume: Mapping[str, Any]) -> dict[str, Any]:
    """What a volume keeps of the image that it was made from."""
    facts = dict(volume.get("volume_image_metadata") or {})
    return {"minRam": int(facts.pop("min_ram", 0) or 0), "metadata": facts}


def _is_of(subnet: Mapping[str, Any], address: Address) -> bool:
    """Whether a server can have an address by choice in a subnet."""
    if subnet.get("ipv6_address_mode") in ("slaac", "dhcpv6-stateless"):
        return False  # guests make their own
    block = ip_network(subnet["cidr"])
    if address not in block or str(address) == subnet.get("gateway_ip"):
        return False
    # As in a route, a block of one or two addresses has neither the one nor the other.
    ends = (block.network_address, block.broadcast_address) if block.version == 4 else ()
    return block.num_addresses <= 2 or address not in ends


def _check_image(image: Mapping[str, Any], field: str) -> None:
    if image.get("status", "ACTIVE") != "ACTIVE":
        raise exception.Invalid(_NOT_ACTIVE(status=image["status"]), field=field)
    if _makes_volume(image.get("metadata", {}).get("block_device_mapping")):
        # Nova would make the volume with the service user's token: in the service project.
        raise exception.Invalid(_OF_VOLUME(), field=field)


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
        message = _LITTLE_MEMORY(has=flavor["ram"], needs=image["minRam"])
        raise exception.Invalid(message, field=field)


def _check_disk(flavor: Mapping[str, Any], image: Mapping[str, Any], field: str) -> None:
    """Refuse a flavor whose disk cannot hold the image; volumes are as large as they are."""
    disk = flavor["disk"]
    if not disk:
        # Nova leaves it to operators (create:zero_disk_flavor).
        raise exception.Invalid(_NO_DISK(), field=field)
    need = _least_disk(image)
    if disk < need:
        raise exception.Invalid(_LITTLE_DISK(has=disk, needs=need), field=field)


def _least_disk(image: Mapping[str, Any]) -> int:
    """The GB that a disk must have to hold an image."""
    size = image.get("OS-EXT-IMG-SIZE:size") or 0
    return max(int(image.get("minDisk", 0)), -(-size // GIB))


def _check_size(size: int, need: int, field: str) -> None:
    """Refuse a root volume that is too small for what it is made from."""
    if size < need:
        raise exception.Invalid(_LITTLE_VOLUME(needs=need), field=field)
