# SPDX-License-Identifier: Apache-2.0
"""What a repair would do, as callers see it."""

from ensemble_api.results.repair import RepairPreview
from ensemble_api.views.domains import Domains, Json
from ensemble_api.views.drill import repair


def repair_preview(found: RepairPreview, *, names: bool, capacity: bool) -> Json:
    """Who is lost and the places that a repair would find; ``capacity`` is that of ``drill``."""
    hosts = [each.location for each in found.record.members if each.location]
    known = frozenset(found.topology.hosts)
    domains = Domains(
        found.record.project_id,
        found.topology,
        [host for host in (*hosts, *found.repair.moves.values()) if host in known],
        names=names,
        labels=found.labels,
    )
    return {
        "as_of": found.at,
        "lost": [each.name for each in found.lost],
        **repair(found.repair, found.lost, domains, names=names, capacity=capacity),
        "left": [{"member": name, "message": reason} for name, reason in found.left],
        "domains": domains.view(),
    }
