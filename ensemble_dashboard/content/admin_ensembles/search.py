# SPDX-License-Identifier: Apache-2.0
"""What an operator looks for among the hosts, as the address of the page has it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from ensemble_dashboard.api.host_impact import RISING

MEASURES = ("impact", "members", "ensembles", "usage")
WORST = "impact"  # the order that goes without saying
_LONGEST = 255
# The names that are no level; an operator may have levels of any other name.
_OWN = frozenset(("project", "ensemble", "q", "by", "sort", "dir", "marker", "prev"))


@dataclass(frozen=True, slots=True)
class HostSearch:
    """Filters, the measure of the map's colours, the order, and where the page begins.

    `domains` are the levels of this cloud above the host with the name of the chosen domain, or "".
    """

    project: str = ""
    ensemble: str = ""
    q: str = ""
    domains: Mapping[str, str] = field(default_factory=dict)
    by: str = MEASURES[0]
    sort: str = WORST
    descending: bool = True
    marker: str = ""
    backwards: bool = False

    @classmethod
    def of(
        cls, query: Mapping[str, str], levels: Sequence[str], sorts: Collection[str] = ()
    ) -> "HostSearch":
        """Read an address; what the API would not understand is left out."""

        def text(name: str) -> str:
            return query.get(name, "").strip()[:_LONGEST]

        sort = query.get("sort", "") if query.get("sort", "") in sorts else WORST
        usual = "asc" if sort in RISING else "desc"
        direction = query.get("dir", "") if query.get("dir", "") in ("asc", "desc") else usual
        return cls(
            project=text("project"),
            ensemble=text("ensemble"),
            q=text("q"),
            domains={level: text(level) for level in levels if level not in _OWN},
            by=query.get("by", "") if query.get("by", "") in MEASURES else MEASURES[0],
            sort=sort,
            descending=direction == "desc",
            marker=text("marker"),
            backwards=query.get("prev") == "1",
        )

    @property
    def filters(self) -> dict[str, str]:
        """The filters of the API."""
        asked = {"project_id": self.project, "ensemble_id": self.ensemble, "q": self.q}
        return {key: value for key, value in (asked | dict(self.domains)).items() if value}

    @property
    def direction(self) -> str:
        """The order's direction as the address has it; nothing when it goes without saying."""
        return (
            ""
            if self.descending is (self.sort not in RISING)
            else "asc"
            if not self.descending
            else "desc"
        )

    @property
    def query(self) -> str:
        """The address's query, without what goes without saying."""
        asked = {
            **self.domains,
            "project": self.project,
            "ensemble": self.ensemble,
            "q": self.q,
            "by": self.by if self.by != MEASURES[0] else "",
            "sort": self.sort if self.sort != WORST else "",
            "dir": self.direction,
            "marker": self.marker,
            "prev": "1" if self.backwards and self.marker else "",
        }
        return urlencode({key: value for key, value in asked.items() if value})

    def link(self, **changes: Any) -> str:
        """Give the address of the same search but for some changes; it begins at the first page."""
        fresh: dict[str, Any] = {"marker": "", "backwards": False}
        return f"?{replace(self, **fresh | changes).query}"

    def within(self, **domains: str) -> str:
        """Give the address of the same search within some domains."""
        return self.link(domains={**self.domains, **domains})

    def sorted_by(self, key: str) -> str:
        """Give the address of the same search in another order; the same one again turns round."""
        down = not self.descending if key == self.sort else key not in RISING
        return self.link(sort=key, descending=down)
