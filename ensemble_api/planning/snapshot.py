# SPDX-License-Identifier: Apache-2.0
"""The capacity of a cloud at one moment, over its tree of failure domains."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from ensemble_api.planning.errors import ModelError
from ensemble_api.planning.model import Member, Tier
from ensemble_api.planning.topology import BoolArray, FailureDomain, IntArray, Topology, frozen

Selectors: TypeAlias = Mapping[str, Mapping[str, BoolArray]]
"""By key and value of aggregates' metadata: the hosts (shape [H]) of such aggregates."""


class Packing(Enum):
    """Which hosts members take first where nothing else decides; the value is the option's."""

    SPREAD = "spread"
    STACK = "stack"


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What every host has and has left: H hosts in the topology's order, R resource classes.

    `total` and `free` are units of each resource class, shape [H, R]. `usable` is False for a host
    that is down, disabled or without a resource provider. `others` marks, by "ensemble" and
    "project", the hosts that hold servers of another one; a missing key means that none do.
    `free` is below zero where more is used than there is now, which counts as nothing free.

    Two masks a tier, by the name of its `mask`, say what the figures cannot: `closed` are hosts
    that its members must not use (say, another project's aggregate), `offered` those on which
    Placement has room for one more member now, by whatever it knows beside the free units (say, the
    most that one consumer may take). A missing name means that no host is closed, or that all are
    offered.

    `selectors` marks, by key and value, the hosts that an aggregate gives that value, for each key
    of aggregates' metadata that policies may ask for. Of a key that is missing nothing is known.

    `cells` names the cell of each host, which no server leaves, of a cloud with several. `pins` are
    the zones that some members of the ensemble that it is for do not leave either.

    `packing` is the operator's choice of the hosts to take first where nothing else decides: the
    emptiest, as Nova's own weighers do, or the fullest, which keeps large free blocks whole.
    """

    topology: Topology
    resource_classes: tuple[str, ...]
    total: IntArray
    free: IntArray
    traits: tuple[frozenset[str], ...]
    usable: BoolArray
    others: Mapping[str, BoolArray] = field(default_factory=dict)
    closed: Mapping[str, BoolArray] = field(default_factory=dict)
    offered: Mapping[str, BoolArray] = field(default_factory=dict)
    selectors: Selectors = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[Member, str] = field(default_factory=dict)
    packing: Packing = Packing.SPREAD
    _trait_sets: tuple[frozenset[str], ...] = field(init=False, repr=False)
    _trait_number: IntArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        hosts, classes = len(self.topology), len(self.resource_classes)
        if len(set(self.resource_classes)) != classes:
            raise ModelError("resource_classes", "must not repeat a class")
        shapes = {"total": (hosts, classes), "free": (hosts, classes), "usable": (hosts,)}
        for name, shape in shapes.items():
            array = frozen(getattr(self, name), np.bool_ if name == "usable" else np.int64)
            if array.shape != shape:
                raise ModelError(name, f"must have the shape {shape}, not {array.shape}")
            object.__setattr__(self, name, array)
        if len(self.traits) != hosts:
            raise ModelError("traits", f"must have one set for each of {hosts} hosts")
        for name in ("others", "closed", "offered"):
            object.__setattr__(self, name, _masks(name, getattr(self, name), hosts))
        selectors = {key: _masks(key, each, hosts) for key, each in self.selectors.items()}
        object.__setattr__(self, "selectors", MappingProxyType(selectors))
        # Few hosts differ in traits, so each different set is looked at once, however many hosts.
        numbers: dict[frozenset[str], int] = {}
        by_host = [numbers.setdefault(frozenset(traits), len(numbers)) for traits in self.traits]
        object.__setattr__(self, "_trait_sets", tuple(numbers))
        object.__setattr__(self, "_trait_number", frozen(by_host, np.int64))

    def amounts(self, resource_class: str) -> IntArray:
        """Give the free units of one resource class (shape [H]); 0 where nobody has it."""
        if resource_class not in self.resource_classes:
            return np.zeros(len(self.topology), dtype=np.int64)
        column: IntArray = self.free[:, self.resource_classes.index(resource_class)]
        return column

    def most(self, resource_class: str) -> int:
        """Give the most units of one resource class that any host has in all, used or free."""
        if resource_class not in self.resource_classes:
            return 0
        return int(self.total[:, self.resource_classes.index(resource_class)].max(initial=0))

    def eligible(self, tier: Tier) -> BoolArray:
        """Mark the hosts that members of the tier may use whatever is free there (shape [H])."""
        mask = self.usable.copy()
        if tier.required_traits or tier.forbidden_traits:
            suits = [
                tier.required_traits <= traits and not tier.forbidden_traits & traits
                for traits in self._trait_sets
            ]
            mask &= np.array(suits, dtype=np.bool_)[self._trait_number]
        if tier.zone is not None:
            mask &= self.in_zone(tier.zone)
        if tier.mask in self.closed:
            mask &= ~self.closed[tier.mask]
        return mask

    def in_zone(self, zone: str) -> BoolArray:
        """Mark the hosts of an availability zone; none when the cloud has no such zone."""
        level = self.topology.zone_level
        if level is None:
            return np.zeros(len(self.topology), dtype=np.bool_)
        named = [domain.name == zone for domain in self.topology.domains(level)]
        mask: BoolArray = np.array(named, dtype=np.bool_)[self.topology.index(level)]
        return mask

    def failing(self, domain: FailureDomain) -> "Snapshot":
        """Give what is left of the cloud when a failure domain is lost; KeyError if it has none."""
        numbers = self.topology.domains(domain.level)
        if domain not in numbers:
            raise KeyError(domain)
        lost = self.topology.index(domain.level) == numbers.index(domain)
        return replace(self, usable=self.usable & ~lost)

    def carrying(self, demand: Mapping[str, Mapping[str, int]]) -> "Snapshot":
        """Give the cloud with so much more used: units by resource class, by host name.

        Raises KeyError for a host or a resource class that the cloud does not have.
        """
        free = np.array(self.free)
        column = {name: number for number, name in enumerate(self.resource_classes)}
        for host, amounts in demand.items():
            for resource_class, amount in amounts.items():
                free[self.topology.host_number(host), column[resource_class]] -= amount
        return replace(self, free=free)

    def packing_costs(self, resource_classes: Iterable[str]) -> IntArray:
        """Rate every host 0 (to be taken first) to 1000 by its free units of these (shape [H]).

        What counts is how much is free of the most that any host has, the mean over the classes
        that members ask for: a class that nobody asks for says nothing. Hosts with much of it come
        first where members spread, and those with little where they stack.
        """
        shares = [
            np.clip(self.amounts(name), 0, None) / most
            for name in sorted(resource_classes)
            if (most := self.most(name)) > 0
        ]
        if not shares:
            return np.zeros(len(self.topology), dtype=np.int64)
        free = np.clip(np.mean(shares, axis=0), 0.0, 1.0)
        share = free if self.packing is Packing.STACK else 1.0 - free
        return np.rint(share * 1000).astype(np.int64)


def _masks(name: str, masks: Mapping[str, BoolArray], hosts: int) -> Mapping[str, BoolArray]:
    """Give read-only masks over so many hosts; ModelError for one of another shape."""
    found = {}
    for key, mask in masks.items():
        if np.shape(mask) != (hosts,):
            raise ModelError(f"{name}.{key}", f"must have the shape {(hosts,)}")
        found[key] = frozen(mask, np.bool_)
    return MappingProxyType(found)


def marked(topology: Topology, selected: Mapping[str, Mapping[str, Collection[str]]]) -> Selectors:
    """Mark the hosts of each value; `selected` has their values by key and host."""
    found: dict[str, dict[str, BoolArray]] = {key: {} for key in selected}
    for key, masks in found.items():
        for host, given in selected[key].items():
            for value in given if host in topology else ():
                mask = masks.setdefault(value, np.zeros(len(topology), dtype=np.bool_))
                mask[topology.host_number(host)] = True
    return found
