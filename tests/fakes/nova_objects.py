# SPDX-License-Identifier: Apache-2.0
"""What the fake Nova has: hosts and servers, and what it answers to what it does not take."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass
class FakeHost:
    name: str
    provider: str
    rack: str | None
    zone: str | None
    state: str = "up"
    status: str = "enabled"
    hypervisor_type: str = "QEMU"
    disabled_reason: str | None = None
    silent: bool = False  # its cell does not answer
    unheard: bool = False  # for some minutes, though nobody takes it for down yet
    forced_down: bool = False
    evacuated: list[str] = field(default_factory=list)  # what claims here until it is back


@dataclass
class FakeServer:
    id: str
    name: str
    host: str
    project_id: str
    user_id: str
    tags: list[str]
    request: dict[str, Any]
    status: str = "BUILD"
    task: str | None = None
    fault: str | None = None
    looks: int = 0
    gone: bool = False
    locked: bool = False
    # With its conductor killed nobody builds it, and its delete leaves it in the list alone:
    # "unmapped" and "requested" as cloud.forgotten has them, "mapped" when it was recalled.
    half_made: str = ""
    lost: bool = False  # after that: in the list, and not found otherwise
    stuck: bool = False  # on a host that died: nothing happens to it, until Nova knows and is asked
    created: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    address: str = ""
    target: str = ""  # where it is moving, and the consumer that has its place meanwhile
    migration: str = ""
    evacuating_to: str = ""  # where it is built again, or was to be
    late_on: str = ""  # the host on which an evacuation has failed that came too late
    late_at: int = 0  # how much had been done with servers by then
    landed_on: str = ""  # where it had been brought before that
    landing: bool = False  # evacuated, and not shown on its new host yet
    before: str = ""  # its status before an evacuation
    facts: dict[str, Any] = field(default_factory=dict)  # what Nova shows beside the rest

    @property
    def vm_state(self) -> str:
        """What it is beneath its task, which its status shows alone."""
        lasting = self.before if self.task == "rebuilding" and self.before else self.status
        return {"SHUTOFF": "stopped", "ERROR": "error", "BUILD": "building"}.get(lasting, "active")


@dataclass
class FakeServerGroup:
    id: str
    name: str
    project_id: str
    policy: str
    rules: dict[str, int]
    members: list[str]


class Refused(Exception):
    """Nova's answer is an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message
