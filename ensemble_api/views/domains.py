# SPDX-License-Identifier: Apache-2.0
"""Failure domains as callers see them: under references and labels, for operators with names."""

from collections.abc import Iterable, Mapping
from typing import Any

from ensemble_api.planning.message import Argument
from ensemble_api.planning.topology import FailureDomain, Topology, reference
from ensemble_api.planning.wording import domain_label
from ensemble_api.results.dry_run import AllDomains
from ensemble_api.views.domain_labels import labels as labels_of

Json = dict[str, Any]


class Domains:
    """The domains that some hosts are in, and ``more``, or all of the cloud's.

    ``labels`` are by reference; a domain without one gets the next letters that are free. Everybody
    sees zones by name, ``names`` shows the others so too.
    """

    def __init__(
        self,
        project_id: str,
        topology: Topology,
        hosts: Iterable[str],
        *,
        names: bool,
        labels: Mapping[str, str],
        all_domains: AllDomains | None = None,
        more: Iterable[FailureDomain] = (),
    ) -> None:
        self._project_id = project_id
        self._topology = topology
        self._names = names
        self._all_domains = all_domains
        self._references: dict[FailureDomain, str] = {}
        self._used = {
            topology.domain_of(host, level)
            for host in dict.fromkeys(hosts)
            for level in topology.levels
        }
        self._shown = self._used.union(all_domains.domains if all_domains else (), more)
        self._labels = labels_of(project_id, self._shown, labels, zone_level=topology.zone_level)

    def reference(self, domain: FailureDomain) -> str:
        """The reference of a domain."""
        if domain not in self._references:
            self._references[domain] = reference(self._project_id, domain)
        return self._references[domain]

    def label(self, domain: FailureDomain) -> Argument:
        """What a person calls a domain: its name where that is known to all, else letters."""
        label = self._labels[self.reference(domain)]
        if domain.level == self._topology.zone_level:
            return label
        return domain_label(domain.level, label.removeprefix(f"{domain.level} "))

    def title(self, domain: FailureDomain) -> Argument:
        """What sentences call a domain: its name for those who may see it, else its label."""
        return domain.name if self._names else self.label(domain)

    def of(self, host: str) -> dict[str, str]:
        """The references of a host's domains by level."""
        return {
            level: self.reference(self._topology.domain_of(host, level))
            for level in self._topology.levels
        }

    def view(self) -> list[Json]:
        """All domains, the largest level first, in the order of their labels."""
        depth = {level: depth for depth, level in enumerate(reversed(self._topology.levels))}
        by_path = {each.path: each for each in self._shown}
        shown = []
        for domain in sorted(
            self._shown, key=lambda each: (depth.get(each.level, -1), self._rank(each))
        ):
            parent = by_path.get(domain.path[:-1])
            entry: Json = {
                "ref": self.reference(domain),
                "level": domain.level,
                "parent": self.reference(parent) if parent else None,
                "label": self.label(domain),
            }
            if self._all_domains:
                entry["used"] = domain in self._used
                tiers = self._all_domains.tiers[domain]
                entry["eligible"], entry["room"] = list(tiers.eligible), list(tiers.room)
                entry["held"] = self._all_domains.held.get(domain, 0)
            if self._names or domain.level == self._topology.zone_level:
                entry["name"] = domain.name
            shown.append(entry)
        return shown

    def _rank(self, domain: FailureDomain) -> tuple[int, str]:
        label = self._labels[self.reference(domain)]
        return (len(label), label)
