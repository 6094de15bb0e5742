# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates as they are made, listed, changed and removed; a transaction each."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from ensemble_api import exception, limits
from ensemble_api.ensemble_templates.record import TemplateRecord, Version, Visibility
from ensemble_api.planning.message import Sentence
from ensemble_api.store import models, rows
from ensemble_api.store.database import Database, retried
from ensemble_api.store.folding import folded

SORT_KEYS = ("created_at", "name", "updated_at")
EVERY = "all"
CHOICES = (*(each.value for each in Visibility), EVERY)

_NO_MARKER = Sentence("invalid.marker", "%(marker)s is unknown")
_TOO_MANY = Sentence(
    "quota.templates", "The project has %(used)s of at most %(limit)s ensemble templates."
)
_TOO_MANY_VERSIONS = Sentence(
    "quota.template-versions", "The template has %(used)s of at most %(limit)s versions."
)
_TOO_LARGE = Sentence(
    "quota.template-bytes",
    "The project's ensemble templates have %(used)s of at most %(limit)s bytes, and this one needs "
    "%(needed)s.",
)
_NO_TEMPLATE = Sentence("not-found.template", "There is no ensemble template %(template)s.")
_NO_VERSION = Sentence(
    "not-found.template-version", "The ensemble template has no version %(version)s."
)
WAS_DELETED = Sentence(
    "conflict.template-deleted", "The ensemble template was deleted; its ensembles go on."
)


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """Which templates to list, for whom, in which order, from where on.

    Without a ``visibility`` they are the project's own and the public ones; without a
    ``project_id`` those of all projects.
    """

    project_id: str | None
    limit: int = 100
    marker: str | None = None
    sort_key: str = "created_at"
    descending: bool = True
    name: str | None = None
    visibility: str | None = None

    def __post_init__(self) -> None:
        if self.sort_key not in SORT_KEYS:
            raise ValueError(f"sort_key: must be one of {', '.join(SORT_KEYS)}")
        if self.limit < 1:
            raise ValueError("limit: must be at least 1")


def no_template(template_id: str) -> exception.NotFound:
    """The error about a template that is not there, or not for this project."""
    return exception.NotFound(_NO_TEMPLATE(template=template_id))


class EnsembleTemplates:
    """The templates of all projects, each with a bounded number of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def add(self, record: TemplateRecord) -> None:
        """Save a new template with its first version.

        :raises ensemble_api.exception.OverQuota: when the project has too many, or too large ones.
        """
        model = models.Template
        moment = rows.now()
        with self._database.writing() as session:
            _drop_unused(session)
            used = session.scalar(
                sa.select(sa.func.count()).where(model.project_id == record.project_id)
            )
            _check(_TOO_MANY, "templates", used or 0, limits.TEMPLATES)
            session.add(
                model(
                    id=record.id,
                    project_id=record.project_id,
                    user_id=record.user_id,
                    name=record.name,
                    folded_name=folded(record.name),
                    description=record.description,
                    visibility=record.visibility.value,
                    latest=0,
                    created_at=moment,
                    updated_at=moment,
                )
            )
            session.flush()
            _share(session, record.id, record.projects)
            row = session.get_one(model, record.id)
            _add_version(session, row, record.user_id, record.document or {})

    @retried
    def change(
        self,
        template_id: str,
        user_id: str,
        values: Mapping[str, Any],
        projects: Iterable[str] | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        """Write what is to be otherwise; a ``document`` is a new version.

        :raises ensemble_api.exception.NotFound: if there is none, or it was deleted.
        :raises ensemble_api.exception.OverQuota: when there are too many versions, or large ones.
        """
        with self._database.writing() as session:
            row = session.get(models.Template, template_id, with_for_update=True)
            if row is None or row.deleted_at is not None:
                raise no_template(template_id)
            for name, value in values.items():
                setattr(row, name, value)
            row.folded_name = folded(row.name)
            row.updated_at = rows.now()
            if projects is not None:
                model = models.TemplateProject
                session.execute(sa.delete(model).where(model.template_id == template_id))
                _share(session, template_id, projects)
            if document is not None:
                _add_version(session, row, user_id, document)

    def get(self, template_id: str, number: int | None = None) -> TemplateRecord:
        """One template with one of its versions, the latest if no number is given.

        :raises ensemble_api.exception.NotFound: if there is none.
        """
        model = models.TemplateVersion
        with self._database.reading() as session:
            row = session.get(models.Template, template_id)
            if row is None:
                raise no_template(template_id)
            wanted = row.latest if number is None else number
            found = session.get(model, (template_id, wanted))
            known = session.execute(
                sa.select(model.number, model.user_id, model.created_at)
                .where(model.template_id == template_id)
                .order_by(model.number)
            )
            versions = [Version(each, user, rows.iso(at)) for each, user, at in known]
            return replace(
                _to_record(row, _projects(session, [template_id])[template_id]),
                number=wanted,
                document=found.document if found is not None else None,
                versions=tuple(versions),
            )

    def select(self, page: TemplatePage) -> list[TemplateRecord]:
        """One page of templates, without documents and versions.

        :raises ensemble_api.exception.Invalid: if the marker is unknown.
        """
        model = models.Template
        column: Any = getattr(model, page.sort_key)
        query = sa.select(model).where(model.deleted_at.is_(None), *_seen(page))
        if page.name is not None:
            query = query.where(model.folded_name.contains(folded(page.name), autoescape=True))
        order = [column.desc(), model.id.desc()] if page.descending else [column, model.id]
        with self._database.reading() as session:
            if page.marker is not None:
                at = session.scalar(query.where(model.id == page.marker))
                if at is None:
                    raise exception.Invalid(_NO_MARKER(marker=page.marker), field="marker")
                here = sa.tuple_(column, model.id)
                there = sa.tuple_(getattr(at, page.sort_key), at.id)
                query = query.where(here < there if page.descending else here > there)
            found = session.scalars(query.order_by(*order).limit(page.limit)).all()
            shared = _projects(session, [each.id for each in found])
            return [_to_record(each, shared[each.id]) for each in found]

    @retried
    def remove(self, template_id: str) -> None:
        """Let a template go: at once, or with the last of the ensembles that were made from it."""
        model = models.Template
        with self._database.writing() as session:
            session.execute(
                sa.update(model)
                .where(model.id == template_id, model.deleted_at.is_(None))
                .values(deleted_at=rows.now())
            )
            _drop_unused(session)

    def instances(self, template_id: str, project_id: str) -> int:
        """How many ensembles of a project were made from a template."""
        model = rows.ENSEMBLES.c
        with self._database.reading() as session:
            found = session.scalar(
                sa.select(sa.func.count()).where(
                    model.template_id == template_id, model.project_id == project_id
                )
            )
            return int(found or 0)


def keep(session: orm.Session, template_ids: Iterable[str]) -> None:
    """Have these templates stay until the transaction has ended that makes ensembles of them.

    Who removes one meanwhile waits, and sees these ensembles.

    :raises ensemble_api.exception.Conflict: when one was deleted.
    """
    model = models.Template
    for each in sorted(set(template_ids)):
        query = sa.select(model.deleted_at).where(model.id == each).with_for_update(read=True)
        found = session.execute(query).first()
        if found is None or found[0] is not None:
            raise exception.Conflict(WAS_DELETED())


def version_of(record: TemplateRecord) -> TemplateRecord:
    """A template of which the version that was asked for is there.

    :raises ensemble_api.exception.NotFound: if it is not.
    """
    if record.document is None:
        raise exception.NotFound(_NO_VERSION(version=record.number))
    return record


def _seen(page: TemplatePage) -> list[Any]:
    """The conditions of what a page has."""
    model, sharing = models.Template, models.TemplateProject
    wanted = [] if page.visibility in (None, EVERY) else [model.visibility == page.visibility]
    if page.project_id is None:
        return wanted
    own = model.project_id == page.project_id
    public = model.visibility == Visibility.PUBLIC.value
    if page.visibility is None:
        return [sa.or_(own, public)]
    shared = sa.and_(
        model.visibility == Visibility.SHARED.value,
        sa.exists().where(sharing.template_id == model.id, sharing.project_id == page.project_id),
    )
    return [sa.or_(own, public, shared), *wanted]


def _drop_unused(session: orm.Session) -> None:
    """Remove deleted templates from which no ensemble is left."""
    model = models.Template
    used = sa.exists().where(models.Ensemble.template_id == model.id)
    unused = session.scalars(sa.select(model.id).where(model.deleted_at.is_not(None), ~used)).all()
    if unused:
        session.execute(sa.delete(model).where(model.id.in_(unused)))


def _add_version(
    session: orm.Session, row: models.Template, user_id: str, document: Mapping[str, Any]
) -> None:
    """Add the next version, within what a template and a project may have."""
    model, parent = models.TemplateVersion, models.Template
    _check(_TOO_MANY_VERSIONS, "template_versions", row.latest, limits.TEMPLATE_VERSIONS)
    size = len(json.dumps(document, separators=(",", ":")))
    used = session.scalar(
        sa.select(sa.func.sum(model.size))
        .join(parent, parent.id == model.template_id)
        .where(parent.project_id == row.project_id)
    )
    _check(_TOO_LARGE, "template_bytes", int(used or 0), limits.TEMPLATES_SIZE, size)
    row.latest += 1
    session.add(
        model(
            template_id=row.id,
            number=row.latest,
            document=document,
            size=size,
            user_id=user_id,
            created_at=rows.now(),
        )
    )


def _check(sentence: Sentence, resource: str, used: int, limit: int, needed: int = 1) -> None:
    if used + needed > limit:
        facts = {"limit": limit, "used": used, "needed": needed}
        raise exception.OverQuota(sentence(**facts), resource=resource, **facts)


def _share(session: orm.Session, template_id: str, projects: Iterable[str]) -> None:
    session.add_all(
        models.TemplateProject(template_id=template_id, project_id=each)
        for each in sorted(set(projects))
    )


def _projects(session: orm.Session, ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """The projects that templates are shared with, by the templates' ids."""
    model = models.TemplateProject
    found: dict[str, set[str]] = {each: set() for each in ids}
    for portion in rows.portions([*found]):
        for template_id, project_id in session.execute(
            sa.select(model.template_id, model.project_id).where(model.template_id.in_(portion))
        ):
            found[template_id].add(project_id)
    return {template_id: frozenset(each) for template_id, each in found.items()}


def _to_record(row: models.Template, projects: frozenset[str]) -> TemplateRecord:
    return TemplateRecord(
        id=row.id,
        project_id=row.project_id,
        user_id=row.user_id,
        name=row.name,
        description=row.description,
        visibility=Visibility(row.visibility),
        latest=row.latest,
        projects=projects,
        created_at=rows.iso(row.created_at),
        updated_at=rows.iso(row.updated_at),
        deleted_at=rows.iso(row.deleted_at) if row.deleted_at else "",
    )
