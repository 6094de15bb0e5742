# SPDX-License-Identifier: Apache-2.0
"""The ensembles API as the dashboard calls it, with the rights of the person at the browser."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language
from horizon import exceptions
from openstack_dashboard.api import _nova, base
from openstack_dashboard.contrib.developer.profiler import api as profiler
from openstack_dashboard.utils import settings as dashboard_settings

from ensemble_client.client import SERVICE_TYPE, make_client
from ensemble_client.v2.ensembles import EnsembleManager
from ensemble_dashboard.api.connection import interface, user_session

OPERATIONS = 20  # on a page
BUILT = ("ACTIVE", "DEGRADED")  # the statuses in which Nova has the servers
_KNOWN = "_known_to_ensembles_api"  # an attribute of a request


@dataclass(frozen=True, slots=True)
class Page:
    """One page of ensembles in the order asked for, and whether there are more on either side."""

    ensembles: tuple[Any, ...]
    has_next: bool = False
    has_previous: bool = False


def manager(request: HttpRequest) -> EnsembleManager:
    """Give the API's client, which asks in the language of the page, and not of the browser.

    Where the catalog has ensembles as a service of its own, that is asked, and else Nova.
    """
    try:
        url = base.url_for(request, SERVICE_TYPE)
    except exceptions.ServiceCatalogException:
        client = _nova.novaclient(request)
    else:
        client = make_client(
            user_session(request),
            region_name=request.user.services_region,
            interface=interface(),
            endpoint_override=url,
        )
    client.client.additional_headers["Accept-Language"] = get_language() or "en"
    return EnsembleManager(client)


@profiler.trace
def ensemble_page(
    request: HttpRequest,
    marker: str | None = None,
    backwards: bool = False,
    filters: Mapping[str, str] | None = None,
    all_projects: bool = False,
    sort_key: str = "created_at",
    descending: bool = True,
) -> Page:
    """Give the ensembles after the marker, or before it when going backwards.

    A page has as many rows as the person chose in the settings; one more is asked for, to know
    whether another page follows.
    """
    size = dashboard_settings.get_page_size(request)
    found = list(
        manager(request).list(
            search_opts=dict(filters or {}),
            limit=size + 1,
            marker=marker,
            sort_key=sort_key,
            sort_dir="desc" if descending != backwards else "asc",
            all_projects=all_projects,
        )
    )
    more = len(found) > size
    shown = found[:size]
    if backwards:
        return Page(tuple(reversed(shown)), has_next=True, has_previous=more)
    return Page(tuple(shown), has_next=more, has_previous=marker is not None)


@profiler.trace
def ensemble_capabilities(request: HttpRequest) -> dict[str, Any]:
    """Give the limits, levels and features of this cloud's ensembles."""
    return dict(manager(request).capabilities())


@dataclass(frozen=True, slots=True)
class Known:
    """What the API takes in questions: statuses with their words, and keys to sort by.

    An API that does not answer takes nothing.
    """

    statuses: Mapping[str, str] = field(default_factory=dict)
    settled: Collection[str] = ()
    sort_keys: Mapping[str, Collection[str]] = field(default_factory=dict)
    levels: tuple[str, ...] = ()  # the smallest first


def known(request: HttpRequest) -> Known:
    """Tell what the API takes in questions; a request asks it once."""
    found: Known | None = getattr(request, _KNOWN, None)
    if found is None:
        try:
            told = ensemble_capabilities(request)
        except Exception:  # noqa: BLE001 - what is asked for next says what is wrong
            return Known()
        found = Known(
            {each["name"]: each["label"] for each in told["statuses"]},
            [each["name"] for each in told["statuses"] if each["settled"]],
            told["sort_keys"],
            tuple(each["name"] for each in told["levels"]),
        )
        setattr(request, _KNOWN, found)
    return found


@profiler.trace
def ensemble_get(request: HttpRequest, ensemble_id: str) -> Any:
    """Give one ensemble with its members, domains and events."""
    return manager(request).get(ensemble_id)


@profiler.trace
def ensemble_survivability(request: HttpRequest, ensemble_id: str) -> dict[str, Any]:
    """Give where Nova has the members now, what failures would cost, and which promises hold."""
    return dict(manager(request).survivability(ensemble_id))


@profiler.trace
def ensemble_drill(request: HttpRequest, ensemble_id: str, level: str) -> dict[str, Any]:
    """Give what the failure of each domain of a level would do, and how it would be repaired."""
    return dict(manager(request).drill(ensemble_id, level))


@profiler.trace
def ensemble_preview_rebalance(request: HttpRequest, ensemble_id: str) -> dict[str, Any]:
    """Give who would move for the best spread, with the plan."""
    return dict(manager(request).preview_rebalance(ensemble_id))


@profiler.trace
def ensemble_rebalance(request: HttpRequest, ensemble_id: str, plan: str) -> Any:
    """Move those who were to move by a preview's plan."""
    return manager(request).rebalance(ensemble_id, plan=plan)


@profiler.trace
def ensemble_preview_repair(request: HttpRequest, ensemble_id: str) -> dict[str, Any]:
    """Tell who is lost, and where a repair would bring them back, without touching anything."""
    return dict(manager(request).preview_repair(ensemble_id))


@profiler.trace
def ensemble_repair(request: HttpRequest, ensemble_id: str) -> None:
    """Begin to bring lost members back. A Conflict where none is lost, or none can be."""
    manager(request).repair(ensemble_id)


@dataclass(frozen=True, slots=True)
class OperationPage:
    """Some operations, the newest first; the next ones come after `next`, None: there are none."""

    operations: tuple[Mapping[str, Any], ...]
    next: str | None


@profiler.trace
def ensemble_operations(
    request: HttpRequest, ensemble_id: str, marker: str | None = None
) -> OperationPage:
    """Give what was done with an ensemble and what is under way."""
    found = manager(request).operations(ensemble_id, limit=OPERATIONS + 1, marker=marker)
    page = tuple(found[:OPERATIONS])
    return OperationPage(page, page[-1]["id"] if len(found) > OPERATIONS else None)


@profiler.trace
def ensemble_create(
    request: HttpRequest, body: dict[str, Any], plan: str | None = None, key: str | None = None
) -> Any:
    """Reserve and build what was drawn; gives the new ensemble at once, while it is building.

    With the id of a plan it is built as that plan says, or not at all. What is sent again with the
    same key is built once; whether it is sent again is up to the person at the browser.
    """
    return manager(request).create(body, plan=plan, key=key or str(uuid.uuid4()))


@profiler.trace
def ensemble_preview_change(
    request: HttpRequest,
    ensemble_id: str,
    wanted: Mapping[str, Any],
    members: Mapping[str, Any],
) -> dict[str, Any]:
    """Tell what would come of a change, as {"plan", "change"}, without touching anything.

    `members` are names: those that are to "remove", to "replace" and to "release"; and whether to
    "mend" what does not hold.
    """
    return dict(manager(request).preview_change(ensemble_id, wanted, **members))


@profiler.trace
def ensemble_change(
    request: HttpRequest,
    ensemble_id: str,
    wanted: Mapping[str, Any],
    members: Mapping[str, Any],
    plan: str,
) -> None:
    """Begin to carry out the change that was previewed under the id of its plan."""
    manager(request).change(ensemble_id, wanted, plan=plan, **members)


@profiler.trace
def ensemble_preview_adoption(request: HttpRequest, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Tell what would come of servers that run if they were adopted, without touching them."""
    return dict(manager(request).adopt(wanted, dry_run=True))


@profiler.trace
def ensemble_adopt(request: HttpRequest, wanted: Mapping[str, Any], plan: str) -> Any:
    """Make an ensemble of servers that run, as it was previewed under the id of its plan."""
    return manager(request).adopt(wanted, plan=plan)


@profiler.trace
def ensemble_release(request: HttpRequest, ensemble_id: str) -> None:
    """Forget the ensemble; its servers stay, as plain servers."""
    manager(request).release(ensemble_id)


@profiler.trace
def ensemble_cancel(request: HttpRequest, ensemble_id: str) -> None:
    """End a build; nothing of the ensemble is left then. A Conflict when nothing is being built."""
    manager(request).cancel(ensemble_id)


@profiler.trace
def ensemble_delete(request: HttpRequest, ensemble_id: str) -> None:
    """Release everything the ensemble holds; it is gone when it can no longer be found."""
    manager(request).delete(ensemble_id)


@profiler.trace
def ensemble_plan(
    request: HttpRequest,
    body: dict[str, Any],
    headroom: bool = False,
    domains: str | None = None,
    fail: Sequence[str] = (),
) -> dict[str, Any]:
    """Plan without reserving anything; gives the plan, or the reasons why there is none.

    With ``headroom`` the plan also tells whether lost members can be placed again, which
    costs the cloud one more plan for every domain in use. ``domains`` "all" shows those too that
    are not used, and ``fail`` names domains that fail at once.
    """
    return manager(request).plan(body, headroom=headroom, domains=domains, fail=fail)
