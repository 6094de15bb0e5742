# SPDX-License-Identifier: Apache-2.0
"""A create is done once, however often it is asked for."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.planning.message import Sentence
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store.api import Store
from ensemble_api.store.create_requests import CreateOutcome, CreateRequests, RequestKey

_IN_PROGRESS = Sentence(
    "conflict.in-progress", "The same request is still at work; ask again in a moment."
)
_KEY_REUSED = Sentence(
    "invalid.key-reused", "was used for another request; each request takes a new key"
)
_BUILT_OTHERWISE = Sentence(
    "conflict.built-otherwise",
    "Plan %(plan)s has been built, as ensemble %(ensemble)s, with another name, description, tiers "
    "or policies. A plan is built once: make a new one.",
)
_KEY_DELETED = Sentence(
    "conflict.key-deleted",
    "This request has been built, as ensemble %(ensemble)s, which is deleted by now. To build "
    "another, ask with a new key.",
)
_PLAN_DELETED = Sentence(
    "conflict.plan-deleted",
    "Plan %(plan)s has been built, as ensemble %(ensemble)s, which is deleted by now. To build "
    "another, make a new plan.",
)

PAUSE = 0.2  # seconds between two looks at a create that is still at work
LOOKS = 50
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """One request to create, and the keys by which it is known when it is sent again.

    A plan is its project's, a key its user's in that project.
    """

    body: Mapping[str, Any]
    plan_id: str | None = None
    plan_key: RequestKey | None = None
    idempotency_key: RequestKey | None = None

    @classmethod
    def of(
        cls, context: Context, body: Mapping[str, Any], plan_id: str | None, key: str | None
    ) -> "CreateRequest":
        """The request of this caller; ``body`` is checked and has its defaults."""
        return cls._of(context, body, _digest(body, plan_id), plan_id, key, ())

    @classmethod
    def all_of(
        cls,
        context: Context,
        bodies: Sequence[Mapping[str, Any]],
        plan_id: str | None,
        key: str | None,
    ) -> "tuple[CreateRequest, ...]":
        """One request to create several: as many that are done once, or not at all, together.

        The first has the keys that a request for one ensemble has, and the others have keys with
        their places. It is another request than one for a single ensemble, also where it is for one
        alone: it is answered in another form.
        """
        digest = _digest([*bodies], plan_id)
        return tuple(
            cls._of(context, body, digest, plan_id, key, (place,) if place else ())
            for place, body in enumerate(bodies)
        )

    @classmethod
    def _of(
        cls,
        context: Context,
        body: Mapping[str, Any],
        digest: str,
        plan_id: str | None,
        key: str | None,
        place: tuple[int, ...],
    ) -> "CreateRequest":
        project_id = context.project_id

        def request_key(*name: str | int) -> RequestKey:
            return RequestKey(_digest(project_id, *name), project_id, digest)

        return cls(
            body,
            plan_id,
            request_key("plan", plan_id, *place) if plan_id else None,
            request_key("key", context.user_id, key, *place) if key else None,
        )

    @property
    def keys(self) -> tuple[RequestKey, ...]:
        """The keys that the request has."""
        return tuple(
            request_key
            for request_key in (self.idempotency_key, self.plan_key)
            if request_key is not None
        )


class Idempotency:
    """What came of creates before, for those who ask again."""

    def __init__(
        self,
        store: Store,
        requests: CreateRequests,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._requests = requests
        self._sleep = sleep

    def stored_answer(self, request: CreateRequest) -> Mapping[str, Any] | None:
        """What the request with this key was answered, if it was.

        :raises ensemble_api.exception.KeyReused: when the key is another request's.
        """
        if request.idempotency_key is None:
            return None
        outcome = self._requests.find(request.idempotency_key)
        if outcome is None:
            return None
        self._same(request, request.idempotency_key, outcome)
        return outcome.answer

    def store_answer(self, request: CreateRequest, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep an answer for all who ask with the same key, and give the one that is kept."""
        return (
            answer
            if request.idempotency_key is None
            else self._requests.store_answer(request.idempotency_key, answer)
        )

    def existing(self, request: CreateRequest) -> EnsembleRecord | None:
        """The ensemble that this request made before, or None when it is to be made.

        While the first one plans and reserves, it is waited for.

        :raises ensemble_api.exception.AlreadyBuilt: when its ensemble is another or deleted.
        :raises ensemble_api.exception.InProgress: when the first one takes too long.
        :raises ensemble_api.exception.KeyReused: when the key is another request's.
        """
        for _ in range(LOOKS):
            record, waiting = self._look(request)
            if not waiting:
                return record
            self._sleep(PAUSE)
        raise exception.InProgress(_IN_PROGRESS(), retry_after=RETRY_SECONDS)

    def all_existing(self, requests: Sequence[CreateRequest]) -> tuple[EnsembleRecord, ...] | None:
        """The ensembles that these requests, made as one, made before: see ``existing``."""
        found = [self.existing(each) for each in requests]
        made = tuple(each for each in found if each is not None)
        if not made:
            return None
        if len(made) < len(found):
            # They were recorded together, and are undone one after the other.
            raise exception.InProgress(_IN_PROGRESS(), retry_after=RETRY_SECONDS)
        return made

    def is_recorded(self, request: CreateRequest) -> bool:
        """Whether somebody else's create with the same key has been recorded meanwhile."""
        found = (self._requests.find(request_key) for request_key in request.keys)
        return any(each is not None and each.ensemble_id is not None for each in found)

    def _look(self, request: CreateRequest) -> tuple[EnsembleRecord | None, bool]:
        """The first ensemble, and whether it is still to be waited for."""
        for request_key in request.keys:
            outcome = self._requests.find(request_key)
            if outcome is None:
                continue
            self._same(request, request_key, outcome)
            if outcome.ensemble_id is None:
                self._requests.forget_refusal(request_key)
                continue
            try:
                record = self._store.get(outcome.ensemble_id)
            except exception.NotFound as error:
                if outcome.reserved:
                    raise _deleted(request, request_key, outcome) from error
                continue  # it was refused just now, and its key has gone with it
            return record, not outcome.reserved and record.status is not Status.BUILDING
        return None, False

    @staticmethod
    def _same(request: CreateRequest, request_key: RequestKey, outcome: CreateOutcome) -> None:
        if outcome.digest == request_key.digest:
            return
        if request_key is request.idempotency_key:
            raise exception.KeyReused(_KEY_REUSED(), field="Idempotency-Key")
        raise exception.AlreadyBuilt(
            _BUILT_OTHERWISE(plan=str(request.plan_id), ensemble=outcome.ensemble_id or ""),
            ensemble_id=outcome.ensemble_id,
        )


def _deleted(
    request: CreateRequest, request_key: RequestKey, outcome: CreateOutcome
) -> exception.AlreadyBuilt:
    sentence = _KEY_DELETED if request_key is request.idempotency_key else _PLAN_DELETED
    message = sentence(plan=str(request.plan_id), ensemble=outcome.ensemble_id or "")
    return exception.AlreadyBuilt(message, ensemble_id=outcome.ensemble_id)


def _digest(*what: Any) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
