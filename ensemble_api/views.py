# SPDX-License-Identifier: Apache-2.0
"""What callers see, as JSON-ready values: tenants get opaque domains, operators also names."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ensemble_api.cloud.inventory import Host
from ensemble_api.planning.headroom import LevelRoom
from ensemble_api.planning.lifecycle import EnsembleRecord, MemberRecord, MemberStatus
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.result import Assignment, Infeasible, Reason
from ensemble_api.planning.survivability import promises, survivability
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.resolver import stored_ensemble
from ensemble_api.service import Planned

Json = dict[str, Any]

PACKING = "packing"
MOST_FAILURES = 3  # domains that fail at once, in what is always told


def reference(project_id: str, domain: FailureDomain) -> str:
    """An id for a domain that says nothing of it and differs between projects.

    Like Nova's ``hostId`` (nova/objects/instance.py), a hash over project and name.
    """
    text = "\0".join((project_id, domain.level, *domain.path))
    return hashlib.sha224(text.encode()).hexdigest()


def ensemble(record: EnsembleRecord, *, names: bool, detail: bool) -> Json:
    """An ensemble; ``names`` shows hosts by name, ``detail`` adds members and what follows."""
    placed = [each for each in record.members if each.status is not MemberStatus.DELETED]
    topology = _topology(placed)
    assignment = {Member(each.tier, each.index): each.host for each in placed}
    losses = survivability(stored_ensemble(record), assignment, topology) if placed else ()
    view: Json = {
        "id": record.id,
        "name": record.name,
        "description": record.body["description"],
        "project_id": record.project_id,
        "user_id": record.user_id,
        "status": record.status.value,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "progress": {"active": record.active, "total": len(record.members)},
        "tiers": [_tier(each, detail=detail) for each in record.body["tiers"]],
        "fault": _fault(record, names=names),
        "survives": [{"level": each.level, "survives": each.survives} for each in losses],
    }
    if not detail:
        return view
    domains = _Domains(record.project_id, topology, [each.host for each in placed], names=names)
    return view | {
        "policies": record.body["policies"],
        "members": [_member(each, domains, names=names) for each in record.members],
        "domains": domains.view(),
        "survivability": _survivability(stored_ensemble(record), assignment, topology, domains),
        "promises": _promises(stored_ensemble(record), assignment, topology),
        "objectives": _objectives(record.plan["objectives"], names=names),
        "violations": record.plan["violations"],
        "events": [
            {**each, "message": _words(record, each["message"], names=names)}
            for each in record.events
        ],
    }


def plan(planned: Planned, project_id: str, *, names: bool) -> Json:
    """What a dry run found: a plan with what survives, or the reasons why there is none."""
    found = planned.result
    if isinstance(found, Infeasible):
        return {
            "feasible": False,
            "proved": found.proved,
            "assignments": [],
            "domains": [],
            "survivability": [],
            "promises": [],
            "objectives": [],
            "violations": [],
            "reasons": reasons(found.reasons),
        }
    members = found.ensemble.members
    hosts = [found.assignment[each] for each in members]
    domains = _Domains(project_id, planned.topology, hosts, names=names)
    return {
        "feasible": True,
        "proved": all(each.proved for each in found.objectives if each.name != PACKING),
        "assignments": [
            {"member": each.name, "tier": each.tier, "domains": domains.of(found.assignment[each])}
            for each in members
        ],
        "domains": domains.view(),
        "survivability": _survivability(
            found.ensemble, found.assignment, planned.topology, domains, planned.rooms
        ),
        "promises": _promises(found.ensemble, found.assignment, planned.topology),
        "objectives": _objectives(
            (
                {"name": each.name, "value": each.value, "bound": each.bound, "proved": each.proved}
                for each in found.objectives
            ),
            names=names,
        ),
        "violations": [
            {"policy": each.policy, "level": each.level, "message": each.message}
            for each in found.violations
        ],
        "reasons": [],
    }


def reasons(found: Iterable[Reason]) -> list[Json]:
    """Reasons of a refusal."""
    return [
        {
            "code": each.code,
            "message": each.message,
            "policy": each.policy,
            "level": each.level,
            "tiers": list(each.tiers),
            "demand": each.demand,
            "supply": each.supply,
            "suggestion": each.suggestion,
            "changes": [
                {
                    "message": change.message,
                    "edits": [
                        {"field": f"ensemble.{edit.field}", "value": edit.value}
                        for edit in change.edits
                    ],
                }
                for change in each.changes
            ],
        }
        for each in found
    ]


def spread(
    hosts: Iterable[tuple[Host, Sequence[tuple[EnsembleRecord, MemberRecord]]]],
    levels: Sequence[str],
) -> Json:
    """Every host with the members on it, for operators."""
    return {
        "hosts": [
            {
                "host": host.name,
                "state": host.state,
                **dict(zip(levels[1:], host.above, strict=True)),
                "members": [
                    {
                        "ensemble_id": owner.id,
                        "ensemble_name": owner.name,
                        "project_id": owner.project_id,
                        "tier": member.tier,
                        "name": member.name,
                        "status": member.status.value,
                        "server_id": member.server_id,
                    }
                    for owner, member in members
                ],
            }
            for host, members in hosts
        ]
    }


class _Domains:
    """The domains that some hosts are in, under references and letters in order of appearance."""

    def __init__(
        self, project_id: str, topology: Topology, hosts: Iterable[str], *, names: bool
    ) -> None:
        self._project_id = project_id
        self._topology = topology
        self._names = names
        self._order: dict[str, list[FailureDomain]] = {}
        used = list(dict.fromkeys(hosts))
        for level in reversed(topology.levels):
            here = (topology.domain_of(host, level) for host in used)
            self._order[level] = list(dict.fromkeys(here))

    def reference(self, domain: FailureDomain) -> str:
        return reference(self._project_id, domain)

    def of(self, host: str) -> dict[str, str]:
        """The references of a host's domains by level."""
        return {
            level: self.reference(self._topology.domain_of(host, level))
            for level in self._topology.levels
        }

    def view(self) -> list[Json]:
        """All domains, the largest level first."""
        by_path = {each.path: each for domains in self._order.values() for each in domains}
        shown = []
        for level, domains in self._order.items():
            for number, domain in enumerate(domains):
                parent = by_path.get(domain.path[:-1])
                entry: Json = {
                    "ref": self.reference(domain),
                    "level": level,
                    "parent": self.reference(parent) if parent else None,
                    "label": f"{level} {_letters(number)}",
                }
                if self._names:
                    entry["name"] = domain.name
                shown.append(entry)
        return shown


def _letters(number: int) -> str:
    """A to Z, then AA to AZ and on."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _objectives(objectives: Iterable[Mapping[str, Any]], *, names: bool) -> list[Json]:
    """The objectives of a plan; how full the hosts are is not for tenants to know."""
    return [dict(each) for each in objectives if names or each["name"] != PACKING]


def _fault(record: EnsembleRecord, *, names: bool) -> Json | None:
    if record.fault is None:
        return None
    return {**record.fault, "message": _words(record, record.fault["message"], names=names)}


def _words(record: EnsembleRecord, text: str, *, names: bool) -> str:
    """A message, which may quote Nova's answer to an operator, as the caller may read it.

    Zones keep their names, as tenants know them from Nova.
    """
    if names:
        return text
    for level, name in sorted(
        {
            (level, path[-1])
            for member in record.members
            for level, path in member.domains.items()
            if level != "zone"
        }
    ):
        text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", f"[{level}]", text)
    return text


def _tier(tier: Mapping[str, Any], *, detail: bool) -> Json:
    """A tier as posted; lists leave the user data out, which may be 64 KB a tier."""
    left_out = () if detail else ("user_data",)
    server = {key: value for key, value in tier["server"].items() if key not in left_out}
    return {**tier, "server": server}


def _topology(members: Sequence[MemberRecord]) -> Topology:
    """The part of the tree that these members were planned into."""
    if not members:
        return Topology(("host",), {})
    levels = tuple(members[0].domains)
    return Topology(levels, {each.host: each.domains[levels[0]] for each in members})


def _member(member: MemberRecord, domains: _Domains, *, names: bool) -> Json:
    gone = member.status is MemberStatus.DELETED
    view: Json = {
        "id": member.id,
        "name": member.name,
        "tier": member.tier,
        "status": member.status.value,
        "server_id": member.server_id,
        "domains": {} if gone else domains.of(member.host),
    }
    return view | {"host": member.host} if names else view


def _survivability(
    what: Ensemble,
    assignment: Assignment,
    topology: Topology,
    domains: _Domains,
    rooms: Sequence[LevelRoom] = (),
) -> list[Json]:
    if not assignment:
        return []
    counts: Mapping[str, int] = {tier.name: tier.count for tier in what.tiers}
    levels = [
        {
            "level": each.level,
            "domains_used": each.domains_used,
            "survives": each.survives,
            "worst": [
                {"tier": tier, "left": left, "count": counts[tier]}
                for tier, left in each.worst.items()
            ],
            "any": [
                {"failures": failures, "left": dict(each.after(failures))}
                for failures in range(1, min(MOST_FAILURES, each.domains_used) + 1)
            ],
            "losses": [
                {
                    "domain": domains.reference(loss.domain),
                    "left": dict(loss.left),
                    "lost": dict(loss.lost),
                }
                for loss in each.losses
            ],
        }
        for each in survivability(what, assignment, topology)
    ]
    for level, room in zip(levels, rooms, strict=False):
        _add_rooms(level, room, domains)
    return levels


def _promises(what: Ensemble, assignment: Assignment, topology: Topology) -> list[Json]:
    """What becomes of each `survive` policy; nothing while no member has a place."""
    return [
        {
            "policy": each.policy,
            "level": each.level,
            "failures": each.failures,
            "tiers": [
                {"tier": kept.tier, "left": kept.left, "needed": kept.needed} for kept in each.tiers
            ],
            "holds": each.holds,
        }
        for each in (promises(what, assignment, topology) if assignment else ())
    ]


def _add_rooms(view: Json, room: LevelRoom, domains: _Domains) -> None:
    """Add to one level of survivability whether what each loss takes would find room again."""
    found = {domains.reference(each.domain): each for each in room.domains}
    for loss in view["losses"]:
        each = found[loss["domain"]]
        loss["room"] = {"fits": each.fits, "others": each.others}
    answers = {each.fits for each in room.domains}
    undecided = None if None in answers else True
    view["headroom"] = {"fits": False if False in answers else undecided}
