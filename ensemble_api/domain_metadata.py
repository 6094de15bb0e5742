# SPDX-License-Identifier: Apache-2.0
"""What the metadata of a member's server tell its guest of where it is, in opaque ids."""

from collections.abc import Iterable, Mapping
from typing import Final

from ensemble_api.planning.topology import FailureDomain, reference

WISH: Final = "domains_in_metadata"
"""The field of a server template that asks for it."""

PREFIX: Final = "ensemble_"
_DOMAIN: Final = f"{PREFIX}domain_"


def items(
    project_id: str, ensemble_id: str, member: str, domains: Iterable[FailureDomain]
) -> dict[str, str]:
    """The items of one member: whose it is, and an id of each domain that it is in.

    The ids are those by which the API shows domains to the project, and say nothing of their names.
    """
    named = {f"{_DOMAIN}{each.level}": reference(project_id, each) for each in domains}
    return {f"{PREFIX}id": ensemble_id, f"{PREFIX}member": member, **named}


def largest(levels: Iterable[str]) -> Mapping[str, str]:
    """Items as large as those of any member, to be held against the quota of metadata."""
    return items("", "0" * 36, "0" * 40, (FailureDomain(level, "", ()) for level in levels))
