# SPDX-License-Identifier: Apache-2.0
"""The service user's credentials, by the [ensembles] section of nova.conf."""

from typing import Any

from keystoneauth1 import loading
from oslo_config import cfg

from ensemble_api import conf, exception


def load(config: cfg.ConfigOpts) -> tuple[Any, Any]:
    """A keystoneauth plugin and the session that uses it.

    :raises ensemble_api.exception.Unavailable: when the configuration has no usable ones.
    """
    try:
        auth = loading.load_auth_from_conf_options(config, conf.GROUP)
        session = loading.load_session_from_conf_options(config, conf.GROUP, auth=auth)
    except Exception as error:  # keystoneauth raises many kinds
        raise exception.Unavailable(f"[{conf.GROUP}] has no usable credentials: {error}") from error
    if auth is None:
        raise exception.Unavailable(f"[{conf.GROUP}] has no credentials: no auth_type is set.")
    return auth, session
