# SPDX-License-Identifier: Apache-2.0
"""Tenants who release ensembles, and adopt servers that run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ensemble_api.records import EnsembleRecord
from ensemble_api.service import AdoptionRequest
from tests.simulation.actors import Actors, context

MOST = 4  # servers that are adopted at once


@dataclass
class Adoptions:
    """Releases and adopts, by the dice of a schedule."""

    actors: Actors

    def release(self, project_id: str, ensemble_id: str) -> None:
        """Ask for an ensemble to be forgotten, and mostly for another one of its servers."""
        answer = self.actors.request(
            "release", lambda it: it.service.release(context(project_id), ensemble_id)
        )
        self.actors.count("released", answer)
        if not isinstance(answer, EnsembleRecord):
            return
        self.actors.pause(5.0)
        if self.actors.random.random() < 0.7:
            servers = [each.server_id for each in answer.members if each.server_id]
            self._adopt(project_id, servers)

    def adopt(self, project_id: str) -> None:
        """Ask for an ensemble of some servers of the project that nobody has asked us for."""
        plain = [
            each.id
            for each in self.actors.nova.running()
            if each.project_id == project_id and each.status == "ACTIVE" and not each.ours
        ]
        self._adopt(project_id, plain[:MOST])

    def _adopt(self, project_id: str, servers: Sequence[str]) -> None:
        if not servers:
            return
        wanted: dict[str, Any] = {"name": "adopted", "from": {"servers": [*servers]}}
        if self.actors.random.random() < 0.5:
            wanted["tiers"] = [{"name": "web", "servers": [*servers]}]
            wanted["policies"] = self.actors.descriptions.policies(["web"])
        answer = self.actors.request(
            "adopt",
            lambda it: it.service.adopt(context(project_id), AdoptionRequest(wanted), whole=False),
        )
        self.actors.count("adopted", answer)
        self.actors.pause(20.0)
        if isinstance(answer, EnsembleRecord) and not self.actors.quiet:
            self.actors.change(project_id, answer.id)
