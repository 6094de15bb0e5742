# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage plan`` and ``schema``, without any service; ``snapshot``, with a cloud."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from keystoneauth1 import exceptions as keystone
from oslo_config import cfg

from ensemble_api import advice, conf, exception, views
from ensemble_api.cloud import credentials
from ensemble_api.cloud.levels import parse_levels, parse_selectors
from ensemble_api.offline import report, schema
from ensemble_api.offline.capture import Capture, anonymous, dumped
from ensemble_api.offline.cloud import UnknownDomainError, cloud
from ensemble_api.offline.document import DocumentError, read
from ensemble_api.offline.dry_run import dry_run
from ensemble_api.offline.ensemble import ensemble
from ensemble_api.planning.planner import PlannerDefectError
from ensemble_api.planning.result import Infeasible
from ensemble_api.planning.snapshot import Packing
from ensemble_api.store.api import Store

REFUSED: Final = 1
WRONG: Final = 2


def add_plan(commands: Any) -> None:
    """Add the commands that need no configuration."""
    plan = commands.add_parser(
        "plan",
        help="Plan an ensemble on a captured cloud; needs no service and no configuration.",
        description="Plan an ensemble on a captured cloud and show what survives. "
        "Exit code 0: it fits, 1: it does not, 2: a file or an option is wrong.",
    )
    plan.add_argument("--snapshot", required=True, metavar="FILE", help="The cloud (JSON or YAML).")
    plan.add_argument("ensemble", metavar="ENSEMBLE", help="The ensemble (YAML or JSON).")
    plan.add_argument(
        "--fail",
        action="append",
        default=[],
        metavar="LEVEL:NAME",
        help="Plan without this host, rack...; may be repeated. NAME may be a path: az1/rack2.",
    )
    plan.add_argument(
        "--packing",
        choices=[each.value for each in Packing],
        default=Packing.SPREAD.value,
        help="Which hosts to take first, as [ensembles] packing says (default: %(default)s).",
    )
    plan.add_argument("--json", action="store_true", help="Print what the API would answer.")
    plan.add_argument(
        "--no-headroom",
        dest="headroom",
        action="store_false",
        help="Leave out whether what a failure takes would find room again; faster.",
    )
    plan.set_defaults(run=_plan)
    shown = commands.add_parser("schema", help="Print the JSON Schema of a file format.")
    shown.add_argument("name", choices=schema.NAMES)
    shown.set_defaults(run=_schema)


def add_snapshot(commands: Any) -> None:
    """Add the command that looks at a cloud."""
    snapshot = commands.add_parser(
        "snapshot",
        help="Capture the cloud's capacity, to plan on it offline.",
        description="Capture all hosts with their places, inventories and use, by the service "
        "user of nova.conf's [ensembles].",
    )
    snapshot.add_argument("--output", metavar="FILE", help="Default: standard output.")
    snapshot.add_argument(
        "--anonymous",
        action="store_true",
        help="Number hosts, domains and aggregates in the place of their names.",
    )
    snapshot.set_defaults(configured=_snapshot)


def _plan(options: argparse.Namespace) -> int:
    try:
        wanted = ensemble(read(options.ensemble))
        where = cloud(read(options.snapshot))
        failed = [where.domain(text) for text in options.fail]
        packing = Packing(options.packing)
        found = dry_run(where, wanted, failed, rooms=options.headroom, packing=packing)
    except DocumentError as error:
        return _usage_error(str(error))
    except UnknownDomainError as error:
        return _usage_error(f"--fail {error}")
    except PlannerDefectError as error:
        return _usage_error(
            f"{error}. This is a defect of the planner: please report it, with both files."
        )
    if options.json:
        shown = views.translated(views.plan(found, "", names=True, capacity=True))
        print(json.dumps({"plan": shown}, indent=2))  # noqa: T201
    else:
        for line in report.report(found, where, wanted.name, failed):
            print(line)  # noqa: T201
    return REFUSED if isinstance(found.result, Infeasible) else 0


def _schema(options: argparse.Namespace) -> int:
    print(schema.text(options.name), end="")  # noqa: T201
    return 0


def _snapshot(options: argparse.Namespace, config: cfg.ConfigOpts) -> int:
    config.register_opt(cfg.StrOpt("default_availability_zone", default="nova"))
    conf.register_services(config)
    try:
        levels = parse_levels(config[conf.GROUP].levels)
        nova, placement = credentials.compute(config), credentials.placement(config)
        zone = config.default_availability_zone
        selectors = parse_selectors(config[conf.GROUP].selectors or (), levels)
        capture = Capture(nova, placement, levels, zone, _members(config), selectors)
        document = capture.document()
    except (ValueError, exception.EnsembleError) as error:
        return _usage_error(str(error))
    except keystone.ClientException as error:
        return _usage_error(str(advice.advice(error)))
    except exception.CloudError as error:
        return _usage_error(str(advice.advice(error)))
    text = dumped(anonymous(document) if options.anonymous else document)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        Path(options.output).write_text(text, encoding="utf-8")
    except OSError as error:
        return _usage_error(f"{options.output}: cannot be written: {error.strerror or error}")
    return 0


def _members(config: cfg.ConfigOpts) -> frozenset[str]:
    """The servers of ensembles, as recorded: a tag on a server is anybody's word.

    :raises ensemble_api.exception.Unavailable: when the database does not do.
    """
    connection = config[conf.GROUP].connection
    if not connection:
        return frozenset()
    _, occupants = Store(connection).occupants()
    return frozenset(each.server_id for each in occupants if each.server_id)


def _usage_error(message: str) -> int:
    print(" ".join(message.split()), file=sys.stderr)  # noqa: T201
    return WRONG
