# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage db``: the schema of the ensembles database, and what is too old in it."""

import argparse
import sys
from datetime import timedelta
from typing import Any, Final

from oslo_config import cfg

from ensemble_api import conf
from ensemble_api.store import migration
from ensemble_api.store.api import Store
from ensemble_api.store.create_requests import CreateRequests
from ensemble_api.store.history import History
from ensemble_api.store.saved_plans import SavedPlans, remembered

MOST_DAYS: Final = 36500


def add_database(commands: Any) -> None:
    """Add the commands."""
    db = commands.add_parser("db", help="The ensembles database.")
    actions = db.add_subparsers(dest="action", required=True)
    for name, action, words in (
        ("sync", _sync, "Bring the schema up to date; may be done while nova-api runs."),
        ("version", _version, "Print the schema's version."),
    ):
        actions.add_parser(name, help=words).set_defaults(configured=_run, with_store=action)
    purge = actions.add_parser(
        "purge",
        help="Remove what is too old: events, operations that have ended, plans, request keys.",
        description="Remove events and ended operations that are older, and plans and keys of "
        "creates that have expired. A process that observes the cloud does so by itself, by "
        "[ensembles] event_lifetime. Ensembles are never removed.",
    )
    purge.add_argument(
        "--days", type=_days, metavar="N", help="how old (default: [ensembles] event_lifetime)"
    )
    purge.set_defaults(configured=_run, with_store=_purge)


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MOST_DAYS}")
    return int(text)


def _run(options: argparse.Namespace, config: cfg.ConfigOpts) -> int:
    connection = config[conf.GROUP].connection
    if not connection:
        print(  # noqa: T201
            f"[{conf.GROUP}] connection is not set in nova.conf: name our database there.",
            file=sys.stderr,
        )
        return 1
    options.with_store(Store(connection), options, config[conf.GROUP])
    return 0


def _sync(store: Store, options: argparse.Namespace, ours: Any) -> None:
    store.upgrade()
    print(f"The ensembles database is at {migration.version(store.engine)}.")  # noqa: T201


def _version(store: Store, options: argparse.Namespace, ours: Any) -> None:
    print(migration.version(store.engine) or "empty")  # noqa: T201


def _purge(store: Store, options: argparse.Namespace, ours: Any) -> None:
    store.check()
    history = History(store, timedelta(days=options.days or ours.event_lifetime))
    known_for = remembered(timedelta(seconds=ours.plan_lifetime))
    removed = 0
    for purge in (
        history.purge,
        SavedPlans(store, ours.plan_lifetime).purge,
        CreateRequests(store, known_for).purge,
    ):
        while some := purge():  # in portions, which others do not wait for long
            removed += some
    print(f"{removed} rows were too old and are gone.")  # noqa: T201
