# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage``: what operators do to the ensembles database."""

import sys
from typing import Any

from oslo_config import cfg

from ensemble_api import conf
from ensemble_api.store import migration
from ensemble_api.store.api import Store


def _sync(store: Store) -> None:
    store.upgrade()
    print(f"The ensembles database is at {migration.version(store.engine)}.")  # noqa: T201


def _version(store: Store) -> None:
    print(migration.version(store.engine) or "empty")  # noqa: T201


def _add_commands(subparsers: Any) -> None:
    db = subparsers.add_parser("db", help="The ensembles database.")
    actions = db.add_subparsers(dest="action", required=True)
    actions.add_parser("sync", help="Bring the schema up to date.").set_defaults(run=_sync)
    actions.add_parser("version", help="Print the schema's version.").set_defaults(run=_version)


def main() -> int:
    """Run the command line; nova.conf is found as Nova finds it, or named by --config-file."""
    config = cfg.ConfigOpts()
    config.register_cli_opt(cfg.SubCommandOpt("command", handler=_add_commands))
    conf.register(config)
    config(sys.argv[1:], project="nova")
    connection = config[conf.GROUP].connection
    if not connection:
        print(f"[{conf.GROUP}] connection is not set in nova.conf.", file=sys.stderr)  # noqa: T201
        return 1
    config.command.run(Store(connection))
    return 0
