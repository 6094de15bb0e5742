# SPDX-License-Identifier: Apache-2.0
"""Neutron's tables, made from its models: its migrations do not run on SQLite.

Run as `python -m ensemble_cloud.neutron_schema CONFIG_FILE`.
"""

import sys

import sqlalchemy
from neutron.db.migration import cli
from neutron.db.migration.models import head
from oslo_config import cfg


def main(config_file: str) -> None:
    """Create every table, and stamp the database with the newest revision of each branch."""
    sys.argv = ["neutron-db-manage", "--config-file", config_file, "stamp", "heads"]
    configuration = cfg.ConfigOpts()
    configuration.register_opt(cfg.StrOpt("connection"), group="database")
    configuration(["--config-file", config_file])
    engine = sqlalchemy.create_engine(configuration.database.connection)
    head.get_metadata().create_all(engine)
    engine.dispose()
    cli.main()


if __name__ == "__main__":
    main(sys.argv[1])
