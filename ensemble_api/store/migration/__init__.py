# SPDX-License-Identifier: Apache-2.0
"""The schema's versions: bring the ensembles database up to date by alembic."""

import logging
from collections.abc import Iterator
from pathlib import Path

import alembic.command
import alembic.config
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ensemble_api import exception
from ensemble_api.store import models

LOG = logging.getLogger(__name__)


def _config(connection: sa.Connection | None = None) -> alembic.config.Config:
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the database behind ``engine`` to ``revision``.

    :raises ensemble_api.exception.Unavailable: when a later release has upgraded it.
    """
    _known(version(engine))
    with engine.begin() as connection:
        alembic.command.upgrade(_config(connection), revision)


def version(engine: sa.Engine) -> str | None:
    """The revision that the database is at, None when it is empty."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check(engine: sa.Engine) -> None:
    """See that the database has a schema that this release works with.

    That is its own, and during an upgrade one that a later release has added to.

    :raises ensemble_api.exception.Unavailable: for operators, with what to do.
    """
    at = version(engine)
    latest, mine = _revisions()
    if at is not None and at not in mine:
        _check_later(engine, at, latest)
        return
    if at != latest:
        found = (
            "has no tables yet" if at is None else f"is at {at}, and this release needs {latest}"
        )
        raise exception.Unavailable(
            f"The ensembles database {found}: run `ensemble-manage db sync`."
        )
    missing = models.Base.metadata.tables.keys() - set(sa.inspect(engine).get_table_names())
    if missing:
        raise exception.Unavailable(
            f"The ensembles database lacks {', '.join(sorted(missing))}, though it is at {at}: "
            "restore it from a backup, or empty it and run `ensemble-manage db sync`."
        )


def is_of_a_later_release(engine: sa.Engine) -> bool:
    """Whether a later release has upgraded the database already."""
    at = version(engine)
    return at is not None and at not in _revisions()[1]


def hindrances(engine: sa.Engine, wanted: sa.MetaData) -> Iterator[str]:
    """Why code that was written for ``wanted`` cannot work with the schema of a database.

    What was only added does not hinder it: tables, columns that may be empty or have a default of
    the database's, indexes that are not unique.
    """
    inspector = sa.inspect(engine)
    tables = set(inspector.get_table_names())
    for table in wanted.sorted_tables:
        if table.name not in tables:
            yield f"{table.name} is gone"
            continue
        columns = {each["name"]: each for each in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                yield f"{table.name}.{column.name} is gone"
            elif column.nullable and not columns[column.name]["nullable"]:
                yield f"{table.name}.{column.name} must not be empty any more"
        for name, found in columns.items():
            filled = found["nullable"] or found["default"] is not None
            if name not in table.columns and not filled:
                yield f"{table.name}.{name} must be filled"
        unique = _unique(table)
        for index in inspector.get_indexes(table.name):
            if index["unique"] and frozenset(index["column_names"]) not in unique:
                yield f"{table.name} has the unique index {index['name']}"


def _unique(table: sa.Table) -> set[frozenset[str | None]]:
    """The columns that are unique together; databases show constraints as indexes, or do not."""
    found: list[sa.UniqueConstraint | sa.Index] = [each for each in table.indexes if each.unique]
    found += [each for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    return {frozenset(column.name for column in each.columns) for each in found}


def _check_later(engine: sa.Engine, at: str, latest: str) -> None:
    """See that a later release has only added to the schema, as it does before it is started."""
    found = list(hindrances(engine, models.Base.metadata))
    if found:
        raise _too_late(at, latest, f" ({', '.join(found)})")
    LOG.warning(
        "The ensembles database is at %s, and this release knows up to %s: it works with it until "
        "the upgrade is finished.",
        at,
        latest,
    )


def _known(at: str | None) -> str:
    """The latest revision of this release, if ``at`` is one of its own or the database is empty."""
    latest, mine = _revisions()
    if at is not None and at not in mine:
        raise _too_late(at, latest)
    return latest


def _revisions() -> tuple[str, frozenset[str]]:
    """The latest revision of this release, and all of them."""
    scripts = ScriptDirectory.from_config(_config())
    every = frozenset(str(each.revision) for each in scripts.walk_revisions())
    return str(scripts.get_current_head()), every


def _too_late(at: str, latest: str, why: str = "") -> exception.Unavailable:
    return exception.Unavailable(
        f"The ensembles database is at {at}, which a later release made; this one knows up to "
        f"{latest}{why}: install that release here too."
    )
