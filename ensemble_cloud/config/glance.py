# SPDX-License-Identifier: Apache-2.0
"""Glance's configuration."""

import sys
from pathlib import Path

from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.ini import Sections


def sections(cloud: Cloud) -> Sections:
    """Return glance-api.conf."""
    data = cloud.state.data / "glance"
    return {
        "DEFAULT": {
            **cloud.logging("glance"),
            "enabled_backends": "files:file",
            "worker_self_reference_url": cloud.ports.url("glance"),
        },
        "database": cloud.database("glance"),
        "keystone_authtoken": cloud.token_checks("glance"),
        "paste_deploy": {
            "flavor": "keystone",
            "config_file": str(Path(sys.prefix) / "etc/glance/glance-api-paste.ini"),
        },
        "glance_store": {"default_backend": "files"},
        "files": {"filesystem_store_datadir": str(data / "images")},
        "os_glance_staging_store": {"filesystem_store_datadir": str(data / "staging")},
        "os_glance_tasks_store": {"filesystem_store_datadir": str(data / "tasks")},
        "oslo_concurrency": {"lock_path": str(data / "lock")},
        "oslo_messaging_notifications": {"driver": "noop"},
    }
