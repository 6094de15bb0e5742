# SPDX-License-Identifier: Apache-2.0
"""What somebody looks for in the table of ensembles, as the address of the page has it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ensemble_dashboard.api.ensemble import Known

NEWEST = ("created_at", "desc")
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Search:
    """A part of the name, a status, and the order; all of them fit for the API.

    An operator may ask for one project, by its id; the API gives others their own all the same.
    """

    name: str = ""
    status: str = ""
    sort: str = NEWEST[0]
    direction: str = NEWEST[1]
    project: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], known: Known) -> "Search":
        """Read an address; what the API would not understand is left out."""
        status, sort = query.get("status", ""), query.get("sort", "")
        sorts = sort in known.sort_keys.get("ensembles", ())
        return cls(
            name=query.get("q", "").strip()[:_LONGEST],
            status=status if status in known.statuses else "",
            sort=sort if sorts else NEWEST[0],
            direction=("asc" if query.get("dir") == "asc" else "desc") if sorts else NEWEST[1],
            project=query.get("project", "").strip()[:_LONGEST],
        )

    @property
    def descending(self) -> bool:
        """Whether the last comes first."""
        return self.direction == "desc"

    @property
    def filters(self) -> dict[str, str]:
        """The filters of the API."""
        asked = {"name": self.name, "status": self.status, "project_id": self.project}
        return {key: value for key, value in asked.items() if value}

    @property
    def query(self) -> str:
        """The address's query for this search, without what goes without saying."""
        ordered = (self.sort, self.direction) != NEWEST
        asked = {
            "q": self.name,
            "status": self.status,
            "project": self.project,
            "sort": self.sort if ordered else "",
            "dir": self.direction if ordered else "",
        }
        return urlencode({key: value for key, value in asked.items() if value})

    def sorted_by(self, key: str) -> "Search":
        """The same search in another order; the same order again turns it round.

        Names go up first, times begin with the newest.
        """
        if key == self.sort:
            direction = "asc" if self.descending else "desc"
        else:
            direction = "desc" if key == "created_at" else "asc"
        return replace(self, sort=key, direction=direction)
