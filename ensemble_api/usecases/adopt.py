# SPDX-License-Identifier: Apache-2.0
"""Make an ensemble of servers that run already: none of them is touched."""

import hashlib
import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ensemble_api import codec, exception, limits
from ensemble_api.cloud.compute import Compute
from ensemble_api.cloud.demand import Demand
from ensemble_api.cloud.inventory import Inventory
from ensemble_api.cloud.stacks import Stacks
from ensemble_api.context import Context
from ensemble_api.planning import adoption, result
from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.policies import Exclusive
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, Status
from ensemble_api.results.adoption import AdoptionPreview, LeftOutServer
from ensemble_api.results.current_state import CurrentState
from ensemble_api.standing import RUNNING, CloudHosts, Standing, standing
from ensemble_api.store import rows
from ensemble_api.store.api import Store
from ensemble_api.store.saved_plans import SavedPlans
from ensemble_api.usecases.adoptable_servers import AdoptableServers, check_left_out
from ensemble_api.usecases.adoption_moves import AdoptionMoves
from ensemble_api.usecases.exclusivity import Exclusivity
from ensemble_api.usecases.member_servers import can_move
from ensemble_api.usecases.resolve import (
    ResolvedRequest,
    check_levels,
    check_selectors,
    check_shares,
)
from ensemble_api.usecases.running_servers import FROM, FoundServers, RunningServers
from ensemble_api.views import stored_plans
from ensemble_api.views.domain_labels import labels

_ADOPTED = Sentence(
    "event.adopted",
    "%(count)s server that ran already was adopted. It was not touched.",
    "%(count)s servers that ran already were adopted. None was touched.",
)
_OVERTAKEN = Sentence(
    "conflict.server-taken",
    "One of the servers was made a member of another ensemble just now, so nothing was adopted. "
    "Look again.",
)
_NOT_AMONG = Sentence("adoption.not-among", "is not one of the servers of adopt.from")
_UNNAMED = Sentence("adoption.unnamed", "is in none of the tiers that were asked for")
_TWICE = Sentence("adoption.twice", "is in another tier already")
_TOO_MANY_TIERS = Sentence(
    "adoption.too-many-tiers",
    "has servers of %(number)s kinds, and an ensemble has at most %(most)s tiers; adopt fewer of "
    "them",
)
_TOO_MANY = Sentence(
    "adoption.too-many",
    "makes %(count)s member, which is more than the %(most)s allowed",
    "makes %(count)s members, which is more than the %(most)s allowed",
)
_SHARED = Sentence(
    "adoption.shared", "cannot be kept: there are servers of others now. %(missed)s."
)
_CHANGED = Sentence(
    "conflict.adoption-changed",
    "The servers are not as they were previewed any more, so nothing was adopted. Preview again.",
)


@dataclass(frozen=True, slots=True)
class AdoptionRequest:
    """What is asked for: the checked body, and the id of what was previewed, if any."""

    body: Mapping[str, Any]
    plan_id: str | None = None


class Adopt:
    """Previews and carries out adoptions; all that is written is the ensembles database."""

    def __init__(
        self,
        store: Store,
        compute: Compute,
        inventory: Inventory,
        exclusivity: Exclusivity,
        moves: AdoptionMoves,
        stacks: Stacks,
        saved_plans: SavedPlans,
        *,
        max_members: int,
    ) -> None:
        self._store = store
        self._servers = RunningServers(compute, stacks)
        self._adoptable = AdoptableServers(store, compute, inventory, exclusivity)
        self._inventory = inventory
        self._exclusivity = exclusivity
        self._moves = moves
        self._saved_plans = saved_plans
        self._max_members = max_members

    def preview(self, context: Context, asked: AdoptionRequest, *, whole: bool) -> AdoptionPreview:
        """Tell what would come of an adoption; it is kept for a while, to be done as it is.

        ``whole`` is whether labels may count all domains of the cloud.

        :raises ensemble_api.exception.EnsembleError: as ``adopt`` does.
        """
        found = self._found(context, asked, whole=whole, with_moves=True)
        kept = self._saved_plans.keep(context.project_id, _digest(found), {})
        return replace(found, id=kept)

    def adopt(self, context: Context, asked: AdoptionRequest, *, whole: bool) -> EnsembleRecord:
        """Save an ensemble of servers that run.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.Conflict: when a server is a member already, or busy.
        :raises ensemble_api.exception.PlanChanged: when it is not as it was previewed.
        """
        found = self._found(context, asked, whole=whole)
        if asked.plan_id is not None:
            known = self._saved_plans.find(context.project_id, asked.plan_id)
            if known is None or known.expired or known.digest != _digest(found):
                raise exception.PlanChanged(_CHANGED())
        record = found.record
        try:
            self._store.adopt(record, _ADOPTED(count=len(record.members)))
        except exception.ServersTaken as error:
            raise exception.Conflict(_OVERTAKEN()) from error
        return self._store.get(record.id)

    def _found(
        self, context: Context, asked: AdoptionRequest, *, whole: bool, with_moves: bool = False
    ) -> AdoptionPreview:
        body = asked.body
        # 1 Look for the servers, with the tenant's rights, and for where they are.
        found = self._servers.find(context, body["from"])
        hosts = CloudHosts.of(
            self._inventory.levels,
            self._inventory.zone_level,
            self._inventory.observed(context),
        )
        # 2 Leave those out that cannot be members.
        providers = {
            each.name: each.provider for each in self._inventory.hosts(context) if each.provider
        }
        demands, left_out = self._adoptable.able(context, found, hosts.topology, providers)
        servers = {each["id"]: each for each in found.servers if each["id"] in demands}
        check_left_out(body, servers, left_out)
        # 3 Put the others into tiers, and say what holds of the policies.
        tiers = self._tiers(body, found, servers)
        policies, notes = adoption.policies_of(
            found.server_groups, tiers, self._inventory.levels[0]
        )
        if "policies" in body:
            policies, notes = tuple(body["policies"]), ()
        described = {
            "name": body["name"],
            "description": body.get("description", ""),
            "tiers": [
                {
                    "name": tier.name,
                    "count": len(tier.servers),
                    "server": self._servers.template(
                        context,
                        [servers[each.id] for each in tier.servers],
                        zones=self._inventory.zone_level is not None,
                    ),
                }
                for tier in tiers
            ],
            "policies": [dict(each) for each in policies],
        }
        by_tier = {tier.name: demands[tier.servers[0].id] for tier in tiers}
        ensemble = self._ensemble(context, described, by_tier)
        members = tuple(
            _member(servers[each.id], tier.name, index, hosts.topology, providers, demands[each.id])
            for tier in tiers
            for index, each in enumerate(tier.servers)
        )
        current = self._standing(context, described, ensemble, members, hosts, whole=whole)
        adopted = {each.server_id for each in members}
        left_out += [
            LeftOutServer(each["id"], each["name"], _UNNAMED())
            for each in servers.values()
            if each["id"] not in adopted
        ]
        names = {each["id"]: each["name"] for each in servers.values() if each["id"] in adopted}
        # 4 Say which moves would mend what does not hold.
        mending = None
        if with_moves and current.violations:
            fixed = {
                Member(each.tier, each.index)
                for each in members
                if not can_move(servers[each.server_id or ""])
            }
            mending = self._moves.mending(
                context,
                ResolvedRequest(described, ensemble, by_tier),
                {Member(each.tier, each.index): each.host for each in members},
                fixed,
            )
        return AdoptionPreview(current, names, tuple(left_out), tuple(notes), mending)

    def _tiers(
        self, body: Mapping[str, Any], found: FoundServers, servers: Mapping[str, Any]
    ) -> tuple[adoption.ProposedTier, ...]:
        running = {each_id: found.running_server(each) for each_id, each in servers.items()}
        if "tiers" not in body:
            tiers = adoption.propose(
                [*running.values()], limits.TIERS, heat="stack" in body["from"]
            )
            if len(tiers) > limits.TIERS:
                many = _TOO_MANY_TIERS(number=len(tiers), most=limits.TIERS)
                raise exception.Invalid(many, field=FROM)
        else:
            _check_tiers(body["tiers"], running)
            try:
                tiers = adoption.given(
                    (each["name"], [running[server] for server in each["servers"]])
                    for each in body["tiers"]
                )
            except ModelError as error:
                raise exception.Invalid(error.reason, field=f"adopt.{error.field}") from error
        sizes = [len(each.servers) for each in tiers]
        for size, most in ((max(sizes), limits.MEMBERS_OF_TIER), (sum(sizes), self._max_members)):
            if size > most:
                raise exception.Invalid(_TOO_MANY(count=size, most=most), field=FROM)
        return tiers

    def _ensemble(
        self, context: Context, described: Mapping[str, Any], demands: Mapping[str, Demand]
    ) -> Ensemble:
        policies = dict(enumerate(described["policies"]))
        check_levels(policies, self._inventory.levels, "adopt")
        check_selectors(policies, self._inventory.selectors, context, "adopt")
        zone_level, zones = self._inventory.zone_level, self._inventory.zones
        check_shares(policies, zone_level, zones, context, "adopt")
        try:
            return codec.ensemble(described, demands)
        except ModelError as error:
            raise exception.Invalid(error.reason, field=f"adopt.{error.field}") from error

    def _standing(
        self,
        context: Context,
        described: Mapping[str, Any],
        ensemble: Ensemble,
        members: tuple[MemberRecord, ...],
        hosts: CloudHosts,
        *,
        whole: bool,
    ) -> CurrentState:
        """The ensemble as it would be recorded, with what holds of it and what does not."""
        everything = [{"policy": number} for number in range(len(ensemble.policies))]
        record = EnsembleRecord(
            id=str(uuid.uuid4()),
            project_id=context.project_id,
            user_id=context.user_id,
            name=described["name"],
            status=Status.ACTIVE,
            ensemble=ensemble,
            body=described,
            # No plan has said of any policy that it cannot be met.
            plan={"violations": everything},
            members=members,
        )
        others = self._exclusivity.hosts_of_others(context, context.project_id, ensemble)
        stands = standing(record, hosts, others)
        _check_exclusive(ensemble, stands)
        assignment = {Member(each.tier, each.index): each.host for each in members}
        topology = hosts.topology
        known = labels(
            context.project_id,
            _labelled(topology, assignment, whole=whole),
            zone_level=topology.zone_level,
        )
        plan = result.Plan(ensemble, assignment, (), stands.violations)
        record = replace(
            record,
            status=Status.DEGRADED if stands.reasons else Status.ACTIVE,
            reasons=stands.reasons,
            plan={
                **stored_plans.summary(plan, ensemble, topology, context.project_id, known),
                "adopted": True,
            },
        )
        return CurrentState(
            record,
            ensemble,
            topology,
            stands.members,
            stands.left,
            stands.violations,
            known,
            rows.iso(rows.now()),
        )


def _check_tiers(tiers: Sequence[Mapping[str, Any]], running: Collection[str]) -> None:
    seen: set[str] = set()
    for number, tier in enumerate(tiers):
        for place, server_id in enumerate(tier["servers"]):
            field = f"adopt.tiers[{number}].servers[{place}]"
            if server_id not in running:
                raise exception.Invalid(_NOT_AMONG(), field=field)
            if server_id in seen:
                raise exception.Invalid(_TWICE(), field=field)
            seen.add(server_id)


def _check_exclusive(ensemble: Ensemble, stands: Standing) -> None:
    """Refuse to close hosts to servers of others that are there already.

    Else whoever has a server on each host of the cloud could close it.
    """
    for each in stands.violations:
        policy = ensemble.policies[each.policy or 0]
        if isinstance(policy, Exclusive) and policy.hard:
            raise exception.Conflict(
                _SHARED(missed=policy.missed(each.amount)), field=f"adopt.policies[{each.policy}]"
            )


def _member(
    server: Mapping[str, Any],
    tier: str,
    index: int,
    topology: Topology,
    providers: Mapping[str, str],
    wanted: Demand,
) -> MemberRecord:
    host = server["OS-EXT-SRV-ATTR:host"]
    return MemberRecord(
        str(uuid.uuid4()),
        tier,
        index,
        host,
        providers[host],
        wanted.resources,
        {level: topology.domain_of(host, level).path for level in topology.levels},
        status=MemberStatus.ACTIVE,
        server_id=server["id"],
        current_host=host,
        server_status=server["status"],
        addresses=tuple(
            (network, each["addr"])
            for network, found in server.get("addresses", {}).items()
            for each in found
        ),
    )


def _labelled(
    topology: Topology, assignment: result.Assignment, *, whole: bool
) -> Iterator[FailureDomain]:
    for level in topology.levels:
        if whole:
            yield from topology.domains(level)
        else:
            yield from {topology.domain_of(host, level) for host in assignment.values()}


def _digest(found: AdoptionPreview) -> str:
    """What was shown, in short: what would be described, and each server, its host and state."""
    body = found.record.body
    shown = [
        body["tiers"],
        body["policies"],
        [
            [each.name, each.server_id, each.host, each.server_status in RUNNING]
            for each in found.record.members
        ],
        [each.id for each in found.left_out],
        [each.code for each in found.record.reasons],
    ]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
