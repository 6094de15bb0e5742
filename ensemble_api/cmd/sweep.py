# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage sweep``: capacity that is held for members that no ensemble has."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keystoneauth1 import exceptions as keystone
from oslo_config import cfg
from prettytable import PrettyTable

from ensemble_api import advice, conf, exception
from ensemble_api.cloud import credentials
from ensemble_api.cloud.leftover_holds import Hold, LeftoverHolds
from ensemble_api.store.api import Store
from ensemble_api.store.recovery_holds import RecoveryHolds


def add_sweep(commands: Any) -> None:
    """Add the command."""
    sweep = commands.add_parser(
        "sweep",
        help="Find capacity that is held for members that no ensemble has.",
        description="Find the holds in Placement whose member is in no ensemble of our database, "
        "and those for recovery that it does not know, as after that was restored from a backup, "
        "or after a crash. Placement must be used with this one ensembles database alone.",
    )
    sweep.add_argument("--remove", action="store_true", help="Release them too.")
    sweep.set_defaults(configured=_sweep)


def _sweep(options: argparse.Namespace, config: cfg.ConfigOpts) -> int:
    return with_placement(config, lambda *both: sweep(*both, remove=options.remove), failed=1)


def with_placement(
    config: cfg.ConfigOpts, work: Callable[[Store, Any], int], *, failed: int
) -> int:
    """Give the exit code of ``work`` with our database and Placement; ``failed`` without them."""
    conf.register_services(config)
    connection = config[conf.GROUP].connection
    if not connection:
        why = f"[{conf.GROUP}] connection is not set in nova.conf: name our database there."
        return _fail(why, failed)
    try:
        store = Store(connection)
        store.check()
        return work(store, credentials.placement(config))
    except (keystone.ClientException, exception.CloudError, exception.EnsembleError) as error:
        return _fail(str(advice.advice(error) or error), failed)


def sweep(store: Store, placement: Any, *, remove: bool) -> int:
    """Print what is left over; with ``remove``, release it and print what came of each."""
    leftover = LeftoverHolds(placement)
    found = leftover.find(lambda: known(store))
    if not found:
        print("No capacity is held for members that no ensemble has.")  # noqa: T201
        return 0
    print(table(found))  # noqa: T201
    if not remove:
        print("Release them with --remove.")  # noqa: T201
        return 0
    ours = known(store)
    changed = [hold for hold in found if hold.consumer in ours or not leftover.release(hold)]
    print(f"{len(found) - len(changed)} of {len(found)} released.")  # noqa: T201
    for hold in changed:
        print(f"{hold.consumer} has changed meanwhile and was left.")  # noqa: T201
    return 0


def known(store: Store) -> frozenset[str]:
    """The consumers in Placement of all that is recorded."""
    return store.member_ids() | RecoveryHolds(store).consumers()


def table(holds: Sequence[Hold]) -> PrettyTable:
    """What is held, a row for each host of each consumer."""
    found = PrettyTable(["Consumer", "Project ID", "Host", "Held"], align="l")
    for hold in holds:
        for host, resources in sorted(hold.resources.items()):
            found.add_row([hold.consumer, hold.project_id, host, amounts(resources)])
    return found


def amounts(resources: Mapping[str, int]) -> str:
    """Resources in words."""
    return ", ".join(f"{name} {amount}" for name, amount in sorted(resources.items()))


def _fail(message: str, code: int) -> int:
    print(" ".join(message.split()), file=sys.stderr)  # noqa: T201
    return code
