# SPDX-License-Identifier: Apache-2.0
"""The Horizon plugin: panels for projects and operators, and the page where ensembles are drawn."""

from pathlib import Path


def activate() -> None:
    """Switch the plugin on without copying files into Horizon.

    Call it from ``local_settings.py``: Horizon walks ``openstack_dashboard.local.enabled`` after
    that file was read, and finds our ``enabled`` directory there. Calling it twice does no harm.
    """
    from openstack_dashboard.local import enabled

    ours = str(Path(__file__).parent / "enabled")
    if ours not in enabled.__path__:
        enabled.__path__.append(ours)
