# SPDX-License-Identifier: Apache-2.0
"""Tenants who change their ensembles, and what must have come of that."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ensemble_api import exception, tier_order
from ensemble_api.operations import OperationStatus, OperationType
from ensemble_api.records import EnsembleRecord
from ensemble_api.service import ChangeRequest
from tests.simulation.actors import Actors, context
from tests.simulation.cloud import FLAVORS

_KINDS = ("counts", "counts", "tier", "less", "template", "policies", "words")


@dataclass
class AskedChange:
    """One change as it was asked for, and what came of it."""

    ensemble_id: str
    before: Mapping[str, Any]  # as it was described
    request: ChangeRequest
    answer: EnsembleRecord | Exception | None = None


@dataclass
class Changes:
    """Makes changes, by the dice of a schedule."""

    actors: Actors
    asked: list[AskedChange] = field(default_factory=list)

    def change(self, project_id: str, ensemble_id: str) -> None:
        """Ask for one change, perhaps after a preview, and perhaps cancel it."""
        record = self.built(ensemble_id)
        if record is None:
            return
        if self._once(0.1):  # others have changed it meanwhile
            self.actors.pause(20.0)
        request = ChangeRequest(record.generation, self._body(record), **self._named(record))
        if self._once(0.3):
            found = self.actors.request(
                "preview a change",
                lambda it: it.service.preview_change(context(project_id), record, request),
            )
            plan_id = getattr(getattr(found, "dry_run", None), "id", None)
            request = replace(request, plan_id=plan_id)
            self.actors.pause(5.0)
        asked = AskedChange(ensemble_id, record.body, request)
        self.asked.append(asked)
        # Each request reads the ensemble anew, as the handler does.
        asked.answer = self.actors.request(
            "change",
            lambda it: it.service.change(context(project_id), it.service.get(ensemble_id), request),
        )
        for kind in ("replace", "release"):
            if getattr(request, kind):
                self.actors.count(f"member {kind}d", asked.answer)
        if self._once(0.3):
            self.actors.pause(8.0)
            self.actors.request(
                "cancel", lambda it: it.service.cancel(context(project_id), ensemble_id)
            )

    def built(self, ensemble_id: str) -> EnsembleRecord | None:
        """The ensemble as its tenant sees it, once nothing is done with it, or mostly so."""
        for _ in range(6):
            if self.actors.quiet:
                return None
            found = self.actors.request("look", lambda it: it.service.get(ensemble_id))
            if isinstance(found, EnsembleRecord) and found.status.built:
                if found.operation is None or self._once(0.2):
                    return found
            elif isinstance(found, exception.NotFound):
                return None
            self.actors.pause(10.0)
        return None

    def _body(self, record: EnsembleRecord) -> Mapping[str, Any]:
        """Some other counts, another tier, one less, another template, or other policies."""
        body = copy.deepcopy(dict(record.body))
        tiers: list[dict[str, Any]] = body["tiers"]
        kinds = (*_KINDS, "reserve") if self.actors.world.recovery.allow else _KINDS
        match self.actors.random.choice(kinds):
            case "counts":
                for tier in tiers:
                    tier["count"] = max(1, tier["count"] + self.actors.random.randint(-2, 2))
            case "tier" if len(tiers) < 3:
                name = next(each for each in ("web", "db", "job") if each not in _names(tiers))
                tiers.append({**tiers[0], "name": name, "count": 1})
            case "less" if len(tiers) > 1:
                gone = tiers.pop()["name"]
                body["tiers"] = [tier_order.without(each, {gone}) for each in tiers]
                body["policies"] = [
                    each
                    for each in body["policies"]
                    if gone not in each["tiers"] and each.get("to") != gone
                ]
            case "template":
                tier = self.actors.random.choice(tiers)
                flavor = self.actors.random.choice([*FLAVORS])
                tier["server"] = {**tier["server"], "flavor": flavor}
            case "policies":
                body["policies"] = self.actors.descriptions.policies(_names(tiers))
            case "reserve":
                wish = {"reserve": self.actors.descriptions.reserve()} if self._once(0.7) else {}
                kept = dict(body.get("recovery", {}))
                kept.pop("reserve", None)
                body["recovery"] = {**kept, **wish}
            case "words":
                body["name"] = "renamed"
        return body

    def _named(self, record: EnsembleRecord) -> dict[str, tuple[str, ...]]:
        """A member that is to go, be replaced, or be let go with its server, now and then."""
        if self._once(0.7):
            return {}
        field = self.actors.random.choice(("remove", "replace", "release"))
        return {field: (self.actors.random.choice(record.members).name,)}

    def _once(self, share: float) -> bool:
        return self.actors.random.random() < share


def _names(tiers: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(each["name"]) for each in tiers]


def wrong_ends(
    asked: Sequence[AskedChange], record: EnsembleRecord, operations: Sequence[Any]
) -> list[str]:
    """What does not hold of an ensemble at rest after its changes; the newest operation first."""
    found = []
    described = {tier["name"]: tier["count"] for tier in record.body["tiers"]}
    there = {name: sum(each.tier == name for each in record.members) for name in described}
    if there != described or len(record.members) != sum(described.values()):
        names = [each.name for each in record.members]
        found.append(f"{described} is described, and there are {names}")
    if any(each.leaving for each in record.members):
        found.append("a member is still about to leave")
    mine = [each for each in asked if each.ensemble_id == record.id]
    taken = [each for each in mine if isinstance(each.answer, EnsembleRecord)]
    bases = [each.request.generation for each in taken]
    if len(set(bases)) < len(bases):
        found.append(f"two changes of one generation were taken: {bases}")
    for each in taken:
        assert isinstance(each.answer, EnsembleRecord)
        if each.answer.generation <= each.request.generation or (
            record.generation < each.answer.generation
        ):
            found.append("a change that was taken has no generation of its own")
    changes = [each for each in operations if each.type is OperationType.CHANGE]
    if not changes:
        return found
    last = changes[0]
    succeeded = last.status is OperationStatus.SUCCEEDED
    if succeeded and not any(_is_described(each.request.body, record) for each in mine):
        found.append("it is described as nobody has asked for")
    for each in taken:
        assert isinstance(each.answer, EnsembleRecord)
        is_last = each.answer.operation is not None and each.answer.operation.id == last.id
        if is_last and not succeeded and not _is_described(each.before, record):
            found.append(f"a change that was {last.status} is not undone")
    return found


def _is_described(body: Mapping[str, Any], record: EnsembleRecord) -> bool:
    return all(body[each] == record.body[each] for each in ("tiers", "policies"))
