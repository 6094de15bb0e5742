# SPDX-License-Identifier: Apache-2.0
"""What tenants know failure domains by: opaque references, and labels.

A label counts by letters, but that of an availability zone is its name: Nova shows that to every
tenant (GET /os-availability-zone).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import count

from ensemble_api.planning.topology import FailureDomain, reference

_NONE: Mapping[str, str] = {}


def labels(
    project_id: str,
    domains: Iterable[FailureDomain],
    known: Mapping[str, str] = _NONE,
    *,
    zone_level: str | None,
) -> Mapping[str, str]:
    """Labels such as ``rack B`` by reference; those ``known`` stay as they are.

    Domains of ``zone_level`` are labelled with their names.

    The letters follow the order of the references, so they stay the same as long as ``domains``
    do, whatever is planned into them, and say nothing of the names. A domain whose letter another
    one is known by gets the first that is free.
    """
    found = dict(known)
    opaque = set()
    for domain in domains:
        ref = reference(project_id, domain)
        if domain.level == zone_level:
            found[ref] = domain.name
        else:
            opaque.add((domain.level, ref))
    taken = set(found.values())
    ranks: Counter[str] = Counter()
    late = []
    for level, ref in sorted(opaque):
        own = f"{level} {letters(ranks[level])}"
        ranks[level] += 1
        if ref not in found and own not in taken:
            found[ref] = own
            taken.add(own)
        elif ref not in found:
            late.append((level, ref))
    for level, ref in late:
        names = (f"{level} {letters(number)}" for number in count())
        found[ref] = next(name for name in names if name not in taken)
        taken.add(found[ref])
    return found


@lru_cache(maxsize=1 << 16)  # a plan in a large cloud labels all of its hosts
def letters(number: int) -> str:
    """A to Z, then AA to AZ and on."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
