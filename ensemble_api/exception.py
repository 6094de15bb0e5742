# SPDX-License-Identifier: Apache-2.0
"""Errors of the API: each has an HTTP status, a stable code and facts for the caller."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from ensemble_api.planning.message import Message, Sentence, following

_NO_ENSEMBLE = Sentence("not-found.ensemble", "There is no ensemble %(ensemble)s.")
_NO_OPERATION = Sentence(
    "not-found.operation", "There is no operation %(operation)s of this ensemble."
)
_DOES_NOT_FIT = Sentence("infeasible", "The ensemble does not fit: %(reasons)s")
_IN_FIELD = Sentence("in-field", "%(field)s: %(reason)s")


class EnsembleError(Exception):
    """An error that the API answers with.

    ``status`` is the HTTP status, ``code`` is stable across releases, ``facts`` is material for
    the caller, JSON-ready but for messages (such as ``reasons``). Of an error about a ``field`` the
    message is the reason alone, such as "must be a UUID"; the field is put in front here.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "ensemble.internal"

    def __init__(self, message: str | Message, **facts: Any) -> None:
        self.facts: Mapping[str, Any] = facts
        self.message = message
        if "field" in facts:
            self.facts = {**facts, "reason": message}
            self.message = _IN_FIELD(field=facts["field"], reason=message)
        super().__init__(str(self.message))


@contextmanager
def of_instance(number: int) -> Iterator[None]:
    """Say of the fields of errors which of several ensembles they are of, counted from 0."""
    try:
        yield
    except EnsembleError as error:
        if "field" not in error.facts:
            raise
        facts = {key: each for key, each in error.facts.items() if key != "reason"}
        facts["field"] = f"instances[{number}].{facts['field']}"
        raise type(error)(error.facts["reason"], **facts) from error


class Invalid(EnsembleError):
    """The request is malformed; ``field`` says where."""

    status, code = 400, "ensemble.invalid"


class UnknownFlavor(Invalid):
    """The tenant has no such flavor."""

    code = "ensemble.unknown_flavor"


class UnknownImage(Invalid):
    """The tenant has no such image."""

    code = "ensemble.unknown_image"


class UnknownNetwork(Invalid):
    """The tenant has no such network."""

    code = "ensemble.unknown_network"


class UnknownPort(Invalid):
    """The tenant has no such port."""

    code = "ensemble.unknown_port"


class UnknownVolume(Invalid):
    """The tenant has no such volume."""

    code = "ensemble.unknown_volume"


class UnknownKey(Invalid):
    """The tenant has no such key pair."""

    code = "ensemble.unknown_key"


class UnknownSecurityGroup(Invalid):
    """The tenant has no such security group."""

    code = "ensemble.unknown_security_group"


class UnknownServer(Invalid):
    """The project has no such server."""

    code = "ensemble.unknown_server"


class UnknownServerGroup(Invalid):
    """The project has no such server group."""

    code = "ensemble.unknown_server_group"


class Forbidden(EnsembleError):
    """Policy forbids it."""

    status, code = 403, "ensemble.forbidden"


class RefusedTemplate(Invalid):
    """Nova would refuse a member's server; ``field`` is what it is about, the words are Nova's."""

    code = "ensemble.refused"


class ForbiddenTemplate(Forbidden):
    """As RefusedTemplate, where Nova forbids it by policy or by a limit of the project."""

    code = "ensemble.refused"


class OverQuota(EnsembleError):
    """The project's quota does not hold the whole ensemble."""

    status, code = 403, "ensemble.quota"


class NotFound(EnsembleError):
    """There is no such ensemble (for this project) or no such route."""

    status, code = 404, "ensemble.not_found"


def no_ensemble(ensemble_id: str) -> NotFound:
    """The error about an ensemble that is not there, or not for this project."""
    return NotFound(_NO_ENSEMBLE(ensemble=ensemble_id))


def no_operation(operation_id: str) -> NotFound:
    """The error about an operation that is not there, or not this ensemble's."""
    return NotFound(_NO_OPERATION(operation=operation_id))


class MethodNotAllowed(EnsembleError):
    """The route exists, the method does not."""

    status, code = 405, "ensemble.method_not_allowed"


class UnsupportedVersion(EnsembleError):
    """The microversion that was asked for does not exist."""

    status, code = 406, "ensemble.version"


class Conflict(EnsembleError):
    """The ensemble's status does not allow it now."""

    status, code = 409, "ensemble.conflict"


class PreconditionFailed(EnsembleError):
    """The ensemble was changed since the caller has looked; ``generation`` is what it is now."""

    status, code = 412, "ensemble.generation"


class ConflictingTemplate(Conflict):
    """As RefusedTemplate, where what the project has now stands against it."""

    code = "ensemble.refused"


class InfeasibleEnsemble(EnsembleError):
    """No plan meets all hard policies; ``reasons`` says why."""

    status, code = 409, "ensemble.infeasible"


def does_not_fit(reasons: Iterable[Message]) -> Message:
    """What an InfeasibleEnsemble says."""
    return _DOES_NOT_FIT(reasons=following(list(reasons)))


class PlanChanged(EnsembleError):
    """The plan to build does not hold any more; ``plan`` is a new one.

    ``moved`` are its members that are elsewhere, ``worst`` is where failures leave others than
    before; None when the plan to build is not known. ``parts`` are a plan and the moved members of
    each ensemble that was planned with others.
    """

    status, code = 409, "ensemble.plan_changed"


class AlreadyBuilt(EnsembleError):
    """What is asked for once was done for another request; ``ensemble_id`` is what came of it."""

    status, code = 409, "ensemble.already_built"


class InProgress(EnsembleError):
    """The same create is still at work; ``retry_after`` is in how many seconds to ask again."""

    status, code = 409, "ensemble.in_progress"


class KeyReused(EnsembleError):
    """The idempotency key was used for another create."""

    status, code = 422, "ensemble.key_reused"


class TooLarge(EnsembleError):
    """The request is longer than this cloud takes; ``field`` is its body."""

    status, code = 413, "ensemble.too_large"


class Unavailable(EnsembleError):
    """A service that we need does not answer."""

    status, code = 503, "ensemble.unavailable"


class CapacityTaken(Exception):
    """Somebody else took the capacity between the snapshot and the reservation."""


class DuplicateCreate(Exception):
    """Another create with the same plan or key was recorded first."""


class ServersTaken(Exception):
    """A server that was to be adopted is a member of an ensemble."""


class LeaseLost(Exception):
    """Another worker holds the ensemble now."""


class CloudError(Exception):
    """Nova or Placement refused a request.

    ``status`` is the HTTP status that it answered.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}")
        self.status = status
        self.message = message
