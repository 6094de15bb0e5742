# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates: made, changed, seen by those they are for, and applied."""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from ensemble_api import exception, limits, template_schemas
from ensemble_api.cloud.compute import Compute
from ensemble_api.context import Context
from ensemble_api.ensemble_templates.constraints import Kind
from ensemble_api.ensemble_templates.record import (
    ORIGIN,
    Origin,
    TemplateRecord,
    Visibility,
)
from ensemble_api.ensemble_templates.template import EnsembleTemplate
from ensemble_api.planning.message import Sentence
from ensemble_api.server_schema import UUID
from ensemble_api.store.templates import (
    WAS_DELETED,
    EnsembleTemplates,
    TemplatePage,
    no_template,
    version_of,
)
from ensemble_api.usecases.server_template import UNKNOWN

PARTS: Final = ("parameters", "ensemble")  # of a document, a change of which is a new version
_BY_ID: Final = (Kind.IMAGE, Kind.NETWORK)

_NOT_SHARED = Sentence(
    "invalid.projects-not-shared", "may be given for a template of visibility shared alone"
)
_TOO_LARGE = Sentence(
    "invalid.template-size", "has %(size)s bytes as JSON, of %(most)s that a template may have"
)
_NAME_TWICE = Sentence("invalid.instance-twice", "is the name of another one of them")


_There: TypeAlias = set[tuple[Kind, str]]
"""The values of which it is known that the caller has such a thing, by kind."""


@dataclass(frozen=True, slots=True)
class Instantiation:
    """What is to be made of a template: an ensemble of this name, with these values.

    Without a ``version`` it is the latest.
    """

    name: str
    parameters: Mapping[str, Any]
    version: int | None = None
    description: str | None = None


class Templates:
    """The templates that there are, and what they give."""

    def __init__(self, templates: EnsembleTemplates, compute: Compute) -> None:
        self._templates = templates
        self._look: Mapping[Kind, tuple[str, Callable[[Context, str], Any]]] = {
            Kind.FLAVOR: ("flavor", compute.flavor),
            Kind.KEY_PAIR: ("key_pair", compute.key_pair),
            Kind.IMAGE: ("image", compute.image),
            Kind.NETWORK: ("network", compute.network),
        }

    def create(self, context: Context, given: Mapping[str, Any]) -> TemplateRecord:
        """Save a template of the caller's project; ``given`` was checked.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.OverQuota: when the project has too many, or too large ones.
        """
        visibility = Visibility(given.get("visibility", Visibility.PRIVATE))
        projects = frozenset(given.get("projects", ()))
        _check_sharing(visibility, projects)
        record = TemplateRecord(
            id=str(uuid.uuid4()),
            project_id=context.project_id,
            user_id=context.user_id,
            name=given["name"],
            description=given.get("description", ""),
            visibility=visibility,
            latest=1,
            projects=projects,
            document=_document(given),
        )
        self._templates.add(record)
        return self._templates.get(record.id)

    def select(self, page: TemplatePage) -> list[TemplateRecord]:
        """One page of templates, without documents."""
        return self._templates.select(page)

    def get(
        self, context: Context, template_id: str, version: int | None, *, everywhere: bool
    ) -> TemplateRecord:
        """A template that the caller's project sees, or any ``everywhere``.

        One that was deleted is seen by those who have ensembles of it.

        :raises ensemble_api.exception.NotFound: if there is none, or none of this version.
        """
        record = self._templates.get(template_id, version)
        if not everywhere and not record.is_seen_by(context.project_id):
            raise no_template(template_id)
        if record.deleted_at and not (everywhere or self.instances(context, record)):
            raise no_template(template_id)
        return version_of(record)

    def instances(self, context: Context, record: TemplateRecord) -> int:
        """How many ensembles of the caller's project were made from it."""
        return self._templates.instances(record.id, context.project_id)

    def change(
        self, context: Context, record: TemplateRecord, given: Mapping[str, Any]
    ) -> TemplateRecord:
        """Change a template, whose latest version it is; another document is a new version.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.Conflict: when it was deleted.
        """
        if record.deleted_at:
            raise exception.Conflict(WAS_DELETED())
        visibility = Visibility(given.get("visibility", record.visibility))
        shared = visibility is Visibility.SHARED
        projects = frozenset(given.get("projects", record.projects if shared else ()))
        _check_sharing(visibility, projects)
        document = None
        if any(name in given for name in PARTS):
            whole = {**(record.document or {}), **{k: given[k] for k in PARTS if k in given}}
            document = _document(whole)
            if document == record.document:
                document = None
        values = {name: given[name] for name in ("name", "description") if name in given}
        self._templates.change(
            record.id,
            context.user_id,
            {**values, "visibility": visibility.value},
            projects,
            document,
        )
        return self._templates.get(record.id)

    def delete(self, record: TemplateRecord) -> None:
        """Let it go; ensembles that were made from it go on."""
        self._templates.remove(record.id)

    def apply_all(
        self, context: Context, record: TemplateRecord, asked: Sequence[Instantiation]
    ) -> list[dict[str, Any]]:
        """The ensembles that a version describes with each of these sets of values.

        What several of them name is looked up once.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.Conflict: when the template was deleted.
        """
        template, there = _living(record), _There()
        bodies: list[dict[str, Any]] = []
        taken: set[str] = set()
        for number, each in enumerate(asked):
            with exception.of_instance(number):
                if each.name in taken:
                    raise exception.Invalid(_NAME_TWICE(), field="name")
                taken.add(each.name)
                bodies.append(self._applied(context, record, template, each, there))
        return bodies

    def apply(
        self, context: Context, record: TemplateRecord, asked: Instantiation
    ) -> dict[str, Any]:
        """The ensemble that a version describes with these values, which says what it is made from.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.Conflict: when the template was deleted.
        """
        return self._applied(context, record, _living(record), asked, _There())

    def _applied(
        self,
        context: Context,
        record: TemplateRecord,
        template: EnsembleTemplate,
        asked: Instantiation,
        there: _There,
    ) -> dict[str, Any]:
        """What ``template``, which is the record's, gives; what is known to be ``there`` grows."""
        made, values = template_schemas.applied(
            template, asked.parameters, asked.name, asked.description
        )
        for name, parameter in template.parameters.items():
            for kind in parameter.kinds:
                if (kind, values[name]) not in there:
                    self._check_there(context, kind, name, values[name])
                    there.add((kind, values[name]))
        return {**made, ORIGIN: Origin(record.id, record.number, values).described}

    def apply_anew(
        self, context: Context, record: TemplateRecord, origin: Origin, asked: Instantiation
    ) -> dict[str, Any]:
        """What another version describes with the values that an ensemble was made with.

        Those of ``asked`` come first. What was a default before becomes that of this version, and
        what this version does not know is left out.

        :raises ensemble_api.exception.Invalid: naming the field that is wrong.
        :raises ensemble_api.exception.Conflict: when the template was deleted.
        """
        before = version_of(self._templates.get(record.id, origin.version)).template.parameters
        known = record.template.parameters
        kept = {
            name: value
            for name, value in origin.values.items()
            if name in known and not (name in before and before[name].default == value)
        }
        return self.apply(context, record, replace(asked, parameters={**kept, **asked.parameters}))

    def _check_there(self, context: Context, kind: Kind, name: str, value: str) -> None:
        """Refuse what the caller does not have.

        :raises ensemble_api.exception.Invalid: about the parameter.
        """
        named, look = self._look[kind]
        if kind in _BY_ID:
            possible = re.search(UUID["pattern"], value) is not None
        else:  # what is no part of a path is no name either
            possible = 0 < len(value) <= limits.NAME and not re.search(r"[/?#\x00-\x1f]", value)
        if not possible or value in (".", "..") or look(context, value) is None:
            error, sentence = UNKNOWN[named]
            raise error(sentence(name=value[: limits.NAME]), field=f"parameters.{name}")


def _living(record: TemplateRecord) -> EnsembleTemplate:
    """What a template describes.

    :raises ensemble_api.exception.Conflict: when it was deleted.
    """
    if record.deleted_at:
        raise exception.Conflict(WAS_DELETED())
    return record.template


def _document(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a version has, checked.

    :raises ensemble_api.exception.Invalid: naming the field that is wrong.
    """
    document = {"parameters": given.get("parameters", {}), "ensemble": given["ensemble"]}
    size = len(json.dumps(document, separators=(",", ":")))
    if size > limits.TEMPLATE_SIZE:
        raise exception.Invalid(_TOO_LARGE(size=size, most=limits.TEMPLATE_SIZE), field="template")
    template_schemas.check_document(document)
    return document


def _check_sharing(visibility: Visibility, projects: frozenset[str]) -> None:
    if projects and visibility is not Visibility.SHARED:
        raise exception.Invalid(_NOT_SHARED(), field="template.projects")
