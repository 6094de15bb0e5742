# SPDX-License-Identifier: Apache-2.0
"""Maintenance of hosts, racks and zones: what a drain would come to, its beginning and its end."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ensemble_api import exception, limits
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence, listed
from ensemble_api.planning.topology import FailureDomain, Topology
from ensemble_api.records import EnsembleRecord
from ensemble_api.results.host_impact import DrainAttempt, HostImpacts
from ensemble_api.results.maintenance import DrainState, MaintainedDomain, MaintainedHost
from ensemble_api.store.api import Store
from ensemble_api.store.repairs import RepairableEnsembles
from ensemble_api.usecases.drain import Drains
from ensemble_api.usecases.host_drains import HostDrains
from ensemble_api.usecases.hosts import NO_LEVEL, Hosts

_NO_DOMAIN = Sentence("not-found.domain", "There is no %(level)s %(name)s.")
_SEVERAL = Sentence(
    "invalid.several-domains",
    "must be given: there are several of this name, in %(domains)s",
)
_TOO_MANY = Sentence(
    "invalid.too-many-hosts-to-drain",
    "is for at most %(most)s hosts at once, and these are %(count)s",
)
_NO_HOST_MARKER = Sentence("invalid.no-host-of-domain", "is no host of this domain")
_NOT_DRAINED = Sentence(
    "conflict.not-drained", "No host of it is being drained, so there is nothing to cancel."
)
_ANNOUNCED = Sentence(
    "event.maintenance-announced",
    "Some servers of this ensemble are to be moved to other hosts for maintenance. They go on "
    "running.",
)
_CANCELLED = Sentence(
    "event.maintenance-cancelled", "The maintenance was called off: no more servers are moved."
)


@dataclass(frozen=True, slots=True)
class DomainSearch:
    """Which domain, by its level and name, and by those of larger ones where names repeat.

    Of its hosts so many are shown, after the one named ``marker``.
    """

    level: str
    name: str
    above: Mapping[str, str] = field(default_factory=dict)
    limit: int = 100
    marker: str | None = None


class Maintenance:
    """Has domains drained, and tells how far that is; ``levels`` are those of the cloud."""

    def __init__(
        self,
        store: Store,
        hosts: Hosts,
        drains: Drains,
        host_drains: HostDrains,
        ensembles: RepairableEnsembles,
        levels: tuple[str, ...],
    ) -> None:
        self._store = store
        self._hosts = hosts
        self._drains = drains
        self._host_drains = host_drains
        self._ensembles = ensembles
        self._levels = levels

    def host(
        self, context: Context, name: str, *, drain: bool = False
    ) -> tuple[HostImpacts, tuple[DrainAttempt, ...] | None]:
        """The impact of one host; with ``drain``, also whether its members fit elsewhere.

        :raises ensemble_api.exception.NotFound: if there is no such host.
        """
        found = self._hosts.show(context, name)
        if not drain:
            return found, None
        ids = {each.ensemble_id for each in found.page[0].occupants}
        oldest = _by_age(found.owners[each] for each in ids)
        return found, tuple(self._drains.attempt(context, {name}, oldest))

    def show(
        self, context: Context, asked: DomainSearch, *, check: bool = False
    ) -> MaintainedDomain:
        """A domain as it is now; with ``check``, also what would come of its drain.

        :raises ensemble_api.exception.NotFound: if there is no such domain.
        :raises ensemble_api.exception.Invalid: naming what is wrong with what was asked.
        """
        domain, names, states = self._find(context, asked)
        if check:
            _check_bounds(names, "check")
        marked = {name: state for name, state in states.items() if name in names}
        owners, occupants = self._store.occupants()
        here = [each for each in occupants if each.host in marked]
        count = Counter(each.host for each in here)
        drained = self._host_drains.states(context, names)
        hosts = tuple(
            MaintainedHost(name, state, drained.get(name, DrainState.NONE), count[name])
            for name, state in marked.items()
        )
        start = 0
        if asked.marker is not None:
            if asked.marker not in names:
                raise exception.Invalid(_NO_HOST_MARKER(), field="marker")
            start = names.index(asked.marker) + 1
        found = MaintainedDomain(
            domain,
            hosts,
            hosts[start : start + asked.limit],
            start + 1,
            len({each.ensemble_id for each in here}),
            tuple(self._moving(names)),
        )
        if not check:
            return found
        oldest = _by_age(owners[each] for each in {each.ensemble_id for each in here})
        return replace(found, tried=tuple(self._drains.attempt(context, names, oldest)))

    def drain(self, context: Context, asked: DomainSearch) -> None:
        """Disable all hosts of a domain, so that members leave them, and tell their projects.

        :raises ensemble_api.exception.NotFound: if there is no such domain.
        :raises ensemble_api.exception.Invalid: naming what is wrong with what was asked.
        :raises ensemble_api.exception.Conflict: when the cell of a host does not answer.
        :raises ensemble_api.exception.Forbidden: when Nova does not let the caller do that.
        """
        domain, names, _ = self._find(context, asked)
        _check_bounds(names, "drain")
        whole = domain if domain.level != self._levels[0] else None
        if self._host_drains.begin(context, names, whole):
            self._store.announce(self._on(names), "maintenance announced", _ANNOUNCED())

    def cancel(self, context: Context, asked: DomainSearch) -> None:
        """Move nobody away from a domain's hosts any more, which stay disabled.

        Moves that Nova was asked for come to their end.

        :raises ensemble_api.exception.NotFound: if there is no such domain.
        :raises ensemble_api.exception.Conflict: when none of its hosts is being drained, or when
            the cell of one does not answer.
        :raises ensemble_api.exception.Forbidden: when Nova does not let the caller do that.
        """
        _, names, _ = self._find(context, asked)
        if not self._host_drains.cancel(context, names):
            raise exception.Conflict(_NOT_DRAINED())
        for record in self._moving(names):
            self._store.undo_change(record, None)
        self._store.announce(self._on(names), "maintenance cancelled", _CANCELLED())

    def _find(
        self, context: Context, asked: DomainSearch
    ) -> tuple[FailureDomain, list[str], Mapping[str, str]]:
        """The domain, the names of its hosts, and the states of all hosts of the cloud."""
        if asked.level not in self._levels:
            levels = listed(list(self._levels))
            raise exception.Invalid(NO_LEVEL(levels=levels), field="level")
        observed, _ = self._hosts.observed(context)
        topology = Topology.build(self._levels, {each.name: each.above for each in observed})
        larger = self._levels[self._levels.index(asked.level) :]
        found = [
            domain
            for domain in topology.domains(asked.level)
            if domain.name == asked.name
            and asked.above.items() <= dict(zip(reversed(larger), domain.path, strict=True)).items()
        ]
        if not found:
            raise exception.NotFound(_NO_DOMAIN(level=asked.level, name=asked.name))
        if len(found) > 1:
            where = [each.path[-2] for each in found]
            raise exception.Invalid(_SEVERAL(domains=listed(where)), field=larger[1])
        names = [
            host for host in topology.hosts if topology.domain_of(host, asked.level) == found[0]
        ]
        return found[0], names, {each.name: each.state for each in observed}

    def _on(self, names: Iterable[str]) -> list[str]:
        """The ids of the ensembles with members on these hosts."""
        hosts, (_, occupants) = set(names), self._store.occupants()
        return sorted({each.ensemble_id for each in occupants if each.host in hosts})

    def _moving(self, names: Iterable[str]) -> Iterable[EnsembleRecord]:
        """The ensembles of which members are just leaving these hosts in a drain."""
        for ensemble_id in self._ensembles.leaving(frozenset(names)):
            try:
                record = self._store.get(ensemble_id)
            except exception.NotFound:
                continue  # it went meanwhile
            if record.operation is not None:
                yield record


def _by_age(owners: Iterable[EnsembleRecord]) -> list[str]:
    """The ids in the order in which their members are moved."""
    return [each.id for each in sorted(owners, key=lambda each: (each.created_at, each.id))]


def _check_bounds(names: list[str], field: str) -> None:
    if len(names) > limits.DRAINED_HOSTS:
        many = _TOO_MANY(most=limits.DRAINED_HOSTS, count=len(names))
        raise exception.Invalid(many, field=field)
