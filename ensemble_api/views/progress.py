# SPDX-License-Identifier: Apache-2.0
"""How far an ensemble is, as callers see it."""

from typing import Any

from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord, MemberStatus, Status

Json = dict[str, Any]

_RESERVING = Sentence(
    "progress.reserving",
    "The capacity of %(count)s member is being reserved.",
    "The capacity of %(count)s members is being reserved.",
)
_BUILDING = Sentence(
    "progress.building",
    "%(active)s of %(count)s member is active.",
    "%(active)s of %(count)s members are active.",
)
_ACTIVE = Sentence(
    "progress.active", "Its %(count)s member is active.", "All %(count)s members are active."
)
_DEGRADED = Sentence(
    "progress.degraded",
    "Its %(count)s member was built, and what was promised of it does not hold now.",
    "All %(count)s members were built, and what was promised of them does not hold now.",
)
_ROLLING_BACK = Sentence(
    "progress.rolling-back",
    "The build failed; %(removed)s of %(count)s member is removed.",
    "The build failed; %(removed)s of %(count)s members are removed.",
)
_ERROR = Sentence("progress.error", "The build failed, and nothing is left of it in the cloud.")
_DELETING = Sentence(
    "progress.deleting",
    "%(removed)s of %(count)s member is removed.",
    "%(removed)s of %(count)s members are removed.",
)
_SENTENCES = {
    Status.RESERVING: _RESERVING,
    Status.BUILDING: _BUILDING,
    Status.ACTIVE: _ACTIVE,
    Status.DEGRADED: _DEGRADED,
    Status.ROLLING_BACK: _ROLLING_BACK,
    Status.ERROR: _ERROR,
    Status.DELETING: _DELETING,
}
_REMOVING = (Status.ROLLING_BACK, Status.DELETING)


def progress(record: EnsembleRecord) -> Json:
    """How many members are there, or are gone again, in figures and as a sentence.

    ``done`` are those that are where the ensemble is heading.
    """
    total = len(record.members)
    removed = sum(each.status is MemberStatus.DELETED for each in record.members)
    return {
        "active": record.active,
        "removed": removed,
        "done": removed if record.status in _REMOVING else record.active,
        "total": total,
        "message": _message(record, total, removed),
    }


def _message(record: EnsembleRecord, total: int, removed: int) -> Message:
    sentence = _SENTENCES[record.status]
    return sentence(active=record.active, removed=removed, count=total)
