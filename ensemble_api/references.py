# SPDX-License-Identifier: Apache-2.0
"""What tenants know failure domains by: opaque references, and labels that count by letters."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from ensemble_api.planning.topology import FailureDomain

_NONE: Mapping[str, str] = {}


def reference(project_id: str, domain: FailureDomain) -> str:
    """An id for a domain that says nothing of it and differs between projects.

    Like Nova's ``hostId`` (nova/objects/instance.py), a hash over project and name.
    """
    text = "\0".join((project_id, domain.level, *domain.path))
    return hashlib.sha224(text.encode()).hexdigest()


def labels(
    project_id: str, domains: Iterable[FailureDomain], known: Mapping[str, str] = _NONE
) -> Mapping[str, str]:
    """Labels such as ``rack B`` by reference; those ``known`` stay as they are.

    The letters follow the order of the references, so they stay the same as long as ``domains``
    do, whatever is planned into them, and say nothing of the names.
    """
    found = dict(known)
    taken = set(known.values())
    free: dict[str, Iterator[str]] = {}
    for level, ref in sorted((each.level, reference(project_id, each)) for each in domains):
        if ref not in found:
            names = free.setdefault(level, map(f"{level} {{}}".format, map(letters, count())))
            found[ref] = next(name for name in names if name not in taken)
    return found


def letters(number: int) -> str:
    """A to Z, then AA to AZ and on."""
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
