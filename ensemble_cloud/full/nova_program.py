# SPDX-License-Identifier: Apache-2.0
"""One program of Nova as its own process: conductor, scheduler or compute.

Run as `python -m ensemble_cloud.full.nova_program PROGRAM STATE --config-file FILE...`, with a
standard input that the parent holds open.
"""

import importlib
import sys
from pathlib import Path

from ensemble_cloud.serve import end_with_parent


def main() -> None:
    """Run the program until it is ended."""
    program, state, *arguments = sys.argv[1:]
    # Nova parses the command line itself, even when it is imported.
    sys.argv = [f"nova-{program}", *arguments]
    end_with_parent()
    command = importlib.import_module(f"nova.cmd.{program}")
    if program == "compute":
        _install_hypervisor(Path(state))
    command.main()


def _install_hypervisor(state: Path) -> None:
    from ensemble_cloud import hypervisor, shape_file
    from ensemble_cloud.state import SHAPE

    hosts = shape_file.load(state / SHAPE)[0].hosts
    hypervisor.install({host.name: host.size for host in hosts})


if __name__ == "__main__":
    main()
