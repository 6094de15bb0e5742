# SPDX-License-Identifier: Apache-2.0
"""Neutron's configuration."""

import sys
from pathlib import Path

from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.ini import Sections


def sections(cloud: Cloud) -> Sections:
    """Return neutron.conf: ML2 without agents, as there is no data plane."""
    data = cloud.state.data / "neutron"
    return {
        "DEFAULT": {
            **cloud.logging("neutron"),
            "state_path": str(data),
            "core_plugin": "ml2",
            "service_plugins": "",
            "transport_url": "ensemblecloud:/",
            "auth_strategy": "keystone",
            "api_paste_config": str(Path(sys.prefix) / "etc/neutron/api-paste.ini"),
            # Nova does not wait for these events, so they would only cost time.
            "notify_nova_on_port_status_changes": False,
            "notify_nova_on_port_data_changes": False,
            "dhcp_agent_notification": False,
            "api_workers": 0,
            "rpc_workers": 0,
            "rpc_state_report_workers": 0,
        },
        "database": cloud.database("neutron"),
        "keystone_authtoken": cloud.token_checks("neutron"),
        "ml2": {
            "type_drivers": "local,flat,vlan,vxlan,geneve",
            "tenant_network_types": "geneve",
            "project_network_types": "geneve",
            "mechanism_drivers": "ensemblecloud",
            "extension_drivers": "port_security",
        },
        "ml2_type_geneve": {"vni_ranges": "1:65536", "max_header_size": 38},
        "securitygroup": {"enable_security_group": True},
        "quotas": {
            "quota_port": -1,
            "quota_network": 100,
            "quota_subnet": 100,
            "quota_security_group": 100,
            "quota_security_group_rule": 1000,
        },
        "oslo_concurrency": {"lock_path": str(data / "lock")},
        "oslo_messaging_notifications": {"driver": "noop"},
    }
