# SPDX-License-Identifier: Apache-2.0
"""The schema: what the migrations make, and that an upgrade is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import alembic.autogenerate
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from ensemble_api.store import migration, models
from ensemble_api.store.api import Store

EVERY_DATABASE = True
FIRST_RELEASE = "0035"  # or what the release before this one was at


def test_the_migrations_give_exactly_the_schema_of_the_models(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert alembic.autogenerate.compare_metadata(context, models.Base.metadata) == []


def test_the_migrations_give_the_indexes_and_constraints_of_the_models(
    store: Store, new_database: Callable[[], Store]
) -> None:
    """What compare_metadata does not look at: nullability aside, foreign keys' ON DELETE."""
    plain = new_database().engine
    models.Base.metadata.create_all(plain)

    def schema(engine: sa.Engine) -> dict[str, Any]:
        inspector = sa.inspect(engine)
        return {
            table: {
                "columns": {
                    column["name"]: (str(column["type"]), column["nullable"])
                    for column in inspector.get_columns(table)
                },
                "indexes": {
                    index["name"]: index["column_names"] for index in inspector.get_indexes(table)
                },
                "foreign": [
                    (key["constrained_columns"], key["referred_table"], key["options"])
                    for key in inspector.get_foreign_keys(table)
                ],
                "primary": inspector.get_pk_constraint(table)["constrained_columns"],
            }
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }

    assert schema(store.engine) == schema(plain)


def test_a_release_finds_nothing_in_its_own_schema_that_hinders_it(store: Store) -> None:
    assert list(migration.hindrances(store.engine, models.Base.metadata)) == []


def test_migrations_since_the_first_release_only_add(new_database: Callable[[], Store]) -> None:
    """The release before runs on it until it is upgraded too; what it needs goes one release later.

    A tag moves FIRST_RELEASE on.
    """
    store = new_database()
    migration.upgrade(store.engine, FIRST_RELEASE)
    before = sa.MetaData()
    before.reflect(store.engine)
    store.upgrade()
    assert list(migration.hindrances(store.engine, before)) == []


def test_every_migration_is_in_a_package_and_so_in_a_wheel() -> None:
    versions = Path(migration.__file__).parent / "versions"
    assert {each.name for each in versions.glob("*.py")} > {"__init__.py"}


def test_upgrading_twice_is_fine_and_the_version_is_told(
    new_database: Callable[[], Store],
) -> None:
    store = new_database()
    assert migration.version(store.engine) is None
    store.upgrade()
    store.upgrade()
    assert migration.version(store.engine) == "0042"
