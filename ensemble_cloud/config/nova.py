# SPDX-License-Identifier: Apache-2.0
"""Nova's configuration: one process that is API, scheduler, conductor and every compute."""

import sys
from pathlib import Path

from ensemble_cloud.config.cloud import SELECTOR, Cloud
from ensemble_cloud.config.ini import Sections, Value
from ensemble_cloud.ports import ADDRESS

# Seconds. All heartbeats share one busy process: while 20 servers were built at once on an
# overloaded machine none was late by more than a second.
REPORT_INTERVAL = 3
SERVICE_DOWN_TIME = 15
_BUILDING = {
    "compute:servers:create:requested_destination": "rule:context_is_admin",
}
_MOVING = {
    "os_compute_api:os-migrate-server:migrate_live:host": "rule:context_is_admin",
    "os_compute_api:servers:migrations:delete": "rule:project_manager_or_admin",
}


def sections(cloud: Cloud) -> Sections:
    """Return nova.conf."""
    return {
        "DEFAULT": {**_default(cloud), **_compute()},
        "api": {"auth_strategy": "keystone"},
        "wsgi": {"api_paste_config": str(cloud.state.etc / "nova/api-paste.ini")},
        "database": cloud.database("nova_cell1", pool=30),
        "api_database": cloud.database("nova_api", pool=20),
        "conductor": {"workers": 1},
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": -1, "max_attempts": 5},
        "filter_scheduler": _scheduler(ours=not cloud.nova_environment),
        "vnc": {"enabled": False},
        "quota": {
            "instances": 1000,
            "cores": -1,
            "ram": -1,
            "server_groups": 200,
            "server_group_members": 200,
        },
        # All hosts share one pool of threads for their periodic updates.
        "compute": {
            "resource_provider_association_refresh": 300,
            "update_resources_max_workers": 8,
        },
        "keystone_authtoken": cloud.token_checks("nova"),
        "service_user": {**cloud.credentials("nova"), "send_service_user_token": True},
        "placement": cloud.credentials("placement"),
        "neutron": cloud.credentials("neutron"),
        "cinder": {**cloud.credentials("nova"), "catalog_info": "block-storage:cinder:publicURL"},
        "glance": {
            **cloud.credentials("glance"),
            "endpoint_override": cloud.ports.url("glance"),
        },
        "oslo_policy": {"policy_file": str(cloud.state.etc / "nova/policy.yaml")},
        "oslo_concurrency": {"lock_path": str(cloud.state.data / "nova/lock")},
        "oslo_messaging_notifications": {"driver": "noop"},
        **({} if cloud.nova_environment else {"ensembles": _inside(cloud)}),
    }


def paste_text(cloud: Cloud) -> str:
    """Return api-paste.ini: the installed one, with our filter before the application."""
    text = (Path(sys.prefix) / "etc/nova/api-paste.ini").read_text()
    if cloud.nova_environment or cloud.stands_alone:
        return text
    text = text.replace(
        "keystonecontext osapi_compute_app_v21", "keystonecontext ensembles osapi_compute_app_v21"
    ).replace(
        "legacy_v2_compatible osapi_compute_app_v21",
        "legacy_v2_compatible ensembles osapi_compute_app_v21",
    )
    return text + (
        "\n[filter:ensembles]\npaste.filter_factory = ensemble_api.middleware:filter_factory\n"
    )


def policy_text(cloud: Cloud) -> str:
    """Return policy.yaml: ensembles may name the host of a server that they build for a tenant.

    Where they ask by HTTP, also that of one that they move.
    """
    if cloud.nova_environment:
        return ""
    rules = {**_BUILDING, **(_MOVING if cloud.stands_alone else {})}
    return "".join(
        f'"{rule}": "{others} or service_roles:ensembles_placer"\n'
        for rule, others in rules.items()
    )


def _default(cloud: Cloud) -> dict[str, Value]:
    data = cloud.state.data / "nova"
    return {
        **cloud.logging("nova"),
        "state_path": str(data),
        "instances_path": str(data / "instances"),
        "host": "controller",
        "my_ip": ADDRESS,
        "transport_url": "ensemblecloud:/",
        "concurrency_backend": "threading",
        "enabled_apis": "osapi_compute",
        "rpc_response_timeout": 120,
        "default_thread_pool_size": 64,
        "cell_worker_thread_pool_size": 16,
        "executor_thread_pool_size": 8,
        "report_interval": REPORT_INTERVAL,
        "service_down_time": SERVICE_DOWN_TIME,
        "periodic_fuzzy_delay": 60,
        # A simulated compute has nothing to wait for when it stops.
        "graceful_shutdown_timeout": 10,
        "manager_shutdown_timeout": 5,
    }


def _compute() -> dict[str, Value]:
    return {
        "compute_driver": "ensemblecloud.Hypervisor",
        # Both must be equal with native threads, or Nova warns at every start.
        "max_concurrent_builds": 40,
        "max_concurrent_snapshots": 40,
        # Neutron sends no events here.
        "vif_plugging_is_fatal": False,
        "vif_plugging_timeout": 0,
        # A host holds exactly what its size says.
        "reserved_host_memory_mb": 0,
        "reserved_host_disk_mb": 0,
        "reserved_host_cpus": 0,
        "initial_cpu_allocation_ratio": "1.0",
        "initial_ram_allocation_ratio": "1.0",
        "initial_disk_allocation_ratio": "1.0",
        "sync_power_state_interval": -1,
        "update_resources_interval": 300,
        "heal_instance_info_cache_interval": 600,
        "flat_injected": False,
    }


def _scheduler(*, ours: bool) -> dict[str, Value]:
    nova_s = "nova.scheduler.filters.all_filters"
    return {
        "available_filters": (
            (nova_s, "ensemble_api.scheduler.filter.EnsembleFilter") if ours else nova_s
        ),
        "enabled_filters": ",".join(
            (
                "ComputeFilter",
                "ComputeCapabilitiesFilter",
                "ImagePropertiesFilter",
                "ServerGroupAntiAffinityFilter",
                "ServerGroupAffinityFilter",
                "SameHostFilter",
                "DifferentHostFilter",
                "AggregateMultiTenancyIsolation",
                *(("EnsembleFilter",) if ours else ()),
            )
        ),
        # Servers that arrive together should not all pick the same best host.
        "host_subset_size": 3,
    }


def _inside(cloud: Cloud) -> dict[str, Value]:
    return {**ensembles(cloud), "auth_section": "placement"}


def ensembles(cloud: Cloud) -> dict[str, Value]:
    """Return what of our section both mounts share."""
    return {
        "connection": cloud.database_url("ensembles"),
        # Nova is one process here: when it is killed, what it was scheduling is lost for good.
        "build_timeout": 120,
        "rebalance_delay": 10,
        "recovery_cores": -1,
        "recovery_ram": -1,
        # Servers without a disk or a boot are there within a second.
        "poll_interval": "0.5",
        "levels": "rack:rack,zone:availability_zone",
        "selectors": SELECTOR,
        # Several clouds may run on one machine, and share no port.
        "metrics_listen": "",
    }
