# SPDX-License-Identifier: Apache-2.0
"""What a dry run finds, and how another plan differs from the one that was to be built."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ensemble_api.planning import result
from ensemble_api.planning.eligibility import Eligibility
from ensemble_api.planning.headroom import LevelRoom, Loss
from ensemble_api.planning.model import Member
from ensemble_api.planning.policy import Policy
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.results.quota import QuotaShortage


@dataclass(frozen=True, slots=True)
class AllDomains:
    """The domains of the whole cloud, as far as they are shown.

    ``tiers`` are those of which a member could be there, ``held`` is how many members of the
    project's other ensembles are there, ``totals`` how many domains a level has in all.
    """

    domains: tuple[FailureDomain, ...]
    tiers: Mapping[FailureDomain, Eligibility]
    held: Mapping[FailureDomain, int]
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a dry run gives: the result, the topology, and what else was asked for.

    ``labels`` are those of the domains by reference; without them they count what is shown. By
    ``id`` the plan can be built as it is, for a while, unless it is ``over_quota``. ``policies``
    are those that were planned with. ``unplanned`` are codes by tier: what its members need that no
    plan looks at. ``namesakes`` are the project's ensembles that have the ``name`` already,
    ``left`` hosts that members move away from. ``seen_at`` is when the capacity was looked at that
    is planned with, if that was not ``at`` the time of the plan.
    """

    result: result.Plan | result.Infeasible
    topology: Topology
    rooms: tuple[LevelRoom, ...] = ()
    all_domains: AllDomains | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    at: str | None = None
    id: str | None = None
    failed: Loss | None = None
    over_quota: tuple[QuotaShortage, ...] = ()
    unplanned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    name: str = ""
    namesakes: int = 0
    left: tuple[str, ...] = ()
    seen_at: str = ""


@dataclass(frozen=True, slots=True)
class JointDryRun:
    """What a dry run of ensembles that are planned as one gives: of the ``whole``, and of each.

    Of each there is none where the whole has no plan. A single ensemble is its own whole.
    """

    whole: DryRun
    parts: tuple[DryRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A member that would be elsewhere than planned, by level; without a plan it was nowhere."""

    member: Member
    before: Mapping[str, FailureDomain] | None
    after: Mapping[str, FailureDomain]
