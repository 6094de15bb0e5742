# SPDX-License-Identifier: Apache-2.0
"""What is in the cloud at first. Every function may be repeated: it makes what is missing."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ensemble_cloud.config.cloud import REGION, SELECTOR, SERVICE_PROJECT, Cloud
from ensemble_cloud.rest import Json, RestError, Session

# The service type and the path below the port, as in the catalog.
_CATALOG = {
    "placement": ("placement", ""),
    "glance": ("image", ""),
    "neutron": ("network", ""),
    "cinder": ("block-storage", "/v3"),
    "heat": ("orchestration", "/v1/$(project_id)s"),
    "nova": ("compute", "/v2.1"),
    "ensembles": ("ensemble", "/v1"),
}
PLACER_ROLE = "ensembles_placer"  # by which Nova's policy knows the service user of ensembles
DISKS = ("nvme", "ssd")  # of the racks, in turns
_BUILD_SECONDS = 180
_AT_ONCE = 3
_COMPUTE_VERSION: Mapping[str, str] = {"OpenStack-API-Version": "compute 2.96"}


class Seed:
    """Makes, by the services' own APIs, what a cloud has at first."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._shape = cloud.shape
        self._session: Session | None = None
        self._lock = threading.Lock()

    def identity(self) -> None:
        """Make the projects, and the users with their roles."""
        roles = self._ids("keystone", "/v3/roles", "roles")
        projects = {
            name: self._named("keystone", "/v3/projects", "project", name, domain_id="default")
            for name in (SERVICE_PROJECT, *self._shape.projects)
        }
        for service in self._services:
            more = []
            if service == "ensembles":
                more = [self._named("keystone", "/v3/roles", "role", PLACER_ROLE)]
            self._user(
                service,
                self._cloud.identity.service_password,
                projects[SERVICE_PROJECT],
                [roles["admin"], roles["service"], *more],
            )
        for user in self._shape.users:
            self._user(user.name, user.password, projects[user.project], [roles[user.role]])
        # Without one the dashboard would begin in any project the admin has a role in.
        admin = self._admin()
        own = {"default_project_id": admin.project_id}
        admin.patch("keystone", f"/v3/users/{admin.user_id}", {"user": own})

    def catalog(self) -> None:
        """Make the catalog name the ports of today."""
        admin = self._admin()
        services = self._ids("keystone", "/v3/services", "services")
        endpoints = admin.get("keystone", "/v3/endpoints")["endpoints"]
        url_of = {(e["service_id"], e["interface"]): (e["id"], e["url"]) for e in endpoints}
        for name in self._services:
            kind, _path = _CATALOG[name]
            if name not in services:
                body = {"service": {"name": name, "type": kind}}
                services[name] = admin.post("keystone", "/v3/services", body)["service"]["id"]
        for name in set(services) & set(_CATALOG) - set(self._services):
            admin.delete("keystone", f"/v3/services/{services[name]}")  # with its endpoints
        services_url = {
            name: self._cloud.ports.url(name) + _CATALOG[name][1] for name in self._services
        }
        services_url["keystone"] = self._cloud.auth_url
        for name, url in services_url.items():
            for interface in ("public", "internal", "admin"):
                known = url_of.get((services[name], interface))
                self._endpoint(services[name], interface, url, known)

    def image(self) -> None:
        """Make the image, with a content nobody will ever run."""
        admin = self._admin()
        name = self._shape.image
        path = "/v2/images"
        found = admin.get("glance", f"{path}?name={name}")["images"]
        if found and found[0]["status"] == "active":
            return
        image = (
            found[0]
            if found
            else admin.post(
                "glance",
                path,
                {
                    "name": name,
                    "disk_format": "raw",
                    "container_format": "bare",
                    "visibility": "public",
                },
            )
        )
        admin.upload("glance", f"{path}/{image['id']}/file", bytes(1024))

    def network(self) -> None:
        """Make the network with its subnet, and every project's default security group."""
        admin = self._admin()
        network = self._named(
            "neutron", "/v2.0/networks", "network", self._shape.network.name, shared=True
        )
        subnets = admin.get("neutron", f"/v2.0/subnets?network_id={network}")["subnets"]
        if not subnets:
            subnet = {
                "name": f"{self._shape.network.name}-subnet",
                "network_id": network,
                "ip_version": 4,
                "cidr": self._shape.network.cidr,
                "enable_dhcp": False,
            }
            admin.post("neutron", "/v2.0/subnets", {"subnet": subnet})
        for user in self._shape.users:
            session = Session(self._cloud.ports, user.name, user.password, user.project)
            session.get("neutron", "/v2.0/security-groups")

    def flavors(self) -> None:
        """Make the flavors."""
        admin = self._admin()
        there = {f["name"] for f in admin.get("nova", "/v2.1/flavors")["flavors"]}
        for name, size in self._shape.flavors.items():
            if name not in there:
                flavor = {
                    "name": name,
                    "id": name,
                    "vcpus": size.vcpus,
                    "ram": size.memory_mb,
                    "disk": size.disk_gb,
                }
                admin.post("nova", "/v2.1/flavors", {"flavor": flavor})

    def aggregates(self) -> None:
        """Make one host aggregate per zone and one per rack, and put the hosts into both."""
        admin = self._admin()
        there = {a["name"]: a for a in admin.get("nova", "/v2.1/os-aggregates")["aggregates"]}
        zones: list[tuple[Json, Json, list[str]]] = []
        racks: list[tuple[Json, Json, list[str]]] = []
        for zone in self._shape.zones:
            hosts = [host.name for host in self._shape.hosts if host.zone == zone]
            zones.append(({"name": zone, "availability_zone": zone}, {}, hosts))
        for number, (zone, rack) in enumerate(self._shape.racks):
            hosts = [h.name for h in self._shape.hosts if (h.zone, h.rack) == (zone, rack)]
            metadata = {"rack": rack, SELECTOR: DISKS[number % len(DISKS)]}
            racks.append(({"name": f"{zone}-{rack}"}, metadata, hosts))

        def make(wanted: tuple[Json, Json, list[str]]) -> None:
            self._aggregate(there.get(wanted[0]["name"]), *wanted)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            # One level after the other: no host is added to two at the same time.
            list(pool.map(make, zones))
            list(pool.map(make, racks))

    def background(self) -> None:
        """Build the servers of the background load, and wait until they are there."""
        admin = self._admin()
        images = self._ids("glance", "/v2/images", "images")
        projects = self._ids("keystone", "/v3/projects", "projects")
        role = self._ids("keystone", "/v3/roles", "roles")["admin"]
        for project in {server.project for server in self._shape.background}:
            path = f"/v3/projects/{projects[project]}/users/{admin.user_id}/roles/{role}"
            admin.put("keystone", path)
        self._remove_unfinished()
        there = {server["name"] for server in self._background_servers()}
        sessions: dict[str, Session] = {}
        for server in self._shape.background:
            if server.name in there:
                continue
            if server.project not in sessions:
                sessions[server.project] = Session(
                    self._cloud.ports, "admin", self._shape.admin_password, server.project
                )
            body = {
                "name": server.name,
                "flavorRef": server.flavor,
                "imageRef": images[self._shape.image],
                "networks": "auto",
                "host": server.host,
            }
            sessions[server.project].post(
                "nova", "/v2.1/servers", {"server": body}, _COMPUTE_VERSION
            )
        self._wait_built()

    def _remove_unfinished(self) -> None:
        """Remove servers whose build was interrupted: nobody continues it."""
        for server in self._background_servers():
            if server["status"] in ("BUILD", "ERROR"):
                self._admin().delete("nova", f"/v2.1/servers/{server['id']}")
        self._wait_until(
            lambda servers: all(s["status"] not in ("BUILD", "ERROR") for s in servers),
            "unfinished background servers are still there",
        )

    def _wait_built(self) -> None:
        def built(servers: list[Json]) -> bool:
            for server in servers:
                if server["status"] == "ERROR":
                    fault = server.get("fault", {}).get("message", "no reason given")
                    raise RestError(f"background server {server['name']} failed: {fault}")
            return all(server["status"] != "BUILD" for server in servers)

        self._wait_until(built, "background servers are not built")

    def _wait_until(self, done: Callable[[list[Json]], bool], failure: str) -> None:
        deadline = time.monotonic() + _BUILD_SECONDS
        while not done(self._background_servers()):
            if time.monotonic() > deadline:
                raise RestError(f"{failure} after {_BUILD_SECONDS} s")
            time.sleep(1)

    def _background_servers(self) -> list[Json]:
        names = {server.name for server in self._shape.background}
        path = "/v2.1/servers/detail?all_tenants=1"
        found: list[Json] = self._admin().get("nova", path)["servers"]
        return [server for server in found if server["name"] in names]

    @property
    def _services(self) -> list[str]:
        """The services of this cloud beside Keystone."""
        left_out = {"cinder", "heat", "ensembles"} - {*self._cloud.added}
        return [name for name in _CATALOG if name not in left_out]

    def _admin(self) -> Session:
        with self._lock:
            if self._session is None:
                self._session = Session(
                    self._cloud.ports, "admin", self._shape.admin_password, "admin"
                )
            return self._session

    def _ids(self, service: str, path: str, key: str) -> dict[str, str]:
        return {item["name"]: item["id"] for item in self._admin().get(service, path)[key]}

    def _named(self, service: str, path: str, kind: str, name: str, **fields: object) -> str:
        """Return the id of what has this name, made when it is missing."""
        found = self._admin().get(service, f"{path}?name={name}")[f"{kind}s"]
        if not found:
            found = [self._admin().post(service, path, {kind: {"name": name, **fields}})[kind]]
        item_id: str = found[0]["id"]
        return item_id

    def _user(self, name: str, password: str, project: str, roles: list[str]) -> None:
        user = self._named(
            "keystone",
            "/v3/users",
            "user",
            name,
            password=password,
            domain_id="default",
            default_project_id=project,
        )
        for role in roles:
            self._admin().put("keystone", f"/v3/projects/{project}/users/{user}/roles/{role}")

    def _endpoint(
        self, service_id: str, interface: str, url: str, known: tuple[str, str] | None
    ) -> None:
        if known is None:
            endpoint = {
                "service_id": service_id,
                "interface": interface,
                "url": url,
                "region_id": REGION,
            }
            self._admin().post("keystone", "/v3/endpoints", {"endpoint": endpoint})
        elif known[1] != url:
            self._admin().patch("keystone", f"/v3/endpoints/{known[0]}", {"endpoint": {"url": url}})

    def _aggregate(
        self, there: Json | None, fields: Json, metadata: Json, hosts: list[str]
    ) -> None:
        admin = self._admin()
        path = "/v2.1/os-aggregates"
        found = there or admin.post("nova", path, {"aggregate": fields})["aggregate"]
        action = f"{path}/{found['id']}/action"
        if not metadata.items() <= found.get("metadata", {}).items():
            admin.post("nova", action, {"set_metadata": {"metadata": metadata}})
        for host in hosts:
            if host not in found.get("hosts", []):
                admin.post("nova", action, {"add_host": {"host": host}})
