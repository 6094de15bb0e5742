# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage reservations audit``: what is recorded against what Placement holds."""

import argparse
from collections.abc import Sequence
from typing import Any, Final

from oslo_config import cfg
from prettytable import PrettyTable

from ensemble_api.cloud.leftover_holds import LeftoverHolds
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.cmd import sweep
from ensemble_api.shares import by_provider
from ensemble_api.store.api import Store
from ensemble_api.store.expected_holds import ExpectedHold, ExpectedHolds

DIFFERS: Final = 1
NOT_LOOKED: Final = 2


def add_audit(commands: Any) -> None:
    """Add the command."""
    reservations = commands.add_parser("reservations", help="The capacity that is held.")
    actions = reservations.add_subparsers(dest="action", required=True)
    audit = actions.add_parser(
        "audit",
        help="Compare what is recorded with what Placement holds; changes nothing.",
        description="Compare what is recorded with what Placement holds. Exit code 0: they agree, "
        "1: they do not, 2: they could not be compared.",
    )
    audit.set_defaults(configured=_audit)


def _audit(options: argparse.Namespace, config: cfg.ConfigOpts) -> int:
    return sweep.with_placement(config, audit, failed=NOT_LOOKED)


def audit(store: Store, placement: Any) -> int:
    """Print what is held for nobody, and what is recorded and not held so."""
    leftover = LeftoverHolds(placement).find(lambda: sweep.known(store))
    missing = _missing(ExpectedHolds(store), Reservation(placement))
    if leftover:
        print("Held for nobody; `ensemble-manage sweep --remove` releases it:")  # noqa: T201
        print(sweep.table(leftover))  # noqa: T201
    if missing:
        print("Recorded, and not held so:")  # noqa: T201
        print(_table(missing))  # noqa: T201
    if leftover or missing:
        return DIFFERS
    print("What is recorded is what Placement holds.")  # noqa: T201
    return 0


def _missing(recorded: ExpectedHolds, reservation: Reservation) -> Sequence[ExpectedHold]:
    """Those that Placement has not, and that are recorded still when it has said so."""
    before = recorded.all()
    has = reservation.amounts(each.consumer for each in before)
    absent = [
        each
        for each in before
        if has.get(each.consumer) != by_provider(each.provider, each.resources)
    ]
    if not absent:
        return absent
    still = {each.consumer: each for each in recorded.all()}
    return [each for each in absent if still.get(each.consumer) == each]


def _table(holds: Sequence[ExpectedHold]) -> PrettyTable:
    names = ["Consumer", "For", "Ensemble ID", "Project ID", "Host", "Recorded"]
    table = PrettyTable(names, align="l")
    for each in holds:
        amounts = sweep.amounts(each.resources)
        who = [each.consumer, each.what, each.ensemble_id, each.project_id]
        table.add_row([*who, each.host, amounts])
    return table
