# SPDX-License-Identifier: Apache-2.0
"""Nova's cell mappings in a full cloud, and those of the hosts to their cells.

Run as `python -m ensemble_cloud.full.cell_mappings cells JSON` to map the cells that it names, and
with `hosts` to map the hosts that have reported since.
"""

# ruff: noqa: E402 - Nova must be told its kind of threads before anything of it is imported.
import sys

_ARGUMENTS, sys.argv = sys.argv[1:], ["nova-manage"]

from nova import monkey_patch

monkey_patch.patch(backend="threading")

import json

from nova import context, objects
from nova.api.openstack import wsgi_app
from nova.objects import host_mapping

from ensemble_cloud.cells import map_cells


def main() -> None:
    """Do the action."""
    # It reads the configuration that the environment names.
    wsgi_app.init_global_data(wsgi_app._get_config_files(), "osapi_compute", "nova-manage")
    objects.register_all()
    admin = context.get_admin_context()
    if _ARGUMENTS[0] == "cells":
        map_cells(admin, json.loads(_ARGUMENTS[1]))
    else:
        host_mapping.discover_hosts(admin)


if __name__ == "__main__":
    main()
