# SPDX-License-Identifier: Apache-2.0
"""``ensemble-manage``: the operator's commands, on the database, on the cloud, and offline."""

import argparse
import os
import sys
from collections.abc import Sequence

from oslo_config import cfg

from ensemble_api import advice, conf
from ensemble_api.cmd import offline
from ensemble_api.cmd.audit import add_audit
from ensemble_api.cmd.database import add_database
from ensemble_api.cmd.sweep import add_sweep
from ensemble_api.version import version


def _print_error(error: Exception) -> int:
    """Say in one line what is wrong when an operator can mend it; a defect keeps its traceback."""
    line = advice.advice(error)
    if line is None:
        raise error
    print(line, file=sys.stderr)  # noqa: T201
    return offline.REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ensemble-manage", description="Ensembles for operators.")
    parser.add_argument("--version", action="version", version=version())
    for name, words in (
        ("--config-file", "nova.conf; default: found as Nova finds it. May be repeated."),
        ("--config-dir", "A directory of more configuration files. May be repeated."),
    ):
        parser.add_argument(name, action="append", default=[], metavar="PATH", help=words)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_database(commands)
    offline.add_snapshot(commands)
    offline.add_plan(commands)
    add_sweep(commands)
    add_audit(commands)
    return parser


def _configuration(options: argparse.Namespace) -> cfg.ConfigOpts:
    config = cfg.ConfigOpts()
    conf.register(config)
    arguments: list[str] = []
    for name in ("config_file", "config_dir"):
        for path in getattr(options, name):
            arguments += [f"--{name.replace('_', '-')}", path]
    config(arguments, project="nova")
    return config


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit code; configuration is read where it is needed."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(
            stream, "reconfigure"
        ):  # a name that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        if "configured" not in options:
            return int(options.run(options))
        return int(options.configured(options, _configuration(options)))
    except cfg.Error as error:
        print(error, file=sys.stderr)  # noqa: T201
        return offline.WRONG
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001
        return _print_error(error)
