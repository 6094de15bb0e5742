# SPDX-License-Identifier: Apache-2.0
"""Keystone's configuration."""

from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.ini import Sections


def sections(cloud: Cloud) -> Sections:
    """Return keystone.conf."""
    tokens, credentials = (str(cloud.state.data / name) for name in ("fernet", "credential"))
    return {
        "DEFAULT": {
            **cloud.logging("keystone"),
            "public_endpoint": cloud.ports.url("keystone"),
        },
        "database": cloud.database("keystone"),
        # A demo should not ask for a new login in the middle of the day.
        "token": {"provider": "fernet", "expiration": 86400},
        "fernet_tokens": {"key_repository": tokens},
        "fernet_receipts": {"key_repository": tokens},
        "credential": {"key_repository": credentials},
        "cache": {"enabled": True, "backend": "oslo_cache.dict"},
        # The passwords are demo ones: the cheapest hash saves time at every login. 72 characters
        # are what that hash takes; keystone warns at every login when more are allowed.
        "identity": {"password_hash_rounds": 4, "max_password_length": 72},
        "oslo_messaging_notifications": {"driver": "noop"},
    }
