# SPDX-License-Identifier: Apache-2.0
"""The Tempest plugin's tests, run by Tempest on the full profile."""

import configparser
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.cloud.ensembles import Project
from tests.embedded import EmbeddedCloud

pytestmark = pytest.mark.cloud

TEMPEST = Path(sysconfig.get_path("scripts")) / "tempest"
OURS = 13
"""How many tests the plugin has."""


def options(cloud: EmbeddedCloud) -> dict[str, dict[str, Any]]:
    """What Tempest must know of this cloud, which has no images to upload and no routers."""
    auth = cloud.connection("admin").config.config["auth"]
    names = Project(cloud.connection("demo")).names
    return {
        "auth": {
            "admin_username": auth["username"],
            "admin_password": auth["password"],
            "admin_project_name": auth["project_name"],
            "admin_domain_name": "Default",
            "create_isolated_networks": False,
            "tempest_roles": "member",
        },
        "identity": {"uri_v3": auth["auth_url"], "auth_version": "v3", "region": "RegionOne"},
        "compute": {
            "flavor_ref": names["flavor"]["m1.tiny"],
            "image_ref": names["image"]["cirros"],
        },
        "service_available": {"cinder": False, "swift": False, "ensemble": True},
        "ensemble": {"network": names["network"]["private"], "hosts": 3, "build_interval": 1},
        "oslo_concurrency": {"lock_path": "lock"},
    }


def test_tempest_runs_all_tests_of_the_plugin_and_none_fails(
    full_cloud: EmbeddedCloud, tmp_path: Path
) -> None:
    config = configparser.RawConfigParser()
    config.read_dict(options(full_cloud))
    workspace = tmp_path / "workspace"
    listed = ("--workspace-path", str(tmp_path / "workspaces.yaml"))

    def tempest(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [TEMPEST, *words],
            cwd=tmp_path if words[0] == "init" else workspace,
            env=full_cloud.env,
            text=True,
            capture_output=True,
            check=False,
        )

    made = tempest("init", str(workspace), *listed)
    assert made.returncode == 0, made.stderr
    with (workspace / "etc/tempest.conf").open("w") as file:
        config.write(file)
    done = tempest("run", "--regex", "^ensemble_tempest", "--concurrency", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f" - Passed: {OURS}\n" in done.stdout, done.stdout
    assert " - Skipped: 0\n" in done.stdout, done.stdout
