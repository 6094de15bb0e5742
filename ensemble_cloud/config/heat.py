# SPDX-License-Identifier: Apache-2.0
"""Heat's configuration, with our resource among what it knows."""

import hashlib
import importlib.util
import sys
from pathlib import Path

from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.ini import Sections
from ensemble_cloud.full import rabbitmq
from ensemble_cloud.profile import Profile

_PLUGINS = "ensemble_heat"  # by its name alone: Heat loads it, as Horizon does the dashboard
_KEY_LENGTH = 32


def sections(cloud: Cloud) -> Sections:
    """Return heat.conf, for the API and for the engine."""
    installed = Path(sys.prefix) / "etc/heat"
    return {
        "DEFAULT": {
            **cloud.logging("heat"),
            "host": "controller",
            "transport_url": _transport_url(cloud),
            "plugin_dirs": str(_plugins()),
            "environment_dir": str(installed / "environment.d"),
            "template_dir": str(installed / "templates"),
            "region_name_for_services": "RegionOne",
            "auth_encryption_key": _key(cloud),
            "enable_stack_adopt": True,
            "enable_stack_abandon": True,
        },
        "database": cloud.database("heat"),
        "paste_deploy": {"api_paste_config": str(installed / "api-paste.ini")},
        "keystone_authtoken": cloud.token_checks("heat"),
        # Whom users trust, so that what they have asked for goes on when their tokens have ended.
        "trustee": {
            "auth_type": "password",
            "auth_url": cloud.auth_url,
            "username": "heat",
            "password": cloud.identity.service_password,
            "user_domain_id": "default",
        },
        "clients_keystone": {"auth_uri": cloud.ports.url("keystone")},
        "oslo_messaging_notifications": {"driver": "noop"},
    }


def schema_sections(cloud: Cloud) -> Sections:
    """Return what is otherwise while the tables are made.

    Heat looks at the database by a second connection meanwhile, which the plugin would have wait
    for the first one.
    """
    url = cloud.database_url("heat").replace("plugin=ensemblecloud&", "")
    return {"database": {"connection": url}}


def _transport_url(cloud: Cloud) -> str:
    if cloud.profile is Profile.FULL:
        return rabbitmq.url(cloud.ports, "/")
    return "ensemblecloud:/"


def _plugins() -> Path:
    """Where Heat finds the module that names our resource."""
    spec = importlib.util.find_spec(_PLUGINS)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "plugins"


def _key(cloud: Cloud) -> str:
    """What Heat keeps secrets with: the same at every start."""
    return hashlib.sha256(cloud.identity.secret_key.encode()).hexdigest()[:_KEY_LENGTH]
