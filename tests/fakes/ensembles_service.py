# SPDX-License-Identifier: Apache-2.0
"""A little ensembles API with a memory, beside the rest of the scripted cloud.

It plans nothing: what is asked for is built at the first look after the request, unless a test has
written down what fails. Descriptions, generations, operations and members are kept as the API does.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.ensemble_answers import Answer, refusal
from tests.fakes.scripted_cloud import Request, ScriptedCloud

_PARTS = ("name", "description", "metadata", "tiers", "policies", "recovery")
_BUSY = "Something else is done with the ensemble now; wait for it."


@dataclass(slots=True)
class _Ensemble:
    id: str
    body: dict[str, Any]
    status: str = "BUILDING"
    generation: int = 1
    fault: str | None = None
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    operations: list[dict[str, Any]] = field(default_factory=list)
    before: dict[str, Any] | None = None

    @property
    def under_way(self) -> dict[str, Any] | None:
        last = self.operations[0] if self.operations else None
        return last if last and last["ended_at"] is None else None


@dataclass(slots=True)
class EnsemblesService(ScriptedCloud):
    """The service; what tests write down is used once.

    ``refuses`` are answers to the next requests that would change something, and ``lost`` those
    that come in the place of ours to the next creates; ``fails`` is why the next build or change
    fails. While it is ``unobserved``, nobody knows the members' addresses.
    """

    ensembles: dict[str, _Ensemble] = field(default_factory=dict)
    servers: dict[str, str] = field(default_factory=dict)
    refuses: list[Answer] = field(default_factory=list)
    lost: list[Answer] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)
    unobserved: bool = False
    silent: list[int] = field(default_factory=list)  # statuses of the next looks without an answer

    def answer(self, asked: Request) -> Answer:
        ours = self.below.strip("/").split("/")[0]
        match asked.path.strip("/").split("/"):
            case [kind, _, "os-ensembles", *rest] if kind == ours and rest != ["capabilities"]:
                self.asked.append(asked)
                return self._ensembles(asked, rest)
            case ["compute", _, "servers", server_id, *_]:
                return self._compute_server(asked, server_id)
        return ScriptedCloud.answer(self, asked)

    def _compute_server(self, asked: Request, server_id: str) -> Answer:
        if server_id not in self.servers:
            return 404, {"itemNotFound": {"code": 404, "message": "No server."}}
        if asked.method == "POST":
            self.servers[server_id] = "SUSPENDED" if "suspend" in asked.body else "ACTIVE"
            return 202, None
        shown = {"id": server_id, "name": server_id, "status": self.servers[server_id], "links": []}
        shown["addresses"] = {"private": [{"version": 4, "addr": "10.0.0.99"}]}
        return 200, {"server": shown}

    def _ensembles(self, asked: Request, rest: list[str]) -> Answer:
        if asked.method == "GET" and self.silent:
            return self.silent.pop(0), {"error": {"message": "Bad Gateway"}}
        if asked.method != "GET" and self.refuses:
            return self.refuses.pop(0)
        if not rest:
            return self._create(asked) if asked.method == "POST" else self._list()
        found = self.ensembles.get(rest[0])
        if found is None or (found.status == "DELETING" and asked.method == "GET"):
            self.ensembles.pop(rest[0], None)
            return refusal(404, f"There is no ensemble {rest[0]}.", code="ensemble.not_found")
        match asked.method, rest[1:]:
            case "GET", []:
                return 200, {"ensemble": self._looked_at(found)}
            case "GET", ["survivability"]:
                return 200, {"survivability": self._survivability(found)}
            case "GET", ["operations"]:
                return 200, {"operations": found.operations[:1]}
            case "GET", ["operations", _]:
                return 200, {"operation": self._end_operation(found)}
            case "PATCH", []:
                return self._change(found, asked.body)
            case "POST", ["action"]:
                self._undo(found, "CANCELLED", "It was cancelled.")
                return 202, {"ensemble": self._shown(found)}
            case "DELETE", []:
                found.status = "DELETING"
                return 202, None
        return 405, {"badMethod": {"code": 405, "message": asked.path}}

    def _list(self) -> Answer:
        return 200, {"ensembles": [self._shown(each) for each in self.ensembles.values()]}

    def _create(self, asked: Request) -> Answer:
        key = asked.headers["idempotency-key"]
        named = str(uuid.uuid5(uuid.NAMESPACE_OID, key))
        body = {"description": "", "metadata": {}, **asked.body["ensemble"]}
        made = self.ensembles.setdefault(named, _Ensemble(named, body))
        return self.lost.pop(0) if self.lost else (202, {"ensemble": self._shown(made)})

    def _looked_at(self, found: _Ensemble) -> dict[str, Any]:
        shown = self._shown(found)
        if found.status == "BUILDING":
            found.fault = self.fails.pop(0) if self.fails else None
            found.status = "ERROR" if found.fault else "ACTIVE"
            if not found.fault:
                self._build(found)
        return shown

    def _build(self, found: _Ensemble) -> None:
        wanted = dict(_members(found.body))
        for name in [*found.members]:
            if name not in wanted:
                self.servers.pop(found.members.pop(name)["server_id"], None)
        for name, tier in wanted.items():
            if name not in found.members:
                self._add(found, name, tier)

    def _add(self, found: _Ensemble, name: str, tier: dict[str, Any]) -> None:
        server = str(uuid.uuid4())
        self.servers[server] = "ACTIVE"
        found.members[name] = {"server_id": server, "tier": tier["name"], "by": tier["server"]}

    def _change(self, found: _Ensemble, asked: dict[str, Any]) -> Answer:
        body = dict(asked["ensemble"])
        if found.under_way:
            operation = found.under_way["id"]
            return refusal(409, _BUSY, code="ensemble.conflict", operation=operation)
        if body.pop("generation") != found.generation:
            return refusal(412, "It was changed.", code="ensemble.generation")
        before = found.body
        if "tiers" in body:
            known = {each["name"]: each for each in before["tiers"]}
            body["tiers"] = [{**known.get(each["name"], {}), **each} for each in body["tiers"]]
        found.body = {**before, **body}
        found.generation += 1
        touched = [found.body.get(key) != before.get(key) for key in ("tiers", "policies")]
        if any(touched) or asked.get("replace"):
            self.begin_operation(found.id, "change")
            found.before = before
            found.operations[0]["replace"] = asked.get("replace", [])
        return 202, {"ensemble": self._shown(found)}

    def begin_operation(self, ensemble_id: str, kind: str) -> None:
        """Have something done with an ensemble, as somebody else may."""
        operation = {"id": str(uuid.uuid4()), "type": kind, "status": "RUNNING", "ended_at": None}
        operation |= {"status_label": "Running", "reason": None}
        self.ensembles[ensemble_id].operations.insert(0, operation)

    def _end_operation(self, found: _Ensemble) -> dict[str, Any]:
        if found.under_way is None:
            return found.operations[0]
        if self.fails:
            self._undo(found, "FAILED", self.fails.pop(0))
            return found.operations[0]
        self.end_operation(found.id)
        for name in found.operations[0].get("replace", []):
            self.servers.pop(found.members.pop(name)["server_id"])
        self._build(found)
        return found.operations[0]

    def end_operation(self, ensemble_id: str) -> None:
        """Have that ended well."""
        found = self.ensembles[ensemble_id]
        found.operations[0] |= {"status": "SUCCEEDED", "ended_at": "2026-11-22T12:01:00Z"}

    def _undo(self, found: _Ensemble, status: str, reason: str) -> None:
        said = {"code": "failed", "message": reason}
        found.operations[0] |= {"status": status, "ended_at": "now", "reason": said}
        assert found.before is not None
        found.body = found.before
        found.generation += 1

    def _shown(self, found: _Ensemble) -> dict[str, Any]:
        templates = {each["name"]: each["server"] for each in found.body["tiers"]}
        said = {"code": "failed", "message": found.fault}
        return {
            "id": found.id,
            **{key: found.body.get(key) or {} for key in ("metadata", "recovery")},
            "name": found.body["name"],
            "description": found.body["description"],
            "status": found.status,
            "settled": found.status in ("ACTIVE", "DEGRADED", "ERROR"),
            "generation": found.generation,
            "operation": found.under_way,
            "fault": said if found.fault else None,
            "degraded": None,
            "tiers": [
                {**each, "server": {"networks": "auto", **each["server"]}}
                for each in found.body["tiers"]
            ],
            "policies": [
                {"enforcement": "hard", **each, "message": "So.", "holds": True}
                for each in found.body.get("policies", [])
            ],
            "members": [
                {
                    "id": str(uuid.UUID(int=index)),
                    "name": name,
                    "tier": each["tier"],
                    "status": "ACTIVE",
                    "server_id": each["server_id"],
                    "server_status": self.servers.get(each["server_id"]),
                    "outdated": each["by"] != templates.get(each["tier"]),
                    "domains": {"host": f"h{index}"},
                }
                for index, (name, each) in enumerate(found.members.items())
            ],
        }

    def _survivability(self, found: _Ensemble) -> dict[str, Any]:
        members = [
            {
                "name": name,
                "tier": each["tier"],
                "server_id": each["server_id"],
                "addresses": []
                if self.unobserved
                else [{"network": "private", "address": f"10.0.0.{index}"}],
            }
            for index, (name, each) in enumerate(found.members.items(), 10)
        ]
        return {"as_of": "2026-11-22T12:00:00Z", "members": members, "levels": []}


def _members(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for tier in body["tiers"]:
        for index in range(tier["count"]):
            yield f"{tier['name']}-{index}", tier
