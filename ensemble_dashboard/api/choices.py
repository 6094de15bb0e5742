# SPDX-License-Identifier: Apache-2.0
"""What a tier can be made of in this project, page by page: flavors, images, networks and more."""

import itertools
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from django.http import HttpRequest
from openstack_dashboard.api import cinder, glance, neutron, nova
from openstack_dashboard.utils import futurist_utils

LOG = logging.getLogger(__name__)

PAGE: Final = 50
"""How many of a kind are given at once."""

SCANNED: Final = 10_000
"""How many of a kind are looked at, at most, for those whose name has what is searched."""

# Extra specs of flavors (nova.api.validation.extra_specs).
_SCARCE_RESOURCE: Final = re.compile(r"resources[a-zA-Z0-9_-]{0,64}:(CUSTOM_|VGPU$|PGPU$|PCPU$)")
_DEVICES: Final = ("pci_passthrough:alias", "accel:device_profile")

_NO_IMAGE_FOR_SERVERS: Final = ("aki", "ari")  # kernels and ramdisks

Item = dict[str, Any]
Lister = Callable[[HttpRequest], Iterable[Item]]


def choices(request: HttpRequest) -> dict[str, Any]:
    """Ask all services at once and give the first page of each kind for the drawing page.

    ``more`` names, by kind, what the next page comes after. A service that fails leaves its list
    empty and its name in ``missing``: the page says so, and the rest of it still works. A kind that
    the cloud does not have is not there at all.
    """
    asked = kinds(request)
    found = futurist_utils.call_functions_parallel(
        *((_attempt, [kind, page, request, kind]) for kind in asked),
        (_attempt, ["quota", quota, request]),
    )
    pages = dict(zip(asked, found, strict=False))
    answer: dict[str, Any] = {kind: one["items"] if one else [] for kind, one in pages.items()}
    answer["more"] = {kind: one["next"] for kind, one in pages.items() if one and one["next"]}
    answer["missing"] = [kind for kind, one in pages.items() if one is None]
    answer["quota"] = found[-1]
    return answer


def kinds(request: HttpRequest) -> list[str]:
    """Give the kinds of things that this cloud has."""
    volumes = cinder.is_volume_service_enabled(request)
    return [kind for kind in _LISTERS if kind not in _OF_CINDER or volumes]


def page(
    request: HttpRequest, kind: str, search: str = "", marker: str | None = None
) -> dict[str, Any]:
    """Give {"items", "next"}: those after the marker whose name or id has the text searched.

    "next" is the marker of the next page, None when there is none.
    """
    wanted = search.casefold()
    matching = (
        item
        for item in itertools.islice(_after(request, kind, marker), SCANNED)
        if wanted in item["name"].casefold() or wanted in item["id"].casefold()
    )
    items = list(itertools.islice(matching, PAGE + 1))
    more = len(items) > PAGE
    return {"items": items[:PAGE], "next": items[PAGE - 1]["id"] if more else None}


def known(request: HttpRequest, kind: str, ids: Iterable[str]) -> list[Item]:
    """Give those of a kind that have one of these ids, in no particular order."""
    missing = set(ids)
    found = []
    for item in itertools.islice(_LISTERS[kind](request), SCANNED):
        if not missing:
            break
        if item["id"] in missing:
            missing.remove(item["id"])
            found.append(item)
    return found


def names(request: HttpRequest, networks: bool = False) -> dict[str, str]:
    """Give the names of the flavors and images that can be seen, by id, as far as they answer.

    With ``networks`` also those of the networks, which takes two questions more.
    """
    asked = ["flavors", "images", "snapshots", *(["networks"] if networks else [])]
    found = futurist_utils.call_functions_parallel(
        *((_attempt, [kind, _all, request, kind]) for kind in asked)
    )
    return {item["id"]: item["name"] for items in found for item in items or ()}


def quota(request: HttpRequest) -> dict[str, dict[str, int | None]]:
    """Give limit (None: any) and use of the project's servers, VCPUs and MB of memory."""
    limits: Mapping[str, float] = nova.tenant_absolute_limits(request, reserved=True)
    return {
        name: {
            "limit": None if limits[most] == float("inf") else int(limits[most]),
            "used": int(limits[used]),
        }
        for name, most, used in (
            ("instances", "maxTotalInstances", "totalInstancesUsed"),
            ("vcpus", "maxTotalCores", "totalCoresUsed"),
            ("ram", "maxTotalRAMSize", "totalRAMUsed"),
        )
    }


def _attempt(kind: str, ask: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return ask(*arguments)
    except Exception:
        LOG.exception("The %s for the drawing page could not be listed", kind)
        return None


def _all(request: HttpRequest, kind: str) -> list[Item]:
    return list(itertools.islice(_LISTERS[kind](request), SCANNED))


def _after(request: HttpRequest, kind: str, marker: str | None) -> Iterator[Item]:
    """Those of a kind that come after the marker; Glance counts from it by itself."""
    if marker is None:
        return iter(_LISTERS[kind](request))
    if kind in _IMAGES:
        return _IMAGES[kind](request, marker)
    listed = iter(_LISTERS[kind](request))
    return itertools.islice(itertools.dropwhile(lambda item: item["id"] != marker, listed), 1, None)


def _flavors(request: HttpRequest) -> Iterable[Item]:
    """List flavors from the smallest to the largest, as people look for one."""
    flavors = sorted(nova.flavor_list(request), key=lambda f: (f.ram, f.vcpus, f.disk, f.name))
    return [
        {
            "id": f.id,
            "name": f.name,
            "vcpus": f.vcpus,
            "ram": f.ram,
            "disk": f.disk,
            "scarce": _scarce(f.extra_specs or {}),
        }
        for f in flavors
    ]


def _scarce(extra_specs: Mapping[str, str]) -> bool:
    """Tell whether a server takes what few hosts have: accelerators, or CPUs of its own.

    Whoever may not see extra specs cannot be told.
    """
    return any(
        (_SCARCE_RESOURCE.match(key) and value != "0")
        or key in _DEVICES
        or (key == "hw:cpu_policy" and value in ("dedicated", "mixed"))
        for key, value in extra_specs.items()
    )


def _images(request: HttpRequest, marker: str | None = None) -> Iterator[Item]:
    found = _listed_images(request, marker, {"status": "active"})
    return (_image(each) for each in found if getattr(each, "image_type", None) != "snapshot")


def _snapshots(request: HttpRequest, marker: str | None = None) -> Iterator[Item]:
    """List instance snapshots; those of servers on volumes would make volumes, see the API."""
    found = _listed_images(request, marker, {"status": "active", "image_type": "snapshot"})
    return (_image(each) for each in found if not getattr(each, "block_device_mapping", None))


def _listed_images(
    request: HttpRequest, marker: str | None, filters: Mapping[str, str]
) -> Iterator[Any]:
    asked: dict[str, Any] = {"marker": marker} if marker else {}
    listed = glance.glanceclient(request).images.list(
        page_size=PAGE * 2, filters=dict(filters), sort_key="name", sort_dir="asc", **asked
    )
    return (
        image
        for image in listed
        if getattr(image, "container_format", None) not in _NO_IMAGE_FOR_SERVERS
    )


def _image(image: Any) -> Item:
    return {
        "id": image.id,
        "name": image.name or image.id,
        "min_disk": getattr(image, "min_disk", 0) or 0,
        "min_ram": getattr(image, "min_ram", 0) or 0,
        "size": getattr(image, "size", 0) or 0,
    }


def _volumes(request: HttpRequest) -> Iterator[Item]:
    """List what a server can boot from."""
    listed = cinder.cinderclient(request).volumes.list(
        search_opts={"status": "available", "bootable": "true"}
    )
    return (
        {"id": volume.id, "name": volume.name or volume.id, "size": volume.size}
        for volume in sorted(listed, key=lambda v: v.name or v.id)
    )


def _volume_snapshots(request: HttpRequest) -> Iterator[Item]:
    """List snapshots of what a server could boot from: volumes that are made of others cannot."""
    client = cinder.cinderclient(request)
    bootable = {each.id for each in client.volumes.list(search_opts={"bootable": "true"})}
    listed = client.volume_snapshots.list(search_opts={"status": "available"})
    return (
        {"id": each.id, "name": each.name or each.id, "size": each.size}
        for each in sorted(listed, key=lambda s: s.name or s.id)
        if each.volume_id in bootable
    )


def _networks(request: HttpRequest) -> Iterable[Item]:
    networks = neutron.network_list_for_tenant(request, request.user.tenant_id)
    listed = [
        {"id": network.id, "name": network.name or network.id}
        for network in networks
        if network.to_dict().get("is_admin_state_up", True)
    ]
    return sorted(listed, key=lambda n: n["name"])


def _ports(request: HttpRequest) -> Iterable[Item]:
    """List the project's free ports that a server can have without more ado."""
    listed = []
    for port in neutron.port_list(request, project_id=request.user.tenant_id, device_id=""):
        facts = port.to_dict()
        addresses = [each["ip_address"] for each in facts.get("fixed_ips") or ()]
        plain = facts.get("binding_vnic_type") in (None, "normal")
        if addresses and plain and not facts.get("device_id"):
            name = facts.get("name") or addresses[0]
            about = {"network": facts.get("network_id"), "address": ", ".join(addresses)}
            listed.append({"id": facts["id"], "name": name, **about})
    return sorted(listed, key=lambda p: (p["name"], p["id"]))


def _key_pairs(request: HttpRequest) -> Iterable[Item]:
    return [{"id": pair.name, "name": pair.name} for pair in nova.keypair_list(request)]


def _security_groups(request: HttpRequest) -> Iterable[Item]:
    """List groups by name; a name that occurs twice is told apart by its id, as Nova wants it."""
    groups = neutron.security_group_list(request)
    known_names = Counter(group.name for group in groups)
    listed = [
        {
            "id": group.name if known_names[group.name] == 1 else group.id,
            "name": group.name if known_names[group.name] == 1 else f"{group.name} ({group.id})",
        }
        for group in groups
    ]
    return sorted(listed, key=lambda g: g["name"])


def _zones(request: HttpRequest) -> Iterable[Item]:
    return [
        {"id": zone.name, "name": zone.name}
        for zone in nova.availability_zone_list(request)
        if (zone.state or {}).get("available", True)
    ]


_IMAGES: Final[Mapping[str, Callable[[HttpRequest, str], Iterator[Item]]]] = {
    "images": _images,
    "snapshots": _snapshots,
}
_OF_CINDER: Final = ("volumes", "volume_snapshots")
_LISTERS: Final[Mapping[str, Lister]] = {
    "flavors": _flavors,
    "images": _images,
    "snapshots": _snapshots,
    "volumes": _volumes,
    "volume_snapshots": _volume_snapshots,
    "networks": _networks,
    "ports": _ports,
    "key_pairs": _key_pairs,
    "security_groups": _security_groups,
    "zones": _zones,
}
