# SPDX-License-Identifier: Apache-2.0
"""What `up` says when the cloud is ready."""

import os
import shlex
import shutil
import sysconfig
from pathlib import Path

from ensemble_cloud import clouds_yaml
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.nova import SERVICE_DOWN_TIME
from ensemble_cloud.state import StateDirectory, default_root

_EXAMPLE = Path(__file__).parents[1] / "examples/three-tier.yaml"  # in a source tree only


def welcome(cloud: Cloud, seconds: float) -> str:
    """Return the text: where to go, who to be, and what to try first."""
    users = clouds_yaml.users(cloud.shape)
    logins = [
        f"    {user.name:10} {user.password:10} project {user.project}, role {user.role}"
        for user in users
    ]
    first, shape = users[0].name, cloud.shape
    size = f"{len(shape.hosts)} hosts in {len(shape.racks)} racks and {len(shape.zones)} zones"
    command = "server list"
    if _EXAMPLE.exists():
        command = f"ensemble create {_short(_EXAMPLE)} --wait"
    lines = [
        "",
        f"The cloud is ready after {seconds:.0f} s: {size}.",
        "",
        f"  Dashboard   {cloud.ports.url('dashboard')}/",
        "  Logins      (user, password)",
        *logins,
        f"  Clients     export OS_CLIENT_CONFIG_FILE={cloud.state.clouds_yaml}",
        "",
        "  Try first:",
        f"   1. Log in as {first}, and go to Project > Compute > Ensembles > Draw ensemble.",
        f"   2. {_tool('openstack')} --os-cloud {first} {command}",
        "   3. Break something: in a private window, log in as admin, go to Admin > Compute >",
        "      Ensembles, and click the bolt beside a rack. Keep the ensemble's page in sight: it",
        f"      tells what is lost some {SERVICE_DOWN_TIME} seconds later, and how to repair it.",
        f"      Without a browser: {own_command(cloud.state)} host stop {shape.hosts[0].name}",
        "",
    ]
    return "\n".join(lines)


def own_command(state: StateDirectory) -> str:
    """Return how to call ensemble-cloud for this cloud from here."""
    here = state.root == StateDirectory.at(default_root()).root
    return _tool("ensemble-cloud") + ("" if here else f" --state {shlex.quote(_short(state.root))}")


def _tool(name: str) -> str:
    """Return how to call one of the installed commands from here."""
    path = Path(sysconfig.get_path("scripts"), name)
    return name if shutil.which(name) == str(path) else _short(path)


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
