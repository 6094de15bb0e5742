# SPDX-License-Identifier: Apache-2.0
"""Which of the servers that run already can be members of an ensemble, and why others cannot."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ensemble_api import exception
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.context import Context
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.planning.topology import Topology
from ensemble_api.results.adoption import LeftOutServer
from ensemble_api.store.api import Store
from ensemble_api.store.late_servers import late_server, unrecorded
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.running_servers import FROM, FoundServers, demand_of

_BUSY = Sentence(
    "conflict.server-busy",
    "Something is done with server %(server)s now (%(what)s); try again when that is over.",
)
_TAKEN = Sentence("adoption.taken", "is a member of the ensemble %(ensemble)s already")
_NO_HOST = Sentence("adoption.no-host", "is on no host: it is %(status)s")
_NO_SUCH_HOST = Sentence(
    "adoption.no-such-host", "is on a host of a kind that ensembles do not plan with"
)
_NO_ROOT = Sentence("adoption.no-root", "has neither an image nor a volume that it boots from")
_BARRED = Sentence(
    "adoption.barred", "is where another ensemble lets no members of other ensembles be"
)
_NOBODY = Sentence(
    "adoption.nobody",
    "has no server that can be a member: %(server)s %(reason)s",
)

_UNDER_WAY = frozenset(
    ("BUILD", "MIGRATING", "REBUILD", "RESIZE", "REVERT_RESIZE", "UNKNOWN", "VERIFY_RESIZE")
)


class AdoptableServers:
    """Sorts the servers of one request; it looks at ensembles, hosts and flavors."""

    def __init__(
        self, store: Store, compute: Compute, inventory: Inventory, exclusivity: Exclusivity
    ) -> None:
        self._store = store
        self._compute = compute
        self._inventory = inventory
        self._exclusivity = exclusivity

    def able(
        self,
        context: Context,
        found: FoundServers,
        topology: Topology,
        providers: Collection[str],
    ) -> tuple[dict[str, Demand], list[LeftOutServer]]:
        """What each server that can be a member takes, by id, and those that cannot.

        ``providers`` are the hosts that can be planned with.

        :raises ensemble_api.exception.Conflict: while something is done with one of them.
        """
        taken = self._taken(context, found.servers)
        barred = self._exclusivity.closed_to_members(topology)
        able: dict[str, Demand] = {}
        alike: dict[tuple[str, str], Demand] = {}
        left_out = []
        for server in found.servers:
            reason = _hindrance(server, taken, topology, providers, barred)
            if reason is None:
                kind = found.running_server(server)
                try:
                    if (kind.flavor, kind.root) not in alike:
                        wanted = demand_of(self._compute, context, server)
                        alike[kind.flavor, kind.root] = self._inventory.placed(wanted)
                    able[server["id"]] = alike[kind.flavor, kind.root]
                except ValueError as error:
                    reason = error.args[0]
            if reason is not None:
                left_out.append(LeftOutServer(server["id"], server["name"], reason))
        return able, left_out

    def _taken(self, context: Context, servers: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """The servers that are of ensembles, with the names of these.

        Also those that were made for a member and are not recorded, or came too late for it: by the
        hint of their request, which nobody can change.
        """
        taken = self._store.servers_of_ensembles(context.project_id)
        others = {each["id"]: each["tenant_id"] for each in servers if each["id"] not in taken}
        for server_id in unrecorded(self._store, others):
            hint = self._compute.hint(context, server_id)
            if hint and (late := late_server(self._store, context.project_id, hint, server_id)):
                taken[server_id] = late.ensemble_name
        return taken


def check_left_out(
    body: Mapping[str, Any],
    servers: Mapping[str, Any],
    left_out: Sequence[LeftOutServer],
) -> None:
    """Refuse that one is left out that is named, or all of them are."""
    reasons = {each.id: each for each in left_out}
    named = [
        (f"{FROM}.servers[{place}]", each)
        for place, each in enumerate(body["from"].get("servers", ()))
    ] + [
        (f"adopt.tiers[{number}].servers[{place}]", each)
        for number, tier in enumerate(body.get("tiers", ()))
        for place, each in enumerate(tier["servers"])
    ]
    for field, server_id in named:
        if server_id in reasons:
            raise exception.Conflict(reasons[server_id].reason, field=field)
    if not servers:
        first = left_out[0]
        raise exception.Conflict(_NOBODY(server=first.name, reason=first.reason), field=FROM)


def _hindrance(
    server: Mapping[str, Any],
    taken: Mapping[str, str],
    topology: Topology,
    providers: Collection[str],
    barred: Collection[str],
) -> Message | None:
    """Why a server cannot be a member, None if it can.

    :raises ensemble_api.exception.Conflict: when it cannot be told before something is over.
    """
    host = server.get("OS-EXT-SRV-ATTR:host")
    if server["id"] in taken:
        return _TAKEN(ensemble=taken[server["id"]])
    busy = server.get("OS-EXT-STS:task_state") or (
        server["status"] if server["status"] in _UNDER_WAY else None
    )
    if busy is not None:
        called = server.get("name", server["id"])
        raise exception.Conflict(_BUSY(server=called, what=busy), server=server["id"])
    if not host:
        return _NO_HOST(status=server["status"])
    if host not in topology or host not in providers:
        return _NO_SUCH_HOST()
    if host in barred:
        return _BARRED()
    if not (server["image"] or server["os-extended-volumes:volumes_attached"]):
        return _NO_ROOT()
    return None
