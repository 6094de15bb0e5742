# SPDX-License-Identifier: Apache-2.0
"""A member's server template as Nova takes it in a request for a server."""

from collections.abc import Iterable, Mapping
from typing import Any

# The fields of a template that Nova calls the same and takes as they are.
_AS_GIVEN = (
    "availability_zone",
    "config_drive",
    "description",
    "hostname",
    "key_name",
    "metadata",
    "tags",
    "trusted_image_certificates",
    "user_data",
)


def server_body(name: str, template: Mapping[str, Any]) -> dict[str, Any]:
    """A member's template as Nova takes it."""
    server: dict[str, Any] = {
        "name": name,
        "flavorRef": template["flavor"],
        "networks": _networks(
            template["networks"], template.get("ports", ()), template.get("fixed_ips", {})
        ),
    }
    if "volumes" in template:
        server["block_device_mapping_v2"] = [_root(volume) for volume in template["volumes"]]
    elif "root_volume" in template:
        server["block_device_mapping_v2"] = [_new_root(template)]
    else:
        server["imageRef"] = template["image"]
    for key in _AS_GIVEN:
        if key in template:
            server[key] = template[key]
    if "disk_config" in template:
        server["OS-DCF:diskConfig"] = template["disk_config"]
    if "security_groups" in template:
        server["security_groups"] = [{"name": each} for each in template["security_groups"]]
    return server


def _networks(networks: Any, ports: Iterable[str], addresses: Mapping[str, str]) -> Any:
    """Ports first, then networks, with the member's address on each that it has one on."""
    given = [{"port": each} for each in ports]
    if isinstance(networks, str):
        return given or networks
    left = dict(addresses)  # of a network that is there twice, the first has it
    for each in networks:
        address = left.pop(each, None)
        given.append({"uuid": each} if address is None else {"uuid": each, "fixed_ip": address})
    return given


def _root(volume: str) -> dict[str, Any]:
    """An existing volume as a server's root disk."""
    return {
        "boot_index": 0,
        "source_type": "volume",
        "destination_type": "volume",
        "uuid": volume,
        "delete_on_termination": False,
    }


def _new_root(template: Mapping[str, Any]) -> dict[str, Any]:
    """A root volume that does not exist yet: for Nova to look at, which never makes it."""
    wanted = template["root_volume"]
    source = "snapshot" if "snapshot" in wanted else "image"
    root = {
        "boot_index": 0,
        "source_type": source,
        "destination_type": "volume",
        "uuid": wanted["snapshot"] if source == "snapshot" else template["image"],
        "volume_size": wanted["size"],
    }
    return root | ({"volume_type": wanted["type"]} if "type" in wanted else {})
