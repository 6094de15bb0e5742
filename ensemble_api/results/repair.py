# SPDX-License-Identifier: Apache-2.0
"""What a repair of an ensemble would come to."""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_api.planning.message import Message
from ensemble_api.planning.model import Member
from ensemble_api.planning.repair import Repair
from ensemble_api.planning.topology import Topology
from ensemble_api.records import EnsembleRecord


@dataclass(frozen=True, slots=True)
class RepairPreview:
    """The members that are `lost`, and their new places, of an ensemble as observed ``at`` a time.

    `left` are the names of those that no place would help, with the reasons.
    """

    record: EnsembleRecord
    topology: Topology
    lost: tuple[Member, ...]
    left: tuple[tuple[str, Message], ...]
    repair: Repair
    labels: Mapping[str, str]
    at: str
