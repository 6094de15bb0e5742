# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates as callers see them."""

from collections.abc import Mapping
from typing import Any

from ensemble_api.ensemble_templates.record import ORIGIN, Origin, TemplateRecord
from ensemble_api.records import EnsembleRecord

Json = dict[str, Any]


def listed_template(record: TemplateRecord, *, own: bool) -> Json:
    """A template without its document; ``own`` shows what is for its own project alone."""
    return {
        "id": record.id,
        "name": record.name,
        "description": record.description,
        "project_id": record.project_id,
        "visibility": record.visibility.value,
        "projects": sorted(record.projects) if own else [],
        "user_id": record.user_id if own else None,
        "version": record.latest,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def template(record: TemplateRecord, *, own: bool, instances: int) -> Json:
    """A template with the document of one version; ``instances`` are those of the caller's."""
    document = record.document or {"parameters": {}, "ensemble": {}}
    return {
        **listed_template(record, own=own),
        "version": record.number,
        "latest_version": record.latest,
        "parameters": document["parameters"],
        "ensemble": document["ensemble"],
        "versions": [
            {
                "version": each.number,
                "user_id": each.user_id if own else None,
                "created_at": each.created_at,
            }
            for each in record.versions
        ],
        "instances": instances,
        "deleted_at": record.deleted_at or None,
    }


def described(body: Mapping[str, Any]) -> Json:
    """The description of an ensemble that is not made yet."""
    return {key: each for key, each in body.items() if key != ORIGIN}


def origin(record: EnsembleRecord, *, values: bool) -> Json | None:
    """What an ensemble was made from; ``values`` shows with which values too.

    They may be part of its user data, and so are for those who see that.
    """
    found = Origin.of(record.body)
    if found is None:
        return None
    shown: Json = {"id": found.template_id, "version": found.version}
    return shown | {"parameters": dict(found.values)} if values else shown
