# SPDX-License-Identifier: Apache-2.0
"""Delete an ensemble, or cancel its build: the goal changes, and the worker removes it all."""

from collections.abc import Callable

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.planning.message import Message, Sentence
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store.api import Store
from ensemble_api.usecases.recovery_capacity import RecoveryCapacity
from ensemble_api.usecases.requesters import requester

_REMOVED = Sentence("event.removed", "Servers, capacity and ports are being removed.")
_CANCELLED = Sentence(
    "event.cancelled",
    "The build was cancelled; servers, capacity and ports are being removed.",
)
_BUILT = Sentence(
    "conflict.not-building-active",
    "There is no build to cancel: all its members are built. To remove the ensemble, delete it.",
)
_NOT_BUILDING = {
    Status.ACTIVE: _BUILT,
    Status.DEGRADED: _BUILT,
    Status.ERROR: Sentence(
        "conflict.not-building-error",
        "There is no build to cancel: it failed, and nothing is left but its record. To remove "
        "that, delete it.",
    ),
    Status.ROLLING_BACK: Sentence(
        "conflict.not-building-rolling-back",
        "There is no build to cancel: it failed, and what there was is being removed already.",
    ),
    Status.DELETING: Sentence(
        "conflict.not-building-deleting",
        "There is no build to cancel: the ensemble is being removed already.",
    ),
}
_TOO_LATE = Sentence(
    "conflict.change-removes",
    "The change cannot be cancelled any more: what it has added is there, and what is to go does.",
)
_STOPS = Sentence("conflict.stops-already", "It is being cancelled already, or has just ended.")
_BUSY = Sentence("conflict.busy", "Ensemble %(ensemble)s is %(status)s; try again in a moment.")


class Delete:
    """Starts the removal of ensembles."""

    def __init__(self, store: Store, recovery: RecoveryCapacity, wake: Callable[[], None]) -> None:
        self._store = store
        self._recovery = recovery
        self._wake = wake

    def delete(self, context: Context, ensemble_id: str) -> EnsembleRecord:
        """Start to remove everything of an ensemble; deleting twice is fine.

        :raises ensemble_api.exception.NotFound: if there is none.
        :raises ensemble_api.exception.Conflict: while its capacity is being reserved.
        """
        # 1 Change the goal. 2 Wake the worker, which removes all and then the record.
        acting = requester(context)
        expected = [
            Status.BUILDING,
            Status.ACTIVE,
            Status.DEGRADED,
            Status.ROLLING_BACK,
            Status.ERROR,
        ]
        known = self._store.get(ensemble_id).operation
        if known is None or known.requester != acting:
            expected.append(Status.DELETING)  # to go on with the rights of this one
        self._store.transition(
            ensemble_id,
            expected,
            Status.DELETING,
            requester=acting,
            message=_REMOVED(),
        )
        ensemble = self._store.get(ensemble_id)
        if ensemble.status is not Status.DELETING:
            raise _conflict(_BUSY(ensemble=ensemble_id, status=ensemble.status.value), ensemble)
        self._recovery.give_back(ensemble_id)
        self._wake()
        return ensemble

    def cancel(self, context: Context, ensemble_id: str) -> EnsembleRecord:
        """Stop a build and start to remove everything of it, unless it has ended by now.

        Of a change, what it has added is removed, as long as it does not remove anything itself.
        A repair, or one that moves members, asks Nova for nothing more.

        :raises ensemble_api.exception.NotFound: if there is none.
        :raises ensemble_api.exception.Conflict: when nothing is being built.
        """
        # 1 Change the goal, in the one statement that a build's end would make vain. 2 Wake the
        # worker, which removes all and then the record; while the capacity is being reserved,
        # the one who reserves it does.
        record = self._store.get(ensemble_id)
        if record.operation is not None and record.operation.may_move:
            return self._cancel_change(record)
        cancelled = self._store.transition(
            ensemble_id,
            [Status.RESERVING, Status.BUILDING],
            Status.DELETING,
            requester=requester(context),
            message=_CANCELLED(),
        )
        ensemble = self._store.get(ensemble_id)
        if not cancelled:
            raise _conflict(_NOT_BUILDING[ensemble.status](), ensemble)
        self._recovery.give_back(ensemble_id)
        self._wake()
        return ensemble

    def _cancel_change(self, record: EnsembleRecord) -> EnsembleRecord:
        if not self._store.undo_change(record, None):
            undoes = record.operation is not None and record.operation.undoes
            raise _conflict((_TOO_LATE if undoes else _STOPS)(), self._store.get(record.id))
        self._wake()
        return self._store.get(record.id)


def _conflict(message: Message, ensemble: EnsembleRecord) -> exception.Conflict:
    """What stands against a request, and the operation under way if there is one."""
    operation = {"operation": ensemble.operation.id} if ensemble.operation else {}
    return exception.Conflict(message, status=ensemble.status.value, **operation)
