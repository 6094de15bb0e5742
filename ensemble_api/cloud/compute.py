# SPDX-License-Identifier: Apache-2.0
"""Nova, asked through its own API application inside this process."""

import copy
import json
import logging
import re
import urllib.parse
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import webob

from ensemble_api import exception
from ensemble_api.cloud.tags import HANDOVER_HINT
from ensemble_api.context import Context

LOG = logging.getLogger(__name__)

VERSION = "2.96"
PROXY_VERSION = "2.35"  # the last with images and networks
HINT_VERSION = "2.100"  # the first with the scheduler hints of a server
FLAVOR_ID_VERSION = "2.46"  # the last that tells the id of a server's flavor
EVACUATION_VERSION = "2.94"  # the last that leaves an evacuated server in the state it was in
HYPERVISOR_VERSION = "2.87"  # from 2.88 on, Nova asks every single host for its uptime
MOST_HINTS = 10_000  # that are remembered
GONE = 404
_HINT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_EVACUATING = ("accepted", "pre-migrating")  # the statuses of an evacuation until it has ended
_REFUSALS = (400, 403, 409)  # what POST /servers answers for good


class Compute:
    """Sub-requests to the application that our filter wraps, each with a context of its own."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._hints: dict[str, str] = {}  # which nobody can change, by the server

    def _call(
        self,
        context: Context,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        version: str = VERSION,
    ) -> Any:
        """The decoded answer to one request.

        :raises ensemble_api.exception.CloudError: with Nova's status and words, when it refuses.
        """
        request = webob.Request.blank(path, method=method, environ={"SCRIPT_NAME": "/v2.1"})
        # Nova writes into it which cell it is asking, and requests run side by side.
        request.environ["nova.context"] = copy.copy(context)
        request.headers["OpenStack-API-Version"] = f"compute {version}"
        if body is not None:
            request.content_type = "application/json"
            request.body = json.dumps(body).encode()
        try:
            response = request.get_response(self._application)
        except Exception as error:  # Nova's fault wrapper sits outside of our filter
            LOG.exception("Nova failed on %s %s", method, path)
            raise exception.CloudError(500, f"Nova failed: {type(error).__name__}") from error
        if response.status_int >= 400:
            raise exception.CloudError(response.status_int, _message(response.body))
        return json.loads(response.body) if response.body else None

    def _find(self, context: Context, path: str, version: str = VERSION) -> Any:
        """The answer to a GET, None if there is no such thing for this tenant."""
        try:
            return self._call(context, "GET", path, version=version)
        except exception.CloudError as error:
            if error.status in (400, 403, GONE):
                return None
            raise

    def _pages(
        self, context: Context, path: str, key: str, version: str
    ) -> Iterator[dict[str, Any]]:
        """All items of a collection, page after page, however long Nova makes its pages."""
        marker = ""
        while True:
            answer = self._call(context, "GET", path + marker, version=version)
            yield from answer[key]
            if not any(link["rel"] == "next" for link in answer.get(f"{key}_links", ())):
                return
            marker = f"{'&' if '?' in path else '?'}marker={answer[key][-1]['id']}"

    # What a tenant may refer to, asked with the tenant's own rights.

    def flavor(self, context: Context, flavor_id: str) -> dict[str, Any] | None:
        """A flavor that this tenant may use, with all its extra specs."""
        found = self._find(_as_built(context), f"/flavors/{_quote(flavor_id)}")
        if found is None:
            return None
        specs = self._get_as_operator(context, f"/flavors/{_quote(flavor_id)}/os-extra_specs")
        return dict(found["flavor"]) | {"extra_specs": specs["extra_specs"]}

    def flavors(self, context: Context) -> list[dict[str, Any]]:
        """The flavors that this tenant may use, without extra specs; no more than one page."""
        return list(self._call(_as_built(context), "GET", "/flavors/detail")["flavors"])

    def image(self, context: Context, image_id: str) -> dict[str, Any] | None:
        """An image that this tenant may use."""
        found = self._find(context, f"/images/{_quote(image_id)}", PROXY_VERSION)
        return None if found is None else found["image"]

    def network(self, context: Context, network_id: str) -> dict[str, Any] | None:
        """A network that this tenant may use."""
        found = self._find(context, f"/os-tenant-networks/{_quote(network_id)}", PROXY_VERSION)
        return None if found is None else found["network"]

    def key_pair(self, context: Context, name: str) -> dict[str, Any] | None:
        """A key pair of this user."""
        found = self._find(context, f"/os-keypairs/{_quote(name)}")
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
        path = "/servers" if tag is None else f"/servers?tags={_quote(tag)}"
        yield from self._pages(context, path, "servers", VERSION)

    def flavor_of(self, context: Context, server_id: str) -> str:
        """The id of the flavor that a server of the tenant's was made with, be it gone by now."""
        path = f"/servers/{_quote(server_id)}"
        found = self._call(context, "GET", path, version=FLAVOR_ID_VERSION)
        return str(found["server"]["flavor"]["id"])

    def networks_of(self, context: Context, server_id: str) -> list[str]:
        """The ids of the networks of a server of the tenant's, one for each of its ports."""
        found = self._call(context, "GET", f"/servers/{_quote(server_id)}/os-interface")
        return [each["net_id"] for each in found["interfaceAttachments"]]

    def volumes_of(self, context: Context, server_id: str) -> list[dict[str, Any]]:
        """The volumes of a server of the tenant's: volumeId, and device where it is known."""
        found = self._call(context, "GET", f"/servers/{_quote(server_id)}/os-volume_attachments")
        return list(found["volumeAttachments"])

    def server_groups(self, context: Context) -> list[dict[str, Any]]:
        """The server groups of this project: policy, rules and the members that are there."""
        return list(self._call(context, "GET", "/os-server-groups")["server_groups"])

    def limits(self, context: Context) -> dict[str, int]:
        """The project's absolute limits and what it uses of them."""
        return dict(self._call(context, "GET", "/limits")["limits"]["absolute"])

    # What only an operator sees. Nothing else is asked with more rights than the caller has, and
    # none of it changes anything (doc/decisions/0002 has the list).

    def _get_as_operator(self, context: Context, path: str) -> Any:
        """The answer to a GET with an operator's eyes."""
        return self._call(context.elevated(), "GET", path)

    def hypervisors(self, context: Context) -> Iterator[dict[str, Any]]:
        """All hypervisors: id (the resource provider), service host, state and status."""
        yield from self._pages(
            context.elevated(), "/os-hypervisors/detail", "hypervisors", HYPERVISOR_VERSION
        )

    def services(self, context: Context) -> list[dict[str, Any]]:
        """All compute services: id, host, state, status and why it is disabled."""
        return list(self._get_as_operator(context, "/os-services?binary=nova-compute")["services"])

    def down_and_silent(self, context: Context) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the hosts whose compute service does not report, and whose cell does not.

        Of the latter Nova tells no state, which is not that they are down.
        """
        states = {each["host"]: each.get("state") for each in self.services(context)}
        down = frozenset(host for host, state in states.items() if state not in (None, "up"))
        return down, frozenset(host for host, state in states.items() if state is None)

    def forced_down(self, context: Context) -> frozenset[str]:
        """The names of the hosts that somebody has told Nova to take for down."""
        services = self.services(context)
        return frozenset(each["host"] for each in services if each.get("forced_down"))

    def unheard(self, context: Context, seconds: float) -> frozenset[str]:
        """The names of the hosts of which Nova heard that much earlier than of the last one.

        Nova takes them for up still, and may not for long: a rack does not fail at once for it.
        """
        reports = {
            each["host"]: datetime.fromisoformat(each["updated_at"])
            for each in self.services(context)
            if each.get("updated_at")
        }
        last = max(reports.values(), default=datetime.min)
        return frozenset(
            host for host, at in reports.items() if (last - at).total_seconds() > seconds
        )

    def aggregates(self, context: Context) -> list[dict[str, Any]]:
        """All host aggregates with hosts and metadata."""
        return list(self._get_as_operator(context, "/os-aggregates")["aggregates"])

    def all_servers(
        self, context: Context, project_id: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """All servers of all projects, or of one, in detail."""
        only = f"&project_id={_quote(project_id)}" if project_id is not None else ""
        path = f"/servers/detail?all_tenants=1{only}"
        yield from self._pages(context.elevated(), path, "servers", VERSION)

    def changed_since(self, context: Context, moment: str) -> Iterator[dict[str, Any]]:
        """All servers that changed since ``moment`` (ISO 8601) and are there, in detail."""
        path = f"/servers/detail?all_tenants=1&deleted=false&changes-since={_quote(moment)}"
        yield from self._pages(context.elevated(), path, "servers", VERSION)

    def deleted_since(self, context: Context, moment: str) -> Iterator[str]:
        """The ids of all servers that were deleted since ``moment`` (ISO 8601).

        Where there are several cells, Nova fails on a deleted server's details: it looks for its
        flavor in the wrong one.
        """
        path = f"/servers?all_tenants=1&deleted=true&changes-since={_quote(moment)}"
        for server in self._pages(context.elevated(), path, "servers", VERSION):
            yield server["id"]

    def servers(self, context: Context, project_id: str, tag: str) -> Iterator[dict[str, Any]]:
        """A project's servers with ``tag``, in detail and with their hosts."""
        only = f"project_id={_quote(project_id)}&tags={_quote(tag)}"
        path = f"/servers/detail?all_tenants=1&{only}"
        yield from self._pages(context.elevated(), path, "servers", VERSION)

    def servers_on(self, context: Context, host: str) -> Iterator[dict[str, Any]]:
        """All servers on a host, of whatever project, in detail."""
        path = f"/servers/detail?all_tenants=1&host={_quote(host)}"
        yield from self._pages(context.elevated(), path, "servers", VERSION)

    def server(self, context: Context, server_id: str) -> dict[str, Any] | None:
        """One server in detail and with its host, None when it is surely gone."""
        try:
            found = self._get_as_operator(context, f"/servers/{_quote(server_id)}")
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
        only = f"migration_type=evacuation&instance_uuid={_quote(server_id)}"
        path = f"/os-migrations?{only}"
        return list(self._pages(context.elevated(), path, "migrations", VERSION))

    def last_action(self, context: Context, server_id: str) -> str | None:
        """What Nova was asked last to do with a server, in its own word; None if it knows nothing.

        :raises ensemble_api.exception.CloudError: when Nova does not tell.
        """
        path = f"/servers/{_quote(server_id)}/os-instance-actions"
        actions = self._get_as_operator(context, path)["instanceActions"]
        newest = max(actions, key=lambda each: str(each["start_time"]), default=None)
        return None if newest is None else str(newest["action"])

    def hint(self, context: Context, server_id: str) -> str | None:
        """The hint of the request for a server, empty if it had none of ours.

        None if Nova does not find the server, or its cell does not answer.
        """
        if server_id not in self._hints:
            path = f"/servers/{_quote(server_id)}"
            found = self._find(context.elevated(), path, version=HINT_VERSION)
            # A cell that is down does not say.
            if found is None or "scheduler_hints" not in found["server"]:
                return None
            if len(self._hints) >= MOST_HINTS:
                self._hints.clear()
            given = found["server"].get("scheduler_hints") or {}
            self._hints[server_id] = _ours(given.get(HANDOVER_HINT))
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
        server = _server(name, template) | {"host": host, "tags": tags}
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
        asked = {"server": _server(name, template), "os:scheduler_hints": hints}
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
        path = f"/servers/{_quote(server_id)}/os-volume_attachments/{_quote(volume_id)}"
        body = {"volumeAttachment": {"volumeId": volume_id, "delete_on_termination": True}}
        self._call(context, "PUT", path, body)

    def metadata(self, context: Context, server_id: str) -> dict[str, str]:
        """The metadata of a server.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        found = self._call(context, "GET", f"/servers/{_quote(server_id)}/metadata")
        return dict(found["metadata"])

    def set_metadata(self, context: Context, server_id: str, items: Mapping[str, str]) -> None:
        """Set some items of a server's metadata, and leave the others.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        path = f"/servers/{_quote(server_id)}/metadata"
        self._call(context, "POST", path, {"metadata": dict(items)})

    def remove_metadata(self, context: Context, server_id: str, key: str) -> None:
        """Take an item from a server's metadata; one that it does not have is fine.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as of a locked server.
        """
        try:
            path = f"/servers/{_quote(server_id)}/metadata/{_quote(key)}"
            self._call(context, "DELETE", path)
        except exception.CloudError as error:
            if error.status != GONE:
                raise

    def remove_tag(self, context: Context, server_id: str, tag: str) -> None:
        """Take a tag from a server; one that it does not have is fine.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as in some statuses it does.
        """
        try:
            self._call(context, "DELETE", f"/servers/{_quote(server_id)}/tags/{_quote(tag)}")
        except exception.CloudError as error:
            if error.status != GONE:
                raise

    def delete_server(self, context: Context, server_id: str) -> None:
        """Ask for a server's end; one that is gone, going or locked is fine: a look tells which.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        try:
            self._call(context, "DELETE", f"/servers/{_quote(server_id)}")
        except exception.CloudError as error:
            if error.status not in (GONE, 409):
                raise

    def live_migrate(self, context: Context, server_id: str, host: str) -> None:
        """Ask for a server's live migration to ``host``, as far as the scheduler lets it.

        The answer comes before the scheduler has been asked: a look tells what came of it.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        body = {"os-migrateLive": {"host": host, "block_migration": "auto"}}
        self._call(context, "POST", f"/servers/{_quote(server_id)}/action", body)

    def abort_live_migration(self, context: Context, server_id: str) -> None:
        """Ask for the end of a server's live migration, after which it stays where it is.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as of one that is nearly over.
        """
        path = f"/servers/{_quote(server_id)}/migrations"
        for each in self._call(context, "GET", path)["migrations"]:
            self._call(context, "DELETE", f"{path}/{each['id']}")

    def evacuate(self, context: Context, server_id: str, host: str) -> None:
        """Ask for a server whose host has failed to be built again on ``host``, by the scheduler.

        The answer comes before the scheduler has been asked. Nova refuses as long as it thinks that
        the server's own host is up; it does not look at locks here.

        :raises ensemble_api.exception.CloudError: when Nova refuses.
        """
        path = f"/servers/{_quote(server_id)}/action"
        self._call(context, "POST", path, {"evacuate": {"host": host}}, EVACUATION_VERSION)

    def start(self, context: Context, server_id: str) -> None:
        """Ask for a stopped server to be started.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as of one that runs.
        """
        path = f"/servers/{_quote(server_id)}/action"
        self._call(context, "POST", path, {"os-start": None})

    def stop(self, context: Context, server_id: str) -> None:
        """Ask for a server that runs to be stopped.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as of one that is locked.
        """
        path = f"/servers/{_quote(server_id)}/action"
        self._call(context, "POST", path, {"os-stop": None})

    def reset_state(self, context: Context, server_id: str) -> None:
        """Have Nova take a server for one that is active, with nothing under way.

        Nova looks by itself whether it runs, and then takes it for stopped where it does not.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as to who may not do this.
        """
        path = f"/servers/{_quote(server_id)}/action"
        self._call(context, "POST", path, {"os-resetState": {"state": "active"}})

    # A compute service, in the name of whoever asks.

    def disable_service(self, context: Context, service_id: str, reason: str) -> None:
        """Let a compute service take no more servers, and say why.

        :raises ensemble_api.exception.CloudError: when Nova refuses, as to who may not do this.
        """
        path = f"/os-services/{_quote(service_id)}"
        self._call(context, "PUT", path, {"status": "disabled", "disabled_reason": reason})


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


def _as_built(context: Context) -> Any:
    """The caller's context without what Nova lets administrators do: a build has none of that."""
    plain = copy.copy(context)
    plain.is_admin = False
    return plain


def _server(name: str, template: Mapping[str, Any]) -> dict[str, Any]:
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


def _ours(hint: Any) -> str:
    """A hint's value, which Nova shows as it was given or as a list of one.

    Empty if it is no id as we make them: tenants give what they like.
    """
    if isinstance(hint, list):
        hint = hint[0] if len(hint) == 1 else ""
    return hint if isinstance(hint, str) and _HINT.fullmatch(hint) else ""


def _quote(text: str) -> str:
    return urllib.parse.quote(text, safe="")


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


def _message(body: bytes) -> str:
    """Nova's own words: the message of its one-key error body."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer:
        inner = next(iter(answer.values()))
        if isinstance(inner, dict) and "message" in inner:
            return str(inner["message"])
    return "no reason given"
