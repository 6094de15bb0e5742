# SPDX-License-Identifier: Apache-2.0
"""What `up` says when the cloud is ready."""

from ensemble_cloud import clouds_yaml
from ensemble_cloud.config.cloud import Cloud


def welcome(cloud: Cloud, seconds: float) -> str:
    """Return the text: where to go, who to be, and what to try first."""
    users = clouds_yaml.users(cloud.shape)
    logins = [
        f"    {user.name:10} {user.password:10} project {user.project}, role {user.role}"
        for user in users
    ]
    first = users[0].name
    shape = cloud.shape
    size = f"{len(shape.hosts)} hosts in {len(shape.racks)} racks and {len(shape.zones)} zones"
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
        f"   1. Log in as {first}; Project > Compute > Ensembles > Draw ensemble.",
        f"   2. openstack --os-cloud {first} server list",
        f"   3. ensemble-cloud host stop {shape.hosts[0].name}, and see who loses what as admin.",
        "",
        "Ctrl-C stops everything; the next start continues from here.",
    ]
    return "\n".join(lines)
