# SPDX-License-Identifier: Apache-2.0
"""Where the ensembles API is below the compute endpoint."""

from collections.abc import Mapping
from typing import Any, Final
from urllib import parse

URL: Final = "/os-ensembles"


def with_query(url: str, query: Mapping[str, Any]) -> str:
    """Give a URL with its query, in the order of names."""
    return f"{url}?{parse.urlencode(sorted(query.items()), doseq=True)}" if query else url
