# SPDX-License-Identifier: Apache-2.0
"""The cloud document: its hosts with what Placement knows of them, ready to be planned on."""

import difflib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ensemble_api.offline import schema
from ensemble_api.offline.document import Document
from ensemble_api.offline.membership import Membership
from ensemble_api.planning.model import Ensemble, Tier
from ensemble_api.planning.policies.exclusive import OTHERS
from ensemble_api.planning.snapshot import Selectors, Snapshot, marked
from ensemble_api.planning.topology import BoolArray, FailureDomain, IntArray, Topology

FORMAT: Final = 1
MOST: Final = 1 << 40
"""A capacity above this is cut off: no sum over a cloud may leave 64 bits."""
DISABLED: Final = "COMPUTE_STATUS_DISABLED"  # Nova's word to Placement
EVERYWHERE: Final[Mapping[str, Membership]] = {}
USUAL_ZONE_LEVEL: Final = "zone"


class UnknownDomainError(ValueError):
    """A domain was named that the cloud does not have, or has several times."""


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """H hosts in the topology's order, R resource classes; the arrays of units are [H, R].

    `step` is 0 where a host does not have the class.
    """

    topology: Topology
    resource_classes: tuple[str, ...]
    capacity: IntArray
    used: IntArray
    least: IntArray
    most: IntArray
    step: IntArray
    traits: tuple[frozenset[str], ...]
    up: BoolArray
    others: Mapping[str, BoolArray]
    aggregates: tuple[frozenset[str], ...]
    selectors: Selectors

    def snapshot(
        self, ensemble: Ensemble, memberships: Mapping[str, Membership] = EVERYWHERE
    ) -> Snapshot:
        """Look at the cloud as the API does for this ensemble (ensemble_api/cloud/inventory.py).

        A host that Placement would not offer to any member shows as full, and the resource classes
        are those of the others. So the same cloud gives the same plan, packing included.
        `memberships` by tier close hosts to it.
        """
        offered = {tier.name: self._offered(tier) for tier in ensemble.tiers}
        shown = np.logical_or.reduce([*offered.values()])
        kept = (self.step > 0)[shown].any(axis=0)
        total = np.where(shown[:, None], self.capacity, 0)
        free = np.where(shown[:, None], np.maximum(self.capacity - self.used, 0), 0)
        return Snapshot(
            topology=self.topology,
            resource_classes=tuple(np.array(self.resource_classes, dtype=object)[kept]),
            total=total[:, kept],
            free=free[:, kept],
            traits=self.traits,
            usable=self.up,
            others=self.others,
            closed={tier: self._closed(each) for tier, each in memberships.items()},
            offered=offered,
            selectors=self.selectors,
        )

    def _closed(self, membership: Membership) -> BoolArray:
        """Mark the hosts whose aggregates do not suit (shape [H])."""
        suits = {each: membership.admits(each) for each in set(self.aggregates)}
        return np.array([not suits[each] for each in self.aggregates], dtype=np.bool_)

    def _offered(self, tier: Tier) -> BoolArray:
        """Mark the hosts that Placement has allocation candidates on (shape [H])."""
        number: dict[frozenset[str], bool] = {
            each: tier.required_traits <= each
            and not tier.forbidden_traits & each
            and DISABLED not in each
            for each in set(self.traits)
        }
        mask: BoolArray = np.array([number[each] for each in self.traits], dtype=np.bool_)
        for name, amount in tier.resources.items():
            if name not in self.resource_classes:
                return np.zeros(len(self.topology), dtype=np.bool_)
            column = self.resource_classes.index(name)
            step = self.step[:, column]
            mask &= (step > 0) & (amount % np.maximum(step, 1) == 0)
            mask &= (self.least[:, column] <= amount) & (amount <= self.most[:, column])
            mask &= self.used[:, column] + amount <= self.capacity[:, column]
        return mask

    def domain(self, text: str) -> FailureDomain:
        """Find the domain that LEVEL:NAME means; NAME may be a path, largest level first.

        :raises UnknownDomainError: when there is none, or more than one.
        """
        level, colon, name = text.partition(":")
        if not (colon and level in self.topology.levels):
            raise UnknownDomainError(
                f"{text}: must be LEVEL:NAME with one of the cloud's levels: "
                f"{', '.join(self.topology.levels)}"
            )
        domains = self.topology.domains(level)
        found = [each for each in domains if f"/{path_of(each)}".endswith(f"/{name}")]
        exact = [each for each in found if path_of(each) == name]
        found = exact or found
        if len(found) == 1:
            return found[0]
        if found:
            paths = _listed(f"{level}:{path_of(each)}" for each in found)
            raise UnknownDomainError(f"{text}: there are {len(found)}; say which: {paths}")
        names = {path_of(each) for each in domains} | {each.name for each in domains}
        near = difflib.get_close_matches(name, sorted(names), n=1)
        hint = f"; did you mean {level}:{near[0]}?" if near else ""
        raise UnknownDomainError(f"{text}: the cloud has no such {level}{hint}")


def path_of(domain: FailureDomain) -> str:
    """The way to a domain from the largest level down, such as ``az1/rack2``."""
    return "/".join(domain.path)


def _listed(paths: Iterable[str]) -> str:
    first = [*itertools.islice(paths, 6)]
    return ", ".join([*first[:5], "..."] if len(first) > 5 else first)


def cloud(document: Document) -> Cloud:
    """Understand a document as a cloud.

    :raises ensemble_api.offline.document.DocumentError: about the value that is wrong.
    """
    schema.check(document, "snapshot")
    levels: Sequence[str] = document.value["levels"]
    given: Sequence[Mapping[str, Any]] = document.value["hosts"]
    _check_hosts(document, levels, given)
    topology = Topology.build(
        levels,
        {host["name"]: [_domain(host, level) for level in levels[1:]] for host in given},
        _zone_level(document, levels),
    )
    by_name = {host["name"]: host for host in given}
    hosts = [by_name[name] for name in topology.hosts]
    classes = tuple(sorted({name for host in hosts for name in host.get("resources", ())}))
    units = np.zeros((5, len(hosts), len(classes)), dtype=np.int64)
    columns = {name: column for column, name in enumerate(classes)}
    for row, host in enumerate(hosts):
        for name, inventory in host.get("resources", {}).items():
            units[:, row, columns[name]] = _units(inventory)
    capacity, used, least, most, step = units
    others = [
        host.get("others", ["project"] if used[row].any() else []) for row, host in enumerate(hosts)
    ]
    return Cloud(
        topology=topology,
        resource_classes=classes,
        capacity=capacity,
        used=used,
        least=least,
        most=most,
        step=step,
        traits=tuple(frozenset(host.get("traits", ())) for host in hosts),
        up=np.array([host.get("state", "up") == "up" for host in hosts], dtype=np.bool_),
        others={
            kind: np.array([kind in each for each in others], dtype=np.bool_) for kind in OTHERS
        },
        aggregates=tuple(frozenset(host.get("aggregates", ())) for host in hosts),
        selectors=marked(topology, _selected(hosts)),
    )


def _selected(hosts: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Sequence[str]]]:
    """The values of each host, by key and host."""
    found: dict[str, dict[str, Sequence[str]]] = {}
    for host in hosts:
        for key, values in host.get("selectors", {}).items():
            found.setdefault(key, {})[host["name"]] = values
    return found


def _check_hosts(
    document: Document, levels: Sequence[str], hosts: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse what no schema can say: a name used twice, a level that the cloud does not have."""
    seen: dict[str, int] = {}
    for index, host in enumerate(hosts):
        first = seen.setdefault(host["name"], index)
        if first != index:
            raise document.error(
                ("hosts", index, "name"), f"must differ from that of hosts[{first}]"
            )
        for level in host.get("domains", ()):
            if level not in levels[1:]:
                raise document.error(
                    ("hosts", index, "domains", level),
                    f"must be one of the levels above the host: {', '.join(levels[1:]) or 'none'}",
                )


def _zone_level(document: Document, levels: Sequence[str]) -> str | None:
    """The level of the availability zones: as the document says, or the one that is called zone."""
    if "zone_level" not in document.value:
        return USUAL_ZONE_LEVEL if USUAL_ZONE_LEVEL in levels else None
    named: str | None = document.value["zone_level"]
    if named is not None and named not in levels[1:]:
        raise document.error(
            ("zone_level",),
            f"must be one of the levels above the host: {', '.join(levels[1:]) or 'none'}",
        )
    return named


def _domain(host: Mapping[str, Any], level: str) -> str | None:
    name: str | None = host.get("domains", {}).get(level)
    return name


def _units(inventory: Mapping[str, Any]) -> tuple[int, ...]:
    """Capacity, used, min_unit, max_unit and step_size of an inventory, as Placement counts."""
    total = int(inventory["total"])
    net = max(0, total - int(inventory.get("reserved", 0)))
    capacity = min(net * float(inventory.get("allocation_ratio", 1.0)), float(MOST))
    return (
        int(capacity),
        int(inventory.get("used", 0)),
        int(inventory.get("min_unit", 1)),
        int(inventory.get("max_unit", MOST)),
        int(inventory.get("step_size", 1)),
    )
