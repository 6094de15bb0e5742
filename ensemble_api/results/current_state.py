# SPDX-License-Identifier: Apache-2.0
"""The current state of an ensemble: where Nova has its servers now, and what that breaks."""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import Assignment, Violation
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.records import EnsembleRecord, MemberRecord


@dataclass(frozen=True, slots=True)
class MemberState:
    """One member: its server as Nova has it, None where there is none, and the server's host.

    ``running`` is whether it counts as left: a server that runs, on a host that is up.
    ``addresses`` are what it has, each with the name of its network, as Nova lists them.
    """

    member: MemberRecord
    server_id: str | None
    status: str | None
    host: str | None
    running: bool
    addresses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CurrentState:
    """All members now; ``left`` are those that run, ``violations`` what the servers' places break.

    Policies about places count every server that has a host; `survive` counts those that run.
    """

    record: EnsembleRecord
    ensemble: Ensemble
    topology: Topology
    members: tuple[MemberState, ...]
    left: Assignment
    violations: tuple[Violation, ...]
    labels: Mapping[str, str]
    at: str


def planned_domains(member: MemberRecord) -> dict[str, FailureDomain]:
    """The domains that a member was planned into, by level."""
    return {
        level: FailureDomain(level, path[-1], tuple(path)) for level, path in member.domains.items()
    }
