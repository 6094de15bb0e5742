# SPDX-License-Identifier: Apache-2.0
"""Whose ensembles they are: projects and users by name, which the ensembles API does not know."""

from collections.abc import Iterable

from django.http import HttpRequest
from horizon import exceptions
from openstack_dashboard.api import keystone


def project_names(request: HttpRequest) -> dict[str, str]:
    """Give the names of all projects by id; none when Keystone does not tell them."""
    try:
        projects, _more = keystone.tenant_list(request)
    except Exception:  # noqa: BLE001 - the pages are useful with ids too
        exceptions.handle(request, ignore=True)
        return {}
    return {project.id: project.name for project in projects}


def project_name(request: HttpRequest, project_id: str) -> str:
    """Give the name of one project, or its id when Keystone does not tell it."""
    try:
        return str(keystone.tenant_get(request, project_id).name)
    except Exception:  # noqa: BLE001 - the id is shown instead
        exceptions.handle(request, ignore=True)
        return project_id


def user_names(request: HttpRequest, user_ids: Iterable[str]) -> dict[str, str]:
    """Give the names of these users by id; of those that Keystone does not tell, the ids.

    A directory may have many users, and a page shows few: so they are asked for one by one.
    """
    found = {}
    for user_id in set(user_ids):
        try:
            found[user_id] = str(keystone.user_get(request, user_id).name)
        except Exception:  # noqa: BLE001 - the id is shown instead
            exceptions.handle(request, ignore=True)
            found[user_id] = user_id
    return found
