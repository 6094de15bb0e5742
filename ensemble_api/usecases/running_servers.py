# SPDX-License-Identifier: Apache-2.0
"""Servers that run already: which of them are meant, and the template that they came from."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ensemble_api import exception, limits
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand, demand
from ensemble_api.cloud.stacks import NoSuchStack, Stacks
from ensemble_api.cloud.tags import ENSEMBLE_TAG, MEMBER_TAG
from ensemble_api.context import Context
from ensemble_api.planning.adoption import RunningServer, ServerGroup
from ensemble_api.planning.message import Sentence

_NO_SERVER = Sentence("unknown.server", "there is no server %(name)s for this project")
_NO_GROUP = Sentence("unknown.server-group", "there is no server group %(name)s for this project")
_NO_STACK = Sentence("unknown.stack", "Heat shows you no stack %(name)s")
_NO_SERVERS = Sentence("adoption.no-servers", "has no servers")

FROM: Final = "adopt.from"
# Nova is asked for single servers where these are no more than one in so many of the project's.
_FEW: Final = 10
_OF_HEAT: Final = "metering."  # how the metadata keys begin by which templates of Heat mark servers


@dataclass(frozen=True, slots=True)
class FoundServers:
    """Servers as Nova shows them, and the server groups of their project with their members."""

    servers: tuple[Mapping[str, Any], ...]
    groups: tuple[Mapping[str, Any], ...]

    @property
    def server_groups(self) -> tuple[ServerGroup, ...]:
        """The groups as far as they say where servers may be."""
        return tuple(
            ServerGroup(
                each["id"],
                each["name"],
                each["policy"] or "",
                int((each.get("rules") or {}).get("max_server_per_host", 1)),
            )
            for each in self.groups
        )

    def running_server(self, server: Mapping[str, Any]) -> RunningServer:
        """What of a server says with which others it is of one tier."""
        group = next((each["id"] for each in self.groups if server["id"] in each["members"]), "")
        return RunningServer(
            server["id"],
            server["name"],
            json.dumps(server["flavor"], sort_keys=True),
            server["image"]["id"] if server["image"] else "",
            group,
        )


class RunningServers:
    """Looks for servers of a project, with the rights of whoever asks."""

    def __init__(self, compute: Compute, stacks: Stacks) -> None:
        self._compute = compute
        self._stacks = stacks

    def find(self, context: Context, source: Mapping[str, Any]) -> FoundServers:
        """The servers that are meant by the ``from`` of an adoption.

        Those that the caller is not shown are not there. Only their hosts are read with more
        rights.

        :raises ensemble_api.exception.Invalid: naming the field that names nothing.
        """
        ((kind, value),) = source.items()
        groups = tuple(self._compute.server_groups(context))
        tag = value if kind == "tag" else None
        visible = {each["id"] for each in self._compute.own_servers(context, tag)}
        total = len(visible)
        if kind == "servers":
            for place, server_id in enumerate(value):
                if server_id not in visible:
                    raise exception.UnknownServer(
                        _NO_SERVER(name=server_id), field=f"{FROM}.servers[{place}]"
                    )
            visible = set(value)
        elif kind == "server_group":
            group = next((each for each in groups if each["id"] == value), None)
            if group is None:
                raise exception.UnknownServerGroup(
                    _NO_GROUP(name=value), field=f"{FROM}.server_group"
                )
            visible &= set(group["members"])
        elif kind == "stack":
            visible = self._of_stack(context, value, visible)
        if tag is not None:
            servers = list(self._compute.servers(context, context.project_id, tag))
        elif len(visible) * _FEW <= total:
            shown = (self._compute.server(context, each) for each in sorted(visible))
            servers = [each for each in shown if each is not None]
        else:
            servers = list(self._compute.all_servers(context, context.project_id))
        meant = [
            each
            for each in servers
            if each["id"] in visible and each["tenant_id"] == context.project_id
        ]
        if not meant:
            raise exception.Invalid(_NO_SERVERS(), field=f"{FROM}.{kind}")
        return FoundServers(tuple(meant), groups)

    def _of_stack(self, context: Context, stack: str, visible: Collection[str]) -> set[str]:
        """Those of the servers that are of a stack: as Heat says, or by their marks without it.

        :raises ensemble_api.exception.Invalid: when Heat knows no such stack.
        """
        try:
            known = self._stacks.servers(context, stack)
        except NoSuchStack as error:
            raise exception.Invalid(_NO_STACK(name=stack), field=f"{FROM}.stack") from error
        if known is not None:
            return {*visible} & known
        servers = self._compute.all_servers(context, context.project_id)
        marked = {each["id"] for each in servers if is_of_stack(each, stack)}
        return {*visible} & marked

    def template(
        self, context: Context, servers: Sequence[Mapping[str, Any]], *, zones: bool
    ) -> dict[str, Any]:
        """The server template of a tier, from what its servers have in common and the newest one.

        ``zones`` is whether members may be bound to an availability zone. The user data is not in
        it: Nova shows it to operators alone.
        """
        newest = max(servers, key=lambda each: (each["created"], each["id"]))
        networks = self._compute.networks_of(context, newest["id"])[: limits.NETWORKS]
        template: dict[str, Any] = {
            "flavor": self._compute.flavor_of(context, newest["id"]),
            "networks": networks or "none",
        }
        if newest["image"]:
            template["image"] = newest["image"]["id"]
        else:
            template["volumes"] = [self._root_volume(context, each) for each in servers]
        if newest.get("key_name"):
            template["key_name"] = newest["key_name"]
        groups = list(dict.fromkeys(each["name"] for each in newest.get("security_groups", ())))
        if groups and groups != ["default"]:
            template["security_groups"] = groups[: limits.SECURITY_GROUPS]
        if metadata := _common_metadata(servers):
            template["metadata"] = metadata
        if tags := _common_tags(servers):
            template["tags"] = tags
        if all(each.get("config_drive") == "True" for each in servers):
            template["config_drive"] = True
        pinned = {each.get("pinned_availability_zone") for each in servers}
        if zones and len(pinned) == 1 and None not in pinned:
            template["availability_zone"] = pinned.pop()
        return template

    def _root_volume(self, context: Context, server: Mapping[str, Any]) -> str:
        """The volume that a server boots from; Nova tells the devices of volumes one by one."""
        attached = [each["id"] for each in server["os-extended-volumes:volumes_attached"]]
        if len(attached) > 1:
            root = server.get("OS-EXT-SRV-ATTR:root_device_name")
            for each in self._compute.volumes_of(context, server["id"]):
                if each.get("device") == root:
                    return str(each["volumeId"])
        return str(attached[0])


def demand_of(compute: Compute, context: Context, server: Mapping[str, Any]) -> Demand:
    """What a server takes of its host.

    :raises ValueError: when its flavor asks for nothing that can be planned with.
    """
    flavor = {
        **server["flavor"],
        "name": server["flavor"]["original_name"],
        "OS-FLV-EXT-DATA:ephemeral": server["flavor"]["ephemeral"],
    }
    image = compute.image(context, server["image"]["id"]) if server["image"] else None
    return demand(flavor, image or {}, volume_backed=not server["image"])


def is_of_stack(server: Mapping[str, Any], stack: str) -> bool:
    """Whether a server is of a stack of Heat's, by the stack's id or its name.

    That is for clouds whose catalog has no Heat, since Nova is told neither. Templates that are
    made for autoscaling put the id into the metadata (``metering.stack``), and Heat makes names of
    the stack's, the resource's and 12 characters of base32 (``physical_resource_name`` in
    heat/engine/resource.py).
    """
    if stack in server.get("metadata", {}).values():
        return True
    made = re.escape(stack) + r"-.+-[a-z2-7]{12}"
    return re.fullmatch(made, server.get("name", ""), re.IGNORECASE) is not None


def _common_metadata(servers: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The metadata that all servers have, without that which says whose they are."""
    first, *others = (each.get("metadata", {}) for each in servers)
    return {
        key: value
        for key, value in first.items()
        if not key.startswith(_OF_HEAT) and all(each.get(key) == value for each in others)
    }


def _common_tags(servers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The tags that all servers have, without those of an ensemble that they once were of."""
    first, *others = (each.get("tags", ()) for each in servers)
    kept = [
        tag
        for tag in first
        if not tag.startswith((ENSEMBLE_TAG, MEMBER_TAG)) and all(tag in each for each in others)
    ]
    return sorted(kept)[: limits.TAGS]
