# SPDX-License-Identifier: Apache-2.0
"""nova.conf as nova-api reads it, written for one test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from nova.conf import notifications, scheduler
from oslo_config import cfg

from ensemble_api import conf

Settings: TypeAlias = Mapping[str, Any]


def nova_conf(path: Path, sections: Mapping[str, Settings]) -> cfg.ConfigOpts:
    """A configuration, read from the file; what is None is left out."""
    text = ""
    for name, settings in sections.items():
        text += f"[{name}]\n"
        text += "".join(
            f"{key} = {value}\n" for key, value in settings.items() if value is not None
        )
    path.write_text(text)
    config = cfg.ConfigOpts()
    config.register_opt(cfg.StrOpt("default_availability_zone", default="nova"))
    config.register_opt(cfg.IntOpt("service_down_time", default=60))
    scheduler.register_opts(config)
    notifications.register_opts(config)
    conf.register_services(config)
    conf.register(config)
    config([], project="nova", default_config_files=[str(path)])
    return config


def user(url: str, **more: Any) -> dict[str, Any]:
    """What a section says of its service user, with the URL of a Keystone."""
    return {
        "auth_type": "password",
        "auth_url": url,
        "username": "nova",
        "password": "secret",
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        **more,
    }
