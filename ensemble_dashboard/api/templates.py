# SPDX-License-Identifier: Apache-2.0
"""Ensemble templates as the dashboard asks for them, with the rights of whoever is at it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from openstack_dashboard.contrib.developer.profiler import api as profiler
from openstack_dashboard.utils import futurist_utils

from ensemble_dashboard.api.ensemble import manager

LOG = logging.getLogger(__name__)

PAGE: Final = 12
"""Templates on a page: each one's document is asked for, to draw it."""

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """One page of templates in the order asked for, and whether there are more on either side."""

    templates: tuple[Template, ...]
    has_next: bool = False
    has_previous: bool = False


@profiler.trace
def template_page(
    request: HttpRequest,
    filters: Mapping[str, str],
    marker: str | None = None,
    backwards: bool = False,
    sort_key: str = "created_at",
    descending: bool = True,
) -> TemplatePage:
    """Give the templates after the marker, or before it when going backwards."""
    found = list(
        manager(request).templates(
            limit=PAGE + 1,
            marker=marker,
            sort_key=sort_key,
            sort_dir="desc" if descending != backwards else "asc",
            **filters,
        )
    )
    more, shown = len(found) > PAGE, found[:PAGE]
    if backwards:
        return TemplatePage(tuple(reversed(shown)), has_next=True, has_previous=more)
    return TemplatePage(tuple(shown), has_next=more, has_previous=marker is not None)


@profiler.trace
def template_get(request: HttpRequest, template_id: str, version: int | None = None) -> Template:
    """Give one template with the document of its latest version, or of another one."""
    found: Template = manager(request).template(template_id, version)
    return found


def template_documents(request: HttpRequest, ids: Iterable[str]) -> dict[str, Template]:
    """Give templates with their documents, all asked for at once; those that fail are left out."""
    if not (ids := list(ids)):
        return {}
    found = futurist_utils.call_functions_parallel(
        *((_attempt, [request, template_id]) for template_id in ids)
    )
    return {each["id"]: each for each in found if each is not None}


def _attempt(request: HttpRequest, template_id: str) -> Template | None:
    try:
        return template_get(request, template_id)
    except Exception:
        LOG.warning("A template cannot be drawn in the gallery", exc_info=True)
        return None


@profiler.trace
def template_create(request: HttpRequest, body: Mapping[str, Any]) -> Template:
    """Save a template with its first version."""
    made: Template = manager(request).create_template(body)
    return made


@profiler.trace
def template_change(request: HttpRequest, template_id: str, body: Mapping[str, Any]) -> Template:
    """Change a template; other parameters or another ensemble are a new version."""
    made: Template = manager(request).change_template(template_id, body)
    return made


@profiler.trace
def template_delete(request: HttpRequest, template_id: str) -> None:
    """Delete a template; what was made from it goes on."""
    manager(request).delete_template(template_id)


@profiler.trace
def template_instances(request: HttpRequest, template_id: str) -> Sequence[Any]:
    """Give the project's ensembles that were made from a template, as many as one page has."""
    found = manager(request).list(search_opts={"template_id": template_id}, limit=100)
    return list(found)


@profiler.trace
def template_preview(
    request: HttpRequest, template_id: str, wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """Tell what would come of `wanted`: {"plan" of all, "instances": [{"ensemble", "plan"}]}.

    `wanted` has "instances", each with a "name" and "parameters", and the "version".
    """
    client, version = manager(request), wanted["version"]
    first, *others = wanted["instances"]
    if others:
        found = client.preview_instances(template_id, wanted["instances"], version=version)
        return {"plan": found["plan"], "instances": found["instances"]}
    found = client.preview_instantiation(
        template_id, first["name"], first["parameters"], version=version
    )
    one = {"ensemble": found["ensemble"], "plan": found["plan"]}
    return {"plan": found["plan"], "instances": [one]}


@profiler.trace
def template_instantiate(
    request: HttpRequest,
    template_id: str,
    wanted: Mapping[str, Any],
    plan: str | None,
    key: str | None,
) -> list[Any]:
    """Make what was previewed, by the id of its plan if there is one; gives the new ensembles.

    Several are planned and reserved as one: all of them are made, or none.
    """
    client = manager(request)
    how: dict[str, Any] = {"version": wanted["version"], "plan": plan, "key": key}
    first, *others = wanted["instances"]
    if others:
        return list(client.instantiate_all(template_id, wanted["instances"], **how))
    return [client.instantiate(template_id, first["name"], first["parameters"], **how)]


@profiler.trace
def preview_version(
    request: HttpRequest, ensemble_id: str, generation: int, version: int
) -> dict[str, Any]:
    """Tell what another version of its template would change of an ensemble: {"plan", "change"}."""
    asked = {"version": version}
    body = {"generation": generation}
    return dict(manager(request).preview_change(ensemble_id, body, template=asked))


@profiler.trace
def to_version(
    request: HttpRequest, ensemble_id: str, generation: int, version: int, plan: str
) -> None:
    """Begin the update that was previewed under the id of its plan."""
    asked = {"version": version}
    body = {"generation": generation}
    manager(request).change(ensemble_id, body, plan=plan, template=asked)
