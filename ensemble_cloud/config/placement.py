# SPDX-License-Identifier: Apache-2.0
"""Placement's configuration."""

from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.ini import Sections


def sections(cloud: Cloud) -> Sections:
    """Return placement.conf."""
    return {
        "DEFAULT": cloud.logging("placement"),
        "api": {"auth_strategy": "keystone"},
        "placement_database": cloud.database("placement"),
        # More than one try lets concurrent claims over-commit a provider on some databases.
        "placement": {"allocation_conflict_retry_count": 1},
        "keystone_authtoken": cloud.token_checks("placement"),
    }
