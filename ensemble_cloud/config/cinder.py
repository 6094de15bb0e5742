# SPDX-License-Identifier: Apache-2.0
"""Cinder's configuration: one process that is API, scheduler and volume service."""

import sys
from pathlib import Path

from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.ini import Sections

BACKEND = "simulated"


def sections(cloud: Cloud) -> Sections:
    """Return cinder.conf."""
    data = cloud.state.data / "cinder"
    installed = Path(sys.prefix) / "etc/cinder"
    return {
        "DEFAULT": {
            **cloud.logging("cinder"),
            "state_path": str(data),
            "host": "controller",
            "transport_url": "ensemblecloud:/",
            "auth_strategy": "keystone",
            "api_paste_config": str(installed / "api-paste.ini"),
            "resource_query_filters_file": str(installed / "resource_filters.json"),
            "enabled_backends": BACKEND,
            "glance_api_servers": cloud.ports.url("glance"),
            # Its volume service is in the same process, and needs no waiting for.
            "scheduler_driver_init_wait_time": 1,
            "quota_volumes": 100,
            "quota_gigabytes": 10000,
        },
        BACKEND: {
            "volume_driver": "ensemble_cloud.volume_driver.SimulatedVolumes",
            "volume_backend_name": BACKEND,
        },
        "database": cloud.database("cinder"),
        "keystone_authtoken": cloud.token_checks("cinder"),
        "service_user": {**cloud.credentials("cinder"), "send_service_user_token": True},
        "nova": cloud.credentials("nova"),
        "coordination": {"backend_url": f"file://{data}"},
        "oslo_concurrency": {"lock_path": str(data / "lock")},
        "oslo_messaging_notifications": {"driver": "noop"},
    }
