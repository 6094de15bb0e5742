# SPDX-License-Identifier: Apache-2.0
"""The installed version of the client."""

from importlib import metadata
from typing import Final

_DISTRIBUTION: Final = "python-ensembleclient"
_CLONE: Final = "openstack-ensembles"


def version() -> str:
    """Give the version of the distribution, or of the clone that is installed in its place."""
    for name in (_DISTRIBUTION, _CLONE):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return "unknown"
