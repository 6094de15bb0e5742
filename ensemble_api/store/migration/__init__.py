# SPDX-License-Identifier: Apache-2.0
"""The schema's versions: bring the ensembles database up to date by alembic."""

from pathlib import Path

import alembic.command
import alembic.config
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from ensemble_api import exception
from ensemble_api.store import models


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
    """See that the database has just the schema that this release works with.

    :raises ensemble_api.exception.Unavailable: for operators, with what to do.
    """
    at = version(engine)
    latest = _known(at)
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


def _known(at: str | None) -> str:
    """The latest revision of this release, if ``at`` is one of its own or the database is empty."""
    scripts = ScriptDirectory.from_config(_config())
    latest = str(scripts.get_current_head())
    if at is not None and at not in {each.revision for each in scripts.walk_revisions()}:
        raise exception.Unavailable(
            f"The ensembles database is at {at}, which a later release made; this one knows up to "
            f"{latest}: install that release here too."
        )
    return latest
