# SPDX-License-Identifier: Apache-2.0
"""One host of the host impact: the ensembles on it, and in words what its failure would break."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# What a host of the API has beside the names of the domains that it is in.
OWN_KEYS = frozenset(
    (
        "host",
        "state",
        "impact",
        "impact_message",
        "worst",
        "ensembles",
        "members",
        "drain",
        "broken",
        "observed_at",
    )
)
SHOWN = 4  # promises of a host that are shown at once


@dataclass(frozen=True, slots=True)
class EnsembleShare:
    """What one ensemble has on one host; members are names with the ids of their servers."""

    ensemble_id: str
    ensemble_name: str
    project_id: str
    project: str
    members: tuple[tuple[str, str | None], ...]
    outcome: str | None  # what the host's failure leaves of it; None where nothing is promised


@dataclass(frozen=True, slots=True)
class EnsembleBreak:
    """What the host's failure breaks of one ensemble: how bad it is, whose it is, a sentence."""

    effect: str
    ensemble_id: str
    ensemble_name: str
    project: str
    soft: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class HostRow:
    """One host with the shares of the ensembles on it and what its failure would break."""

    name: str
    state: str
    places: tuple[tuple[str, str], ...]  # level and name of its domains, the largest first
    shares: tuple[EnsembleShare, ...]
    breaks: tuple[EnsembleBreak, ...]
    failure: str | None  # what it breaks, in a sentence; None without members

    @property
    def member_count(self) -> int:
        """Count the members on the host."""
        return sum(len(share.members) for share in self.shares)

    @property
    def first_breaks(self) -> tuple[EnsembleBreak, ...]:
        """The worst that it would break."""
        return self.breaks[:SHOWN]

    @property
    def more_breaks(self) -> tuple[EnsembleBreak, ...]:
        """What else it would break; one that would stand alone is with the first ones."""
        return self.breaks[SHOWN:]


def row(host: Mapping[str, Any], levels: Iterable[str], projects: Mapping[str, str]) -> HostRow:
    """Read a host as the API shows it; `levels` are those above it, the smallest first."""
    places = [(level, str(host[level])) for level in levels if host.get(level)]
    return HostRow(
        str(host["host"]),
        str(host["state"]),
        tuple(reversed(places)),
        _shares(host, projects),
        tuple(_break(each, projects) for each in host["drain"]["breaks"]),
        host["impact_message"],
    )


def now(
    told: Iterable[Mapping[str, Any]], projects: Mapping[str, str]
) -> dict[str, tuple[EnsembleBreak, ...]]:
    """Read what does not hold now: `broken` promises, and `unprotected` tiers that have ended."""
    found = [_break(each, projects) for each in told]
    return {
        "broken": tuple(each for each in found if each.effect != "unprotected"),
        "unprotected": tuple(each for each in found if each.effect == "unprotected"),
    }


def _shares(host: Mapping[str, Any], projects: Mapping[str, str]) -> tuple[EnsembleShare, ...]:
    """Give the ensembles on a host in the API's order, that is those that lose most first."""
    by_ensemble: dict[str, list[Mapping[str, Any]]] = {}
    for member in host["members"]:
        by_ensemble.setdefault(str(member["ensemble_id"]), []).append(member)
    return tuple(
        EnsembleShare(
            str(each["id"]),
            str(each["name"]),
            str(each["project_id"]),
            projects.get(each["project_id"], each["project_id"]),
            tuple((str(one["name"]), one.get("server_id")) for one in by_ensemble[each["id"]]),
            each["state"],
        )
        for each in host["ensembles"]
    )


def _break(each: Mapping[str, Any], projects: Mapping[str, str]) -> EnsembleBreak:
    return EnsembleBreak(
        effect=str(each["effect"]),
        ensemble_id=str(each["ensemble_id"]),
        ensemble_name=str(each["ensemble_name"]),
        project=projects.get(each["project_id"], each["project_id"]),
        soft=each["enforcement"] == "soft",
        sentence=str(each["message"]),
    )
