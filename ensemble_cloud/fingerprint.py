# SPDX-License-Identifier: Apache-2.0
"""Short digests of what results are made from, to know when they must be made again."""

import hashlib
import importlib.util
from importlib import metadata
from pathlib import Path

_SERVICES = ("keystone", "openstack-placement", "glance", "neutron", "nova", "cinder", "horizon")


def service_versions() -> dict[str, str]:
    """Return the installed version of every service."""
    return {name: metadata.version(name) for name in _SERVICES}


def of_files(package: str, *patterns: str) -> str:
    """Return a digest over the names and contents of a package's files.

    The patterns are those of pathlib's glob, relative to the package's directory.
    """
    digest = hashlib.sha256()
    spec = importlib.util.find_spec(package)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        root = Path(location)
        for path in sorted(path for pattern in patterns for path in root.glob(pattern)):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
