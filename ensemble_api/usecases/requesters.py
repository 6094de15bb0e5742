# SPDX-License-Identifier: Apache-2.0
"""Who asks for something that the worker does later, when their token is gone."""

import copy
from collections.abc import Callable

from ensemble_api import exception, policies
from ensemble_api.context import Context
from ensemble_api.operations import Requester
from ensemble_api.planning.message import Sentence
from ensemble_api.rights import CurrentRights

_NOT_LISTED = Sentence(
    "forbidden.not-listed",
    "Keystone lists no role of yours in this project that lets you create ensembles. A build goes "
    "on without your token, so the role must be assigned to you or to one of your groups.",
)


def requester(context: Context) -> Requester:
    """Who asks, as the worker has to act for them later."""
    roles = tuple(sorted(set(context.roles)))
    return Requester(context.user_id, roles, request_id=context.global_id)


def lasting_requester(
    context: Context, current_rights: Callable[[Requester, str], CurrentRights]
) -> Requester:
    """Who asks for servers, who must have the right to create also when the token is gone.

    :raises ensemble_api.exception.Forbidden: when Keystone lists no role that gives it.
    """
    asking = requester(context)
    now = current_rights(asking, context.project_id)
    asking = now.unlisted(asking)
    held = copy.copy(context)
    held.roles = now.limit(asking).roles
    if not policies.allowed(held, "create"):
        raise exception.Forbidden(_NOT_LISTED())
    return asking


def sees_all_domains(context: Context, asking: Requester, project_id: str) -> bool:
    """Whether who asked may see all domains of the cloud, and so labels that count all of them.

    ``context`` is anybody's.
    """
    held = copy.copy(context)
    held.project_id, held.user_id, held.roles = project_id, asking.user_id, list(asking.roles)
    return policies.allowed(held, "domains")
