# SPDX-License-Identifier: Apache-2.0
"""What drills of an ensemble that runs come to."""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_api.planning.drill import Drill
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord


@dataclass(frozen=True, slots=True)
class DrillResult:
    """Drills of an ensemble as it was observed ``at`` a time, the one that does most harm first.

    ``level`` is the one whose domains fail one at a time; None where they were chosen.
    """

    record: EnsembleRecord
    topology: Topology
    level: str | None
    drills: tuple[Drill, ...]
    labels: Mapping[str, str]
    at: str
