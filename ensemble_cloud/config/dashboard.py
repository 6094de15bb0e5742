# SPDX-License-Identifier: Apache-2.0
"""Horizon's local_settings.py, written as an operator would write it."""

from typing import Any

from ensemble_cloud import control
from ensemble_cloud.config.cloud import Cloud

_ENABLE_PLUGIN = """
import ensemble_dashboard

ensemble_dashboard.activate()
"""


def settings_text(cloud: Cloud) -> str:
    """Return local_settings.py."""
    lines = [f"{name} = {value!r}" for name, value in _settings(cloud).items()]
    return "\n".join(["# Written at every start of the embedded cloud.", *lines, _ENABLE_PLUGIN])


def _settings(cloud: Cloud) -> dict[str, Any]:
    return {
        "DEBUG": False,
        # Any name will do: the server listens on the loopback address only.
        "ALLOWED_HOSTS": ["*"],
        "SECRET_KEY": cloud.identity.secret_key,
        "OPENSTACK_KEYSTONE_URL": cloud.auth_url,
        "OPENSTACK_KEYSTONE_DEFAULT_ROLE": "member",
        "OPENSTACK_API_VERSIONS": {"identity": 3},
        "OPENSTACK_NEUTRON_NETWORK": {
            "enable_router": False,
            "enable_quotas": True,
            "enable_distributed_router": False,
            "enable_ha_router": False,
            "enable_fip_topology_check": False,
        },
        # Sessions in files: they outlive a restart and, unlike cookies, have room for a catalog.
        "SESSION_ENGINE": "django.contrib.sessions.backends.file",
        "SESSION_FILE_PATH": str(cloud.state.data / "sessions"),
        "CACHES": {
            "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
        },
        "STATIC_ROOT": str(cloud.state.static),
        "COMPRESS_ENABLED": True,
        "COMPRESS_OFFLINE": True,
        # With this the dashboard can really stop hosts; no other cloud has it.
        "ENSEMBLES_EMBEDDED_CLOUD": str(control.socket_of(cloud.state.run)),
        "TIME_ZONE": "UTC",
        "LOGGING": _logging(),
    }


def _logging() -> dict[str, Any]:
    """Write everything from INFO up to the standard error stream, which goes to the log file."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
    }
