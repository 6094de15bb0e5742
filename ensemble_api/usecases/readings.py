# SPDX-License-Identifier: Apache-2.0
"""What is asked of the cloud once for all looks of one request."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_api.cloud.inventory import Answers
from ensemble_api.cloud.reservation import Reservation
from ensemble_api.store.api import Store
from ensemble_api.store.occupancy import Handover, targets


@dataclass(frozen=True, slots=True)
class Readings:
    """What is asked once for all looks of one request, and the hand-overs just before that.

    ``claimed`` are the ids of the members among them whose server had claimed its capacity.
    ``seen_at`` is when Placement was asked, ISO 8601.
    """

    handovers: Sequence[Handover]
    claimed: frozenset[str]
    answers: Answers
    seen_at: str


def handed_over(
    store: Store, reservation: Reservation
) -> tuple[Sequence[Handover], frozenset[str]]:
    """The hand-overs now, and the ids of those members whose server has claimed its capacity."""
    handovers = store.handovers()
    claimed = reservation.holding(
        [each.server_id for each in handovers if each.server_id], on=targets(handovers)
    )
    return handovers, frozenset(each.member_id for each in handovers if each.server_id in claimed)
