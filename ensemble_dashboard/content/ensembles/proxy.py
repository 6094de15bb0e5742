# SPDX-License-Identifier: Apache-2.0
"""JSON views between the page's script and the ensembles API, with its errors passed through."""

import functools
import json
import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import generic
from horizon.utils import http as horizon_http
from keystoneauth1 import exceptions as keystone_exceptions
from novaclient import exceptions as nova_exceptions
from openstack import exceptions as sdk_exceptions

from ensemble_dashboard.api import ensemble as api
from ensemble_dashboard.content.ensembles import page_project

LOG = logging.getLogger(__name__)

# 20 tiers with 64 KiB of user data each, in base64, fit; nothing sensible is larger.
MAX_BODY = 2 * 1024 * 1024
MAX_FAILED = 16  # domains at once, as the API takes them


class RefusedRequest(Exception):
    """A request that is answered here, before the API is asked."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.details = {"code": code, **details}


def error(status: int, message: str, details: Any = None) -> JsonResponse:
    """Give an error to the script: always {"error": {"status", "message", "details"}}."""
    shown = details if isinstance(details, dict) else {}
    return JsonResponse(
        {"error": {"status": status, "message": message, "details": shown}}, status=status
    )


def json_view(view: Callable[..., dict[str, Any]]) -> Callable[..., HttpResponse]:
    """Make a method that returns a dict into a JSON view for our script alone.

    Horizon has checked the login and Django the CSRF token before it is called. Other sites'
    forms cannot send the header that marks a script's request, so its absence is refused too; and
    so is a page of another project than the one that the session is in by now.
    """

    @functools.wraps(view)
    def answer(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if not horizon_http.is_ajax(request):
                raise RefusedRequest(
                    400, "dashboard.script_only", _("This address is for scripts.")
                )
            _check_project(request)
            result = view(self, request, *args, **kwargs)
        except RefusedRequest as exc:
            return error(exc.status, exc.message, exc.details)
        except nova_exceptions.ClientException as exc:
            return error(exc.code, str(exc.message or exc), exc.details)
        except sdk_exceptions.HttpException as exc:
            return error(exc.status_code or 500, str(exc.details or exc.message or exc))
        except (keystone_exceptions.ConnectFailure, keystone_exceptions.EndpointNotFound):
            LOG.exception("Nova could not be reached")
            return error(503, _("The compute service cannot be reached at the moment."))
        except Exception:
            LOG.exception("An ensemble request of the drawing page failed")
            return error(500, _("The dashboard could not do this; its log says why."))
        response = JsonResponse(result)
        response["Cache-Control"] = "no-store"
        return response

    return answer


def _check_project(request: HttpRequest) -> None:
    found = page_project.mismatch(request, request.headers.get(page_project.HEADER))
    if found:
        now = page_project.project(request)
        raise RefusedRequest(found.status, found.code, found.message, project=now)


def json_body(request: HttpRequest) -> dict[str, Any]:
    """Read the JSON object that the script sends, with a limited size."""
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    if declared > MAX_BODY:
        raise RefusedRequest(413, "dashboard.too_large", _("This drawing is too large to be sent."))
    if request.content_type != "application/json":
        raise RefusedRequest(415, "dashboard.not_json", _("Only JSON is understood here."))
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as exc:
        raise RefusedRequest(400, "dashboard.not_json", _("This is not valid JSON.")) from exc
    return body if isinstance(body, dict) else {}


def drawn_ensemble(request: HttpRequest) -> dict[str, Any]:
    """Read the ensemble that the script sends: {"ensemble": {...}}."""
    ensemble = json_body(request).get("ensemble")
    if not isinstance(ensemble, dict):
        raise RefusedRequest(
            400, "dashboard.no_ensemble", _("There is no ensemble in the request.")
        )
    return ensemble


class PlanView(generic.View):
    """The dry run behind the live preview."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Give {"plan": ...} for what is drawn; nothing is reserved.

        ?headroom=1, ?domains=all and ?fail=REF, as the API has them, ask for more.
        """
        query = request.GET
        found = api.ensemble_plan(
            request,
            drawn_ensemble(request),
            headroom=query.get("headroom") == "1",
            domains="all" if query.get("domains") == "all" else None,
            fail=query.getlist("fail")[:MAX_FAILED],
        )
        return {"plan": found}


class CreateView(generic.View):
    """The submit button."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Create what is drawn, as it was planned if a plan is named; give its page's address."""
        ensemble = drawn_ensemble(request)
        plan = json_body(request).get("plan")
        if plan is not None and not isinstance(plan, str):
            raise RefusedRequest(400, "dashboard.no_plan", _("This is no plan's id."))
        key = json_body(request).get("key")
        if key is not None and not isinstance(key, str):
            raise RefusedRequest(400, "dashboard.no_key", _("This is no idempotency key."))
        created = api.ensemble_create(request, ensemble, plan=plan, key=key)
        return {
            "id": created.id,
            "url": reverse("horizon:project:ensembles:detail", args=[created.id]),
        }
