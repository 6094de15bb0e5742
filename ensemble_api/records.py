# SPDX-License-Identifier: Apache-2.0
"""What is stored of an ensemble and of its members, and their statuses."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from ensemble_api import addresses, domain_metadata, patterns
from ensemble_api.operations import Goal, MoveStatus, Operation, OperationStatus, Requester
from ensemble_api.planning.message import Message
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.policies import Exclusive
from ensemble_api.planning.topology import FailureDomain
from ensemble_api.recovery_hold import ReserveState
from ensemble_api.tier_order import Gate


class Status(StrEnum):
    """The status of an ensemble."""

    RESERVING = "RESERVING"  # the intent is saved, the capacity not yet held
    BUILDING = "BUILDING"
    ACTIVE = "ACTIVE"
    DEGRADED = "DEGRADED"  # as ACTIVE, but what was promised does not hold now
    ROLLING_BACK = "ROLLING_BACK"  # the build failed, what there is goes
    ERROR = "ERROR"  # the build failed and nothing is left
    DELETING = "DELETING"

    @property
    def built(self) -> bool:
        """Whether its build has ended well, and it is to stay."""
        return self in (Status.ACTIVE, Status.DEGRADED)

    @property
    def settled(self) -> bool:
        """Whether the worker has nothing left to do."""
        return self.built or self is Status.ERROR


class MemberStatus(StrEnum):
    """The status of a member."""

    RESERVED = "RESERVED"
    BUILDING = "BUILDING"  # its hold may be gone and its server may not be there yet
    ACTIVE = "ACTIVE"
    ERROR = "ERROR"
    DELETED = "DELETED"  # neither server nor hold


@dataclass(frozen=True, slots=True)
class LostHost:
    """A host that was full for a member when Nova looked, or another search after that: how often.

    ``pause`` is the seconds for which it is left out still.
    """

    name: str
    times: int
    pause: float


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """One member as recorded.

    ``id`` is a UUID and the member's Placement consumer while reserved, ``domains`` maps each
    level to the path of its domain from the largest level down, ``resources`` is what one member
    needs per resource class, ``provider`` the UUID of the host's resource provider.

    ``asked_at`` is when Nova was first to be asked for its server (ISO 8601 in UTC; empty before),
    ``tries`` how often Nova did not take the request, ``refusal`` what it said last, ``pause`` the
    seconds until it may be asked again. ``current_host`` and ``server_status`` are what Nova said
    of its server when it was last observed; the status is empty before. ``failed_hosts`` are those
    on which its server could not be built or stay, ``lost_hosts`` those that were full for it when
    Nova looked, ``discarded_servers`` the ids of the servers that it had there.
    ``volume_id`` is the root volume that was made for it, which goes with it as long as
    ``owns_volume``. ``hints`` are those of its requests for a server of which it is not known what
    came, by which one that comes late is told.
    ``addresses`` are pairs of a network's name and an address. One that is ``leaving`` is not of
    what the ensemble describes any more, and is about to go. ``template`` is the digest of the
    server template that its server was built by; empty where that is its tier's for all we know.
    ``server_flavor`` is the name of its server's flavor as last observed, empty before, and
    ``pinned_zone`` the availability zone in which Nova keeps that, empty where it may be in any.
    ``signal_awaited`` is whether its server's guest was told where to send a signal, and has not.
    """

    id: str
    tier: str
    index: int
    host: str
    provider: str
    resources: Mapping[str, int]
    domains: Mapping[str, tuple[str, ...]]
    status: MemberStatus = MemberStatus.RESERVED
    server_id: str | None = None
    asked_at: str = ""
    tries: int = 0
    refusal: str = ""
    pause: float = 0.0
    current_host: str | None = None
    server_status: str = ""
    failed_hosts: tuple[str, ...] = ()
    lost_hosts: tuple[LostHost, ...] = ()
    discarded_servers: tuple[str, ...] = ()
    volume_id: str | None = None
    owns_volume: bool = False
    hints: tuple[str, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()
    leaving: bool = False
    template: str = ""
    server_flavor: str = ""
    pinned_zone: str = ""
    signal_awaited: bool = False

    @property
    def location(self) -> str | None:
        """The host that it counts on: the planned one until its server was observed."""
        return self.current_host if self.server_status else self.host

    @property
    def closed_hosts(self) -> frozenset[str]:
        """The hosts on which its server is not to be built now."""
        return frozenset(
            (*self.failed_hosts, *(each.name for each in self.lost_hosts if each.pause))
        )

    @property
    def loss(self) -> LostHost | None:
        """How its host was lost, if it was for a while only."""
        if self.host in self.failed_hosts:
            return None
        return next((each for each in self.lost_hosts if each.name == self.host), None)

    @property
    def awaited(self) -> bool:
        """Whether Nova was asked for its server, and no id of one is known."""
        return (
            self.server_id is None
            and bool(self.asked_at)
            and self.status in (MemberStatus.RESERVED, MemberStatus.BUILDING)
        )

    @property
    def server_ids(self) -> tuple[str, ...]:
        """The ids of its server and of those that were discarded for it."""
        return (*((self.server_id,) if self.server_id else ()), *self.discarded_servers)

    @property
    def name(self) -> str:
        """The member's name, such as ``web-2``."""
        return f"{self.tier}-{self.index}"

    @property
    def goal(self) -> Goal:
        """That it is to be where it is planned."""
        return Goal(self.id, self.name, self.host)


@dataclass(frozen=True, slots=True)
class EnsembleRecord:
    """One ensemble as recorded; ``generation`` counts how often what is described has changed.

    ``ensemble`` is what is described, with the resources that its members were planned with;
    ``body`` is what the tenant posted, checked and with defaults filled in; ``plan`` what the
    planner said of its objectives and soft violations, JSON-ready. ``operation`` is what is under
    way, None when it is settled; ``fault`` why the last build failed; ``blocked`` what its removal
    waits for, if for anything; ``reasons`` say why it is degraded, and ``degraded_at`` since when;
    ``observed_at`` is when Nova was last looked at, for all ensembles. Times are ISO 8601 in UTC,
    empty where there is none; ``idle`` is seconds since the last progress. ``reserve`` is how it
    stands with the capacity that it wants to be held for recovery, None while it wants none.
    """

    id: str
    project_id: str
    user_id: str
    name: str
    status: Status
    ensemble: Ensemble
    body: Mapping[str, Any]
    plan: Mapping[str, Any]
    members: tuple[MemberRecord, ...] = ()
    operation: Operation | None = None
    fault: Message | None = None
    blocked: Message | None = None
    reasons: tuple[Message, ...] = ()
    degraded_at: str = ""
    observed_at: str = ""
    created_at: str = ""
    updated_at: str = ""
    idle: float = 0.0
    events: tuple[Mapping[str, Any], ...] = field(default=())
    generation: int = 1
    reserve: ReserveState | None = None

    def template(self, member: MemberRecord) -> Mapping[str, Any]:
        """The server template of ``member``'s tier, as posted, with its own ports and volumes.

        KeyError if there is no such tier.
        """
        for tier in self.body["tiers"]:
            if tier["name"] == member.tier:
                server = member_template(tier["server"], member.index, tier["count"])
                return _with_root(server, member) if "root_volume" in server else server
        raise KeyError(member.tier)

    def filled_template(self, member: MemberRecord) -> Mapping[str, Any]:
        """The server template of ``member`` with its patterns filled in.

        KeyError if there is no such tier.
        """
        counts = {tier["name"]: tier["count"] for tier in self.body["tiers"]}
        values = patterns.Values(self.name, member.tier, member.index, counts[member.tier])
        made = patterns.filled(self.template(member), values)
        own = self.domain_items(member)
        return {**made, "metadata": {**made.get("metadata", {}), **own}} if own else made

    def domain_items(self, member: MemberRecord) -> dict[str, str]:
        """What the metadata of ``member``'s server say of its planned host; nothing unasked.

        KeyError if there is no such tier.
        """
        if not self.template(member).get(domain_metadata.WISH):
            return {}
        domains = [FailureDomain(level, path[-1], path) for level, path in member.domains.items()]
        return domain_metadata.items(self.project_id, self.id, member.name, domains)

    def gate(self, member: MemberRecord) -> Gate:
        """What the tiers after that of ``member`` wait for."""
        tiers = (each for each in self.body["tiers"] if each["name"] == member.tier)
        return Gate.of(next(tiers, {}))

    @property
    def named_tiers(self) -> frozenset[str]:
        """The tiers whose servers are called as the tenant wants, and not after the ensemble."""
        tiers = self.body["tiers"]
        return frozenset(each["name"] for each in tiers if "name" in each["server"])

    @property
    def settled(self) -> bool:
        """Whether the worker has nothing left to do."""
        return self.status.settled and self.operation is None

    def is_outdated(self, member: MemberRecord) -> bool:
        """Whether a member's server was built by another template than its tier has now."""
        servers = (each["server"] for each in self.body["tiers"] if each["name"] == member.tier)
        server = next(servers, None)
        return (
            bool(member.template)
            and server is not None
            and (member.template != template_digest(server))
        )

    @property
    def building(self) -> frozenset[str]:
        """The ids of the members whose servers may be asked for now."""
        if self.operation is None or self.operation.status is not OperationStatus.RUNNING:
            return frozenset()
        return self.operation.wanted

    @property
    def moving(self) -> Mapping[str, MemberRecord]:
        """The members that Nova is asked to move, by their ids, as they are once they have."""
        moves = self.operation.moves if self.operation else {}
        return {each.id: each for each in self.moved_members if is_asked(moves[each.id])}

    @property
    def moved_members(self) -> tuple[MemberRecord, ...]:
        """The members that the operation under way moves, as they are once they have."""
        moves = self.operation.moves if self.operation else {}
        return tuple(moved(each, moves[each.id]) for each in self.members if each.id in moves)

    @property
    def described_members(self) -> tuple[MemberRecord, ...]:
        """Its members as it is described now, without those that are about to go."""
        return tuple(each for each in self.members if not each.leaving)

    def closed_hosts(self, members: Collection[Member]) -> frozenset[str]:
        """The hosts that are left out for a while, to which one of these could not be brought."""
        return frozenset().union(
            *(
                each.closed_hosts
                for each in self.described_members
                if Member(each.tier, each.index) in members
            )
        )

    @property
    def requester(self) -> Requester:
        """Who asked for what is under way; ValueError if nothing is."""
        if self.operation is None:
            raise ValueError("nothing is under way")
        return replace(self.operation.requester, request_id=self.operation.request_id)

    @property
    def removal_waits(self) -> bool:
        """Whether only a removal is under way, which waits for somebody and lets repairs by."""
        return bool(self.blocked and self.operation and self.operation.removes_alone)

    @property
    def exclusive(self) -> bool:
        """Whether a policy bars others from the domains of some members."""
        return any(isinstance(each, Exclusive) for each in self.ensemble.policies)

    @property
    def active(self) -> int:
        """How many members are ACTIVE."""
        return sum(member.status is MemberStatus.ACTIVE for member in self.members)


def moved(member: MemberRecord, goal: Goal) -> MemberRecord:
    """A member as it is once it has moved as its goal says; ValueError if that is no move."""
    if goal.move is None or goal.host is None:
        raise ValueError("goal: must be a move")
    return replace(
        member,
        host=goal.host,
        provider=goal.move.provider,
        resources=goal.move.resources,
        domains=goal.move.domains,
    )


def places(members: Iterable[MemberRecord]) -> dict[Member, str]:
    """The hosts of these members; one that is on none keeps the place that was planned for it."""
    return {Member(each.tier, each.index): each.location or each.host for each in members}


def is_asked(goal: Goal) -> bool:
    """Whether Nova is asked to move a member, or is about to be."""
    return goal.move is not None and goal.move.status is MoveStatus.ASKED


def template_digest(server: Mapping[str, Any]) -> str:
    """What tells one server template from another, in short."""
    return hashlib.sha256(json.dumps(server, sort_keys=True).encode()).hexdigest()


def member_template(server: Mapping[str, Any], index: int, count: int) -> Mapping[str, Any]:
    """A template in which what serves one member only is this member's: each has as many.

    Its ``fixed_ips`` are the addresses by the network's id.
    """
    own: dict[str, Any] = {}
    if "fixed_ips" in server:
        own["fixed_ips"] = addresses.of_member(server["fixed_ips"], index)
    for key in ("ports", "volumes"):
        if key in server:
            share = len(server[key]) // count
            own[key] = server[key][index * share : (index + 1) * share]
    return {**server, **own}


def _with_root(server: Mapping[str, Any], member: MemberRecord) -> Mapping[str, Any]:
    """A template with the root volume that was made for a member in the place of what it is of."""
    rest = {key: each for key, each in server.items() if key != "image"}
    return {**rest, "volumes": [member.volume_id] if member.volume_id else []}
