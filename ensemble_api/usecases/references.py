# SPDX-License-Identifier: Apache-2.0
"""Failure domains by the references that callers know them by."""

from collections.abc import Collection

from ensemble_api import exception
from ensemble_api.planning.message import Sentence
from ensemble_api.planning.topology import FailureDomain, Topology, reference

_NO_DOMAIN = Sentence("invalid.no-domain", "there is no domain %(domain)s")


def referenced(
    project_id: str, topology: Topology, references: Collection[str], *, field: str
) -> tuple[FailureDomain, ...]:
    """The domains with these references.

    :raises ensemble_api.exception.Invalid: when the cloud has none with one of them.
    """
    if not references:
        return ()
    known = {
        reference(project_id, domain): domain
        for level in topology.levels
        for domain in topology.domains(level)
    }
    for each in references:
        if each not in known:
            raise exception.Invalid(_NO_DOMAIN(domain=each), field=field)
    return tuple(known[each] for each in references)
