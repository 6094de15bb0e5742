# SPDX-License-Identifier: Apache-2.0
"""JSON views that write a drawing as a YAML file, and read one into a drawing."""

import logging
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views import generic
from openstack import exceptions

from ensemble_client import file as ensemble_file
from ensemble_client import names, writer
from ensemble_client.document import FileError
from ensemble_dashboard.api import choices
from ensemble_dashboard.api.connection import connection
from ensemble_dashboard.content.ensembles.proxy import (
    RefusedRequest,
    drawn_ensemble,
    json_body,
    json_view,
)

LOG = logging.getLogger(__name__)

UNNAMED = "unnamed"
"""The name in a file of a drawing that has none yet: a file without one could not be read back."""


class WriteView(generic.View):
    """What the drawing is as a file, and the command that creates it."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Give {"file": {"name", "yaml", "command"}} for what is drawn; nothing is checked."""
        ensemble = drawn_ensemble(request)
        ensemble["name"] = ensemble.get("name") or UNNAMED
        if not _has_shape(ensemble):
            raise RefusedRequest(
                400, "dashboard.no_ensemble", _("There is no ensemble in the request.")
            )
        try:
            yaml = writer.written(ensemble, choices.names(request, networks=True))
        except RecursionError as exc:
            raise RefusedRequest(
                400, "dashboard.too_deep", _("This is nested too deeply.")
            ) from exc
        name = writer.file_name(str(ensemble["name"]))
        return {"file": {"name": name, "yaml": yaml, "command": _command(yaml)}}


def _has_shape(ensemble: dict[str, Any]) -> bool:
    tiers = ensemble.get("tiers")
    return isinstance(tiers, list) and all(
        isinstance(tier, dict) and isinstance(tier.get("server"), dict) for tier in tiers
    )


def _command(yaml: str) -> str:
    """Give one command that can be pasted into a shell as it is: the file is its input."""
    end = "EOF"
    while end in yaml.splitlines():
        end += "_"
    return f"openstack ensemble create --wait - <<'{end}'\n{yaml}{end}\n"


class ReadView(generic.View):
    """What a file says, as a drawing."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Give {"ensemble": ...} for {"text": ...}, with names replaced by ids.

        An error names the line and the field, in its details.
        """
        text = json_body(request).get("text")
        if not isinstance(text, str):
            raise RefusedRequest(400, "dashboard.no_text", _("There is no text in the request."))
        try:
            written = ensemble_file.read_text(text, "YAML")
            # Lists of the page may be incomplete; the services know all names.
            return {"ensemble": names.resolve(written, connection(request))}
        except FileError as exc:
            said = f"{exc.field}: {exc.reason}" if exc.field else exc.reason
            raise RefusedRequest(
                400, "dashboard.file", said, line=exc.line, field=exc.field
            ) from exc
        except exceptions.SDKException as exc:
            LOG.exception("The names in a file could not be looked up")
            said = _("The names in this file cannot be looked up at the moment.")
            raise RefusedRequest(503, "dashboard.no_names", said) from exc
