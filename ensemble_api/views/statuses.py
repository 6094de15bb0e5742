# SPDX-License-Identifier: Apache-2.0
"""The statuses of ensembles and members as a person calls them."""

from ensemble_api.planning.message import Sentence
from ensemble_api.records import MemberStatus, Status

LABELS = {
    Status.RESERVING: Sentence("status.reserving", "Reserving")(),
    Status.BUILDING: Sentence("status.building", "Building")(),
    Status.ACTIVE: Sentence("status.active", "Active")(),
    Status.DEGRADED: Sentence("status.degraded", "Degraded")(),
    Status.ROLLING_BACK: Sentence("status.rolling-back", "Rolling back")(),
    Status.ERROR: Sentence("status.error", "Error")(),
    Status.DELETING: Sentence("status.deleting", "Deleting")(),
}
MEMBER_LABELS = {
    MemberStatus.RESERVED: Sentence("member-status.reserved", "Reserved")(),
    MemberStatus.BUILDING: Sentence("member-status.building", "Building")(),
    MemberStatus.ACTIVE: Sentence("member-status.active", "Active")(),
    MemberStatus.ERROR: Sentence("member-status.error", "Error")(),
    MemberStatus.DELETED: Sentence("member-status.deleted", "Deleted")(),
}
