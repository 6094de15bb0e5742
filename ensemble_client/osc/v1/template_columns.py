# SPDX-License-Identifier: Apache-2.0
"""The columns of the commands about ensemble templates."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ensemble_client import words
from ensemble_client.osc.v1.columns import Json, Table
from ensemble_client.osc.v1.readable import ReadableColumn


def template_rows(templates: Iterable[Json], long: bool) -> Table:
    """Lay out templates for `list`, one a row."""
    columns: dict[str, Callable[[Json], Any]] = {
        "ID": lambda info: info["id"],
        "Name": lambda info: ReadableColumn(info["name"]),
        "Version": lambda info: info["version"],
        "Visibility": lambda info: info["visibility"],
        "Description": lambda info: ReadableColumn(info["description"]),
    }
    if long:
        columns |= {
            "Project ID": lambda info: info["project_id"],
            "Created At": lambda info: info["created_at"],
            "Updated At": lambda info: info["updated_at"],
        }
    return tuple(columns), [tuple(cell(info) for cell in columns.values()) for info in templates]


def template_fields(info: Json) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out all of one template."""
    fields: dict[str, Any] = {
        "id": info["id"],
        "name": ReadableColumn(info["name"]),
        "description": ReadableColumn(info["description"]),
        "visibility": info["visibility"],
        "projects": ReadableColumn(info["projects"], ", ".join),
        "version": info["version"],
        "latest_version": info["latest_version"],
        "parameters": ReadableColumn(info["parameters"], parameter_lines),
        "ensemble": ReadableColumn(info["ensemble"], _json),
        "versions": ReadableColumn(info["versions"], _versions),
        "instances": info["instances"],
        "deleted_at": info["deleted_at"],
        "project_id": info["project_id"],
        "user_id": info["user_id"],
        "created_at": info["created_at"],
        "updated_at": info["updated_at"],
    }
    return tuple(fields), tuple(fields.values())


def preview_fields(found: Json) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out what would come of an instantiation."""
    described, plan = found["ensemble"], found["plan"]
    fields: dict[str, Any] = {
        "plan": plan["id"],
        "name": ReadableColumn(described["name"]),
        "description": ReadableColumn(described["description"]),
        "tiers": ReadableColumn(described["tiers"], words.tiers_text),
        "policies": ReadableColumn(
            described["policies"], lambda _: "\n".join(words.messages(plan["policies"]))
        ),
    }
    return tuple(fields), tuple(fields.values())


def preview_instances_fields(found: Json) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out what would come of several instances that are made as one."""
    described = [
        {key: each["ensemble"][key] for key in ("name", "description", "tiers")}
        for each in found["instances"]
    ]
    return ("plan", "ensembles"), (
        found["plan"]["id"],
        ReadableColumn(
            described,
            lambda every: "\n".join(
                f"{words.printable(each['name'])}: {words.tiers_text(each['tiers'])}"
                for each in every
            ),
        ),
    )


def instances_fields(made: Iterable[Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Lay out ensembles that were made as one."""
    rows = [{"id": each.id, "name": each.name, "status": each.status} for each in made]
    return ("ensembles",), (
        ReadableColumn(
            rows,
            lambda every: "\n".join(
                f"{each['id']} {words.printable(each['name'])}: {each['status']}" for each in every
            ),
        ),
    )


def parameter_lines(parameters: Mapping[str, Json]) -> str:
    """Say each parameter on a line: its type, its default, and what it is."""
    lines = []
    for name, each in parameters.items():
        default = f" = {_json(each['default'])}" if "default" in each else ", required"
        what = each.get("label") or each.get("description")
        lines.append(f"{name}: {each['type']}{default}{f' ({what})' if what else ''}")
    return "\n".join(words.printable(each) for each in lines)


def _versions(versions: Iterable[Json]) -> str:
    return "\n".join(f"{each['version']}: {each['created_at']}" for each in versions)


def _json(value: Any) -> str:
    return words.printable(json.dumps(value, ensure_ascii=False))
