# SPDX-License-Identifier: Apache-2.0
"""The failure domains that an answer of the API speaks of."""

from collections.abc import Iterable, Mapping, Sequence

from ensemble_client import words
from ensemble_client.words import Json


class Places:
    """The failure domains an answer of the API speaks of, from the largest level down."""

    def __init__(self, domains: Iterable[Json]) -> None:
        self._domains = {domain["ref"]: domain for domain in domains}
        depths = {domain["level"]: self._depth(domain) for domain in self._domains.values()}
        self.levels: Sequence[str] = sorted(depths, key=lambda level: depths[level])

    def path(self, refs: Mapping[str, str]) -> tuple[str, ...]:
        """Give the labels (for an administrator: the names) of a member's domains."""
        return tuple(self.label(refs[level]) for level in self.levels if level in refs)

    def smallest(self, refs: Mapping[str, str]) -> str:
        """Give the reference of a member's smallest domain, its host."""
        return refs[self.levels[-1]]

    def member_lines(self, members: Iterable[Json]) -> str:
        """Say each member with its status, place and server, in aligned columns."""
        cells = [
            (
                words.printable(member["name"]),
                member["status"] + (" (outdated)" if member.get("outdated") else ""),
                " / ".join(self.path(member.get("domains") or {})),
                member.get("server_id") or "",
            )
            for member in members
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        )

    def survival_lines(self, survivability: Sequence[Json]) -> str:
        """Say what failures leave and, where the cloud tells it, the headroom."""
        left = words.survival_lines(survivability)
        return "\n".join([*left, *words.headroom_lines(survivability, self.label)])

    def label(self, ref: str) -> str:
        """Give the label of a domain, for an administrator its name."""
        domain = self._domains.get(ref, {})
        return words.printable(domain.get("name") or domain.get("label") or ref)

    def _depth(self, domain: Json) -> int:
        depth, parent = 0, domain.get("parent")
        while parent in self._domains and depth < len(self._domains):
            depth, parent = depth + 1, self._domains[parent].get("parent")
        return depth
