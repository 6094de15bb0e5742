# SPDX-License-Identifier: Apache-2.0
"""The columns of the ensemble commands: words for people, plain data for json and yaml output."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from osc_lib.utils import format_dict

from ensemble_client import words
from ensemble_client.osc.v1.readable import ReadableColumn
from ensemble_client.places import Places

EVENTS_SHOWN: Final = 5
HOST_KEYS: Final = frozenset(
    {"host", "state", "members", "ensembles", "impact", "worst", "drain", "broken", "observed_at"}
)


Json = Mapping[str, Any]
Table = tuple[tuple[str, ...], list[tuple[Any, ...]]]


def ensemble_fields(info: Json) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out all of one ensemble for `show` and `create`."""
    places = Places(info.get("domains") or ())
    fields: dict[str, Any] = {
        "id": info["id"],
        "name": ReadableColumn(info["name"]),
        "description": ReadableColumn(info.get("description") or ""),
        "properties": _properties(info),
        "template": ReadableColumn(info.get("template"), _template),
        "status": info["status"],
        "degraded": ReadableColumn(info.get("degraded"), _degraded),
        "observed_at": info.get("observed_at"),
        "progress": ReadableColumn(info["progress"], _message),
        "standing": ReadableColumn(info.get("standing") or (), _messages),
        "warnings": ReadableColumn(info.get("warnings") or (), _messages),
        "survives": ReadableColumn(info.get("survives") or (), words.states_text),
        "tiers": ReadableColumn(info["tiers"], words.tiers_text),
        "policies": ReadableColumn(info.get("policies") or (), _messages),
        "recovery": ReadableColumn(
            info.get("recovery") or {}, lambda _: _messages(info.get("recovery_messages") or ())
        ),
        "reserve": ReadableColumn(
            info.get("reserve"), lambda reserve: _messages([reserve] if reserve else ())
        ),
        "members": ReadableColumn(info.get("members") or (), places.member_lines),
        "survivability": _survivability(info, places),
        "objectives": ReadableColumn(info.get("objectives") or (), _messages),
        "violations": ReadableColumn(info.get("violations") or (), _messages),
        "fault": ReadableColumn(
            info.get("fault"), lambda fault: words.fault_text(fault) if fault else ""
        ),
        "events": ReadableColumn(info.get("events") or (), _latest_events),
        "project_id": info["project_id"],
        "user_id": info["user_id"],
        "created_at": info["created_at"],
        "updated_at": info["updated_at"],
    }
    return tuple(fields), tuple(fields.values())


def _template(template: Json | None) -> str:
    return f"{template['id']}, version {template['version']}" if template else ""


def adoption_fields(found: Json) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out what would come of an adoption."""
    current = found["survivability"]
    fields: dict[str, Any] = {
        "name": ReadableColumn(found["ensemble"]["name"]),
        "description": ReadableColumn(found["ensemble"]["description"]),
        "tiers": ReadableColumn(found["ensemble"]["tiers"], words.tiers_text),
        "policies": ReadableColumn(
            found["ensemble"]["policies"], lambda _: _messages(current["policies"])
        ),
        "members": ReadableColumn(found["members"], words.adopted_lines),
        "degraded": ReadableColumn(found["degraded"], _messages),
        "mending": ReadableColumn(
            found["mending"], lambda mending: "\n".join(words.mending_lines(mending))
        ),
        "survivability": ReadableColumn(
            current["levels"], lambda levels: "\n".join(words.survival_lines(levels))
        ),
        "left_out": ReadableColumn(found["left_out"], words.left_out_lines),
        "notes": ReadableColumn(found["notes"], _messages),
        "warnings": ReadableColumn(found["warnings"], _messages),
        "plan": found["plan"],
    }
    return tuple(fields), tuple(fields.values())


def drill_rows(found: Json) -> Table:
    """Lay out drills, one failure a row."""
    columns: dict[str, Callable[[Json], Any]] = {
        "Failure": lambda each: ReadableColumn(each["title"]),
        "State": lambda each: ReadableColumn(
            each["state"], lambda _: words.printable(each["label"])
        ),
        "Lost": lambda each: ReadableColumn(each["lost"], _listed),
        "Left": lambda each: ReadableColumn(each["left"], _counts),
        "Promises": lambda each: ReadableColumn(each["promises"], _kept),
        "Repair": lambda each: ReadableColumn(
            each["repair"], lambda repair: words.printable(repair["message"])
        ),
    }
    return tuple(columns), [
        tuple(cell(each) for cell in columns.values()) for each in found["failures"]
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(words.printable, names))


def _counts(left: Mapping[str, int]) -> str:
    return ", ".join(f"{words.printable(tier)} {count}" for tier, count in left.items())


def _kept(promises: Sequence[Json]) -> str:
    return f"{sum(each['holds'] for each in promises)} of {len(promises)} hold"


def ensemble_rows(ensembles: Iterable[Json], long: bool, projects: bool) -> Table:
    """Lay out ensembles for `list`, one a row."""
    columns: dict[str, Callable[[Json], Any]] = {
        "ID": lambda info: info["id"],
        "Name": lambda info: ReadableColumn(info["name"]),
        "Status": lambda info: info["status"],
        "Running": lambda info: ReadableColumn(info.get("standing") or (), _running),
        "After One Failure": lambda info: ReadableColumn(
            info.get("survives") or (), words.states_text
        ),
    }
    if long:
        columns |= {
            "Tiers": lambda info: ReadableColumn(info["tiers"], words.tiers_text),
            "Description": lambda info: ReadableColumn(info.get("description") or ""),
            "Properties": _properties,
            "Degraded": lambda info: ReadableColumn(info.get("degraded"), _degraded),
            "Observed At": lambda info: info.get("observed_at"),
            "Created At": lambda info: info["created_at"],
            "Updated At": lambda info: info["updated_at"],
        }
    if long or projects:
        columns["Project ID"] = lambda info: info["project_id"]
    return tuple(columns), [tuple(cell(info) for cell in columns.values()) for info in ensembles]


def plan_rows(plan: Json) -> Table:
    """Lay out a plan for `plan`: one smallest domain (a host) a row, with its members."""
    places = Places(plan["domains"])
    members: dict[str, list[str]] = {}
    chains: dict[str, tuple[str, ...]] = {}
    for assignment in plan["assignments"]:
        ref = places.smallest(assignment["domains"])
        members.setdefault(ref, []).append(assignment["member"])
        chains[ref] = places.path(assignment["domains"])
    rows = [
        (*map(ReadableColumn, chain), ReadableColumn(members[ref], ", ".join))
        for ref, chain in chains.items()
    ]
    return (*(level.capitalize() for level in places.levels), "Members"), rows


def current_state_rows(current: Json) -> Table:
    """Lay out what is true of an ensemble now, a member a row, with the plan where it differs."""
    places = Places(current["domains"])
    rows = [
        (
            ReadableColumn(member["name"]),
            ReadableColumn(
                member["status"] or "", lambda status: words.printable(status) or "no server"
            ),
            *(
                ReadableColumn(places.label(member["domains"][level]) if member["domains"] else "")
                for level in places.levels
            ),
            ReadableColumn(
                ""
                if member["domains"] == member["planned"]
                else " / ".join(places.path(member["planned"]))
            ),
            member["server_id"] or "",
        )
        for member in current["members"]
    ]
    levels = (level.capitalize() for level in places.levels)
    return ("Member", "Status", *levels, "Planned", "Server"), rows


def host_rows(hosts: Sequence[Json]) -> Table:
    """Lay out hosts for `host list`, one a row, with all members on it and what it would break."""
    # What is left of a host's keys are the levels above it, the smallest first.
    levels = [key for key in (hosts[0] if hosts else ()) if key not in HOST_KEYS][::-1]
    rows = [
        (
            *(ReadableColumn(host.get(level) or "") for level in levels),
            ReadableColumn(host["host"]),
            host["state"],
            len(host["members"]),
            ReadableColumn(host["members"], _by_ensemble),
            ReadableColumn(host["ensembles"], _states),
            ReadableColumn(host["drain"]["breaks"], _breaks),
        )
        for host in hosts
    ]
    heads = ("Host", "State", "Count", "Members", "After Its Failure", "Breaks")
    return (*map(str.capitalize, levels), *heads), rows


def headroom_rows(rooms: Sequence[Json]) -> Table:
    """Lay out domains for `headroom`, one a row, with who would be without a place."""
    rows = [
        (
            ReadableColumn(room["path"], lambda path: words.printable("/".join(path))),
            room["members"],
            room["ensembles"],
            ReadableColumn(room["message"]),
            ReadableColumn(room["without"], words.without_text),
            ReadableColumn(room["cure"], _cure),
        )
        for room in rooms
    ]
    return ("Fails", "Members", "Ensembles", "What Follows", "Without a Place", "Cure"), rows


def host_fields(host: Json) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out all of one host for `host show`; its drain only when that was checked."""
    levels = [key for key in host if key not in HOST_KEYS][::-1]
    fields: dict[str, Any] = {
        **{level: ReadableColumn(host[level] or "") for level in levels},
        "host": ReadableColumn(host["host"]),
        "state": host["state"],
        "members": ReadableColumn(host["members"], _by_ensemble),
        "after_its_failure": ReadableColumn(host["ensembles"], _states),
        "breaks": ReadableColumn(host["drain"]["breaks"], _breaks),
        "broken_now": ReadableColumn(
            host["broken"], lambda broken: "\n".join(words.broken_lines(broken))
        ),
    }
    if "fits" in host["drain"]:
        fields["drain"] = ReadableColumn(host["drain"], _drain)
    return tuple(fields), tuple(fields.values())


def operation_rows(operations: Iterable[Json]) -> Table:
    """Lay out operations for `operation list`, one a row."""
    rows = [
        (
            each["id"],
            each["type"],
            each["status"],
            ReadableColumn(each["members"], _goals),
            each["started_at"],
            each["ended_at"] or "",
            ReadableColumn(each["reason"], _reason),
        )
        for each in operations
    ]
    return ("ID", "Type", "Status", "Members", "Started At", "Ended At", "Reason"), rows


def operation_fields(operation: Json) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out all of one operation for `operation show`."""
    fields: dict[str, Any] = {
        **{key: operation[key] for key in ("id", "type", "status", "user_id", "attempts")},
        "members": ReadableColumn(operation["members"], _goals),
        "goals": ReadableColumn(operation["goals"], _goal_lines),
        "plan": ReadableColumn(operation.get("plan"), _plan_lines),
        "on_failure": operation.get("on_failure", ""),
        "cancellable": operation["cancellable"],
        "reason": ReadableColumn(operation["reason"], _reason),
        "started_at": operation["started_at"],
        "ended_at": operation["ended_at"] or "",
    }
    return tuple(fields), tuple(fields.values())


def _goals(members: Json) -> str:
    """Say how many members are to be there, and how many are to be gone."""
    goals = ("present", "moved", "absent")
    return ", ".join(f"{members[goal]} {goal}" for goal in goals if members.get(goal))


def _goal_lines(goals: Iterable[Json]) -> str:
    lines = (
        f"{each['member']}: {each['goal']}"
        + (f" on {each['host']}" if each.get("host") else "")
        + (f" ({each['move']})" if each.get("move") else "")
        + (f": {each['reason']['message']}" if each.get("reason") else "")
        for each in goals
    )
    return "\n".join(map(words.printable, lines))


def _plan_lines(plan: Json | None) -> str:
    """Say how good a plan is, and which soft policies it misses."""
    said = [*plan["objectives"], *plan["violations"]] if plan else []
    return "\n".join(words.printable(each["message"]) for each in said)


def _reason(reason: Json | None) -> str:
    return words.printable(reason["message"]) if reason else ""


def _survivability(info: Json, places: Places) -> ReadableColumn:
    """Say what failures leave, or why nothing is promised of them."""
    message = info.get("survivability_message")
    say = _planned(places.survival_lines)
    value = info.get("survivability") or ()
    return ReadableColumn(value, lambda found: words.printable(message) if message else say(found))


def _planned(say: Callable[[Any], str]) -> Callable[[Any], str]:
    """Say first that it is the plan that speaks: nobody has looked at the servers for it."""
    return lambda value: f"As planned:\n{said}" if (said := say(value)) else ""


def _properties(info: Json) -> ReadableColumn:
    """Lay out an ensemble's metadata, which the command calls properties as everywhere else."""
    return ReadableColumn(
        info.get("metadata") or {}, lambda pairs: words.printable(format_dict(pairs))
    )


def _messages(items: Iterable[Json]) -> str:
    return "\n".join(words.messages(items))


def _degraded(degraded: Json | None) -> str:
    """Say since when something does not hold, and what."""
    if not degraded:
        return ""
    return "\n".join([f"since {degraded['since']}:", *words.messages(degraded["reasons"])])


def _running(standing: Sequence[Json]) -> str:
    running, count = (sum(each[key] for each in standing) for key in ("running", "count"))
    return f"{running} of {count}"


def _cure(cure: Json | None) -> str:
    return words.printable(cure["message"]) if cure else ""


def _message(progress: Json) -> str:
    return words.printable(progress["message"])


def _latest_events(events: Sequence[Json]) -> str:
    return "\n".join(
        words.printable(f"{event['at']} {event['message']}") for event in events[-EVENTS_SHOWN:]
    )


def _by_ensemble(members: Iterable[Json]) -> str:
    named: dict[str, list[str]] = {}
    names = {}
    for member in members:
        named.setdefault(member["ensemble_id"], []).append(member["name"])
        names[member["ensemble_id"]] = member["ensemble_name"]
    parts = (f"{names[key]}: {', '.join(held)}" for key, held in named.items())
    return words.printable("; ".join(parts))


def _states(ensembles: Iterable[Json]) -> str:
    """Say in one word each what the failure of a host leaves of the ensembles on it."""
    said = (f"{each['name']}: {each['label']}" for each in ensembles if each["state"])
    return words.printable("\n".join(said))


def _breaks(breaks: Iterable[Json]) -> str:
    """Say what the failure of a host would break and what would end unasked, a line each."""
    return "\n".join(
        words.printable(f"{each['effect_label']}: {each['ensemble_name']}: {each['message']}")
        for each in breaks
    )


def _drain(drain: Json) -> str:
    """Say whether all of a host's members fit elsewhere, and where each ensemble would go."""
    return "\n".join([words.printable(drain["message"]), *words.drain_lines(drain["ensembles"])])
