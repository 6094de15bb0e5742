# SPDX-License-Identifier: Apache-2.0
"""The command line: `ensemble-cloud up | status | down | reset | host | rack | zone`."""

import argparse
import sys
from pathlib import Path

from ensemble_cloud import commands
from ensemble_cloud.domains import Level
from ensemble_cloud.profile import Mount, Profile
from ensemble_cloud.state import StateDirectory, default_root
from ensemble_cloud.version import version


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="ensemble-cloud",
        description="An OpenStack cloud with simulated hypervisors, on this machine.",
    )
    top.add_argument("--version", action="version", version=version())
    top.add_argument(
        "--state",
        type=Path,
        default=default_root(),
        metavar="DIR",
        help="the state directory (default: %(default)s, or $ENSEMBLE_CLOUD_STATE)",
    )
    verbs = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    up = verbs.add_parser("up", help="start the cloud, and keep it until Ctrl-C")
    up.add_argument("--detach", action="store_true", help="return when the cloud is ready")
    up.add_argument("--shape", type=Path, metavar="FILE", help="the cloud's shape (first start)")
    up.add_argument("--port-base", type=int, metavar="N", help="the first port of a row")
    up.add_argument(
        "--profile",
        type=Profile,
        choices=list(Profile),
        metavar="{compact,full}",
        help="compact: all of Nova in one process, on SQLite (default); full: MariaDB, RabbitMQ "
        "and each service apart, so that any of them can be killed alone (first start)",
    )
    up.add_argument(
        "--with-volumes",
        action="store_true",
        help="add Cinder, from this start on; not with the profile full",
    )
    up.add_argument(
        "--with-heat",
        action="store_true",
        help="add Heat with the resource OS::Ensemble::Ensemble, from this start on",
    )
    up.add_argument(
        "--nova-from",
        type=Path,
        metavar="DIR",
        help="run nova-api and nova-scheduler from this virtual environment, with nothing of "
        "ensembles in their configuration, to try an installation; with the profile full",
    )
    up.add_argument(
        "--mount",
        type=Mount,
        choices=list(Mount),
        metavar="{nova-api,service}",
        help="where ensembles are, from this start on: inside nova-api (at first), or a service of "
        "their own with ensemble-engine beside it; not with the profile full",
    )
    up.add_argument("--no-dashboard", action="store_true", help="leave Horizon out")
    up.add_argument(
        "--no-background",
        action="store_true",
        help="leave the servers of the background out; the next start makes them",
    )
    # How --detach calls the process that stays.
    up.add_argument("--in-background", action="store_true", help=argparse.SUPPRESS)
    up.set_defaults(run=commands.up)
    status = verbs.add_parser("status", help="show the state of services and hosts")
    status.add_argument("--json", action="store_true", help="show it as JSON")
    status.set_defaults(run=commands.status)
    verbs.add_parser("down", help="stop the cloud").set_defaults(run=commands.down)
    reset = verbs.add_parser("reset", help="remove the cloud with everything in it")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    reset.set_defaults(run=commands.reset)
    for level in Level:
        services = "the compute service of a host"
        if level is not Level.HOST:
            services = f"the compute services of all hosts of a {level}"
        domain = verbs.add_parser(level, help=f"stop or start {services}")
        domain.add_argument("action", choices=("stop", "start"))
        domain.add_argument("name", metavar="NAME")
        domain.add_argument(
            "--forced",
            action="store_true",
            help="also force the services down in Nova, which then need not wait to notice; "
            "with start, take that away",
        )
        domain.set_defaults(run=commands.domain)
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = parser().parse_args(arguments)
    state = StateDirectory.at(options.state)
    try:
        code: int = options.run(state, options)
    except commands.CommandError as error:
        sys.stderr.write(f"ensemble-cloud: {error}\n")
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main())
