# SPDX-License-Identifier: Apache-2.0
"""The current state of an ensemble: where Nova has its servers now, and what that breaks."""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_api.planning.failed_domains import FailedDomain
from ensemble_api.planning.model import Ensemble
from ensemble_api.planning.result import Assignment, Violation
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.records import EnsembleRecord, MemberRecord
from ensemble_api.standing import MemberState


@dataclass(frozen=True, slots=True)
class CurrentState:
    """All members now; ``left`` are those that run, ``violations`` what the servers' places break.

    ``up`` are the hosts that are, ``failed`` the domains with members that are down as a whole.
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
    up: frozenset[str] = frozenset()
    failed: tuple[FailedDomain, ...] = ()


def planned_domains(member: MemberRecord) -> dict[str, FailureDomain]:
    """The domains that a member was planned into, by level."""
    return {
        level: FailureDomain(level, path[-1], tuple(path)) for level, path in member.domains.items()
    }
