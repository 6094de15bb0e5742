# SPDX-License-Identifier: Apache-2.0
"""What is stored of an ensemble template, and of an ensemble that was made from one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ensemble_api.ensemble_templates.template import EnsembleTemplate

ORIGIN: Final = "template"
"""The key under which the description of an ensemble says what it was made from."""


class Visibility(StrEnum):
    """Who sees a template beside its own project."""

    PRIVATE = "private"
    SHARED = "shared"  # the projects that are named
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a template: who made it and when (ISO 8601 in UTC)."""

    number: int
    user_id: str
    created_at: str


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """A template as recorded, with the document of its version ``number``.

    ``projects`` are those that it is shared with, ``versions`` all that there are, oldest first, of
    which a list has none. One that was deleted is kept while there are ensembles that were made
    from it. Times are ISO 8601 in UTC, empty where there is none.
    """

    id: str
    project_id: str
    user_id: str
    name: str
    description: str
    visibility: Visibility
    latest: int
    projects: frozenset[str] = frozenset()
    number: int = 0
    document: Mapping[str, Any] | None = None
    versions: tuple[Version, ...] = ()
    created_at: str = ""
    updated_at: str = ""
    deleted_at: str = ""

    @property
    def template(self) -> EnsembleTemplate:
        """What it describes; ValueError without a document."""
        if self.document is None:
            raise ValueError("document: is not there")
        return EnsembleTemplate.of(self.document)

    def is_seen_by(self, project_id: str) -> bool:
        """Whether the members of a project may know of it."""
        return (
            project_id == self.project_id
            or self.visibility is Visibility.PUBLIC
            or (self.visibility is Visibility.SHARED and project_id in self.projects)
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """What an ensemble was made from: a version of a template, with these values."""

    template_id: str
    version: int
    values: Mapping[str, Any]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Origin | None":
        """The origin that the stored description of an ensemble names, if it has one."""
        found = body.get(ORIGIN)
        return found and cls(found["id"], found["version"], found["parameters"])

    @property
    def described(self) -> dict[str, Any]:
        """As the description of an ensemble has it."""
        return {"id": self.template_id, "version": self.version, "parameters": dict(self.values)}
