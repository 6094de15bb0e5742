# SPDX-License-Identifier: Apache-2.0
"""A create is done once, however often it is asked for."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ensemble_api import exception
from ensemble_api.context import Context
from ensemble_api.records import EnsembleRecord, Status
from ensemble_api.store.api import Store
from ensemble_api.store.create_requests import CreateRequests, Known, Mark

PAUSE = 0.2  # seconds between two looks at a create that is still at work
LOOKS = 50
RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Asking:
    """One request to create, and the marks by which a second one like it is known.

    A plan is its project's, a key its user's in that project.
    """

    body: Mapping[str, Any]
    plan_id: str | None = None
    by_plan: Mark | None = None
    by_key: Mark | None = None

    @classmethod
    def of(
        cls, context: Context, body: Mapping[str, Any], plan_id: str | None, key: str | None
    ) -> "Asking":
        """The request of this caller; ``body`` is checked and has its defaults."""
        digest = _digest(body, plan_id)
        project_id = context.project_id

        def mark(*name: str) -> Mark:
            return Mark(_digest(project_id, *name), project_id, digest)

        return cls(
            body,
            plan_id,
            mark("plan", plan_id) if plan_id else None,
            mark("key", context.user_id, key) if key else None,
        )

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Those that the request has."""
        return tuple(mark for mark in (self.by_key, self.by_plan) if mark is not None)


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

    def told(self, asking: Asking) -> Mapping[str, Any] | None:
        """What the request with this key was answered, if it was.

        :raises ensemble_api.exception.KeyReused: when the key is another request's.
        """
        if asking.by_key is None:
            return None
        known = self._requests.find(asking.by_key)
        if known is None:
            return None
        self._same(asking, asking.by_key, known)
        return known.answer

    def keep(self, asking: Asking, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keep an answer for all who ask with the same key, and give the one that is kept."""
        return answer if asking.by_key is None else self._requests.keep(asking.by_key, answer)

    def first(self, asking: Asking) -> EnsembleRecord | None:
        """The ensemble that came of this request before, or None when it is to be made.

        While the first one plans and reserves, it is waited for.

        :raises ensemble_api.exception.AlreadyBuilt: when its ensemble is another or deleted.
        :raises ensemble_api.exception.InProgress: when the first one takes too long.
        :raises ensemble_api.exception.KeyReused: when the key is another request's.
        """
        for _ in range(LOOKS):
            record, waiting = self._look(asking)
            if not waiting:
                return record
            self._sleep(PAUSE)
        raise exception.InProgress(
            "The same request is still at work; ask again in a moment.", retry_after=RETRY_SECONDS
        )

    def known(self, asking: Asking) -> bool:
        """Whether somebody else's create with the same mark has been recorded meanwhile."""
        found = (self._requests.find(mark) for mark in asking.marks)
        return any(each is not None and each.ensemble_id is not None for each in found)

    def _look(self, asking: Asking) -> tuple[EnsembleRecord | None, bool]:
        """The first ensemble, and whether it is still to be waited for."""
        for mark in asking.marks:
            known = self._requests.find(mark)
            if known is None:
                continue
            self._same(asking, mark, known)
            if known.ensemble_id is None:
                self._requests.forget_refusal(mark)
                continue
            try:
                record = self._store.get(known.ensemble_id)
            except exception.NotFound as error:
                if known.promised:
                    raise _deleted(asking, mark, known) from error
                continue  # it was refused just now, and its mark has gone with it
            return record, not known.promised and record.status is not Status.BUILDING
        return None, False

    @staticmethod
    def _same(asking: Asking, mark: Mark, known: Known) -> None:
        if known.digest == mark.digest:
            return
        if mark is asking.by_key:
            raise exception.KeyReused(
                "Idempotency-Key: was used for another request; each request takes a new key",
                field="Idempotency-Key",
            )
        raise exception.AlreadyBuilt(
            f"Plan {asking.plan_id} has been built, as ensemble {known.ensemble_id}, with another "
            "name, description, tiers or policies. A plan is built once: make a new one.",
            ensemble_id=known.ensemble_id,
        )


def _deleted(asking: Asking, mark: Mark, known: Known) -> exception.AlreadyBuilt:
    what = "This request" if mark is asking.by_key else f"Plan {asking.plan_id}"
    again = "ask with a new key" if mark is asking.by_key else "make a new plan"
    return exception.AlreadyBuilt(
        f"{what} has been built, as ensemble {known.ensemble_id}, which is deleted by now. "
        f"To build another, {again}.",
        ensemble_id=known.ensemble_id,
    )


def _digest(*what: Any) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
