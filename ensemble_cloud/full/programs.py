# SPDX-License-Identifier: Apache-2.0
"""The programs of the full profile that no Python package brings."""

import os
import shutil
import sysconfig
from pathlib import Path

from ensemble_cloud.state import StateError

# Where Debian keeps what only a service of the system is meant to call.
_DIRECTORIES = ("/usr/sbin", "/usr/lib/rabbitmq/bin")
_PACKAGES = {
    "mariadbd": "mariadb-server-core",
    "mariadb-install-db": "mariadb-server-core",
    "rabbitmq-server": "rabbitmq-server",
    "epmd": "rabbitmq-server",
}


def path_of(program: str) -> str:
    """Return the path of a program.

    :raises StateError: when it is not installed.
    """
    # Debian's own rabbitmq-server wants to be root or its own user: the one behind it does not.
    directories = [*reversed(_DIRECTORIES), sysconfig.get_path("scripts"), *os.get_exec_path()]
    found = shutil.which(program, path=os.pathsep.join(directories))
    if found is None:
        raise StateError(f"{program} is missing; {_advice([program])}")
    return str(Path(found))


def check() -> None:
    """See that all programs are there.

    :raises StateError: naming all that are missing and how to install them.
    """
    missing = []
    for program in (*_PACKAGES, "uwsgi"):
        try:
            path_of(program)
        except StateError:
            missing.append(program)
    if missing:
        raise StateError(f"the full profile also needs {', '.join(missing)}; {_advice(missing)}")


def _advice(missing: list[str]) -> str:
    packages = sorted({_PACKAGES[name] for name in missing if name in _PACKAGES})
    advice = [f"on Debian and Ubuntu: apt install {' '.join(packages)}"] if packages else []
    if "uwsgi" in missing:
        advice.append("in the virtual environment: pip install pyuwsgi")
    return "; ".join(advice)
