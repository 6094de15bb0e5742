# SPDX-License-Identifier: Apache-2.0
"""Bugs of templates and of what is made of them, to be planted as those of ``planted_bugs``."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from ensemble_api.records import Status
from ensemble_api.store import models, templates
from ensemble_api.store.api import Store
from ensemble_api.usecases.idempotency import CreateRequest
from tests.simulation.planting import Patch, around, nothing_done


def _one_by_one(self: Store, messages: Mapping[str, Any]) -> bool:
    begun = [
        self.transition(each, [Status.RESERVING], Status.BUILDING, message=message)
        for each, message in messages.items()
    ]
    return all(begun)


def _used_or_not(session: Any) -> None:
    session.execute(sa.delete(models.Template).where(models.Template.deleted_at.is_not(None)))


def _unknown(all_of: Any, *more: Any) -> Any:
    return tuple(replace(each, plan_key=None, idempotency_key=None) for each in all_of(*more))


_KEPT = ("templates", "room")
PROVOKED: dict[str, tuple[str, ...]] = {
    "several are begun one after the other": (*_KEPT, "process dies"),
    "several are made again": _KEPT,
    "a template goes before its ensembles": _KEPT,
    "a template is deleted while it is applied": _KEPT,
}

BUGS: dict[str, list[Patch]] = {
    "several are begun one after the other": [(Store, "begin_building", _one_by_one)],
    "several are made again": [around(CreateRequest, "all_of", _unknown)],
    "a template goes before its ensembles": [(templates, "_drop_unused", _used_or_not)],
    "a template is deleted while it is applied": [(templates, "keep", nothing_done)],
}
