# SPDX-License-Identifier: Apache-2.0
"""The metrics that there are: names, labels and what each label may be, so that none grows.

No label tells of a tenant, an ensemble or a host.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ensemble_api.losses import Cause
from ensemble_api.occurrences import WORDS
from ensemble_api.operations import MoveKind, MoveStatus, OperationStatus
from ensemble_api.records import MemberStatus, Status

OTHER = "other"  # a value of a label that none was thought of for
PLAN_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
INFINITE = "+Inf"


def label(name: str) -> str:
    """How a metric says what we write in capitals, or with hyphens."""
    return name.lower().replace("-", "_")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; ``labels`` are in the order in which they are told, with all their values.

    Values of a level are those of the cloud, which the configuration bounds.
    """

    name: str
    help: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def key(self, *values: str) -> "Key":
        """The sample of these values; ValueError for one that the metric has not."""
        known = tuple(self.labels.values())
        if len(values) != len(known):
            raise ValueError(f"{self.name}: has {len(known)} labels")
        for value, among in zip(values, known, strict=True):
            if among and value not in among:
                raise ValueError(f"{self.name}: {value} is no value of its labels")
        return Key(self.name, values)


@dataclass(frozen=True, slots=True)
class Key:
    """One sample of a metric."""

    metric: str
    labels: tuple[str, ...]


_TYPES = tuple(WORDS.values())
_OUTCOMES = tuple(label(each) for each in OperationStatus if each.ended)
_STATUSES = ("400", "403", "404", "405", "406", "409", "413", "422", "500", "503", OTHER)
_LEVEL: tuple[str, ...] = ()

# Counted by whoever does it, and kept in the database.
OPERATIONS = Metric(
    "ensembles_operations",
    "Operations that have ended.",
    {"type": _TYPES, "outcome": _OUTCOMES},
)
REPLANS = Metric(
    "ensembles_replans",
    "How often operations that have ended were given other hosts, as others were quicker or a "
    "host failed.",
    {"type": _TYPES},
)
MOVES = Metric(
    "ensembles_moves",
    "Moves of members in operations that have ended: live migrations, and evacuations of repairs.",
    {
        "kind": tuple(label(each) for each in MoveKind),
        "outcome": tuple(label(each) for each in MoveStatus if each.ended),
    },
)
PROMISES = Metric(
    "ensembles_promises",
    "How often something that was promised was lost, and how often all of it held again.",
    {"change": ("lost", "regained")},
)
REFUSALS = Metric(
    "ensembles_refused_requests",
    "Requests that were refused, by the status of the answer.",
    {"status": _STATUSES},
)
COUNTERS: Final = (OPERATIONS, REPLANS, MOVES, PROMISES, REFUSALS)

# The parts of a histogram are counted as counters are.
_RESULTS = ("plan", "refused")
_BOUNDS = (*(str(each) for each in PLAN_SECONDS), INFINITE)
PLANS = Metric(
    "ensembles_plan_seconds",
    "Seconds that a plan took, by whether there was one.",
    {"result": _RESULTS},
)
PLAN_BUCKETS = Metric("ensembles_plan_seconds_bucket", "", {"result": _RESULTS, "le": _BOUNDS})
PLAN_SUM = Metric("ensembles_plan_seconds_sum", "", {"result": _RESULTS})

# Measured now and then by the process that observes, and kept in the database.
HEADROOM_DOMAINS = Metric(
    "ensembles_headroom_domains",
    "Domains of a level with members, by whether all their members would find other places.",
    {"level": _LEVEL, "fits": ("yes", "no", "undecided")},
)
HEADROOM_ENSEMBLES = Metric(
    "ensembles_headroom_ensembles",
    "Ensembles that some failure of one domain would leave with a member without a place.",
    {"level": _LEVEL},
)
MEASURED: Final = (HEADROOM_DOMAINS, HEADROOM_ENSEMBLES)

# Read from the tables whenever metrics are asked for.
HEADROOM_AGE = Metric(
    "ensembles_headroom_age_seconds",
    "Seconds since the headroom of a level was measured.",
    {"level": _LEVEL},
)
ENSEMBLES = Metric(
    "ensembles_ensembles",
    "Ensembles, by status.",
    {"status": tuple(label(each) for each in Status)},
)
MEMBERS = Metric(
    "ensembles_members",
    "Members, by status.",
    {"status": tuple(label(each) for each in MemberStatus)},
)
LOST = Metric(
    "ensembles_members_lost",
    "Members that are lost, by why: their host is down, their server failed, or it is gone.",
    {"cause": tuple(label(each) for each in Cause)},
)
DEGRADED_SECONDS = Metric(
    "ensembles_degraded_longest_seconds",
    "Seconds for which the promise that was lost first has not held; 0 while all hold.",
)
UNDER_WAY = Metric("ensembles_operations_under_way", "Operations under way.", {"type": _TYPES})
OPERATION_SECONDS = Metric(
    "ensembles_operation_longest_seconds", "Seconds since the oldest operation under way began."
)
UNATTENDED = Metric(
    "ensembles_operations_unattended", "Operations under way whose lease has run out, or has none."
)
LEASE_SECONDS = Metric(
    "ensembles_lease_age_seconds",
    "Seconds for which the longest unattended operation has had no lease; 0 without one.",
)
OBSERVED_SECONDS = Metric(
    "ensembles_observed_age_seconds",
    "Seconds since Nova was looked at; its lag. Absent before the first look.",
)
COMPARED_SECONDS = Metric(
    "ensembles_compared_age_seconds", "Seconds since everything was compared with Nova."
)
HOSTS = Metric(
    "ensembles_hosts",
    "Hosts as last observed; those of a cell that does not answer are silent.",
    {"state": ("up", "down", "silent")},
)
GAUGES: Final = (
    *(ENSEMBLES, MEMBERS, LOST, DEGRADED_SECONDS, UNDER_WAY, OPERATION_SECONDS, UNATTENDED),
    *(LEASE_SECONDS, OBSERVED_SECONDS, COMPARED_SECONDS, HOSTS, HEADROOM_AGE),
)
ALL: Final = (*COUNTERS, PLANS, *MEASURED, *GAUGES)


def refusal(status: int) -> Key:
    """The sample of a request that was refused with an HTTP status."""
    text = str(status)
    return REFUSALS.key(text if text in _STATUSES else OTHER)


def plan_samples(seconds: float, *, found: bool) -> Mapping[Key, float]:
    """What one plan adds to the histogram of plans: to one bucket, and to the sum."""
    result = "plan" if found else "refused"
    bound = next((str(each) for each in PLAN_SECONDS if seconds <= each), INFINITE)
    return {PLAN_BUCKETS.key(result, bound): 1.0, PLAN_SUM.key(result): seconds}


def stored_labels(labels: Sequence[str]) -> str:
    """The values of labels as they are stored: none of them has a comma."""
    return ",".join(labels)
