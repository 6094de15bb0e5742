# SPDX-License-Identifier: Apache-2.0
"""What we ask of Nova, through its own API application inside this process."""

import copy
import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute_services import ComputeServices
from ensemble_api.cloud.nova_api import GONE, VERSION, quote
from ensemble_api.cloud.server_body import server_body
from ensemble_api.cloud.tags import HANDOVER_HINT, handover
from ensemble_api.context import Context

PROXY_VERSION = "2.35"  # the last with images and networks
HINT_VERSION = "2.100"  # the first with the scheduler hints of a server
FLAVOR_ID_VERSION = "2.46"  # the last that tells the id of a server's flavor
EVACUATION_VERSION = "2.94"  # the last that leaves an evacuated server in the state it was in
HYPERVISOR_VERSION = "2.87"  # from 2.88 on, Nova asks every single host for its uptime
MOST_HINTS = 10_000  # that are remembered
_EVACUATING = ("accepted", "pre-migrating")  # the statuses of an evacuation until it has ended
_REFUSALS = (400, 403, 409)  # what POST /servers answers for good


class Compute(ComputeServices):
    """What we ask of Nova; of each call, its path and microversion are named here alone."""

    def __init__(self, application: Any) -> None:
        super().__init__(application)
        self._hints: dict[str, str] = {}  # which nobody can change, by the server

    # What a tenant may refer to, asked with the tenant's own rights.

    def flavor(self, context: Context, flavor_id: str) -> dict[str, Any] | None:
        """A flavor that this tenant may use, with all its extra specs."""
        found = self._find(_as_built(context), f"/flavors/{quote(flavor_id)}")
        if found is None:
            return None
        specs = self._get_as_operator(context, f"/flavors/{quote(flavor_id)}/os-extra_specs")
        return dict(found["flavor"]) | {"extra_specs": specs["extra_specs"]}

    def flavors(self, context: Context) -> list[dict[str, Any]]:
        """The flavors that this tenant may use, without extra specs; no more than one page."""
        return list(self._call(_as_built(context), "GET", "/flavors/detail")["flavors"])

    def image(self, context: Context, image_id: str) -> dict[str, Any] | None:
        """An image that this tenant may use."""
        found = self._find(context, f"/images/{quote(image_id)}", PROXY_VERSION)
        return None if found is None else found["image"]

    def network(self, context: Context, network_id: str) -> dict[str, Any] | None:
        """A network that this tenant may use."""
        found = self._find(context, f"/os-tenant-networks/{quote(network_id)}", PROXY_VERSION)
        return None if found is None else found["network"]

    def key_pair(self, context: Context, name: str) -> dict[str, Any] | None:
        """A key pair of this user."""
        found = self._find(context, f"/os-keypairs/{quote(name)}")
        return None if found is None else found["keypair"]

    def security_group(self, context: Context, name: str) -> dict[str, Any] | None:
        """A security group of this project, by name or id."""
        groups = self._call(context, "GET", "/os-security-groups", version=PROXY_VERSION)
        for group in groups["security_groups"]:
            if name in (group["name"], group["id"]):
                return dict(group)
        return None

    def own_servers(self, context: Context, tag: str | None = None) -> Iterator[dict[str, Any]]:
        """The servers that this tenant is shown: ids and names; with ``tag`` those that have it."""
        path = "/servers" if tag is None else f"/servers?tags={quote(tag)}"
        yield from self._pages(context, path, "servers", VERSION)

    def flavor_of(self, context: Context, server_id: str) -> str:
        """The id of the flavor that a server of the tenant's was made with, be it gone by now."""
        path = f"/servers/{quote(server_id)}"
        found = self._call(context, "GET", path, version=FLAVOR_ID_VERSION)
        return str(found["server"]["flavor"]["id"])

    def networks_of(self, context: Context, server_id: str) -> list[str]:
        """The ids of the networks of a server of the tenant's, one for each of its ports."""
        found = self._call(context, "GET", f"/servers/{quote(server_id)}/os-interface")
        return [each["net_id"] for each in found["interfaceAttachments"]]

    def volumes_of(self, context: Context, server_id: str) -> list[dict[str, Any]]:
        """The volumes of a server of the tenant's: volumeId, and device where it is known."""
        found = self._call(context, "GET", f"/servers/{quote(server_id)}/os-volume_attachments")
        return list(found["volumeAttachments"])

    def server_groups(self, context: Context) -> list[dict[str, Any]]:
        """The server groups of this project: policy, rules and the members that are there."""
        return list(self._call(context, "GET", "/os-server-groups")["server_groups"])

    def limits(self, context: Context) -> dict[str, int]:
        """The project's absolute limits and what it uses of them."""
        return dict(self._call(context, "GET", "/limits")["limits"]["absolute"])

    # What only an operator sees. Nothing else is asked with more rights than the caller has, and
    # none of it changes anything (doc/decisions/0002 has the list).

    def hypervisors(self, context: Context) -> Iterator[dict[str, Any]]:
        """All hypervisors: id (the resource provider), service host, state and status."""
        yield from self._pages(
            context.elevated(), "/os-hypervisors/detail", "hypervisors", HYPERVISOR_VERSION
        )

    def aggregates(self, context: Context) -> list[dict[str, Any]]:
        """All host aggregates with hosts and metadata."""
        return list(self._get_as_operator(context, "/os-aggregates")["aggregates"])

    def all_servers(
        self, context: Context, project_id: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """All servers of all projects, or of one, in detail."""
        only = f"&project_id={quote(project_id)}" if project_id is not None else ""
        path = f"/servers/detail?all_tenants=1{only}"
        yield from self._pages(context.elevated(), path, "servers", VERSION)

    def changed_since(self, context: Context, moment: str) -> Iterator[dict[str, Any]]:
        """All servers that changed since ``moment`` (ISO 8601) and are there, in detail."""
        path = f"/servers/detail?all_tenants=1&deleted=false&changes-since={quote(moment)}"
        yield from self._pages(context.elevated(), path, "servers", VERSION)

    def deleted_since(self, context: Context, moment: str) -> Iterator[str]:
        """The ids of all servers that were deleted since ``moment`` (ISO 8601).

        Where there are several cells, Nova fails on a deleted server's details: it looks for its
        flavor in the wrong one.
        """
        path = f"/servers?all_tenants=1&deleted=true&changes-since={quote(moment)}"
        for server in self._pages(context.elevated(), path, "servers", VERSION):
            yield server["id"]

    def servers(self, context: Context, project_id: str, tag: str) -> Iterator[dict[str, Any]]:
        """A project's servers with ``tag``, in detail and with their hosts."""
        only = f"project_id={quote(project_id)}&tags={quote(tag)}"
        path = f"/servers/detail?all_tenants=1&{only}"
        yield from self._pages(context.elevated(), path, "servers", VERSION)

    def servers_on(self, context: Context, host: str) -> Iterator[dict[str, Any]]:
        """All servers on a host, of whatever project, in detail."""
        path = f"/servers/detail?all_tenants=1&host={quote(host)}"
        yield from self._pages(context.elevated(), path, "servers", VERSION)

    def server(self, context: Context, server_id: str) -> dict[str, Any] | None:
        """One server in detail and with its host, None when it is surely gone."""
        try:
            found = self._get_as_operator(context, f"/servers/{quote(server_id)}")
        except exception.CloudError as error:
            if error.status == GONE:
                return None
            raise
        return dict(found["server"])

    def evacuation_targets(self, context: Context, server_id: str, host: str) -> frozenset[str]:
        """The hosts on which a server is being built that was on ``host``, which has failed.

        By Nova's records of evacuations that have not ended, whoever has asked for them; the name
        is empty where the scheduler has not chosen yet.
        """
        lasting = [
            each
            for each in self.evacuations(context, server_id)
            if each["status"] in _EVACUATING and each["source_compute"] == host
        ]
        return frozenset(each["dest_compute"] or "" for each in lasting)

    def evacuations(self, context: Context, server_id: str) -> list[dict[str, Any]]:
        """Nova's records of all evacuations of a server, whoever has asked for them."""
        only = f"migration_type=evacuation&instance_uuid={quote(server_id)}"
        path = f"/os-migrations?{only}"
        return list(self._pages(context.elevated(), path, "migrations", VERSION))

    def last_action(self, context: Context, server_id: str) -> str | None:
        """With what of all that it was asked for Nova was last busy with a server, in its own word.

        That may have been asked for long before. None if Nova knows nothing.

        :raises ensemble_api.exception.CloudError: when Nova does not tell.
        """
        path = f"/servers/{quote(server_id)}/os-instance-actions"
        actions = self._get_as_operator(context, path)["instanceActions"]
        newest = max(
            actions, key=lambda each: each.get("updated_at") or each["start_time"], default=None
        )
        return None if newest is None else str(newest["action"])

    def hint(self, context: Context, server_id: str) -> str | None:
        """The hint of the request for a server, empty if it had none of ours.

        None if Nova does not find the server, or its cell does not answer.
        """
        if server_id not in self._hints:
            path = f"/servers/{quote(server_id)}"
            found = self._find(context.elevated(), path, version=HINT_VERSION)
            # A cell that is down does not say.
            if found is None or "scheduler_hints" not in found["server"]:
                return None
            if len(self._hints) >= MOST_HINTS:
                self._hints.clear()
            self._hints[server_id] = handover(found["server"]["scheduler_hints"] or {})
        return self._hints[server_id]

    # Servers, in the tenant's name.

    def create_server(
        self,
        context: Context,
        name: str,
        host: str,
        template: Mapping[str, Any],
        tags: list[str],
        hint: str | None = None,
    ) -> str:
        """Ask for one server on ``host`` and give its id.

        ``template`` is of one member: its ports are attached first, then its networks; its volume,
        if it has one in the place of an image, is kept when the server goes. ``tags`` are added to
        those of the template. ``hint`` is what the scheduler filter looks for in the request; from
        microversion 2.100 on Nova shows it to the tenant for as long as the server is there.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        tags = [*template.get("tags", ()), *tags]
        server = server_body(name, template) | {"host": host, "tags": tags}
        body: dict[str, Any] = {"server": server}
        hints = dict(template.get("scheduler_hints", {}))
        if hint is not None:
            hints[HANDOVER_HINT] = hint
        if hints:
            body["os:scheduler_hints"] = hints
        return str(self._call(context, "POST", "/servers", body)["server"]["id"])

    def refusal(
        self, context: Context, name: str, template: Mapping[str, Any]
    ) -> exception.CloudError | None:
        """What Nova would answer to a request for such a server by this caller; None if it took it.

        Nova runs its own checks on its own request, with the rights of a build: it is asked for the
        server in a server group that does not exist. It looks for the group after all that it
        checks and before anything that it writes (``API._create_instance`` in nova/compute/api.py).

        :raises ensemble_api.exception.CloudError: when Nova cannot tell.
        """
        group = str(uuid.uuid4())
        hints = {**template.get("scheduler_hints", {}), "group": group}
        asked = {"server": server_body(name, template), "os:scheduler_hints": hints}
        try:
            server = self._call(_as_built(context), "POST", "/servers", asked)["server"]
        except exception.CloudError as error:
            if error.status not in _REFUSALS:
                raise
            return None if group in error.message else error
        # A Nova that does not look for the group has begun to build; nobody asked for that.
        self.delete_server(context, server["id"])
        raise exception.CloudError(500, "Nova does not check server groups before it builds")

    def set_delete_on_termination(self, context: Context, server_id: str, volume_id: str) -> None:
        """Have Nova delete a volume with the server that it is attached to.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        path = f"/servers/{quote(server_id)}/os-volume_attachments/{quote(volume_id)}"
        body = {"volumeAttachment": {"volumeId": volume_id, "delete_on_termination": True}}
        self._call(context, "PUT", path, body)

    def metadata(self, context: Context, server_id: str) -> dict[str, str]:
        """The metadata of a server.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        found = self._call(context, "GET", f"/servers/{quote(server_id)}/metadata")
        return dict(found["metadata"])

    def set_metadata(self, context: Context, server_id: str, items: Mapping[str, str]) -> None:
        """Set some items of a server's metadata, and leave the others.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        path = f"/servers/{quote(server_id)}/metadata"
        self._call(context, "POST", path, {"metadata": dict(items)})

    def remove_metadata(self, context: Context, server_id: str, key: str) -> None:
        """Take an item from a server's metadata; one that it does not have is fine.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as of a locked server.
        """
        self._remove(context, f"/servers/{quote(server_id)}/metadata/{quote(key)}")

    def remove_tag(self, context: Context, server_id: str, tag: str) -> None:
        """Take a tag from a server; one that it does not have is fine.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as in some statuses it does.
        """
        self._remove(context, f"/servers/{quote(server_id)}/tags/{quote(tag)}")

    def delete_server(self, context: Context, server_id: str) -> None:
        """Ask for a server's end; one that is gone, going or locked is fine: a look tells which.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        self._remove(context, f"/servers/{quote(server_id)}", fine=(GONE, 409))

    def _remove(self, context: Context, path: str, fine: Collection[int] = (GONE,)) -> None:
        try:
            self._call(context, "DELETE", path)
        except exception.CloudError as error:
            if error.status not in fine:
                raise

    def live_migrate(self, context: Context, server_id: str, host: str) -> None:
        """Ask for a server's live migration to ``host``, as far as the scheduler lets it.

        The answer comes before the scheduler has been asked: a look tells what came of it.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        action = {"os-migrateLive": {"host": host, "block_migration": "auto"}}
        self._act(context, server_id, action)

    def abort_live_migration(self, context: Context, server_id: str) -> None:
        """Ask for the end of a server's live migration, after which it stays where it is.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as of one that is nearly over.
        """
        path = _migrations_of(server_id)
        for each in self._get_as_operator(context, path)["migrations"]:
            self._call(context, "DELETE", f"{path}/{each['id']}")

    def is_migrating(self, context: Context, server_id: str) -> bool:
        """Whether Nova has a live migration of a server under way, whatever its task is.

        :raises ensemble_api.exception.CloudError: when Nova does not tell.
        """
        return bool(self._call(context.elevated(), "GET", _migrations_of(server_id))["migrations"])

    def evacuate(self, context: Context, server_id: str, host: str) -> None:
        """Ask for a server whose host has failed to be built again on ``host``, by the scheduler.

        The answer comes before the scheduler has been asked. Nova refuses as long as it thinks that
        the server's own host is up; it does not look at locks here.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        self._act(context, server_id, {"evacuate": {"host": host}}, EVACUATION_VERSION)

    def start(self, context: Context, server_id: str) -> None:
        """Ask for a stopped server to be started.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as of one that runs.
        """
        self._act(context, server_id, {"os-start": None})

    def stop(self, context: Context, server_id: str) -> None:
        """Ask for a server that runs to be stopped.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as of one that is locked.
        """
        self._act(context, server_id, {"os-stop": None})

    def reset_state(self, context: Context, server_id: str) -> None:
        """Have Nova take a server for one that is active, with nothing under way.

        Nova looks by itself whether it runs, and then takes it for stopped where it does not.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as to who may not do this.
        """
        self._act(context, server_id, {"os-resetState": {"state": "active"}})

    def _act(
        self, context: Context, server_id: str, action: Mapping[str, Any], version: str = VERSION
    ) -> None:
        self._call(context, "POST", f"/servers/{quote(server_id)}/action", action, version)


def _as_built(context: Context) -> Any:
    """The caller's context without what Nova lets administrators do: a build has none of that."""
    plain = copy.copy(context)
    plain.is_admin = False
    return plain


def _migrations_of(server_id: str) -> str:
    return f"/servers/{quote(server_id)}/migrations"
