# SPDX-License-Identifier: Apache-2.0
"""The configuration of ensembles as a service of their own, and of their engine."""

from ensemble_cloud.config import nova
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.ini import Sections


def sections(cloud: Cloud) -> Sections:
    """Return ensembles.conf, which API and engine share."""
    of_nova = nova.sections(cloud)
    return {
        "DEFAULT": {
            **cloud.logging("ensembles"),
            "concurrency_backend": "threading",
            "service_down_time": nova.SERVICE_DOWN_TIME,
        },
        "keystone_authtoken": cloud.token_checks("ensembles"),
        "ensembles": {
            **nova.ensembles(cloud),
            **cloud.credentials("ensembles"),
            "mount": "service",
            "run_worker": False,
        },
        # What Nova's scheduler looks at, and the cells of hosts, which its API does not tell.
        "filter_scheduler": of_nova["filter_scheduler"],
        "api_database": of_nova["api_database"],
        **{name: of_nova[name] for name in ("placement", "neutron", "cinder", "glance")},
    }
