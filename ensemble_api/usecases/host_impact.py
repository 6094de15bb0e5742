# SPDX-License-Identifier: Apache-2.0
"""Hosts with their members, judged by what a failure breaks, searched, sorted and paged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ensemble_api import exception
from ensemble_api.observed import ObservedHost
from ensemble_api.planning.impact import Break, RunningEnsemble, broken, impact, states
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.policies import Survive
from ensemble_api.planning.survivability import State
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.results.host_impact import HostImpact, HostImpacts
from ensemble_api.store.occupancy import Occupant

_NO_HOST = Sentence("invalid.no-host", "is no host of this cloud")

SORT_KEYS = ("impact", "members", "host")
# Of these nothing is left that could still be broken, or it is being taken away on purpose.
PROMISING = frozenset((Status.RESERVING, Status.BUILDING, Status.ACTIVE, Status.DEGRADED))


@dataclass(frozen=True, slots=True)
class Search:
    """Which hosts to list, in which order, from where on.

    `project_id` and `ensemble_id` choose whose members are counted at all, and only hosts with one
    of them are found. `domains` maps levels to the name of the domain a host must be in, where ""
    is none. `text` is looked for in all names and ids, in any case of letters.
    """

    limit: int = 100
    marker: str | None = None
    sort_key: str = "impact"
    descending: bool = True
    project_id: str | None = None
    ensemble_id: str | None = None
    domains: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


def host_impacts(
    hosts: Sequence[ObservedHost],
    levels: Sequence[str],
    owners: Mapping[str, EnsembleRecord],
    occupants: Iterable[Occupant],
    search: Search,
) -> HostImpacts:
    """Find, judge and sort the hosts.

    :raises ensemble_api.exception.Invalid: if the marker is no host.
    """
    chosen = [each for each in occupants if _counts(owners[each.ensemble_id], search)]
    on: dict[str, list[Occupant]] = {}
    for each in chosen:
        on.setdefault(each.host, []).append(each)
    breaks, broken_now, left = _judge(hosts, levels, owners, chosen)
    rows = []
    for host in hosts:
        here = tuple(on.get(host.name, ()))
        found = _found(host, here, levels, owners, search)
        lost = tuple(breaks.get(host.name, ()))
        rows.append(HostImpact(host, here, lost, found, left.get(host.name, {})))
    ordered = sorted(rows, key=lambda row: (row.rank(search.sort_key), row.host.name))
    # Hosts by name rise by themselves, all else falls: the other way round is the exact reverse.
    if search.descending is (search.sort_key == "host"):
        ordered.reverse()
    start = 0
    if search.marker is not None:
        names = [row.host.name for row in ordered]
        if search.marker not in names:
            raise exception.Invalid(_NO_HOST(), field="marker")
        start = names.index(search.marker) + 1
    before = sum(row.found for row in ordered[:start])
    after = [row for row in ordered[start:] if row.found]
    page = tuple(after[: search.limit])
    return HostImpacts(page, tuple(rows), owners, before + len(after), before + 1, broken_now)


_Owned = tuple[EnsembleRecord, Break]


def _counts(owner: EnsembleRecord, search: Search) -> bool:
    return search.project_id in (None, owner.project_id) and search.ensemble_id in (None, owner.id)


def _judge(
    hosts: Sequence[ObservedHost],
    levels: Sequence[str],
    owners: Mapping[str, EnsembleRecord],
    occupants: Iterable[Occupant],
) -> tuple[dict[str, list[_Owned]], tuple[_Owned, ...], dict[str, dict[str, State]]]:
    """What the failure of each host breaks, what is broken now, and what each failure leaves.

    Breaks come worst first; those and the states are by the host's name, states by ensemble too.
    """
    topology = Topology.build(levels, {host.name: host.above for host in hosts})
    down = {host.name for host in hosts if not host.up}
    held: dict[str, dict[str, dict[str, int]]] = {}
    for each in occupants:
        hosts_of = held.setdefault(each.ensemble_id, {})
        if each.running:
            tiers = hosts_of.setdefault(each.host, {})
            tiers[each.tier] = tiers.get(each.tier, 0) + 1
    found: dict[str, list[_Owned]] = {}
    now: list[_Owned] = []
    left: dict[str, dict[str, State]] = {}
    for ensemble_id, by_host in held.items():
        owner = owners[ensemble_id]
        if owner.status not in PROMISING:
            continue
        ensemble = RunningEnsemble(
            {tier.name: tier.count for tier in owner.ensemble.tiers},
            {
                number: policy
                for number, policy in enumerate(owner.ensemble.policies)
                if isinstance(policy, Survive)
            },
            by_host,
        )
        for name, breaks in impact(ensemble, topology, down).items():
            found.setdefault(name, []).extend((owner, each) for each in breaks)
        now.extend((owner, each) for each in broken(ensemble, topology, down))
        for name, state in states(ensemble, topology, down).items():
            left.setdefault(name, {})[ensemble_id] = state
    for listed in (*found.values(), now):
        listed.sort(key=lambda pair: (pair[1].order[:2], pair[0].name, pair[0].id, pair[1].order))
    return found, tuple(now), left


def _found(
    host: ObservedHost,
    occupants: Sequence[Occupant],
    levels: Sequence[str],
    owners: Mapping[str, EnsembleRecord],
    search: Search,
) -> bool:
    above = dict(zip(levels[1:], host.above, strict=True))
    if any((above.get(level) or "") != name for level, name in search.domains.items()):
        return False
    if not occupants and not (search.project_id is None and search.ensemble_id is None):
        return False
    wanted = search.text.strip().casefold()
    return not wanted or any(
        wanted in text.casefold() for text in _texts(host, occupants, owners) if text
    )


def _texts(
    host: ObservedHost, occupants: Iterable[Occupant], owners: Mapping[str, EnsembleRecord]
) -> Iterable[str | None]:
    yield from (host.name, *host.above)
    for each in occupants:
        owner = owners[each.ensemble_id]
        yield from (owner.name, owner.id, owner.project_id, each.name, each.server_id)
