# SPDX-License-Identifier: Apache-2.0
"""The spread of all ensembles over the hosts, grouped by zone and rack, and searched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Share:
    """What one ensemble has on one host."""

    ensemble_id: str
    ensemble_name: str
    project_id: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostRow:
    """One host with the shares of the ensembles on it."""

    name: str
    state: str
    shares: tuple[Share, ...]

    @property
    def member_count(self) -> int:
        """Count the members on the host."""
        return sum(len(share.members) for share in self.shares)


@dataclass(frozen=True, slots=True)
class RackGroup:
    """The hosts of one rack in one zone; rack names may repeat in several zones."""

    zone: str
    rack: str
    hosts: tuple[HostRow, ...]

    @property
    def member_count(self) -> int:
        """Count the members in the rack."""
        return sum(host.member_count for host in self.hosts)

    @property
    def ensemble_count(self) -> int:
        """Count the ensembles that would feel the loss of the rack."""
        return len({share.ensemble_id for host in self.hosts for share in host.shares})


def racks(hosts: Iterable[Mapping[str, Any]], query: str = "") -> tuple[RackGroup, ...]:
    """Group hosts as the API lists them, keeping those that the query finds.

    The query is looked for in the names of host, rack, zone, state, ensembles and members and in
    the project ids, in any case of letters. A host that is found is shown with all it holds.
    """
    wanted = query.strip().casefold()
    groups: dict[tuple[str, str], list[HostRow]] = {}
    for host in hosts:
        zone, rack = str(host.get("zone") or ""), str(host.get("rack") or "")
        row = HostRow(str(host["host"]), str(host["state"]), _shares(host.get("members") or ()))
        if wanted and not any(wanted in text.casefold() for text in _texts(zone, rack, row)):
            continue
        groups.setdefault((zone, rack), []).append(row)
    return tuple(
        RackGroup(zone, rack, tuple(sorted(rows, key=lambda row: row.name)))
        for (zone, rack), rows in sorted(groups.items())
    )


def _shares(members: Iterable[Mapping[str, Any]]) -> tuple[Share, ...]:
    by_ensemble: dict[str, list[Mapping[str, Any]]] = {}
    for member in members:
        by_ensemble.setdefault(str(member["ensemble_id"]), []).append(member)
    shares = (
        Share(
            ensemble_id,
            str(group[0]["ensemble_name"]),
            str(group[0]["project_id"]),
            tuple(sorted(str(member["name"]) for member in group)),
        )
        for ensemble_id, group in by_ensemble.items()
    )
    return tuple(sorted(shares, key=lambda share: (share.ensemble_name, share.ensemble_id)))


def _texts(zone: str, rack: str, row: HostRow) -> Iterable[str]:
    yield from (zone, rack, row.name, row.state)
    for share in row.shares:
        yield from (share.ensemble_name, share.project_id, *share.members)
