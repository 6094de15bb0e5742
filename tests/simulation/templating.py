# SPDX-License-Identifier: Apache-2.0
"""Tenants who keep templates, make several ensembles of one as one, and bring them to another."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ensemble_api.ensemble_templates.record import Origin, TemplateRecord
from ensemble_api.records import EnsembleRecord
from ensemble_api.service import ChangeRequest, Instantiation
from ensemble_api.store.templates import EnsembleTemplates
from ensemble_api.usecases.plan import PlanOptions
from tests.simulation import seams
from tests.simulation.actors import Actors, context
from tests.simulation.changes import AskedChange, Changes
from tests.simulation.cloud import FLAVORS, IMAGE
from tests.simulation.invariants import Invariants
from tests.simulation.result import EXPECTED

TEMPLATES = "templates"

_BEGUN = """
    SELECT DISTINCT events.ensemble_id FROM events JOIN ensembles
        ON ensembles.id = events.ensemble_id
    WHERE events.type = 'BUILDING' AND ensembles.name = ?
"""
_WITHOUT_VERSION = """
    SELECT ensembles.id FROM ensembles
    LEFT JOIN template_versions ON template_versions.template_id = ensembles.template_id
    WHERE ensembles.template_id IS NOT NULL AND template_versions.template_id IS NULL
"""


@dataclass
class Together:
    """Ensembles that are to be made of a template as one, and what was answered each time."""

    project_id: str
    template_id: str
    instances: tuple[Instantiation, ...]
    key: str
    answers: list[tuple[str, ...]] = field(default_factory=list)


@dataclass
class Templating:
    """Makes, applies, changes and deletes templates, by the dice of a schedule."""

    actors: Actors
    changes: Changes
    asked: list[Together] = field(default_factory=list)
    answered: list[Exception] = field(default_factory=list)

    def act(self) -> None:
        """Keep one template after the other, until the quiet end."""
        project = self.actors.random.choice(("p0", "p1"))
        self.actors.busy += 1
        try:
            while not self.actors.quiet:
                template = self._ask(
                    "keep a template",
                    lambda it: it.service.templates.create(context(project), self._described()),
                )
                if isinstance(template, TemplateRecord):
                    self._live(project, template.id)
                self.actors.pause(10.0)
        finally:
            self.actors.busy -= 1

    def _live(self, project_id: str, template_id: str) -> None:
        """All that is done with one template; it may be deleted while it is applied."""
        if self._once(0.3):
            self.actors.start("deletes", lambda: self._delete(project_id, template_id))
        asked = self._together(project_id, template_id)
        self.asked.append(asked)
        for _ in range(self.actors.random.randint(1, 3)):
            self._make(asked)
            self.actors.pause(5.0)
        if self._once(0.7):
            self._ask("add a version", lambda it: self._add_version(it, project_id, template_id))
        for ensemble_id in asked.answers[-1] if asked.answers else ():
            if self._once(0.7):
                self.actors.pause(5.0)
                self._update(project_id, ensemble_id)
        if self._once(0.5):
            self._delete(project_id, template_id)

    def _described(self) -> dict[str, Any]:
        """A template of one tier, whose count and flavor are parameters."""
        server = {"flavor": {"get_param": "flavor"}, "image": IMAGE, "networks": "auto"}
        tier = {"name": "web", "count": {"get_param": "count"}, "server": server}
        policies = self.actors.descriptions.policies(["web"])
        return {
            "name": "web service",
            "parameters": {
                "count": {"type": "number", "default": self.actors.random.randint(1, 2)},
                "flavor": {"type": "string", "default": self.actors.random.choice([*FLAVORS])},
            },
            "ensemble": {"tiers": [tier], "policies": policies},
        }

    def _together(self, project_id: str, template_id: str) -> Together:
        number = len(self.asked)
        instances = tuple(
            Instantiation(f"t{number}-{each}", self._values())
            for each in range(self.actors.random.randint(2, 3))
        )
        return Together(project_id, template_id, instances, f"t{number}")

    def _values(self) -> dict[str, Any]:
        return {"count": self.actors.random.randint(1, 2)} if self._once(0.5) else {}

    def _make(self, asked: Together) -> None:
        """Make them, once however often that is asked for."""
        who = context(asked.project_id)

        def make(it: Any) -> Any:
            template = it.service.templates.get(who, asked.template_id, None, everywhere=False)
            bodies = it.service.templates.apply_all(who, template, asked.instances)
            return it.service.create_all(who, bodies, None, PlanOptions(), asked.key)

        answer = self._ask("make several", make)
        if isinstance(answer, tuple):
            asked.answers.append(tuple(each.id for each in answer))
            self.actors.done["several made"] = self.actors.done.get("several made", 0) + 1

    def _add_version(self, it: Any, project_id: str, template_id: str) -> TemplateRecord:
        who = context(project_id)
        template = it.service.templates.get(who, template_id, None, everywhere=False)
        changed = {key: self._described()[key] for key in ("parameters", "ensemble")}
        made: TemplateRecord = it.service.templates.change(who, template, changed)
        return made

    def _update(self, project_id: str, ensemble_id: str) -> None:
        """Bring an ensemble to the latest version, as a change."""
        record = self.changes.built(ensemble_id)
        origin = record and Origin.of(record.body)
        if record is None or origin is None:
            return
        body = self._ask("apply anew", lambda it: _anew(it, project_id, record))
        if not isinstance(body, Mapping):
            return
        request = ChangeRequest(record.generation, body)
        asked = AskedChange(ensemble_id, record.body, request)
        self.changes.asked.append(asked)
        asked.answer = self.actors.request(
            "update",
            lambda it: it.service.change(context(project_id), it.service.get(ensemble_id), request),
        )
        self.actors.count("updated", asked.answer)
        if self._once(0.2):
            self.actors.pause(8.0)
            self.actors.request(
                "cancel", lambda it: it.service.cancel(context(project_id), ensemble_id)
            )

    def _delete(self, project_id: str, template_id: str) -> None:
        if self._once(0.5):
            self.actors.pause(5.0)
        who = context(project_id)

        def delete(it: Any) -> None:
            found = it.service.templates.get(who, template_id, None, everywhere=False)
            it.service.templates.delete(found)

        self._ask("delete a template", delete)

    def outcome(self, invariants: Invariants) -> None:
        """Of several all were begun or none, each once; each is what its version says."""
        holds, committed = invariants.holds, seams.second_look()
        for error in self.answered:
            holds(isinstance(error, EXPECTED), f"answered {error!r}")
        for asked in self.asked:
            begun = {
                each.name: [row[0] for row in committed.execute(_BEGUN, (each.name,)).fetchall()]
                for each in asked.instances
            }
            some = [name for name, made in begun.items() if made]
            holds(len(some) in (0, len(begun)), f"of {[*begun]} only {some} were begun")
            for name, made in begun.items():
                holds(len(made) <= 1, f"{name} was made {len(made)} times")
            found = tuple(itertools.chain(*begun.values()))
            for answer in asked.answers:
                holds(answer == found, f"{answer} was answered, and there are {found}")
        for (ensemble_id,) in committed.execute(_WITHOUT_VERSION).fetchall():
            holds(False, f"the template of {ensemble_id[:8]} is gone")
        if not invariants.found:
            self._described_by_versions(invariants)

    def _described_by_versions(self, invariants: Invariants) -> None:
        templates = EnsembleTemplates(self.actors.world.database)
        for record in invariants.recorded.all():
            if (origin := Origin.of(record.body)) is None:
                continue
            template = templates.get(origin.template_id, origin.version).template
            said, _ = template.apply(origin.values)
            for mine, wanted in zip(record.body["tiers"], said["tiers"], strict=True):
                there = mine["count"], mine["server"]["flavor"]
                meant = wanted["count"], wanted["server"]["flavor"]
                invariants.holds(
                    there == meant,
                    f"{record.name} has {there}, and its version {origin.version} says {meant}",
                )

    def _ask(self, what: str, run: Any) -> Any:
        answer = self.actors.request(what, run)
        if isinstance(answer, Exception):
            self.answered.append(answer)
        return answer

    def _once(self, share: float) -> bool:
        return self.actors.random.random() < share


def _anew(it: Any, project_id: str, record: EnsembleRecord) -> Any:
    """What the latest version describes with the values of an ensemble."""
    who, origin = context(project_id), Origin.of(record.body)
    assert origin is not None
    template = it.service.templates.get(who, origin.template_id, None, everywhere=False)
    wanted = Instantiation(record.name, {}, description=record.body["description"])
    return it.service.templates.apply_anew(who, template, origin, wanted)
