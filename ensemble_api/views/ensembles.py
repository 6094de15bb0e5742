# SPDX-License-Identifier: Apache-2.0
"""An ensemble as callers see it."""

from collections.abc import Mapping, Sequence
from typing import Any

from ensemble_api import recovery
from ensemble_api.planning import survivability
from ensemble_api.planning.message import Sentence, following
from ensemble_api.planning.model import Ensemble, Member
from ensemble_api.planning.result import Assignment
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord, MemberRecord, MemberStatus, Status
from ensemble_api.recovery_hold import ReserveState, ReserveStatus
from ensemble_api.server_names import server_name
from ensemble_api.standing import CloudHosts, MembersNow
from ensemble_api.views import stored_plans
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.names import without_names
from ensemble_api.views.operations import operation
from ensemble_api.views.progress import progress
from ensemble_api.views.statuses import LABELS, RESERVE_SOUGHT, RESERVES, WITHOUT_PROMISES
from ensemble_api.views.survival import objectives, policies, promises, survival, verdict
from ensemble_api.views.templates import origin
from ensemble_api.views.warnings import warnings


def ensemble(
    record: EnsembleRecord,
    *,
    names: bool,
    detail: bool,
    zone_level: str | None,
    now: MembersNow | None = None,
    user_data: bool = False,
    namesakes: int = 0,
) -> Json:
    """An ensemble; ``names`` shows hosts by name, ``detail`` adds members and what follows.

    ``zone_level`` is the level whose domains everybody knows by name from Nova. ``now`` is where
    its members were last observed; without it they are as planned.
    ``user_data`` is whether the caller may see the user data of the servers, ``namesakes`` how many
    other ensembles of the project have its name.
    """
    placed = [each for each in record.members if each.status is not MemberStatus.DELETED]
    topology = _topology(placed, zone_level)
    assignment = {Member(each.tier, each.index): each.host for each in placed if not each.leaving}
    what = record.ensemble
    now = now or _as_planned(record, topology)
    view: Json = {
        "id": record.id,
        "name": record.name,
        "description": record.body["description"],
        "metadata": dict(record.body.get("metadata", {})),
        "recovery": recovery.Recovery.of(record.body).described,
        "project_id": record.project_id,
        "user_id": record.user_id,
        "status": record.status.value,
        "status_label": LABELS[record.status],
        "settled": record.settled,
        "generation": record.generation,
        "template": origin(record, values=detail and user_data),
        "adopted": bool(record.plan.get("adopted")),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "progress": progress(record),
        "tiers": [_tier(each, detail=detail, user_data=user_data) for each in record.body["tiers"]],
        "operation": (
            operation(record.operation, record, zone_level, names=names)
            if record.operation
            else None
        ),
        "fault": _fault(record, zone_level, names=names),
        "degraded": _degraded(record),
        "observed_at": record.observed_at or None,
        "standing": _standing(what, now),
        "survives": _survives(record, assignment, topology, now),
    }
    if not detail:
        return view
    promised = placed and record.status not in WITHOUT_PROMISES
    domains = Domains(
        record.project_id,
        topology,
        [each.host for each in placed],
        names=names,
        labels=record.plan.get("labels", {}),
    )
    return view | {
        "recovery_messages": [
            {"code": each.code, "message": each} for each in recovery.sentences(record.body)
        ],
        "reserve": _reserve(record),
        "warnings": warnings(record.name, namesakes, _first_server(record)),
        "policies": _policies(record),
        "members": [
            _member(each, domains, names=names, outdated=record.is_outdated(each))
            for each in record.members
        ],
        "domains": domains.view(),
        "minima": dict(survivability.minima(what)),
        "survivability": survival(what, assignment, topology, domains) if promised else [],
        "survivability_message": WITHOUT_PROMISES.get(record.status),
        "promises": promises(
            survivability.promises(what, assignment, topology) if promised else ()
        ),
        "objectives": objectives(
            stored_plans.objectives(record.plan), topology.levels, names=names
        ),
        "violations": stored_plans.violations(record.plan),
        "events": [
            {
                "at": each["at"],
                "type": each["type"],
                "code": each["message"].code,
                "message": without_names(record, each["message"], zone_level, names=names),
            }
            for each in record.events
        ],
    }


_RUNNING = Sentence(
    "standing.running",
    "%(running)s of %(count)s member of %(tier)s runs.",
    "%(running)s of %(count)s members of %(tier)s run.",
)


def _as_planned(record: EnsembleRecord, topology: Topology) -> MembersNow:
    return MembersNow.of(record, CloudHosts(topology, frozenset(topology.hosts)))


def _standing(what: Ensemble, now: MembersNow) -> list[Json]:
    """How many members of each tier run, by what was last observed."""
    return [
        {
            "tier": tier.name,
            "running": now.running(tier.name),
            "count": tier.count,
            "message": _RUNNING(running=now.running(tier.name), count=tier.count, tier=tier.name),
        }
        for tier in what.tiers
    ]


def _survives(
    record: EnsembleRecord, planned: Assignment, topology: Topology, now: MembersNow
) -> list[Json]:
    """What a failure leaves of those that run now, or will run once they are built."""
    if record.status in WITHOUT_PROMISES:
        return []
    if record.status.built:
        planned, topology = now.left, now.topology
    return [
        {"level": each.level, **verdict(each, topology)}
        for each in survivability.survivability(record.ensemble, planned, topology)
    ]


def _policies(record: EnsembleRecord) -> list[Json]:
    """The policies as posted, each with what it says as a sentence and whether the plan meets it.

    Nothing is met or missed where no members are to be.
    """
    missed = {each["policy"] for each in record.plan["violations"]}
    known = record.status not in WITHOUT_PROMISES
    said = policies(record.ensemble.policies, missed, known=known)
    return [
        {**posted, "message": each["message"], "holds": each["holds"]}
        for posted, each in zip(record.body["policies"], said, strict=True)
    ]


def _first_server(record: EnsembleRecord) -> str | None:
    """What the first server is called, if it is marked to differ from another ensemble's."""
    mark = record.plan.get("mark")
    named = (each.name for each in record.members if each.tier not in record.named_tiers)
    first = next(named, None)
    return server_name(record.name, first, mark) if mark and first else None


def _fault(record: EnsembleRecord, zone_level: str | None, *, names: bool) -> Json | None:
    """What went wrong, and what the removal waits for; of a delete, the second alone.

    ``since`` is when that last was told, null where nothing is waited for.
    """
    known = None if record.status is Status.DELETING else record.fault
    messages = [each for each in (known, record.blocked) if each is not None]
    if not messages:
        return None
    message = following(messages)
    since = (each["at"] for each in reversed(record.events) if each["message"] == record.blocked)
    return {
        "code": messages[0].code,
        "member": message.argument("member"),
        "since": next(since, None) if record.blocked else None,
        "message": without_names(record, message, zone_level, names=names),
        "reasons": [],
    }


def _degraded(record: EnsembleRecord) -> Json | None:
    """What does not hold now, and since when something has not."""
    if record.status is not Status.DEGRADED:
        return None
    return {
        "since": record.degraded_at,
        "reasons": [{"code": each.code, "message": each} for each in record.reasons],
    }


def _reserve(record: EnsembleRecord) -> Json | None:
    """How it stands with the capacity that is held for recovery; null where none is wished for."""
    wish = recovery.Recovery.of(record.body).reserve
    if wish is None or record.status in WITHOUT_PROMISES:
        return None
    # One that was changed is not told before it was looked at.
    state = record.reserve or ReserveState(ReserveStatus.NOT_HELD)
    message = RESERVES[state.status]() if state.reason is None else state.reason
    if record.reserve is None:
        message = RESERVE_SOUGHT()
    return {"status": state.status.value, "since": state.since or None, "message": message}


def _tier(tier: Mapping[str, Any], *, detail: bool, user_data: bool) -> Json:
    """A tier as posted; ``hidden`` are the fields of its servers that the caller may not see.

    Lists leave the user data out without a word: it may be 64 KB a tier.
    """
    if detail and user_data:
        return dict(tier)
    server = {key: value for key, value in tier["server"].items() if key != "user_data"}
    hidden = {"hidden": ["user_data"]} if detail and "user_data" in tier["server"] else {}
    return {**tier, "server": server, **hidden}


def _topology(members: Sequence[MemberRecord], zone_level: str | None) -> Topology:
    """The part of the tree that these members were planned into."""
    if not members:
        return Topology(("host",), {})
    levels = tuple(members[0].domains)
    return Topology(
        levels,
        {each.host: each.domains[levels[0]] for each in members},
        zone_level if zone_level in levels else None,
    )


def _member(member: MemberRecord, domains: Domains, *, names: bool, outdated: bool) -> Json:
    gone = member.status is MemberStatus.DELETED
    view: Json = {
        "id": member.id,
        "name": member.name,
        "tier": member.tier,
        "status": member.status.value,
        "server_id": member.server_id,
        "server_status": member.server_status or None,
        "outdated": outdated,
        "root_volume_id": member.volume_id,
        "domains": {} if gone else domains.of(member.host),
    }
    return view | {"host": member.host, "current_host": member.current_host} if names else view
