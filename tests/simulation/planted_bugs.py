# SPDX-License-Identifier: Apache-2.0
"""Bugs that are planted, one at a time, to see that the simulation finds each."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import sqlalchemy as sa

from ensemble_api.cloud import tags
from ensemble_api.execution import build
from ensemble_api.execution.engine import Engine
from ensemble_api.records import MemberStatus
from ensemble_api.store import models, progress
from ensemble_api.store.api import Store
from ensemble_api.usecases import replacement

Patch = tuple[Any, str, Any]


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _none(*_: Any, **__: Any) -> tuple[()]:
    return ()


def _around(owner: Any, name: str, change: Callable[..., Any]) -> Patch:
    """Have ``change`` called with the original first, and what it is called with after it."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def changed(*args: Any, **kwargs: Any) -> Any:
        return change(original, *args, **kwargs)

    return owner, name, changed


def _hold_first(create: Any, worker: Any, ensemble: Any, member: Any, *more: Any) -> Any:
    worker._reservation.release(member.id)
    return create(worker, ensemble, member, *more)


def _unleased(session: Any, record: Any, owner: str, **values: Any) -> None:
    if values:
        model = models.Ensemble
        session.execute(sa.update(model).where(model.id == record.id).values(**values))


def _any_tag(server: Any, awaited: Any) -> Any:
    names = (each.removeprefix(tags.MEMBER_TAG) for each in server.get("tags", ()))
    return next((awaited[each] for each in names if each in awaited), None)


def _on_failed(complete: Any, ensemble: Any, running: Any, snapshot: Any, _: Any, **kw: Any) -> Any:
    return complete(ensemble, running, snapshot, (), **kw)


def _kept_hold(self: Any, ensemble: Any, member: Any) -> None:
    deleted = MemberStatus.DELETED.value
    self._store.update_member(ensemble, member, self._owner, status=deleted)


def _hold_forgotten(record: Any, engine: Any, ensemble: Any, member: Any, *more: Any) -> Any:
    kept = mock.Mock(wraps=engine._reservation)
    kept.release = _nothing
    with mock.patch.object(engine, "_reservation", kept):
        return record(engine, ensemble, member, *more)


# What makes each more likely to matter: faults and actors.
PROVOKED: dict[str, tuple[str, ...]] = {
    "the lease is not checked": ("process stands still",),
    "a tag is trusted": ("neighbour",),
    "a host that failed is used again": ("build fails",),
    "a server that was replaced is not removed": ("build fails",),
    "a hold that was made anew is forgotten": ("answer is lost",),
}

BUGS: dict[str, list[Patch]] = {
    "a server is asked for without a saved intent": [(Store, "save_server_request", _nothing)],
    "a hold is released before the intent": [_around(Engine, "_create", _hold_first)],
    "the lease is not checked": [(progress, "update_ensemble", _unleased)],
    "a tag is trusted": [
        (tags, "_awaited", lambda member: True),
        (tags, "_by_tag", _any_tag),
    ],
    "a host that failed is used again": [_around(replacement, "complete", _on_failed)],
    "a server that was replaced is not removed": [(build, "_removals", _none)],
    "a removal keeps holds": [(Engine, "_release", _kept_hold)],
    "a hold that was made anew is forgotten": [_around(Engine, "_record", _hold_forgotten)],
}


@contextmanager
def planted(bug: str) -> Iterator[None]:
    """Have a bug for a while."""
    patches = [mock.patch.object(owner, name, new) for owner, name, new in BUGS[bug]]
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()
