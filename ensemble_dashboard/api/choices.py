# SPDX-License-Identifier: Apache-2.0
"""What a tier can be made of in this project: flavors, images, networks, key pairs and more."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from openstack_dashboard.api import glance, neutron, nova
from openstack_dashboard.utils import futurist_utils

LOG = logging.getLogger(__name__)

# The dashboard offers at most this many of a kind; more need a search, which is not built yet.
LIMIT = 500
_NO_IMAGE_FOR_SERVERS = ("aki", "ari")  # kernels and ramdisks


def choices(request: HttpRequest) -> dict[str, Any]:
    """Ask all services at once and give the lists for the drawing page.

    A service that fails leaves its list empty and its name in ``missing``: the page says so,
    and the rest of it still works.
    """
    kinds: dict[str, Callable[[HttpRequest], list[dict[str, Any]]]] = {
        "flavors": _flavors,
        "images": _images,
        "networks": _networks,
        "key_pairs": _key_pairs,
        "security_groups": _security_groups,
    }
    found = futurist_utils.call_functions_parallel(
        *((_attempt, [name, ask, request]) for name, ask in kinds.items())
    )
    lists = dict(zip(kinds, found, strict=True))
    answer: dict[str, Any] = {name: items or [] for name, items in lists.items()}
    answer["missing"] = [name for name, items in lists.items() if items is None]
    return answer


def names(request: HttpRequest, networks: bool = False) -> dict[str, str]:
    """Give the names of the flavors and images that can be seen, by id, as far as they answer.

    With ``networks`` also those of the networks, which takes two questions more.
    """
    kinds = [("flavors", _flavors), ("images", _images)]
    kinds += [("networks", _networks)] if networks else []
    found = futurist_utils.call_functions_parallel(
        *((_attempt, [name, ask, request]) for name, ask in kinds)
    )
    return {item["id"]: item["name"] for items in found for item in items or ()}


def _attempt(
    name: str, ask: Callable[[HttpRequest], list[dict[str, Any]]], request: HttpRequest
) -> list[dict[str, Any]] | None:
    try:
        return ask(request)[:LIMIT]
    except Exception:
        LOG.exception("The %s for the drawing page could not be listed", name)
        return None


def _flavors(request: HttpRequest) -> list[dict[str, Any]]:
    """List flavors from the smallest to the largest, as people look for one."""
    flavors = sorted(nova.flavor_list(request), key=lambda f: (f.ram, f.vcpus, f.disk, f.name))
    return [
        {"id": f.id, "name": f.name, "vcpus": f.vcpus, "ram": f.ram, "disk": f.disk}
        for f in flavors
    ]


def _images(request: HttpRequest) -> list[dict[str, Any]]:
    images, _more, _previous = glance.image_list_detailed(
        request, filters={"status": "active"}, sort_key="name", sort_dir="asc"
    )
    return [
        {
            "id": image.id,
            "name": image.name or image.id,
            "min_disk": getattr(image, "min_disk", 0) or 0,
            "min_ram": getattr(image, "min_ram", 0) or 0,
        }
        for image in images
        if getattr(image, "container_format", None) not in _NO_IMAGE_FOR_SERVERS
    ]


def _networks(request: HttpRequest) -> list[dict[str, Any]]:
    networks = neutron.network_list_for_tenant(request, request.user.tenant_id)
    listed = [
        {"id": network.id, "name": network.name or network.id}
        for network in networks
        if network.to_dict().get("is_admin_state_up", True)
    ]
    return sorted(listed, key=lambda n: n["name"])


def _key_pairs(request: HttpRequest) -> list[dict[str, Any]]:
    return [{"id": pair.name, "name": pair.name} for pair in nova.keypair_list(request)]


def _security_groups(request: HttpRequest) -> list[dict[str, Any]]:
    """List groups by name; a name that occurs twice is told apart by its id, as Nova wants it."""
    groups = neutron.security_group_list(request)
    names = Counter(group.name for group in groups)
    listed = [
        {
            "id": group.name if names[group.name] == 1 else group.id,
            "name": group.name if names[group.name] == 1 else f"{group.name} ({group.id})",
        }
        for group in groups
    ]
    return sorted(listed, key=lambda g: g["name"])
