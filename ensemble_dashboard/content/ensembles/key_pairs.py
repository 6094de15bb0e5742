# SPDX-License-Identifier: Apache-2.0
"""The JSON view that makes or imports a key pair from the side sheet of a tier."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views import generic
from openstack_dashboard.api import nova

from ensemble_dashboard.content.ensembles.proxy import RefusedRequest, json_body, json_view


class KeyPairView(generic.View):
    """A key pair of the person at the browser."""

    http_method_names = ("post",)

    @json_view
    def post(self, request: HttpRequest) -> dict[str, Any]:
        """Make one, or import the public key that is given; the name is Nova's to judge.

        The private key of a new one is in this answer alone: neither Nova nor the dashboard keeps
        it.
        """
        body = json_body(request)
        name, public_key = body.get("name"), body.get("public_key")
        if not isinstance(name, str) or not name.strip():
            raise RefusedRequest(400, "dashboard.no_name", _("Give the key pair a name."))
        if public_key is not None:
            if not isinstance(public_key, str) or not public_key.strip():
                raise RefusedRequest(400, "dashboard.no_key", _("Paste the public key."))
            made = nova.keypair_import(request, name.strip(), public_key.strip())
            return {"name": made.name, "private_key": None}
        made = nova.keypair_create(request, name.strip())
        return {"name": made.name, "private_key": made.private_key}
