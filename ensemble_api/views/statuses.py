# SPDX-License-Identifier: Apache-2.0
"""The statuses of ensembles and members as a person calls them."""

from ensemble_api.planning.message import Sentence
from ensemble_api.records import MemberStatus, Status
from ensemble_api.recovery_hold import ReserveStatus

LABELS = {
    Status.RESERVING: Sentence("status.reserving", "Reserving")(),
    Status.BUILDING: Sentence("status.building", "Building")(),
    Status.ACTIVE: Sentence("status.active", "Active")(),
    Status.DEGRADED: Sentence("status.degraded", "Degraded")(),
    Status.ROLLING_BACK: Sentence("status.rolling-back", "Rolling back")(),
    Status.ERROR: Sentence("status.error", "Error")(),
    Status.DELETING: Sentence("status.deleting", "Deleting")(),
}
_NOTHING_PROMISED = Sentence(
    "survivability.removed", "Nothing is promised while the ensemble is removed."
)()
WITHOUT_PROMISES = {
    Status.DELETING: _NOTHING_PROMISED,
    Status.ROLLING_BACK: _NOTHING_PROMISED,
    Status.ERROR: Sentence(
        "survivability.not-built", "Nothing is promised: the ensemble was not built."
    )(),
}
"""What is said of the survivability of an ensemble whose members are gone, or going."""
MEMBER_LABELS = {
    MemberStatus.RESERVED: Sentence("member-status.reserved", "Reserved")(),
    MemberStatus.BUILDING: Sentence("member-status.building", "Building")(),
    MemberStatus.ACTIVE: Sentence("member-status.active", "Active")(),
    MemberStatus.ERROR: Sentence("member-status.error", "Error")(),
    MemberStatus.DELETED: Sentence("member-status.deleted", "Deleted")(),
}
RESERVES = {
    ReserveStatus.HELD: Sentence(
        "reserve-status.held", "The capacity for recovery is held: all lost members find places."
    ),
    ReserveStatus.IN_USE: Sentence(
        "reserve-status.in-use",
        "Members are lost, and the capacity that was held is there for them alone.",
    ),
    ReserveStatus.NOT_HELD: Sentence(
        "reserve-status.not-held", "The capacity for recovery is not held."
    ),
}
RESERVE_SOUGHT = Sentence(
    "reserve-status.sought", "The capacity for recovery is not held yet: it is being looked for."
)
