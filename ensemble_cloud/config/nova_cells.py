# SPDX-License-Identifier: Apache-2.0
"""Nova's configuration in the full profile: the API and the two cells, and each process's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ensemble_cloud.config import nova
from ensemble_cloud.config.cloud import Cloud
from ensemble_cloud.config.ini import Sections
from ensemble_cloud.full import rabbitmq
from ensemble_cloud.shape import Host

CELLS = ("cell1", "cell2")
API = "/"  # the virtual host of what is above the cells


@dataclass(frozen=True, slots=True)
class NovaProcess:
    """One process of Nova: its name among the others, what it runs, its host, and its cell."""

    name: str
    program: str
    host: str
    cell: str = ""  # empty: above the cells


def processes(cloud: Cloud) -> tuple[NovaProcess, ...]:
    """Return all processes but the API: what others wait for comes first."""
    return (
        NovaProcess("nova-super-conductor", "conductor", "controller"),
        *(NovaProcess(f"nova-conductor-{cell}", "conductor", "controller", cell) for cell in CELLS),
        NovaProcess("nova-scheduler-1", "scheduler", "controller1"),
        NovaProcess("nova-scheduler-2", "scheduler", "controller2"),
        *(_compute(cloud, host) for host in cloud.shape.hosts),
    )


def _compute(cloud: Cloud, host: Host) -> NovaProcess:
    cell = cell_of(cloud, host.zone)
    return NovaProcess(f"nova-compute-{host.name}", "compute", host.name, cell)


def cell_of(cloud: Cloud, zone: str) -> str:
    """Return the cell of a zone's hosts: zones take turns."""
    return CELLS[cloud.shape.zones.index(zone) % len(CELLS)]


def config_files(cloud: Cloud, process: NovaProcess) -> list[Path]:
    """Return the files that a process reads, the later ones winning."""
    etc = cloud.state.etc / "nova"
    own = etc / "process" / f"{process.name}.conf"
    return [etc / "nova.conf", *([etc / f"{process.cell}.conf"] if process.cell else []), own]


def sections(cloud: Cloud) -> Sections:
    """Return nova.conf, which is that of everything above the cells."""
    common = nova.sections(cloud)
    return {
        **common,
        "DEFAULT": {
            **common["DEFAULT"],
            **cloud.logging("nova-api"),
            "transport_url": rabbitmq.url(cloud.ports, API),
        },
        "database": cloud.database("nova_cell0", pool=5),
        "api_database": cloud.database("nova_api", pool=5),
        **_ensembles(common),
        "notifications": {"notification_format": "versioned"},
        # The cells notify where the API listens.
        "oslo_messaging_notifications": {
            "driver": "messagingv2",
            "transport_url": rabbitmq.url(cloud.ports, API),
        },
    }


def _ensembles(common: Sections) -> Sections:
    if "ensembles" not in common:
        return {}
    # A reservation is retried by us, and each try of Nova's would be one on another host.
    return {"ensembles": {**common["ensembles"], "build_timeout": 300, "notifications": True}}


def texts(cloud: Cloud) -> Iterator[tuple[str, Sections]]:
    """Yield the files besides nova.conf, by their path in Nova's directory."""
    for cell in CELLS:
        yield (
            f"{cell}.conf",
            {
                "DEFAULT": {"transport_url": rabbitmq.url(cloud.ports, cell)},
                "database": cloud.database(f"nova_{cell}", pool=5),
            },
        )
    for process in processes(cloud):
        own = {"host": process.host, "log_file": str(cloud.state.log(process.name))}
        if process.program == "compute":
            own["state_path"] = str(compute_directory(cloud, process.host))
        yield f"process/{process.name}.conf", {"DEFAULT": own}


def compute_directory(cloud: Cloud, host: str) -> Path:
    """Return the directory of a host's compute service."""
    return cloud.state.data / "nova" / "hosts" / host
